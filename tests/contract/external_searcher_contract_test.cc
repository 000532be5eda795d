// SPDX-License-Identifier: Apache-2.0
// The example of a searcher in Python under the contract of searchers.
#include "integrations/external_searcher/external_searcher.h"
#include "tests/contract/searcher_contract.h"

namespace manta::external_searcher_contract_test {
namespace {

constexpr const char* kEveryKind = R"({
  "lr": {"float": [1e-5, 1e-1], "log": true}, "dropout": {"float": [0, 0.5], "step": 0.05},
  "hidden": {"int": [16, 512], "log": true}, "layers": {"grid": [1, 2, 3]}, "batch": {"choice": [32, 64, 128]},
  "size": {"ordinal": ["s", "m", "l"]}, "noise": {"normal": [0, 1]}, "even": {"int": [2, 20], "step": 2},
  "model": {"act": {"choice": ["relu", "tanh"]}, "bias": {"grid": [true, false]}}, "epochs": 20 })";

constexpr const char* kRules = R"({
  "optimizer": {"choice": ["sgd", "adam"]}, "momentum": {"ordinal": [0, 0.9], "when": {"optimizer": "sgd"}},
  "hidden": {"int": [16, 512], "log": true}, "layers": {"int": [1, 8]},
  "nesterov": {"when": {"momentum": {">": 0}}, "on": {"choice": [true, false]}, "warmup": {"float": [0, 1]}},
  "constraints": ["hidden * layers <= 1024", "layers > 2 or {nesterov/on}"] })";

std::unique_ptr<Searcher> make_hill_climb(const Space& space, std::uint64_t seed) {
  const std::string command = std::string(MANTA_TEST_PYTHON) + " -B " + MANTA_TEST_EXTERNAL_SEARCHER + "/hill_climb.py";
  return ExternalSearcher::start(command, {.space = &space, .seed = seed, .samples = 100}).value();
}

INSTANTIATE_TEST_SUITE_P(
    External, SearcherContractTest,
    ::testing::Values(SearcherContract{"HillClimbOverEveryKind", "ExternalSearcher", kEveryKind, make_hill_climb, false, 1},
                      SearcherContract{"HillClimbOverRules", "ExternalSearcher", kRules, make_hill_climb, false, 1}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace manta::external_searcher_contract_test
