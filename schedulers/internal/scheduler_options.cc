// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/scheduler_options.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace manta::internal {
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

// "asha knows grace (1 to max_t), eta (2 to 1000) and max_t (1 to 1000000000)".
std::string describe(std::string_view scheduler, std::span<const NumberOption> known) {
  if (known.empty()) return std::string(scheduler) + " takes no options";
  std::string text = std::string(scheduler) + " knows ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    const NumberOption& option = known[i];
    if (i > 0) text += i + 1 == known.size() ? " and " : ", ";
    text += std::string(option.name) + " (" + std::to_string(option.low) + " to " +
            (option.high_name.empty() ? std::to_string(option.high) : std::string(option.high_name)) + ")";
  }
  return text;
}

}  // namespace

Error invalid_scheduler(std::string_view text, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "scheduler \"" + std::string(text) + "\": " + what};
}

Result<SchedulerOptions> SchedulerOptions::parse(std::string_view text, std::span<const NumberOption> known) {
  SchedulerOptions options;
  options.text_ = text;
  options.known_ = known;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return options;
  const std::string help = describe(text.substr(0, colon), known);
  if (known.empty()) return invalid_scheduler(text, help);
  for (const std::string_view part : split(text.substr(colon + 1), ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return invalid_scheduler(text, in_quotes(part) + " is not of the form name=number; " + help);
    const std::string_view name = part.substr(0, equals);
    const std::string_view digits = part.substr(equals + 1);
    if (std::none_of(known.begin(), known.end(), [&](const NumberOption& option) { return option.name == name; }))
      return invalid_scheduler(text, "there is no option " + in_quotes(name) + "; " + help);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size())
      return invalid_scheduler(text, in_quotes(digits) + " is no whole number for " + std::string(name) + "; " + help);
    if (!options.numbers_.emplace(name, number).second)
      return invalid_scheduler(text, std::string(name) + " is given twice");
  }
  return options;
}

Result<std::int64_t> SchedulerOptions::read(std::string_view name, std::int64_t otherwise,
                                            std::optional<std::int64_t> high) const {
  const auto option =
      std::find_if(known_.begin(), known_.end(), [&](const NumberOption& known) { return known.name == name; });
  MANTA_CHECK(option != known_.end(), "a scheduler reads an option that it does not know");
  const std::int64_t most = std::min(option->high, high.value_or(option->high));
  const auto written = numbers_.find(name);
  const std::int64_t value = written != numbers_.end() ? written->second : otherwise;
  if (value >= option->low && value <= most) return value;
  return invalid_scheduler(text_, std::string(name) + " is " + std::to_string(value) + "; it must be " +
                                      std::to_string(option->low) + " to " + std::to_string(most));
}

}  // namespace manta::internal
