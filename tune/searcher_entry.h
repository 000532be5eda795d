// SPDX-License-Identifier: Apache-2.0
// Searchers that the user writes: known by name, as trainables are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/searcher.h"
#include "tune/space/space.h"
#include "tune/trial/further_goals.h"
#include "tune/trial/objective.h"

namespace manta {

/// What a searcher may need to know of its experiment.
struct SearcherSetup {
  const Space* space = nullptr;  ///< Never null; ends after the call that it is handed to: copy it.
  Objective objective = {};
  FurtherGoals further = {};  ///< A searcher that does not know them goes by the objective alone.
  std::uint64_t seed = 0;
  std::int64_t samples = 1;  ///< How many trials there will be; of a grid, how often it is repeated. At least 1.
  std::optional<std::int64_t> max_iterations = std::nullopt;  ///< Of a trial, where there is such a limit.
  std::string options = "";  ///< Of a user's searcher: what stands behind its name, "step=0.1" of "Climb:step=0.1".
};

/// A way to make a Searcher, by name.
struct SearcherEntry {
  std::string name;
  /// Errors: kInvalidArgument: options or a space that it cannot work with.
  std::function<Result<std::unique_ptr<Searcher>>(const SearcherSetup& setup)> make;
};

/// The table that MANTA_SEARCHER fills while the program or plugin is loaded.
/// Thread-safety: written before main() or within dlopen only; read from any thread afterwards.
std::vector<SearcherEntry>& registered_searchers();

/// The entry of `searchers` called `name`, or the only one if `name` is "". `where` says whose they are in messages.
/// Errors: kNotFound, with the names there are; kInvalidArgument: several and no name.
Result<SearcherEntry> find_searcher(const std::vector<SearcherEntry>& searchers, std::string_view name,
                                    std::string_view where);

namespace internal {
/// Adds to the table; returns true so that a static can be initialised by it.
bool register_searcher(SearcherEntry entry);

template <class Class>
SearcherEntry searcher_entry_of(std::string name) {
  return {std::move(name), [](const SearcherSetup& setup) -> Result<std::unique_ptr<Searcher>> {
            if constexpr (requires { Class::make(setup); }) {
              return Class::make(setup);
            } else {
              return std::unique_ptr<Searcher>(std::make_unique<Class>(setup));
            }
          }};
}
}  // namespace internal

}  // namespace manta

/// Makes the Searcher class `Class` known by its name, for `--searcher Class` of this program and, in a shared library,
/// for `--searcher ./libx.so:Class`. It is constructed from a `const SearcherSetup&`; where that can fail, it has
/// `static Result<std::unique_ptr<Searcher>> make(const SearcherSetup& setup)`.
#define MANTA_SEARCHER(Class)                                            \
  [[maybe_unused]] static const bool manta_registered_searcher_##Class = \
      ::manta::internal::register_searcher(::manta::internal::searcher_entry_of<Class>(#Class))
