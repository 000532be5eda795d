// SPDX-License-Identifier: Apache-2.0
// Tables of numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "core/base/result.h"

namespace manta::torch {

struct CsvOptions {
  char delimiter = ',';
  bool has_header = false;  ///< The first line names the columns and is skipped.
};

/// Reads a table of numbers, plain or packed by gzip (whatever it is called), into a tensor of doubles on the CPU,
/// [rows, columns]. Blanks around a number and lines without any field are skipped; "nan" and "inf" are numbers; lines
/// end with LF or CRLF. Blocks.
///
/// Errors: kNotFound: there is no such file.
///         kInvalidArgument: a field is no number, a line has more or fewer fields than the first, or there is no line;
///         the message has line and column, counted from 1, the column in fields.
///         kSystem: it cannot be read.
/// The message begins with the path.
Result<at::Tensor> read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

}  // namespace manta::torch
