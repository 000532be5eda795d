// SPDX-License-Identifier: Apache-2.0
// Searchers by name.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/searcher.h"
#include "tune/searcher_entry.h"
#include "tune/space/space.h"
#include "tune/trial/named_options.h"

namespace manta {

/// What is meant where no searcher is named: "grid" if the space has a grid parameter, else "auto".
std::string_view default_searcher(const Space& space);

/// What there is to say of a searcher, for help and reference.
struct SearcherKind {
  std::string_view name;
  std::string_view summary;  ///< A line without a full stop.
  std::span<const OptionRange> options = {};
  bool takes_several = false;  ///< Goes by all metrics where there are several, not by the first alone.
};

/// All that make_searcher() knows, in the order in which help lists them.
std::vector<SearcherKind> searcher_kinds();

/// The searcher that `text` asks for by its name, with options behind a colon where it has some; "" is
/// default_searcher(). A searcher without an end is asked by whoever runs it until there are `samples` trials. All but
/// the grid begin with the first points of the space (first_points()).
/// Errors: kInvalidArgument: no such searcher or option (the message lists them), "grid" for a space without a grid
/// parameter, a grid of 2^62 points or more (1,000,000 with conditions or constraints) or without a point that keeps
/// the constraints, a grid with start points, a start point that cannot be completed, or samples < 1.
Result<std::unique_ptr<Searcher>> make_searcher(std::string_view text, const SearcherSetup& setup);

/// `searcher` behind the first points of the space, where it has some.
/// Errors: kInvalidArgument: a start point that cannot be completed.
Result<std::unique_ptr<Searcher>> with_first_points(std::unique_ptr<Searcher> searcher, const SearcherSetup& setup);

}  // namespace manta
