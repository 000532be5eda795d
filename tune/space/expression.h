// SPDX-License-Identifier: Apache-2.0
// A constraint between parameters: "hidden * layers <= 4096".
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/space/value.h"

namespace manta {

namespace internal {
struct ExpressionNode;
}

/// What an expression may name, and what it may find there.
struct ExpressionName {
  std::string name;
  bool may_be_number = false;
  bool may_be_bool = false;
  bool may_be_text = false;
};

/// A parsed expression that is true or false. It is a tree that is walked; nothing in it is ever run as code.
///
/// From the weakest: `or`, `and`, `not`, `< <= > >= == !=` (a < b < c is a < b and b < c), `+ -`, `* / %`, unary `- +`,
/// `**`; min, max, abs, log (natural), exp, sqrt; numbers, true, false, 'text', "text", and names, in braces where they
/// are no plain words: {model/act}. Numbers are doubles; `/` never rounds and a % b has the sign of b.
///
/// Thread-safety: as an immutable value.
class Expression {
 public:
  /// Errors: kInvalidArgument: the message has the text, the column, what stands there and what is allowed. `names` in
  /// the order in which holds() gets their values.
  static Result<Expression> parse(std::string_view text, std::span<const ExpressionName> names);

  const std::string& text() const { return text_; }
  /// Positions of the names that it has, rising.
  const std::vector<std::size_t>& names() const { return names_; }
  /// Whether it holds for the values of all names, in the order that parse() got. True if one that it names has no
  /// value, because it is inactive. False if it cannot be computed: a division by zero, the logarithm of a negative
  /// number, an overflow, words compared with numbers.
  bool holds(std::span<const std::optional<Value>> values) const;

 private:
  Expression(std::string text, std::vector<std::size_t> names, std::shared_ptr<const internal::ExpressionNode> root)
      : text_(std::move(text)), names_(std::move(names)), root_(std::move(root)) {}

  std::string text_;
  std::vector<std::size_t> names_;
  std::shared_ptr<const internal::ExpressionNode> root_;
};

}  // namespace manta
