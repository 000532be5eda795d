// SPDX-License-Identifier: Apache-2.0
// The format of the MNIST files.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "core/base/result.h"

namespace manta::torch {

/// Reads an IDX file, plain or packed by gzip (whatever it is called), into a tensor on the CPU with the file's shape
/// and type: bytes as kByte, and kChar, kShort, kInt, kFloat, kDouble. Blocks.
///
/// Source: the format's description by LeCun, Cortes and Burges, that comes with MNIST.
/// Errors: kNotFound: there is no such file.
///         kInvalidArgument: no IDX file, cut short, or longer than its head says; get the file again.
///         kSystem: it cannot be read.
/// The message begins with the path.
Result<at::Tensor> read_idx(const std::filesystem::path& path);

}  // namespace manta::torch
