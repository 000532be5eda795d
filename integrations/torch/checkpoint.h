// SPDX-License-Identifier: Apache-2.0
// Modules and optimizers of LibTorch in checkpoints.
#pragma once

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include <string_view>

#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/checkpoint/checkpoint_writer.h"

// A checkpoint that was written on a GPU can be read on a CPU, and the other way round.
//
// Thread-safety: none; for the thread that trains.
// Errors: these functions run in user code, and throw as LibTorch does (docs/adr/0004): c10::Error from LibTorch,
// CheckpointError where the entry is missing or does not fit. After that the module or optimizer is in no defined
// state.
namespace manta::torch {

/// Writes parameters and buffers of `module`, and of those below it, as the entry `name`.
void save(CheckpointWriter& out, std::string_view name, const ::torch::nn::Module& module);

/// Reads what save() wrote of a module of the same structure. Each tensor stays on the module's device, and an
/// optimizer of these parameters stays valid. Throws CheckpointError if a tensor has another shape than the module's;
/// the message names it.
void load(const CheckpointReader& in, std::string_view name, ::torch::nn::Module& module);

/// Writes the state of `optimizer`: momenta, step counts.
void save(CheckpointWriter& out, std::string_view name, const ::torch::optim::Optimizer& optimizer);

/// Reads what save() wrote of an optimizer of the same class over parameters of the same shapes; it may be loaded
/// before or after them.
///
/// Its options (learning rate, momentum, …) stay as they are: they are the configuration's, which differs from the
/// checkpoint's when a trial is cloned. Whoever changes the learning rate by a schedule must set it again.
void load(const CheckpointReader& in, std::string_view name, ::torch::optim::Optimizer& optimizer);

}  // namespace manta::torch
