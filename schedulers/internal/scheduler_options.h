// SPDX-License-Identifier: Apache-2.0
// The text that asks for a scheduler, "asha:grace=2,eta=3", as numbers within their ranges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace manta::internal {

/// One option that a scheduler knows: a whole number.
struct NumberOption {
  std::string_view name;
  std::int64_t low = 1;
  std::int64_t high = 1;
  std::string_view high_name = {};  ///< Where `high` is another option's value: its name, for the help.
};

/// The options of one scheduler, as they were written.
///
/// Thread-safety: as a value.
class SchedulerOptions {
 public:
  /// Reads "grace=2,eta=3"; "" and none are no options. `text` is the whole request, which errors quote. `known` must
  /// outlive this.
  /// Errors: kInvalidArgument: a part that is not name=number, an unknown name (the message lists `known` with their
  /// ranges), a name given twice.
  static Result<SchedulerOptions> parse(std::string_view text, std::span<const NumberOption> known);

  /// The option `name`, or `otherwise` where it was not written; at most `high`, where that is narrower than the
  /// option's own range.
  /// Errors: kInvalidArgument: out of range; the message has the value and the range.
  Result<std::int64_t> read(std::string_view name, std::int64_t otherwise,
                            std::optional<std::int64_t> high = std::nullopt) const;

 private:
  std::string text_;
  std::span<const NumberOption> known_;
  std::map<std::string, std::int64_t, std::less<>> numbers_;
};

/// The error that `text` asks for what cannot be.
Error invalid_scheduler(std::string_view text, const std::string& what);

}  // namespace manta::internal
