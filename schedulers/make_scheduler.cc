// SPDX-License-Identifier: Apache-2.0
#include "schedulers/make_scheduler.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "schedulers/asha_scheduler.h"
#include "schedulers/fifo_scheduler.h"

namespace manta {

namespace {

constexpr std::string_view kKnown = "known are \"fifo\" and \"asha\" (as in \"asha:grace=1,eta=4,max_t=100\")";

using Numbers = std::map<std::string, std::int64_t, std::less<>>;

Error invalid(std::string_view text, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "scheduler \"" + std::string(text) + "\": " + what};
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string asha_options() {
  return "asha knows grace (1 to max_t), eta (2 to " + std::to_string(AshaScheduler::kMaxEta) + ") and max_t (1 to " +
         std::to_string(AshaScheduler::kMaxIterations) + ")";
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

// "a=1,b=2" as numbers by name.
Result<Numbers> parse_numbers(std::string_view text, std::string_view options) {
  Numbers numbers;
  for (const std::string_view part : split(options, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return invalid(text, in_quotes(part) + " is not of the form name=number; " + asha_options());
    }
    const std::string_view name = part.substr(0, equals);
    const std::string_view digits = part.substr(equals + 1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
      return invalid(text, in_quotes(digits) + " is no whole number for " + std::string(name) + "; " + asha_options());
    }
    if (!numbers.emplace(name, number).second) return invalid(text, std::string(name) + " is given twice");
  }
  return numbers;
}

Result<void> check_range(std::string_view text, std::string_view name, std::int64_t value, std::int64_t low,
                         std::int64_t high) {
  if (value >= low && value <= high) return {};
  return invalid(text, std::string(name) + " is " + std::to_string(value) + "; it must be " + std::to_string(low) +
                           " to " + std::to_string(high));
}

Result<AshaScheduler::Options> asha_options_from(std::string_view text, const Numbers& numbers,
                                                 std::optional<std::int64_t> max_iterations) {
  AshaScheduler::Options options;
  options.max_t = std::clamp<std::int64_t>(max_iterations.value_or(options.max_t), 1, AshaScheduler::kMaxIterations);
  for (const auto& [name, number] : numbers) {
    if (name == "grace") {
      options.grace = number;
    } else if (name == "eta") {
      options.eta = number;
    } else if (name == "max_t") {
      options.max_t = number;
    } else {
      return invalid(text, "there is no option " + in_quotes(name) + "; " + asha_options());
    }
  }
  MANTA_RETURN_IF_ERROR(check_range(text, "max_t", options.max_t, 1, AshaScheduler::kMaxIterations));
  MANTA_RETURN_IF_ERROR(check_range(text, "eta", options.eta, 2, AshaScheduler::kMaxEta));
  MANTA_RETURN_IF_ERROR(check_range(text, "grace", options.grace, 1, options.max_t));
  return options;
}

}  // namespace

Result<std::unique_ptr<TrialScheduler>> make_scheduler(std::string_view text, const Objective& objective,
                                                       std::optional<std::int64_t> max_iterations) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const bool has_options = colon != std::string_view::npos;
  if (name == "fifo") {
    if (has_options) return invalid(text, "fifo takes no options");
    return std::unique_ptr<TrialScheduler>(std::make_unique<FifoScheduler>(objective));
  }
  if (name != "asha") return invalid(text, "there is no such scheduler; " + std::string(kKnown));
  Numbers numbers;
  if (has_options) {
    MANTA_ASSIGN_OR_RETURN(numbers, parse_numbers(text, text.substr(colon + 1)));
  }
  MANTA_ASSIGN_OR_RETURN(const AshaScheduler::Options options, asha_options_from(text, numbers, max_iterations));
  return std::unique_ptr<TrialScheduler>(std::make_unique<AshaScheduler>(objective, options));
}

}  // namespace manta
