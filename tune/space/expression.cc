// SPDX-License-Identifier: Apache-2.0
// From text to a tree: one function per floor of precedence.
#include "tune/space/expression.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "core/base/did_you_mean.h"
#include "tune/space/internal/expression_node.h"

namespace manta {

namespace {

using internal::ExpressionNode;
using internal::ExpressionOp;
using internal::kBoolType;
using internal::kNumberType;
using internal::kTextType;

constexpr std::size_t kMaxLength = 1000;
constexpr int kMaxDepth = 50;

struct Operator {
  std::string_view text;
  ExpressionOp op;
};
// Of each table the longer first.
constexpr std::array<Operator, 6> kComparisons{{{"<=", ExpressionOp::kLessEqual},
                                                {">=", ExpressionOp::kGreaterEqual},
                                                {"==", ExpressionOp::kEqual},
                                                {"!=", ExpressionOp::kUnequal},
                                                {"<", ExpressionOp::kLess},
                                                {">", ExpressionOp::kGreater}}};
constexpr std::array<Operator, 2> kSums{{{"+", ExpressionOp::kAdd}, {"-", ExpressionOp::kSubtract}}};
constexpr std::array<Operator, 3> kProducts{
    {{"*", ExpressionOp::kMultiply}, {"/", ExpressionOp::kDivide}, {"%", ExpressionOp::kModulo}}};
constexpr std::array<Operator, 6> kFunctions{{{"min", ExpressionOp::kMin},
                                              {"max", ExpressionOp::kMax},
                                              {"abs", ExpressionOp::kAbs},
                                              {"log", ExpressionOp::kLog},
                                              {"exp", ExpressionOp::kExp},
                                              {"sqrt", ExpressionOp::kSqrt}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c); }

std::string types_text(unsigned types) {
  std::string text;
  const auto add = [&](unsigned bit, const char* word) {
    if ((types & bit) != 0) text += (text.empty() ? "" : " or ") + std::string(word);
  };
  add(kNumberType, "a number");
  add(kBoolType, "true or false");
  add(kTextType, "text");
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, std::span<const ExpressionName> names) : text_(text), names_(names) {}

  Result<ExpressionNode> parse() {
    if (text_.size() > kMaxLength) return error("longer than " + std::to_string(kMaxLength) + " bytes", 0);
    MANTA_ASSIGN_OR_RETURN(ExpressionNode root, parse_or());
    skip_space();
    if (at_ != text_.size()) {
      const bool is_assignment = text_[at_] == '=';
      return error("unexpected " + here() +
                       (is_assignment ? "; equality is written ==" : "; an operator such as + or <= is missing here"),
                   at_);
    }
    MANTA_RETURN_IF_ERROR(demand(root, kBoolType, 0));
    return root;
  }

  std::vector<std::size_t> used() const { return {used_.begin(), used_.end()}; }

 private:
  using Floor = Result<ExpressionNode> (Parser::*)();

  Error error(const std::string& what, std::size_t at) const {
    return {ErrorCode::kInvalidArgument,
            to_json(Value(std::string(text_.substr(0, 80)))) + ", column " + std::to_string(at + 1) + ": " + what};
  }
  std::string here() const {
    return at_ < text_.size() ? to_json(Value(std::string(text_.substr(at_, 12)))) : "end of the expression";
  }

  Result<void> demand(const ExpressionNode& node, unsigned types, std::size_t at) const {
    if ((node.types & types) != 0) return {};
    return error(types_text(node.types) + " stands where " + types_text(types) + " is needed", at);
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view symbol) {
    skip_space();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || (rest.size() > word.size() && is_word(rest[word.size()]))) return false;
    at_ += word.size();
    return true;
  }
  template <std::size_t n>
  std::optional<ExpressionOp> take_one(const std::array<Operator, n>& operators) {
    skip_space();
    if (text_.substr(at_).starts_with("**")) return std::nullopt;  // Belongs to a higher floor.
    for (const Operator& one : operators) {
      if (take(one.text)) return one.op;
    }
    return std::nullopt;
  }

  static ExpressionNode node_of(ExpressionOp op, unsigned types, std::vector<ExpressionNode> operands) {
    return {.op = op, .types = types, .literal = {}, .name = 0, .operands = std::move(operands)};
  }

  Result<ExpressionNode> parse_or() { return parse_words("or", ExpressionOp::kOr, &Parser::parse_and); }
  Result<ExpressionNode> parse_and() { return parse_words("and", ExpressionOp::kAnd, &Parser::parse_not); }

  Result<ExpressionNode> parse_words(std::string_view word, ExpressionOp op, Floor above) {
    std::size_t begin = at_;
    MANTA_ASSIGN_OR_RETURN(ExpressionNode node, (this->*above)());
    while (take_word(word)) {
      MANTA_RETURN_IF_ERROR(demand(node, kBoolType, begin));
      begin = at_;
      MANTA_ASSIGN_OR_RETURN(ExpressionNode right, (this->*above)());
      MANTA_RETURN_IF_ERROR(demand(right, kBoolType, begin));
      node = node_of(op, kBoolType, {std::move(node), std::move(right)});
    }
    return node;
  }

  Result<ExpressionNode> parse_not() {
    if (!take_word("not")) return parse_comparison();
    const std::size_t begin = at_;
    if (++depth_ > kMaxDepth) return error("nested deeper than " + std::to_string(kMaxDepth) + " levels", at_);
    MANTA_ASSIGN_OR_RETURN(ExpressionNode operand, parse_not());
    --depth_;
    MANTA_RETURN_IF_ERROR(demand(operand, kBoolType, begin));
    return node_of(ExpressionOp::kNot, kBoolType, {std::move(operand)});
  }

  Result<ExpressionNode> parse_comparison() {
    std::size_t begin = at_;
    MANTA_ASSIGN_OR_RETURN(ExpressionNode left, parse_sum());
    std::optional<ExpressionNode> all;
    while (const std::optional<ExpressionOp> op = take_one(kComparisons)) {
      const std::size_t second = at_;
      MANTA_ASSIGN_OR_RETURN(ExpressionNode right, parse_sum());
      MANTA_RETURN_IF_ERROR(check_comparable(*op, left, right, begin));
      ExpressionNode one = node_of(*op, kBoolType, {std::move(left), right});
      all = all ? node_of(ExpressionOp::kAnd, kBoolType, {*std::move(all), std::move(one)}) : std::move(one);
      left = std::move(right);
      begin = second;
    }
    return all ? *std::move(all) : std::move(left);
  }

  Result<void> check_comparable(ExpressionOp op, const ExpressionNode& left, const ExpressionNode& right,
                                std::size_t at) const {
    const bool has_order = op != ExpressionOp::kEqual && op != ExpressionOp::kUnequal;
    const unsigned allowed = has_order ? kNumberType : left.types;
    if ((left.types & right.types & allowed) != 0) return {};
    return error(types_text(left.types) + " cannot be compared with " + types_text(right.types) +
                     (has_order ? "; only numbers have an order here" : ""),
                 at);
  }

  Result<ExpressionNode> parse_sum() { return parse_chain(kSums, &Parser::parse_product); }
  Result<ExpressionNode> parse_product() { return parse_chain(kProducts, &Parser::parse_unary); }

  template <std::size_t n>
  Result<ExpressionNode> parse_chain(const std::array<Operator, n>& operators, Floor above) {
    std::size_t begin = at_;
    MANTA_ASSIGN_OR_RETURN(ExpressionNode node, (this->*above)());
    while (const std::optional<ExpressionOp> op = take_one(operators)) {
      MANTA_RETURN_IF_ERROR(demand(node, kNumberType, begin));
      begin = at_;
      MANTA_ASSIGN_OR_RETURN(ExpressionNode right, (this->*above)());
      MANTA_RETURN_IF_ERROR(demand(right, kNumberType, begin));
      node = node_of(*op, kNumberType, {std::move(node), std::move(right)});
    }
    return node;
  }

  // -2 ** 2 is -(2 ** 2), and 2 ** -1 is 0.5.
  Result<ExpressionNode> parse_unary() {
    if (++depth_ > kMaxDepth) return error("nested deeper than " + std::to_string(kMaxDepth) + " levels", at_);
    const bool is_negative = take("-");
    const bool is_signed = is_negative || take("+");
    const std::size_t begin = at_;
    MANTA_ASSIGN_OR_RETURN(ExpressionNode operand, is_signed ? parse_unary() : parse_power());
    --depth_;
    if (is_signed) MANTA_RETURN_IF_ERROR(demand(operand, kNumberType, begin));
    if (!is_negative) return operand;
    return node_of(ExpressionOp::kNegate, kNumberType, {std::move(operand)});
  }

  Result<ExpressionNode> parse_power() {
    const std::size_t begin = at_;
    MANTA_ASSIGN_OR_RETURN(ExpressionNode base, parse_primary());
    if (!take("**")) return base;
    MANTA_RETURN_IF_ERROR(demand(base, kNumberType, begin));
    const std::size_t second = at_;
    MANTA_ASSIGN_OR_RETURN(ExpressionNode exponent, parse_unary());
    MANTA_RETURN_IF_ERROR(demand(exponent, kNumberType, second));
    return node_of(ExpressionOp::kPower, kNumberType, {std::move(base), std::move(exponent)});
  }

  Result<ExpressionNode> parse_primary() {
    skip_space();
    if (at_ == text_.size()) return error("the expression ends where a value is needed", at_);
    const char c = text_[at_];
    if (take("(")) {
      MANTA_ASSIGN_OR_RETURN(ExpressionNode inner, parse_or());
      if (!take(")")) return error("expected ), found " + here(), at_);
      return inner;
    }
    if (c == '\'' || c == '"') return parse_text(c);
    if (is_digit(c) || c == '.') return parse_number();
    if (c == '{') return parse_braces();
    if (is_word_start(c)) return parse_word();
    return error("unexpected " + here() + "; a number, a name, 'text' or ( is needed here", at_);
  }

  Result<ExpressionNode> parse_text(char quote) {
    const std::size_t begin = at_ + 1;
    const std::size_t end = text_.find(quote, begin);
    if (end == std::string_view::npos) return error("this text has no closing quote", at_);
    at_ = end + 1;
    return ExpressionNode{.op = ExpressionOp::kLiteral,
                          .types = kTextType,
                          .literal = std::string(text_.substr(begin, end - begin)),
                          .operands = {}};
  }

  Result<ExpressionNode> parse_number() {
    double number = 0;
    const auto [end, failed] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (failed != std::errc() || !std::isfinite(number)) return error(here() + " is no finite number", at_);
    at_ = static_cast<std::size_t>(end - text_.data());
    return ExpressionNode{.op = ExpressionOp::kLiteral, .types = kNumberType, .literal = number, .operands = {}};
  }

  Result<ExpressionNode> parse_braces() {
    const std::size_t begin = at_;
    const std::size_t end = text_.find('}', begin);
    if (end == std::string_view::npos) return error("this { has no }", begin);
    at_ = end + 1;
    return name_node(text_.substr(begin + 1, end - begin - 1), begin);
  }

  Result<ExpressionNode> parse_word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (take("(")) return parse_call(word, begin);
    if (word == "true" || word == "false") {
      return ExpressionNode{
          .op = ExpressionOp::kLiteral, .types = kBoolType, .literal = word == "true", .operands = {}};
    }
    return name_node(word, begin);
  }

  Result<ExpressionNode> parse_call(std::string_view function, std::size_t begin) {
    const auto known = std::ranges::find(kFunctions, function, &Operator::text);
    if (known == kFunctions.end()) {
      return error("unknown function \"" + std::string(function) + "\"; known are min, max, abs, log, exp and sqrt",
                   begin);
    }
    std::vector<ExpressionNode> arguments;
    do {
      const std::size_t at = at_;
      MANTA_ASSIGN_OR_RETURN(ExpressionNode argument, parse_sum());
      MANTA_RETURN_IF_ERROR(demand(argument, kNumberType, at));
      arguments.push_back(std::move(argument));
    } while (take(","));
    if (!take(")")) return error("expected , or ), found " + here(), at_);
    const bool takes_many = known->op == ExpressionOp::kMin || known->op == ExpressionOp::kMax;
    if (!takes_many && arguments.size() != 1) {
      return error(std::string(function) + " takes one number, not " + std::to_string(arguments.size()), begin);
    }
    return node_of(known->op, kNumberType, std::move(arguments));
  }

  Result<ExpressionNode> name_node(std::string_view name, std::size_t begin) {
    const auto found = std::ranges::find(names_, name, &ExpressionName::name);
    if (found == names_.end()) {
      std::vector<std::string> known;
      for (const ExpressionName& one : names_) known.push_back(one.name);
      return error("the space has no parameter \"" + std::string(name) + "\"" + did_you_mean(name, known) +
                       " (a name that is no plain word stands in braces: {model/act}; text in quotes: 'relu')",
                   begin);
    }
    const auto position = static_cast<std::size_t>(found - names_.begin());
    used_.insert(position);
    return ExpressionNode{.op = ExpressionOp::kName,
                          .types = (found->may_be_number ? kNumberType : 0u) | (found->may_be_bool ? kBoolType : 0u) |
                                   (found->may_be_text ? kTextType : 0u),
                          .literal = {},
                          .name = position,
                          .operands = {}};
  }

  const std::string_view text_;
  const std::span<const ExpressionName> names_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::set<std::size_t> used_;
};

}  // namespace

Result<Expression> Expression::parse(std::string_view text, std::span<const ExpressionName> names) {
  Parser parser(text, names);
  MANTA_ASSIGN_OR_RETURN(ExpressionNode root, parser.parse());
  return Expression(std::string(text), parser.used(), std::make_shared<const ExpressionNode>(std::move(root)));
}

bool Expression::holds(std::span<const std::optional<Value>> values) const {
  for (const std::size_t name : names_) {
    if (!values[name]) return true;
  }
  const std::optional<Value> value = internal::evaluate(*root_, values);
  return value && std::get_if<bool>(&*value) != nullptr && std::get<bool>(*value);
}

}  // namespace manta
