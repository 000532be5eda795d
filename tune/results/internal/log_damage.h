// SPDX-License-Identifier: Apache-2.0
// Whether a write-ahead log has lost what was recorded.
#pragma once

#include <cstdint>
#include <filesystem>

namespace manta::internal {

/// How many transactions of the log at `log`, which nobody has open, are committed behind a damaged place. SQLite goes on without
/// all that stands behind one, and says nothing, as a log that was cut short by a crash looks alike up to there. 0 also where there is
/// no log. The very last transaction is not told from one that was cut short.
std::int64_t lost_transactions(const std::filesystem::path& log);

}  // namespace manta::internal
