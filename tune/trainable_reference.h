// SPDX-License-Identifier: Apache-2.0
// From a reference, a text that travels to the worker, to the trainable that it names.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/trainable.h"

namespace manta {

/// A kind of reference beyond the names of this program's own trainables: a plugin's path, a command.
struct TrainableSource {
  std::string kind;                                       ///< "plugin": for messages.
  std::function<bool(std::string_view reference)> knows;  ///< Is it of this kind? By its looks only.
  std::function<Result<TrainableEntry>(std::string_view reference)> find;
};

namespace internal {
/// Adds a source; returns true so that a static can be initialised by it. A worker is the same program as its driver,
/// so both have the same sources.
bool register_trainable_source(TrainableSource source);
}  // namespace internal

/// The entry of `trainables` called `name`, or the only one if `name` is "". `where` says whose they are in messages.
/// Errors: kNotFound, with the names there are; kInvalidArgument: several and no name.
Result<TrainableEntry> find_trainable(const std::vector<TrainableEntry>& trainables, std::string_view name,
                                      std::string_view where);

/// Whether `reference` is of a registered source: if so, only a worker should resolve it, because that may load
/// libraries.
bool is_foreign_trainable(std::string_view reference);

/// The trainable that `reference` names: of the first source that knows it, else of this program, "" for its only one.
/// Errors: those of find_trainable() and of the source.
Result<TrainableEntry> resolve_trainable(std::string_view reference);

}  // namespace manta
