// SPDX-License-Identifier: Apache-2.0
// Looks a user's searcher up. The table itself is trainable.cc's, which is in every plugin.
#include "tune/searcher_entry.h"

#include <algorithm>

namespace manta {

namespace {

std::string names_of(const std::vector<SearcherEntry>& searchers) {
  std::string names;
  for (const SearcherEntry& entry : searchers) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

}  // namespace

Result<SearcherEntry> find_searcher(const std::vector<SearcherEntry>& searchers, std::string_view name,
                                    std::string_view where) {
  if (name.empty() && searchers.size() == 1) return searchers.front();
  const auto found = std::ranges::find(searchers, name, &SearcherEntry::name);
  if (found != searchers.end()) return *found;
  const std::string owner(where);
  if (searchers.empty()) {
    return Error{ErrorCode::kNotFound, owner + " has no searcher: use MANTA_SEARCHER(YourClass) in it"};
  }
  if (name.empty()) {
    return Error{ErrorCode::kInvalidArgument, owner + " has several searchers, name one: " + names_of(searchers)};
  }
  return Error{ErrorCode::kNotFound,
               owner + " has no searcher \"" + std::string(name) + "\"; it has: " + names_of(searchers)};
}

}  // namespace manta
