// SPDX-License-Identifier: Apache-2.0
// The text that asks for a scheduler or searcher, "asha:grace=2,eta=3", as values within their ranges.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace manta {

/// One option that may stand behind a name: a whole number, a number, or a text.
struct OptionRange {
  enum class Kind { kWhole, kReal, kText };

  std::string_view name;
  std::int64_t low = 1;
  std::int64_t high = 1;
  std::string_view high_name = {};  ///< Where `high` is another option's value: its name, for the help.
  Kind kind = Kind::kWhole;
  double real_low = 0;  ///< Of Kind::kReal, in place of `low` and `high`; both ends are allowed.
  double real_high = 1;
  std::string_view help = {};                      ///< What it is, for the reference: a line without a full stop.
  std::optional<double> otherwise = std::nullopt;  ///< What holds where it is not written; none: `help` says it.
  bool required = false;                           ///< Has to be written; whoever reads it says so.
};

/// What may be written: "1 to max_t", "0 to 0.5", "text".
std::string range_text(const OptionRange& option);

/// The options behind the name of one scheduler or searcher, as they were written.
///
/// Thread-safety: as a value.
class NamedOptions {
 public:
  /// Reads those of "asha:grace=2,eta=3"; none is allowed. Errors begin with `what`, "scheduler" or "searcher", and
  /// quote `text`. `known` must outlive this. Errors: kInvalidArgument: a part that is not name=value, a value that is
  /// no such number, an unknown name (the message has the nearest, and lists `known` with their ranges), a name given
  /// twice.
  static Result<NamedOptions> parse(std::string_view what, std::string_view text, std::span<const OptionRange> known);

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

  const OptionRange& option(std::string_view name) const;

  std::string what_;
  std::string text_;
  std::span<const OptionRange> known_;
  std::map<std::string, Written, std::less<>> written_;
};

/// The error that `text` asks for a `what`, "scheduler" or "searcher", that cannot be.
Error invalid_request(std::string_view what, std::string_view text, const std::string& why);

}  // namespace manta
