// SPDX-License-Identifier: Apache-2.0
// Values as JSON text.
#include "tune/space/value.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

namespace manta {

namespace {

std::string double_text(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];  // The longest shortest form has 24 characters.
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, end);
  // Without a point or an exponent it would read back as an integer.
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

struct ValueText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return double_text(value); }
  std::string operator()(const std::string& value) const {
    // Bytes that are no UTF-8 become U+FFFD, so that the text is JSON whatever a user puts in.
    return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
};

}  // namespace

std::string to_json(const Value& value) { return std::visit(ValueText{}, value); }

std::optional<double> number_of(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return std::nullopt;
}

bool same_value(const Value& a, const Value& b) {
  if (a == b) return true;
  const std::optional<double> number = number_of(a);
  return a.index() != b.index() && number && number == number_of(b);
}

}  // namespace manta
