// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/internal/named_request.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/base/did_you_mean.h"
#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"

namespace manta::internal {

namespace {

using Json = nlohmann::ordered_json;

Error refused_at(const std::string& path, const std::string& why) {
  return {ErrorCode::kInvalidArgument, path + ": " + why};
}

template <class Named>
std::vector<std::string> names_of(const Named& all) {
  std::vector<std::string> names;
  for (const auto& each : all) names.emplace_back(each.name);
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string in_range(const OptionRange& option) {
  if (option.kind == OptionRange::Kind::kText) return "a string";
  if (option.kind == OptionRange::Kind::kWhole) return "a whole number, " + range_text(option);
  const std::string range = range_text(option);
  return range.starts_with("a number") ? range : "a number, " + range;
}

// The shortest that reads back; without the plus of 1e+30, which would part two schedulers.
std::string plain_number(const Json& number) {
  std::string text = number.dump();
  std::erase(text, '+');
  return text;
}

// None of what is beyond 64 bits: that is no number of ours, and it would wrap around.
std::optional<std::int64_t> whole_of(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return std::nullopt;
  return value.get<std::int64_t>();
}

Result<std::string> whole_text(const Json& value, const OptionRange& option, const Json& others,
                               const std::string& path) {
  if (!value.is_number_integer()) return refused_at(path, "expected " + in_range(option) + "; found " + value.dump());
  std::int64_t high = option.high;
  std::string bound = std::to_string(high);
  const auto other = others.find(option.high_name);
  const std::optional<std::int64_t> limit = other == others.end() ? std::nullopt : whole_of(*other);
  // One that is out of range itself is told by its own path.
  if (!option.high_name.empty() && limit && *limit >= option.low && *limit <= high) {
    high = *limit;
    bound = std::to_string(high) + ", which is " + std::string(option.high_name);
  }
  const std::optional<std::int64_t> whole = whole_of(value);
  if (whole && *whole >= option.low && *whole <= high) return value.dump();
  return refused_at(path, "is " + value.dump() + "; it must be " + std::to_string(option.low) + " to " + bound);
}

Result<std::string> real_text(const Json& value, const OptionRange& option, const std::string& path) {
  if (!value.is_number()) return refused_at(path, "expected " + in_range(option) + "; found " + value.dump());
  const auto number = value.get<double>();
  if (number >= option.real_low && number <= option.real_high) return plain_number(value);
  return refused_at(path, "is " + value.dump() + "; it must be " + range_text(option));
}

Result<std::string> text_text(const Json& value, const OptionRange& option, const std::string& path) {
  if (!value.is_string()) return refused_at(path, "expected " + in_range(option) + "; found " + value.dump());
  const auto text = value.get<std::string>();
  if (text.empty()) return refused_at(path, "is empty; " + std::string(option.help));
  // They part options and schedulers in the text that the experiment is stored as.
  if (text.find_first_of(",+") != std::string::npos || text.starts_with(' ') || text.ends_with(' '))
    return refused_at(path, "is " + value.dump() + "; it may have no comma, no plus and no space at its ends");
  return text;
}

Result<std::string> value_text(const Json& value, const OptionRange& option, const Json& others,
                               const std::string& path) {
  if (option.kind == OptionRange::Kind::kWhole) return whole_text(value, option, others, path);
  if (option.kind == OptionRange::Kind::kReal) return real_text(value, option, path);
  return text_text(value, option, path);
}

// ":grace=2,eta=3", or "".
Result<std::string> request_options(const Json& options, const NamedKind& kind, const std::string& path) {
  if (options.is_null()) return request_options(Json::object(), kind, path);
  const std::vector<std::string> known = names_of(kind.options);
  if (!options.is_object())
    return refused_at(path, "expected an object with its options; found " + options.dump());
  for (const auto& [name, value] : options.items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return refused_at(path + "/" + name, "unknown option" + did_you_mean(name, known) + "; " + std::string(kind.name) +
                                             (known.empty() ? " has none" : " has " + listed(known)));
  }
  std::string text;
  for (const OptionRange& option : kind.options) {
    const auto written = options.find(option.name);
    const bool is_written = written != options.end() && !written->is_null();
    if (!is_written && option.required)
      return refused_at(path, std::string(option.name) + " is missing: " + std::string(option.help));
    if (!is_written) continue;
    MANTA_ASSIGN_OR_RETURN(const std::string value,
                           value_text(*written, option, options, path + "/" + std::string(option.name)));
    text += (text.empty() ? ":" : ",") + std::string(option.name) + "=" + value;
  }
  return text;
}

std::string word_for(OptionKind kind) { return kind == OptionKind::kScheduler ? "scheduler" : "searcher"; }

// Of one that stands first, or behind another one.
Result<std::string> one_text(const Json& value, OptionKind kind, const std::string& path, bool is_first) {
  if (value.is_string()) return value.get<std::string>();
  const std::string example = kind == OptionKind::kScheduler ? R"({"asha": {"grace": 2}})" : R"({"nsga2": {}})";
  if (!value.is_object() || value.empty())
    return refused_at(path, "expected a name, or an object such as " + example + "; found " + value.dump());
  const std::string& name = value.begin().key();
  if (value.size() > 1) {
    return refused_at(path, "has " + std::to_string(value.size()) + " names in one object; " +
                                (kind == OptionKind::kScheduler ? R"(several stand in a list: [{"asha": {}}, {"patience": {}}])"
                                                                : "one searcher is asked"));
  }
  const std::vector<NamedKind> kinds = named_kinds(kind);
  const auto found = std::ranges::find(kinds, name, &NamedKind::name);
  const std::vector<std::string> known = names_of(kinds);
  const std::string below = path + "/" + name;
  if (found == kinds.end()) {
    return refused_at(below, "there is no such " + word_for(kind) + did_you_mean(name, known) + "; known are " +
                                 listed(known));
  }
  if (!is_first && !found->may_follow)
    return refused_at(below, "it may do more than stop trials, so it has to stand first");
  MANTA_ASSIGN_OR_RETURN(const std::string text, request_options(value.begin().value(), *found, below));
  return name + text;
}

}  // namespace

std::vector<NamedKind> named_kinds(OptionKind kind) {
  std::vector<NamedKind> kinds;
  if (kind == OptionKind::kScheduler) {
    for (const SchedulerKind& each : scheduler_kinds())
      kinds.push_back({each.name, each.summary, each.options, each.only_stops});
  } else {
    for (const SearcherKind& each : searcher_kinds()) kinds.push_back({each.name, each.summary, each.options});
  }
  return kinds;
}

Result<std::string> named_request(const Json& value, OptionKind kind, const std::string& path) {
  if (!value.is_array() || kind != OptionKind::kScheduler) return one_text(value, kind, path, true);
  if (value.empty()) return refused_at(path, "the list is empty");
  std::string text;
  for (std::size_t index = 0; index < value.size(); ++index) {
    MANTA_ASSIGN_OR_RETURN(const std::string one,
                           one_text(value[index], kind, path + "[" + std::to_string(index) + "]", index == 0));
    text += (index == 0 ? "" : " + ") + one;
  }
  return text;
}

}  // namespace manta::internal
