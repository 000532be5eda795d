// SPDX-License-Identifier: Apache-2.0
// Lines to metrics.
#include "integrations/command/command_output.h"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>

namespace manta {

namespace {

constexpr std::string_view kNonFinite[] = {"-Infinity", "Infinity", "NaN"};

// Puts quotes around NaN and Infinity outside strings, so that a JSON parser takes the text.
std::string with_quoted_non_finite(std::string_view json) {
  std::string text;
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string && c == '\\' && at + 1 < json.size()) {
      text.append(json.substr(at++, 2));
      continue;
    }
    if (c == '"') in_string = !in_string;
    std::string_view word;
    for (const std::string_view candidate : kNonFinite) {
      if (!in_string && json.substr(at).starts_with(candidate)) word = candidate;
      if (!word.empty()) break;
    }
    if (word.empty()) {
      text += c;
    } else {
      text.append("\"").append(word).append("\"");
      at += word.size() - 1;
    }
  }
  return text;
}

std::optional<double> number_of(const nlohmann::ordered_json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

// The member `name`, a text, of a line that is a JSON object. Lines without the word cost nothing.
std::optional<std::string> text_member(std::string_view line, const std::string& name) {
  if (line.find('"' + name + '"') == std::string_view::npos) return std::nullopt;
  auto object = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) {
    object = nlohmann::ordered_json::parse(with_quoted_non_finite(line), nullptr, /*allow_exceptions=*/false);
  }
  if (!object.is_object()) return std::nullopt;
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

std::optional<double> parse_number(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.empty() || end != word.data() + word.size()) return std::nullopt;
  // Too large or too small for a double: as strtod, which rounds to infinity or zero.
  if (error == std::errc::result_out_of_range) return std::strtod(std::string(word).c_str(), nullptr);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<Metrics> parse_report_line(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos || line[begin] != '{') return std::nullopt;
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) {
    object = nlohmann::ordered_json::parse(with_quoted_non_finite(line), nullptr, /*allow_exceptions=*/false);
  }
  if (!object.is_object()) return std::nullopt;
  Metrics metrics;
  for (const auto& [name, value] : object.items()) {
    if (const std::optional<double> number = number_of(value)) metrics.set(name, *number);
  }
  if (metrics.empty()) return std::nullopt;
  return metrics;
}

std::optional<std::string> parse_infeasible_line(std::string_view line) { return text_member(line, "infeasible"); }

std::optional<std::string> parse_checkpoint_name(std::string_view line) { return text_member(line, "checkpoint"); }

std::optional<double> last_number(std::string_view line) {
  constexpr std::string_view kSeparators = " \t\r\n=:,;()[]";
  while (!line.empty()) {
    const std::size_t end = line.find_last_not_of(kSeparators);
    if (end == std::string_view::npos) return std::nullopt;
    const std::size_t before = line.find_last_of(kSeparators, end);
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (const std::optional<double> number = parse_number(line.substr(begin, end + 1 - begin))) return number;
    line = line.substr(0, begin);
  }
  return std::nullopt;
}

void LineSplitter::append(std::string_view bytes) {
  buffer_.erase(0, begin_);  // Here rather than in next(), which would move the rest once per line.
  scanned_ -= begin_;
  begin_ = 0;
  buffer_ += bytes;
}

std::optional<LineSplitter::Line> LineSplitter::next() {
  const std::size_t newline = buffer_.find('\n', scanned_);
  const bool is_whole = newline != std::string::npos && newline - begin_ <= max_line_bytes_;
  if (!is_whole && buffer_.size() - begin_ <= max_line_bytes_) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  const std::size_t length = is_whole ? newline - begin_ : max_line_bytes_;
  Line line{buffer_.substr(begin_, length), in_long_line_ || !is_whole};
  begin_ += length + (is_whole ? 1 : 0);
  scanned_ = begin_;
  in_long_line_ = !is_whole;
  return line;
}

std::optional<LineSplitter::Line> LineSplitter::rest() {
  if (begin_ == buffer_.size()) return std::nullopt;
  Line line{buffer_.substr(begin_), in_long_line_};
  begin_ = scanned_ = buffer_.size();
  return line;
}

}  // namespace manta
