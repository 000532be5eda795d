// SPDX-License-Identifier: Apache-2.0
// A recursive descent over a few dozen characters.
#include "tune/cli/trial_filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/escape_control.h"

namespace manta {

struct TrialFilter::Clause {
  enum class Kind { kAnd, kOr, kNot, kCompare };
  Kind kind = Kind::kCompare;
  std::shared_ptr<const Clause> left, right;  // kNot has the left only.
  std::string name;
  std::string op;
  std::string text;              // The value as it was written.
  std::optional<double> number;  // The same as a number, if it is one and was not quoted.
};

namespace {

using Clause = TrialFilter::Clause;
using ClausePointer = std::shared_ptr<const Clause>;

// Deeper nesting is no condition that a person typed, and would end in an overflow of the stack.
constexpr int kMaxDepth = 100;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/' ||
         c == '.' || c == '-' || c == '+' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}

struct Token {
  enum class Kind { kWord, kQuoted, kOperator, kOpen, kClose, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t at = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<ClausePointer> parse() {
    MANTA_RETURN_IF_ERROR(advance());
    MANTA_ASSIGN_OR_RETURN(ClausePointer root, parse_list("or", Clause::Kind::kOr, 0));
    if (token_.kind != Token::Kind::kEnd) return expected("\"and\", \"or\" or the end");
    return root;
  }

  std::vector<std::string> take_names() { return std::move(names_); }

 private:
  Error expected(const std::string& what) const {
    const std::string found = token_.kind == Token::Kind::kEnd ? "the end" : "\"" + escape_control(token_.text) + "\"";
    return {ErrorCode::kInvalidArgument, "condition \"" + escape_control(text_) + "\": expected " + what +
                                             " at character " + std::to_string(token_.at + 1) + ", found " + found +
                                             "; write it like lr<0.01 and (state=failed or loss>=2)"};
  }

  Result<void> advance() {
    while (next_ < text_.size() && (text_[next_] == ' ' || text_[next_] == '\t')) ++next_;
    token_ = {.kind = Token::Kind::kEnd, .text = "", .at = next_};
    if (next_ == text_.size()) return {};
    const char c = text_[next_];
    if (c == '(' || c == ')') {
      token_ = {c == '(' ? Token::Kind::kOpen : Token::Kind::kClose, std::string(1, c), next_};
      ++next_;
      return {};
    }
    if (c == '\'' || c == '"') return advance_quoted(c);
    constexpr std::string_view kOperators = "<>=!~";
    const auto is_operator = [&](char each) { return kOperators.find(each) != std::string_view::npos; };
    const bool begins_operator = is_operator(c);
    std::size_t end = next_;
    while (end < text_.size() && (begins_operator ? is_operator(text_[end]) : is_word(text_[end]))) ++end;
    token_ = {begins_operator ? Token::Kind::kOperator : Token::Kind::kWord,
              std::string(text_.substr(next_, std::max<std::size_t>(1, end - next_))), next_};
    if (end == next_) return expected("a name, a value or an operator");
    next_ = end;
    return {};
  }

  Result<void> advance_quoted(char quote) {
    const std::size_t end = text_.find(quote, next_ + 1);
    if (end == std::string_view::npos) {
      token_ = {Token::Kind::kEnd, "", text_.size()};
      return expected(std::string("a closing ") + quote);
    }
    token_ = {Token::Kind::kQuoted, std::string(text_.substr(next_ + 1, end - next_ - 1)), next_};
    next_ = end + 1;
    return {};
  }

  // One or more operands with `word` between them: all of "or", whose operands are those of "and".
  Result<ClausePointer> parse_list(std::string_view word, Clause::Kind kind, int depth) {
    const auto operand = [&] {
      return kind == Clause::Kind::kOr ? parse_list("and", Clause::Kind::kAnd, depth) : parse_one(depth);
    };
    MANTA_ASSIGN_OR_RETURN(ClausePointer left, operand());
    while (token_.kind == Token::Kind::kWord && token_.text == word) {
      MANTA_RETURN_IF_ERROR(advance());
      MANTA_ASSIGN_OR_RETURN(ClausePointer right, operand());
      left = std::make_shared<Clause>(Clause{.kind = kind, .left = std::move(left), .right = std::move(right)});
    }
    return left;
  }

  Result<ClausePointer> parse_one(int depth) {
    if (depth > kMaxDepth) return expected("fewer levels of nesting");
    if (token_.kind == Token::Kind::kWord && token_.text == "not") {
      MANTA_RETURN_IF_ERROR(advance());
      MANTA_ASSIGN_OR_RETURN(ClausePointer inner, parse_one(depth + 1));
      return ClausePointer(std::make_shared<Clause>(Clause{.kind = Clause::Kind::kNot, .left = std::move(inner)}));
    }
    if (token_.kind == Token::Kind::kOpen) {
      MANTA_RETURN_IF_ERROR(advance());
      MANTA_ASSIGN_OR_RETURN(ClausePointer inner, parse_list("or", Clause::Kind::kOr, depth + 1));
      if (token_.kind != Token::Kind::kClose) return expected("\")\"");
      MANTA_RETURN_IF_ERROR(advance());
      return inner;
    }
    return parse_comparison();
  }

  bool is_operand() const { return token_.kind == Token::Kind::kWord || token_.kind == Token::Kind::kQuoted; }

  Result<ClausePointer> parse_comparison() {
    if (!is_operand()) return expected("a name");
    Clause node{.name = token_.text};
    MANTA_RETURN_IF_ERROR(advance());
    constexpr std::string_view kKnown[] = {"<", "<=", ">", ">=", "=", "==", "!=", "~"};
    bool is_known = false;
    for (const std::string_view op : kKnown) is_known = is_known || token_.text == op;
    if (token_.kind != Token::Kind::kOperator || !is_known) return expected("one of < <= > >= = != ~");
    node.op = token_.text;
    MANTA_RETURN_IF_ERROR(advance());
    if (!is_operand()) return expected("a value");
    node.text = token_.text;
    if (token_.kind == Token::Kind::kWord) {
      double number = 0;
      const auto [end, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), number);
      if (error == std::errc{} && end == node.text.data() + node.text.size()) node.number = number;
    }
    MANTA_RETURN_IF_ERROR(advance());
    names_.push_back(node.name);
    return ClausePointer(std::make_shared<Clause>(std::move(node)));
  }

  const std::string_view text_;
  std::size_t next_ = 0;
  Token token_;
  std::vector<std::string> names_;
};

template <class T>
bool compare(const std::string& op, const T& left, const T& right) {
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  if (op == ">=") return left >= right;
  if (op == "!=") return !(left == right);
  return left == right;
}

std::string text_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : to_json(value);
}

bool holds(const Clause& node, const std::optional<Value>& value) {
  if (!value) return node.op == "!=";
  if (node.op == "~") return text_of(*value).find(node.text) != std::string::npos;
  const std::optional<double> number = number_of(*value);
  if (number && node.number) return compare(node.op, *number, *node.number);
  if (number) return node.op == "!=";
  // Texts, and true and false as such.
  return compare(node.op, text_of(*value), node.text);
}

bool evaluate(const Clause& node, const TrialFilter::Lookup& lookup) {
  switch (node.kind) {
    case Clause::Kind::kAnd: return evaluate(*node.left, lookup) && evaluate(*node.right, lookup);
    case Clause::Kind::kOr: return evaluate(*node.left, lookup) || evaluate(*node.right, lookup);
    case Clause::Kind::kNot: return !evaluate(*node.left, lookup);
    case Clause::Kind::kCompare: return holds(node, lookup(node.name));
  }
  return false;
}

}  // namespace

Result<TrialFilter> TrialFilter::parse(std::string_view text) {
  Parser parser(text);
  TrialFilter filter;
  MANTA_ASSIGN_OR_RETURN(filter.root_, parser.parse());
  filter.names_ = parser.take_names();
  return filter;
}

bool TrialFilter::matches(const Lookup& lookup) const { return evaluate(*root_, lookup); }

}  // namespace manta
