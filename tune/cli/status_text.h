// SPDX-License-Identifier: Apache-2.0
// A runtime's status as tables for a terminal: values in, text out.
#pragma once

#include <cstddef>
#include <string>

#include "core/net/status.h"
#include "tune/cli/terminal.h"

namespace manta {

/// How much of each list is shown.
struct StatusView {
  std::size_t rows =
      10;            ///< Of each table; what has the longest queue comes first, and "and N more" stands for the rest.
  bool all = false;  ///< Every row.
};

/// Totals first, then actors by class, then the actors and workers that have most to do. No line is wider than
/// `style.width`; control characters of names are escaped.
std::string status_text(const RuntimeStatus& status, const StatusView& view, const TextStyle& style);

/// "3 min 12 s"
std::string uptime_text(double seconds);
/// "1.5 GiB"
std::string bytes_text(std::uint64_t bytes);

}  // namespace manta
