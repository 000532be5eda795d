// SPDX-License-Identifier: Apache-2.0
// Walks the tree.
#include "tune/space/internal/expression_node.h"

#include <algorithm>
#include <cmath>

namespace manta::internal {

namespace {

using Values = std::span<const std::optional<Value>>;

std::optional<Value> finite(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  return Value(number);
}

std::optional<bool> truth_of(const ExpressionNode& node, Values values) {
  const std::optional<Value> value = evaluate(node, values);
  if (!value || !std::holds_alternative<bool>(*value)) return std::nullopt;
  return std::get<bool>(*value);
}

std::optional<double> number_at(const ExpressionNode& node, Values values) {
  const std::optional<Value> value = evaluate(node, values);
  return value ? number_of(*value) : std::nullopt;
}

// The second operand is not looked at where the first one decides, so that "b == 0 or a / b < 1" can be computed.
std::optional<Value> logical(const ExpressionNode& node, Values values) {
  const std::optional<bool> first = truth_of(node.operands[0], values);
  if (!first) return std::nullopt;
  if (node.op == ExpressionOp::kNot) return Value(!*first);
  if (*first == (node.op == ExpressionOp::kOr)) return Value(*first);
  const std::optional<bool> second = truth_of(node.operands[1], values);
  return second ? std::optional<Value>(*second) : std::nullopt;
}

std::optional<Value> equality(const ExpressionNode& node, Values values) {
  const std::optional<Value> a = evaluate(node.operands[0], values);
  const std::optional<Value> b = evaluate(node.operands[1], values);
  if (!a || !b || a->index() != b->index()) return std::nullopt;
  return Value((*a == *b) == (node.op == ExpressionOp::kEqual));
}

// With the sign of the divisor.
double modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::optional<Value> of_two(ExpressionOp op, double a, double b) {
  switch (op) {
    case ExpressionOp::kLess: return Value(a < b);
    case ExpressionOp::kLessEqual: return Value(a <= b);
    case ExpressionOp::kGreater: return Value(a > b);
    case ExpressionOp::kGreaterEqual: return Value(a >= b);
    case ExpressionOp::kAdd: return finite(a + b);
    case ExpressionOp::kSubtract: return finite(a - b);
    case ExpressionOp::kMultiply: return finite(a * b);
    case ExpressionOp::kDivide: return finite(a / b);
    case ExpressionOp::kModulo: return finite(modulo(a, b));
    case ExpressionOp::kPower: return finite(std::pow(a, b));
    case ExpressionOp::kMin: return Value(std::min(a, b));
    case ExpressionOp::kMax: return Value(std::max(a, b));
    default: return std::nullopt;
  }
}

std::optional<Value> of_one(ExpressionOp op, double a) {
  switch (op) {
    case ExpressionOp::kNegate: return Value(-a);
    case ExpressionOp::kAbs: return Value(std::abs(a));
    case ExpressionOp::kLog: return finite(std::log(a));
    case ExpressionOp::kExp: return finite(std::exp(a));
    case ExpressionOp::kSqrt: return finite(std::sqrt(a));
    case ExpressionOp::kMin:
    case ExpressionOp::kMax: return Value(a);
    default: return std::nullopt;
  }
}

std::optional<Value> numeric(const ExpressionNode& node, Values values) {
  const std::optional<double> first = number_at(node.operands[0], values);
  if (!first) return std::nullopt;
  if (node.operands.size() == 1) return of_one(node.op, *first);
  std::optional<Value> result = *first;
  for (std::size_t i = 1; i < node.operands.size(); ++i) {
    const std::optional<double> next = number_at(node.operands[i], values);
    if (!next) return std::nullopt;
    result = of_two(node.op, std::get<double>(*result), *next);
    if (!result) return std::nullopt;
  }
  return result;
}

}  // namespace

std::optional<Value> evaluate(const ExpressionNode& node, Values values) {
  switch (node.op) {
    case ExpressionOp::kLiteral: return node.literal;
    case ExpressionOp::kName: {
      const std::optional<Value>& value = values[node.name];
      if (!value) return std::nullopt;
      const std::optional<double> number = number_of(*value);
      return number ? finite(*number) : value;
    }
    case ExpressionOp::kOr:
    case ExpressionOp::kAnd:
    case ExpressionOp::kNot: return logical(node, values);
    case ExpressionOp::kEqual:
    case ExpressionOp::kUnequal: return equality(node, values);
    default: return numeric(node, values);
  }
}

}  // namespace manta::internal
