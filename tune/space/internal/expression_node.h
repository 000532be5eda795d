// SPDX-License-Identifier: Apache-2.0
// The tree of an expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tune/space/value.h"

namespace manta::internal {

enum class ExpressionOp {
  kLiteral,
  kName,
  kOr,
  kAnd,
  kNot,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kUnequal,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kNegate,
  kMin,
  kMax,
  kAbs,
  kLog,
  kExp,
  kSqrt,
};

/// Which types a node's value may have, as bits.
inline constexpr unsigned kNumberType = 1;
inline constexpr unsigned kBoolType = 2;
inline constexpr unsigned kTextType = 4;

struct ExpressionNode {
  ExpressionOp op = ExpressionOp::kLiteral;
  unsigned types = 0;
  Value literal;         ///< Of a kLiteral; numbers are doubles.
  std::size_t name = 0;  ///< Position, of a kName.
  std::vector<ExpressionNode> operands;
};

/// The value of `node`, or none: it cannot be computed. A number is a finite double.
std::optional<Value> evaluate(const ExpressionNode& node, std::span<const std::optional<Value>> values);

}  // namespace manta::internal
