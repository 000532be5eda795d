// SPDX-License-Identifier: Apache-2.0
// Schedulers and searchers as a document asks for them: {"asha": {"grace": 2}} as the text "asha:grace=2".
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/cli/option_table.h"
#include "tune/trial/named_options.h"

namespace manta::internal {

/// One scheduler or searcher that can be asked for.
struct NamedKind {
  std::string_view name;
  std::string_view summary;
  std::span<const OptionRange> options;
  bool may_follow = false;  ///< May stand behind another one.
};

/// Of OptionKind::kScheduler and OptionKind::kSearcher, from the tables that make_scheduler() and make_searcher() read.
std::vector<NamedKind> named_kinds(OptionKind kind);

/// The text that make_scheduler() or make_searcher() reads, of a string, of an object such as {"asha": {"grace": 2}},
/// or, of schedulers, of a list of them. Options stand in the order of their table. A string stays as it is.
/// Errors: kInvalidArgument: a value of another form, an unknown name (the message has the nearest known), a value
/// that is not allowed (it has the value and the limit). The message begins with the value's path below `path`.
Result<std::string> named_request(const nlohmann::ordered_json& value, OptionKind kind, const std::string& path);

}  // namespace manta::internal
