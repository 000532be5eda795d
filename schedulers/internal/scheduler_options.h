// SPDX-License-Identifier: Apache-2.0
// The text that asks for a scheduler, "asha:grace=2,eta=3", as values within their ranges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace manta::internal {

/// One option that a scheduler knows: a whole number, a number, or a text.
struct SchedulerOption {
  enum class Kind { kWhole, kReal, kText };

  std::string_view name;
  std::int64_t low = 1;
  std::int64_t high = 1;
  std::string_view high_name = {};  ///< Where `high` is another option's value: its name, for the help.
  Kind kind = Kind::kWhole;
  double real_low = 0;  ///< Of Kind::kReal, in place of `low` and `high`; both ends are allowed.
  double real_high = 1;
};

/// The options of one scheduler, as they were written.
///
/// Thread-safety: as a value.
class SchedulerOptions {
 public:
  /// Reads "grace=2,eta=3"; "" and none are no options. `text` is the whole request, which errors quote. `known` must
  /// outlive this.
  /// Errors: kInvalidArgument: a part that is not name=value, a value that is no such number, an unknown name (the
  /// message lists `known` with their ranges), a name given twice.
  static Result<SchedulerOptions> parse(std::string_view text, std::span<const SchedulerOption> known);

  bool has(std::string_view name) const { return written_.find(name) != written_.end(); }

  /// The whole number `name`, or `otherwise` where it was not written; at most `high`, where that is narrower than the
  /// option's own range.
  /// Errors: kInvalidArgument: out of range; the message has the value and the range.
  Result<std::int64_t> read(std::string_view name, std::int64_t otherwise,
                            std::optional<std::int64_t> high = std::nullopt) const;
  /// The number `name`, or `otherwise` where it was not written.
  /// Errors: as of read().
  Result<double> read_real(std::string_view name, double otherwise) const;
  /// The text `name`, or "" where it was not written.
  std::string read_text(std::string_view name) const;

 private:
  struct Written {
    std::string text;
    std::int64_t whole = 0;
    double real = 0;
  };

  const SchedulerOption& option(std::string_view name) const;

  std::string text_;
  std::span<const SchedulerOption> known_;
  std::map<std::string, Written, std::less<>> written_;
};

/// The error that `text` asks for what cannot be.
Error invalid_scheduler(std::string_view text, const std::string& what);

}  // namespace manta::internal
