// SPDX-License-Identifier: Apache-2.0
// The table of searchers.
#include "searchers/make_searcher.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/base/did_you_mean.h"
#include "searchers/auto_proposer.h"
#include "searchers/cma_es/cma_es_proposer.h"
#include "searchers/curves/freeze_thaw_proposer.h"
#include "searchers/de/de_proposer.h"
#include "searchers/first_points_searcher.h"
#include "searchers/forest/forest_proposer.h"
#include "searchers/gp/gp_proposer.h"
#include "searchers/gp/multi_gp_proposer.h"
#include "searchers/grid_searcher.h"
#include "searchers/internal/grid_points.h"
#include "searchers/lhs_searcher.h"
#include "searchers/model_searcher.h"
#include "searchers/multi_auto_proposer.h"
#include "searchers/nsga2/nsga2_proposer.h"
#include "searchers/random_searcher.h"
#include "searchers/sobol_searcher.h"
#include "searchers/tpe/tpe_proposer.h"
#include "tune/trial/named_options.h"

namespace manta {

namespace {

constexpr std::int64_t kMaxGridSize = std::int64_t{1} << 62;  // Where Space::grid_size() saturates.

using Made = Result<std::unique_ptr<Searcher>>;

// What a searcher is made of.
struct Request {
  std::string_view text;
  const NamedOptions& options;
  const SearcherSetup& setup;
};

bool has_grid(const Space& space) {
  return std::ranges::any_of(space.parameters(), [](const Parameter& parameter) {
    return std::holds_alternative<GridDomain>(parameter.domain);
  });
}

Made make_random(const Request& request) {
  return std::unique_ptr<Searcher>(std::make_unique<RandomSearcher>(*request.setup.space, request.setup.seed));
}

Made make_grid(const Request& request) {
  const Space& space = *request.setup.space;
  if (!has_grid(space)) {
    return invalid_request("searcher", request.text,
                           "the space has no grid parameter to visit; write one as {\"grid\": [a, b, c]}, or use the "
                           "searcher \"random\"");
  }
  if (!space.start().empty()) {
    return invalid_request("searcher", request.text,
                           "a grid visits its points in its own order and has no first points; take \"start\" out of "
                           "the space, or use the searcher \"random\"");
  }
  if (space.grid_size() >= kMaxGridSize) {
    return invalid_request("searcher", request.text,
                           "the grid has 2^62 points or more, which no run can visit; shorten its lists, or use the "
                           "searcher \"random\"");
  }
  if (internal::has_filtered_grid(space)) {
    if (space.grid_size() > internal::kMaxFilteredGrid) {
      return invalid_request("searcher", request.text,
                             "with conditions or constraints a grid may have " +
                                 std::to_string(internal::kMaxFilteredGrid) + " points, and this one has " +
                                 std::to_string(space.grid_size()) +
                                 "; shorten its lists, or use the searcher \"random\"");
    }
    if (internal::visited_points(space).empty()) {
      return invalid_request("searcher", request.text, "no point of the grid satisfies the constraints; ease them");
    }
  }
  return std::unique_ptr<Searcher>(std::make_unique<GridSearcher>(space, request.setup.seed, request.setup.samples));
}

Made make_sobol(const Request& request) {
  return std::unique_ptr<Searcher>(std::make_unique<SobolSearcher>(*request.setup.space, request.setup.seed));
}

Made make_lhs(const Request& request) {
  const SearcherSetup& setup = request.setup;
  return std::unique_ptr<Searcher>(std::make_unique<LhsSearcher>(*setup.space, setup.seed, setup.samples));
}

// One that is its algorithm, without options.
template <typename Proposer>
Made make_model(const char* class_name, const SearcherSetup& setup) {
  return std::unique_ptr<Searcher>(
      std::make_unique<ModelSearcher>(class_name, setup, [](const UnitCube& cube) {
        return std::make_unique<Proposer>(cube);
      }));
}

constexpr OptionRange kCostOptions[] = {{.name = "cost-aware",
                                         .low = 0,
                                         .high = 1,
                                         .help = "1: improvement counts per second that a trial is expected to take, "
                                                 "less and less as the samples are used up",
                                         .otherwise = 0}};

// One that can count what trials cost.
template <typename Make>
Made make_with_cost(const char* class_name, const Request& request, Make make) {
  MANTA_ASSIGN_OR_RETURN(const std::int64_t is_aware, request.options.read("cost-aware", 0));
  const std::int64_t samples = is_aware == 1 ? request.setup.samples : 0;
  return std::unique_ptr<Searcher>(std::make_unique<ModelSearcher>(
      class_name, request.setup, [&](const UnitCube& cube) { return make(cube, samples); }));
}

// One that is another algorithm where there are several objectives.
template <typename Proposer, typename MultiProposer>
Made make_for_goals(const char* class_name, const Request& request) {
  const FurtherGoals& further = request.setup.further;
  return make_with_cost(class_name, request,
                        [&](const UnitCube& cube, std::int64_t samples) -> std::unique_ptr<internal::Proposer> {
                          if (further.objectives.empty()) return std::make_unique<Proposer>(cube, samples);
                          return std::make_unique<MultiProposer>(cube, 1 + further.objectives.size(),
                                                                 further.constraints.size(), samples);
                        });
}

Made make_tpe(const Request& request) {
  return make_with_cost("TpeSearcher", request, [](const UnitCube& cube, std::int64_t samples) {
    return std::make_unique<internal::TpeProposer>(cube, internal::TpeProposer::Fidelity::kAny, samples);
  });
}

Made make_gp(const Request& request) {
  return make_for_goals<gp::GpProposer, gp::MultiGpProposer>("GpSearcher", request);
}

Made make_auto(const Request& request) {
  return make_for_goals<internal::AutoProposer, internal::MultiAutoProposer>("AutoSearcher", request);
}

Made make_forest(const Request& request) {
  return make_with_cost("ForestSearcher", request, [](const UnitCube& cube, std::int64_t samples) {
    return std::make_unique<internal::ForestProposer>(cube, samples);
  });
}

Made make_cma_es(const Request& request) { return make_model<internal::CmaEsProposer>("CmaEsSearcher", request.setup); }

Made make_bohb(const Request& request) {
  return std::unique_ptr<Searcher>(std::make_unique<ModelSearcher>(
      "BohbSearcher", request.setup, [](const UnitCube& cube) {
        return std::make_unique<internal::TpeProposer>(cube, internal::TpeProposer::Fidelity::kLargest);
      }));
}

Made make_freeze_thaw(const Request& request) {
  return std::unique_ptr<Searcher>(std::make_unique<ModelSearcher>(
      "FreezeThawSearcher", request.setup, [&request](const UnitCube& cube) {
        return std::make_unique<curves::FreezeThawProposer>(cube, request.setup.max_iterations);
      }));
}

Made make_de(const Request& request) { return make_model<internal::DeProposer>("DeSearcher", request.setup); }

using internal::Nsga2Proposer;
constexpr OptionRange kNsga2Options[] = {{.name = "population",
                                          .low = Nsga2Proposer::kLeastPopulation,
                                          .high = Nsga2Proposer::kMostPopulation,
                                          .help = "How many trials breed; without it 8 for one metric, 12 for two, "
                                                  "24 for more"}};

Made make_nsga2(const Request& request) {
  const std::size_t usual = Nsga2Proposer::usual_population(1 + request.setup.further.objectives.size());
  MANTA_ASSIGN_OR_RETURN(const std::int64_t population,
                         request.options.read("population", static_cast<std::int64_t>(usual)));
  return std::unique_ptr<Searcher>(
      std::make_unique<ModelSearcher>("Nsga2Searcher", request.setup, [population](const UnitCube& cube) {
        return std::make_unique<Nsga2Proposer>(cube, static_cast<std::size_t>(population));
      }));
}

struct Entry {
  SearcherKind kind;
  Made (*make)(const Request&);
  std::string_view example;  // Of its options.
};
constexpr bool kSeveral = true;  // Takes several metrics.
const std::vector<Entry> kSearchers{
    {{"random", "Draws each configuration by itself"}, make_random, ""},
    {{"grid", "Every combination of the grid parameters; the others are drawn"}, make_grid, ""},
    {{"sobol", "A scrambled Sobol sequence, which covers the space evenly"}, make_sobol, ""},
    {{"lhs", "Latin hypercube: as many strata on each axis as there are samples, a trial in each"}, make_lhs, ""},
    {{"tpe", "Tree-structured Parzen estimator, multivariate", kCostOptions, kSeveral}, make_tpe, "cost-aware=1"},
    {{"gp", "Gaussian process with expected improvement, of the hypervolume where there are several metrics", kCostOptions,
      kSeveral},
     make_gp,
     "cost-aware=1"},
    {{"forest", "Random forest with expected improvement", kCostOptions}, make_forest, "cost-aware=1"},
    {{"cma-es", "Covariance matrix adaptation with restarts"}, make_cma_es, ""},
    {{"bohb", "`tpe` for trials that do not all get equally far", {}, kSeveral}, make_bohb, ""},
    {{"freeze-thaw", "Gaussian process over configurations and iterations, for the scheduler of the same name"},
     make_freeze_thaw,
     ""},
    {{"de", "Differential evolution, asynchronous"}, make_de, ""},
    {{"nsga2", "A genetic algorithm for several metrics", kNsga2Options, kSeveral}, make_nsga2, "population=40"},
    {{"auto", "Chooses among `gp`, `forest` and `tpe` by the space, the metrics and the number of trials", kCostOptions,
      kSeveral},
     make_auto,
     "cost-aware=1"},
};

std::vector<std::string> searcher_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kSearchers) names.emplace_back(entry.kind.name);
  return names;
}

std::string known_searchers() {
  std::string text = "known are";
  for (const Entry& entry : kSearchers) {
    text += (&entry == &kSearchers.front() ? " \"" : ", \"") + std::string(entry.kind.name) + "\"";
    if (!entry.example.empty()) text += " (:" + std::string(entry.example) + ")";
  }
  return text;
}

}  // namespace

std::vector<SearcherKind> searcher_kinds() {
  std::vector<SearcherKind> kinds;
  for (const Entry& entry : kSearchers) kinds.push_back(entry.kind);
  return kinds;
}

std::string_view default_searcher(const Space& space) { return has_grid(space) ? "grid" : "auto"; }

Result<std::unique_ptr<Searcher>> make_searcher(std::string_view text, const SearcherSetup& setup) {
  if (setup.samples < 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "samples is " + std::to_string(setup.samples) + "; it must be at least 1"};
  }
  if (text.empty()) text = default_searcher(*setup.space);
  const std::string_view name = text.substr(0, text.find(':'));
  const auto entry = std::ranges::find(kSearchers, name, [](const Entry& each) { return each.kind.name; });
  if (entry == kSearchers.end())
    return invalid_request("searcher", text,
                           "there is no such searcher" + did_you_mean(name, searcher_names()) + "; " + known_searchers());
  MANTA_ASSIGN_OR_RETURN(const NamedOptions options, NamedOptions::parse("searcher", text, entry->kind.options));
  MANTA_ASSIGN_OR_RETURN(std::unique_ptr<Searcher> searcher, entry->make({text, options, setup}));
  if (name == "grid") return searcher;
  return with_first_points(std::move(searcher), setup);
}

Result<std::unique_ptr<Searcher>> with_first_points(std::unique_ptr<Searcher> searcher, const SearcherSetup& setup) {
  MANTA_ASSIGN_OR_RETURN(std::vector<Config> points, first_points(*setup.space, setup.seed));
  if (points.empty()) return searcher;
  return std::unique_ptr<Searcher>(std::make_unique<FirstPointsSearcher>(std::move(points), std::move(searcher)));
}

}  // namespace manta
