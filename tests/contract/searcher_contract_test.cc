// SPDX-License-Identifier: Apache-2.0
// Every searcher under the contract.
#include "tests/contract/searcher_contract.h"

#include "searchers/first_points_searcher.h"
#include "searchers/grid_searcher.h"
#include "searchers/make_searcher.h"
#include "searchers/random_searcher.h"
#include "searchers/repeating_searcher.h"

namespace manta::searcher_contract_test {
namespace {

constexpr const char* kEveryKind = R"({
  "lr": {"float": [1e-5, 1e-1], "log": true}, "dropout": {"float": [0, 0.5], "step": 0.05},
  "hidden": {"int": [16, 512], "log": true}, "layers": {"grid": [1, 2, 3]}, "batch": {"choice": [32, 64, 128]},
  "size": {"ordinal": ["s", "m", "l"]}, "noise": {"normal": [0, 1]},
  "model": {"act": {"choice": ["relu", "tanh"]}, "bias": {"grid": [true, false]}}, "epochs": 20 })";
constexpr const char* kFew = R"({"a": {"choice": [1, 2, 3]}, "b": {"ordinal": [1, 2, 4]}, "c": {"int": [1, 3]}})";
constexpr const char* kOneFloat = R"({"x": {"float": [0, 1]}})";

constexpr const char* kRules = R"({
  "optimizer": {"grid": ["sgd", "adam"]}, "momentum": {"grid": [0, 0.9], "when": {"optimizer": "sgd"}},
  "hidden": {"int": [16, 512], "log": true}, "layers": {"int": [1, 8]},
  "nesterov": {"when": {"momentum": {">": 0}}, "on": {"choice": [true, false]}, "warmup": {"float": [0, 1]}},
  "constraints": ["hidden * layers <= 1024", "layers > 2 or {nesterov/on}"] })";

constexpr const char* kStart = R"({"x": {"float": [0, 1], "default": 0.5}, "n": {"int": [0, 9], "default": 3},
  "start": [{"x": 0.25}, {"n": 7}, {}]})";

// What learns begins with a prior here.
constexpr const char* kDefaults = R"({
  "lr": {"float": [1e-5, 1e-1], "log": true, "default": 0.01, "confidence": "high"},
  "layers": {"int": [1, 8], "default": 3}, "hidden": {"int": [16, 512], "log": true, "default": 64},
  "size": {"ordinal": ["s", "m", "l"], "default": "m"}, "act": {"choice": ["relu", "tanh"], "default": "relu"},
  "slope": {"float": [0, 1], "default": 0.1, "confidence": "low", "when": {"act": "relu"}},
  "constraints": ["hidden * layers <= 1024"] })";

std::unique_ptr<Searcher> make_random(const Space& space, std::uint64_t seed) {
  return std::make_unique<RandomSearcher>(space, seed);
}
std::unique_ptr<Searcher> make_first_points(const Space& space, std::uint64_t seed) {
  return std::make_unique<FirstPointsSearcher>(first_points(space, seed).value(), make_random(space, seed));
}
std::unique_ptr<Searcher> make_grid(const Space& space, std::uint64_t seed) {
  return std::make_unique<GridSearcher>(space, seed, /*samples=*/5);
}

auto make_named(std::string_view name) {
  return [name](const Space& space, std::uint64_t seed) {
    return make_searcher(name, {.space = &space, .seed = seed, .samples = 100}).value();
  };
}

auto make_repeating(std::string_view name) {
  return [name](const Space& space, std::uint64_t seed) {
    const SearcherSetup setup{.space = &space, .seed = seed, .samples = 20};
    return RepeatingSearcher::make(make_searcher(name, setup).value(), setup, 3).value();
  };
}

// For two metrics, of which one has a limit.
auto make_of_two(std::string_view name) {
  return [name](const Space& space, std::uint64_t seed) {
    const FurtherGoals further{.objectives = {{"other", Mode::kMax}},
                               .constraints = {MetricCondition::parse("other<4").value()}};
    return make_searcher(name, {.space = &space, .further = further, .seed = seed, .samples = 100}).value();
  };
}

// Of small generations, so that several fit into the suite's trials.
const auto make_nsga2 = make_of_two("nsga2:population=6");

INSTANTIATE_TEST_SUITE_P(
    Searchers, SearcherContractTest,
    ::testing::Values(SearcherContract{"RandomOverEveryKind", "RandomSearcher", kEveryKind, make_random, true},
                      SearcherContract{"RandomOverRules", "RandomSearcher", kRules, make_random, true},
                      SearcherContract{"FirstPoints", "FirstPointsSearcher", kStart, make_first_points, true},
                      SearcherContract{"GridOverRules", "GridSearcher", kRules, make_grid, true},
                      SearcherContract{"RandomOverOneFloat", "RandomSearcher", kOneFloat, make_random, true},
                      SearcherContract{"GridOverEveryKind", "GridSearcher", kEveryKind, make_grid, true},
                      SearcherContract{"GridOverOneFloat", "GridSearcher", kOneFloat, make_grid, true},
                      SearcherContract{"CmaEsOverEveryKind", "CmaEsSearcher", kEveryKind, make_named("cma-es")},
                      SearcherContract{"CmaEsOverOneFloat", "CmaEsSearcher", kOneFloat, make_named("cma-es")},
                      SearcherContract{"CmaEsOverFewConfigurations", "CmaEsSearcher", kFew, make_named("cma-es")},
                      SearcherContract{"DeOverEveryKind", "DeSearcher", kEveryKind, make_named("de")},
                      SearcherContract{"DeOverOneFloat", "DeSearcher", kOneFloat, make_named("de")},
                      SearcherContract{"DeOverFewConfigurations", "DeSearcher", kFew, make_named("de")},
                      SearcherContract{"BohbOverEveryKind", "BohbSearcher", kEveryKind, make_named("bohb")},
                      SearcherContract{"FreezeThawOverEveryKind", "FreezeThawSearcher", kEveryKind,
                                       make_named("freeze-thaw")},
                      SearcherContract{"FreezeThawOverRules", "FreezeThawSearcher", kRules, make_named("freeze-thaw")},
                      SearcherContract{"FreezeThawOverOneFloat", "FreezeThawSearcher", kOneFloat,
                                       make_named("freeze-thaw")},
                      SearcherContract{"FreezeThawOverFewConfigurations", "FreezeThawSearcher", kFew,
                                       make_named("freeze-thaw")},
                      SearcherContract{"SobolOverEveryKind", "SobolSearcher", kEveryKind, make_named("sobol"), true},
                      SearcherContract{"LhsOverEveryKind", "LhsSearcher", kEveryKind, make_named("lhs"), true},
                      SearcherContract{"GpOverEveryKind", "GpSearcher", kEveryKind, make_named("gp")},
                      SearcherContract{"SobolOverRules", "SobolSearcher", kRules, make_named("sobol"), true},
                      SearcherContract{"LhsOverRules", "LhsSearcher", kRules, make_named("lhs"), true},
                      SearcherContract{"GpOverRules", "GpSearcher", kRules, make_named("gp")},
                      SearcherContract{"GpOverOneFloat", "GpSearcher", kOneFloat, make_named("gp")},
                      SearcherContract{"GpOverFewConfigurations", "GpSearcher", kFew, make_named("gp")},
                      SearcherContract{"TpeOverEveryKind", "TpeSearcher", kEveryKind, make_named("tpe")},
                      SearcherContract{"CmaEsOverRules", "CmaEsSearcher", kRules, make_named("cma-es")},
                      SearcherContract{"DeOverRules", "DeSearcher", kRules, make_named("de")},
                      SearcherContract{"TpeOverRules", "TpeSearcher", kRules, make_named("tpe")},
                      SearcherContract{"ForestOverRules", "ForestSearcher", kRules, make_named("forest")},
                      SearcherContract{"TpeOverOneFloat", "TpeSearcher", kOneFloat, make_named("tpe")},
                      SearcherContract{"TpeOverFewConfigurations", "TpeSearcher", kFew, make_named("tpe")},
                      SearcherContract{"ForestOverEveryKind", "ForestSearcher", kEveryKind, make_named("forest")},
                      SearcherContract{"ForestOverOneFloat", "ForestSearcher", kOneFloat, make_named("forest")},
                      SearcherContract{"ForestOverFewConfigurations", "ForestSearcher", kFew, make_named("forest")},
                      SearcherContract{"Nsga2OverEveryKind", "Nsga2Searcher", kEveryKind, make_nsga2},
                      SearcherContract{"Nsga2OverRules", "Nsga2Searcher", kRules, make_nsga2},
                      SearcherContract{"Nsga2OverOneFloat", "Nsga2Searcher", kOneFloat, make_nsga2},
                      SearcherContract{"Nsga2OverFewConfigurations", "Nsga2Searcher", kFew, make_nsga2},
                      SearcherContract{"Nsga2OfOneMetric", "Nsga2Searcher", kRules, make_named("nsga2")},
                      SearcherContract{"GpOfTwoMetrics", "GpSearcher", kEveryKind, make_of_two("gp")},
                      SearcherContract{"GpOfTwoMetricsOverRules", "GpSearcher", kRules, make_of_two("gp")},
                      SearcherContract{"GpOfTwoMetricsOverOneFloat", "GpSearcher", kOneFloat, make_of_two("gp")},
                      SearcherContract{"GpOfTwoMetricsOverFew", "GpSearcher", kFew, make_of_two("gp")},
                      SearcherContract{"TpeOfTwoMetrics", "TpeSearcher", kEveryKind, make_of_two("tpe")},
                      SearcherContract{"TpeOfTwoMetricsOverRules", "TpeSearcher", kRules, make_of_two("tpe")},
                      SearcherContract{"AutoOfTwoMetrics", "AutoSearcher", kEveryKind, make_of_two("auto")},
                      SearcherContract{"AutoOfTwoMetricsOverRules", "AutoSearcher", kRules, make_of_two("auto")},
                      SearcherContract{"AutoOverEveryKind", "AutoSearcher", kEveryKind, make_named("auto")},
                      SearcherContract{"CostAwareGpOverRules", "GpSearcher", kRules, make_named("gp:cost-aware=1")},
                      SearcherContract{"CostAwareTpeOverRules", "TpeSearcher", kRules, make_named("tpe:cost-aware=1")},
                      SearcherContract{"CostAwareForestOverRules", "ForestSearcher", kRules,
                                       make_named("forest:cost-aware=1")},
                      SearcherContract{"RepeatingRandomOverEveryKind", "RepeatingSearcher", kEveryKind,
                                       make_repeating("random")},
                      SearcherContract{"RepeatingTpeOverRules", "RepeatingSearcher", kRules, make_repeating("tpe")},
                      SearcherContract{"RepeatingGpOverFew", "RepeatingSearcher", kFew, make_repeating("gp")},
                      SearcherContract{"RepeatingGpOverDefaults", "RepeatingSearcher", kDefaults, make_repeating("gp")},
                      SearcherContract{"GpOverDefaults", "FirstPointsSearcher", kDefaults, make_named("gp")},
                      SearcherContract{"TpeOverDefaults", "FirstPointsSearcher", kDefaults, make_named("tpe")},
                      SearcherContract{"BohbOverDefaults", "FirstPointsSearcher", kDefaults, make_named("bohb")},
                      SearcherContract{"ForestOverDefaults", "FirstPointsSearcher", kDefaults, make_named("forest")},
                      SearcherContract{"FreezeThawOverDefaults", "FirstPointsSearcher", kDefaults,
                                       make_named("freeze-thaw")},
                      SearcherContract{"AutoOverDefaults", "FirstPointsSearcher", kDefaults, make_named("auto")},
                      SearcherContract{"AutoOverFewConfigurations", "AutoSearcher", kFew, make_named("auto")}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace manta::searcher_contract_test
