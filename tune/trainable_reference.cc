// SPDX-License-Identifier: Apache-2.0
// Looks a reference up: sources first, then the program's own table.
#include "tune/trainable_reference.h"

#include <algorithm>
#include <utility>

namespace manta {

namespace {

std::vector<TrainableSource>& trainable_sources() {
  static std::vector<TrainableSource> table;
  return table;
}

const TrainableSource* source_of(std::string_view reference) {
  for (const TrainableSource& source : trainable_sources()) {
    if (source.knows(reference)) return &source;
  }
  return nullptr;
}

std::string names_of(const std::vector<TrainableEntry>& trainables) {
  std::string names;
  for (const TrainableEntry& entry : trainables) names += (names.empty() ? "" : ", ") + entry.name;
  return names;
}

}  // namespace

bool internal::register_trainable_source(TrainableSource source) {
  trainable_sources().push_back(std::move(source));
  return true;
}

Result<TrainableEntry> find_trainable(const std::vector<TrainableEntry>& trainables, std::string_view name,
                                      std::string_view where) {
  if (name.empty() && trainables.size() == 1) return trainables.front();
  const auto found = std::ranges::find(trainables, name, &TrainableEntry::name);
  if (found != trainables.end()) return *found;
  const std::string owner(where);
  if (trainables.empty()) {
    return Error{ErrorCode::kNotFound, owner + " has no trainable" +
                                           (name.empty() ? "" : " \"" + std::string(name) + "\"") +
                                           ": use MANTA_TRAINABLE(YourClass) in it, or name a plugin "
                                           "(libx.so:Name) or a command"};
  }
  if (name.empty()) {
    return Error{ErrorCode::kInvalidArgument, owner + " has several trainables, name one: " + names_of(trainables)};
  }
  return Error{ErrorCode::kNotFound,
               owner + " has no trainable \"" + std::string(name) + "\"; it has: " + names_of(trainables)};
}

bool is_foreign_trainable(std::string_view reference) { return source_of(reference) != nullptr; }

Result<TrainableEntry> resolve_trainable(std::string_view reference) {
  if (const TrainableSource* source = source_of(reference)) return source->find(reference);
  return find_trainable(registered_trainables(), reference, "this program");
}

}  // namespace manta
