// SPDX-License-Identifier: Apache-2.0
#include "tune/trial/named_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/did_you_mean.h"

namespace manta {
namespace {

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string to_text(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

// "asha knows grace (1 to max_t), eta (2 to 1000) and max_t (1 to 1000000000)".
std::string describe(std::string_view owner, std::span<const OptionRange> known) {
  if (known.empty()) return std::string(owner) + " takes no options";
  std::string text = std::string(owner) + " knows ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) text += i + 1 == known.size() ? " and " : ", ";
    text += std::string(known[i].name) + " (" + range_text(known[i]) + ")";
  }
  return text;
}

std::vector<std::string> names_in(std::span<const OptionRange> options) {
  std::vector<std::string> names;
  for (const OptionRange& option : options) names.emplace_back(option.name);
  return names;
}

// True if all of `text` is a number of this type.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string range_text(const OptionRange& option) {
  if (option.kind == OptionRange::Kind::kText) return "text";
  if (option.kind == OptionRange::Kind::kReal && std::isinf(option.real_high)) {
    return std::isinf(option.real_low) ? "a number" : "a number from " + to_text(option.real_low);
  }
  if (option.kind == OptionRange::Kind::kReal) return to_text(option.real_low) + " to " + to_text(option.real_high);
  return std::to_string(option.low) + " to " +
         (option.high_name.empty() ? std::to_string(option.high) : std::string(option.high_name));
}

Error invalid_request(std::string_view what, std::string_view text, const std::string& why) {
  return {ErrorCode::kInvalidArgument, std::string(what) + " \"" + std::string(text) + "\": " + why};
}

Result<NamedOptions> NamedOptions::parse(std::string_view what, std::string_view text,
                                         std::span<const OptionRange> known) {
  NamedOptions options;
  options.what_ = what;
  options.text_ = text;
  options.known_ = known;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return options;
  const std::string help = describe(text.substr(0, colon), known);
  if (known.empty()) return invalid_request(what, text, help);
  for (const std::string_view part : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return invalid_request(what, text, in_quotes(part) + " is not of the form name=number; " + help);
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(equals + 1);
    const auto option =
        std::find_if(known.begin(), known.end(), [&](const OptionRange& each) { return each.name == name; });
    if (option == known.end())
      return invalid_request(what, text,
                             "there is no option " + in_quotes(name) + did_you_mean(name, names_in(known)) + "; " + help);
    Written written{.text = std::string(value)};
    if (option->kind == OptionRange::Kind::kWhole && !parse_number(value, written.whole))
      return invalid_request(what, text,
                             in_quotes(value) + " is no whole number for " + std::string(name) + "; " + help);
    if (option->kind == OptionRange::Kind::kReal && (!parse_number(value, written.real) || std::isnan(written.real)))
      return invalid_request(what, text, in_quotes(value) + " is no number for " + std::string(name) + "; " + help);
    if (option->kind == OptionRange::Kind::kText && value.empty())
      return invalid_request(what, text, std::string(name) + " is empty; " + help);
    if (!options.written_.emplace(name, std::move(written)).second)
      return invalid_request(what, text, std::string(name) + " is given twice");
  }
  return options;
}

const OptionRange& NamedOptions::option(std::string_view name) const {
  const auto option =
      std::find_if(known_.begin(), known_.end(), [&](const OptionRange& known) { return known.name == name; });
  MANTA_CHECK(option != known_.end(), "an option is read that is not known");
  return *option;
}

Result<std::int64_t> NamedOptions::read(std::string_view name, std::int64_t otherwise,
                                        std::optional<std::int64_t> high) const {
  const OptionRange& known = option(name);
  const std::int64_t most = std::min(known.high, high.value_or(known.high));
  const auto written = written_.find(name);
  const std::int64_t value = written != written_.end() ? written->second.whole : otherwise;
  if (value >= known.low && value <= most) return value;
  return invalid_request(what_, text_,
                         std::string(name) + " is " + std::to_string(value) + "; it must be " +
                             std::to_string(known.low) + " to " + std::to_string(most));
}

Result<double> NamedOptions::read_real(std::string_view name, double otherwise) const {
  const OptionRange& known = option(name);
  const auto written = written_.find(name);
  const double value = written != written_.end() ? written->second.real : otherwise;
  if (value >= known.real_low && value <= known.real_high) return value;
  return invalid_request(what_, text_,
                         std::string(name) + " is " + to_text(value) + "; it must be " + range_text(known));
}

std::string NamedOptions::read_text(std::string_view name) const {
  const auto written = written_.find(name);
  return written != written_.end() ? written->second.text : "";
}

}  // namespace manta
