// SPDX-License-Identifier: Apache-2.0
// "lr<0.01 and state=failed": conditions on trials, typed by people.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/value.h"

namespace manta {

/// A condition that is parsed and never run as code or SQL:
///
///     condition  = all { "or" all }
///     all        = one { "and" one }
///     one        = "not" one | "(" condition ")" | NAME OP value
///     OP         = "<" | "<=" | ">" | ">=" | "=" | "==" | "!=" | "~"
///
/// A NAME is a word of letters, digits and `_ / . -`, or is quoted; a value is a number, a word or quoted ('…' or "…").
/// `~`: the text contains the value. What has no such value, or one of another kind (a text compared with a number),
/// meets no comparison but `!=`.
///
/// Thread-safety: const methods, from any thread.
class TrialFilter {
 public:
  /// The value that a trial has by this name, or none.
  using Lookup = std::function<std::optional<Value>(std::string_view name)>;

  /// Errors: kInvalidArgument: where it ends to make sense, and what is expected there.
  static Result<TrialFilter> parse(std::string_view text);

  /// The names that it asks for.
  const std::vector<std::string>& names() const { return names_; }
  bool matches(const Lookup& lookup) const;

  struct Clause;

 private:
  std::shared_ptr<const Clause> root_;
  std::vector<std::string> names_;
};

}  // namespace manta
