// SPDX-License-Identifier: Apache-2.0
// What a trainable that uses LibTorch needs of Manta; link manta::torch.
//
//   void setup(const manta::Config& config) override {
//     device_ = manta::torch::setup_trial();  // Seed, threads, GPU or CPU.
//     …
//   }
//   void save(manta::CheckpointWriter& out) override {
//     manta::torch::save(out, "model", *model_);
//     manta::torch::save(out, "optimizer", *optimizer_);
//   }
//
// Code that says `using namespace manta` must write ::torch for LibTorch and manta::torch for this.
#pragma once

#include "integrations/torch/array_view.h"
#include "integrations/torch/checkpoint.h"
#include "integrations/torch/read_csv.h"
#include "integrations/torch/read_idx.h"
#include "integrations/torch/trial_setup.h"
