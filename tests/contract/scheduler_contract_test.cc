// SPDX-License-Identifier: Apache-2.0
// Every trial scheduler under the contract.
#include "tests/contract/scheduler_contract.h"

#include "schedulers/make_scheduler.h"

namespace manta::scheduler_contract_test {
namespace {

// What pbt-replay follows: 1 went on from 0 after 3 iterations, and 2, the best, from 1 after 6.
Result<Snapshot> recorded_population() {
  return Snapshot{R"({"PbtScheduler":{"history":{"exploits":[[1,0,3,{"index":1},{"index":2}],)"
                  R"([2,1,6,{"index":2},{"index":3}]],"best":[2,9,-0.5,{"index":3},2]}}})"};
}

SchedulerContract contract(std::string name, std::string class_name, std::string text, std::uint64_t histories) {
  const bool waits = text.starts_with("hyperband") || text.starts_with("bohb") || text.starts_with("i-epoch") ||
                     text.starts_with("pbt-sync") || text.starts_with("freeze-thaw");
  return {std::move(name), std::move(class_name),
          [text](const Objective& objective, std::int64_t trials) {
            static const Space space = parse_space(R"({"index": {"int": [0, 1000]}})").value();
            return make_scheduler(text, {.objective = objective,
                                         .space = &space,
                                         .max_trials = trials,
                                         .read_snapshot = [](const std::string&) { return recorded_population(); }})
                .value();
          },
          histories, waits};
}

// At least 10,000 histories per scheduler; MANTA_HISTORIES=1000000 plays a million of each line.
INSTANTIATE_TEST_SUITE_P(
    Schedulers, SchedulerContractTest,
    ::testing::Values(contract("Fifo", "FifoScheduler", "fifo", 10'000),
                      contract("Asha", "AshaScheduler", "asha", 2'000),
                      contract("AshaHalving", "AshaScheduler", "asha:grace=1,eta=2,max_t=16", 6'000),
                      contract("AshaLateGrace", "AshaScheduler", "asha:grace=3,eta=3,max_t=27", 2'000),
                      contract("AshaPromote", "AshaPromoteScheduler", "asha-promote:eta=2,max_t=8", 8'000),
                      contract("AshaPromoteLate", "AshaPromoteScheduler", "asha-promote:grace=2,eta=3,max_t=27", 2'000),
                      contract("Hyperband", "HyperbandScheduler", "hyperband:max_t=9,eta=3", 5'000),
                      contract("HyperbandHalving", "HyperbandScheduler", "hyperband:max_t=4,eta=2", 5'000),
                      contract("AsyncHyperband", "AsyncHyperbandScheduler", "async-hyperband:max_t=9,eta=3", 10'000),
                      contract("Median", "MedianScheduler", "median", 10'000),
                      contract("IEpoch", "IEpochScheduler", "i-epoch:i=2,best=2", 10'000),
                      contract("AshaCost", "AshaScheduler", "asha:eta=2,max_t=9,cost=seconds", 10'000),
                      contract("Bohb", "HyperbandScheduler", "bohb:max_t=9,eta=3", 10'000),
                      contract("FreezeThaw", "FreezeThawScheduler", "freeze-thaw:max_t=12", 10'000),
                      contract("Pbt", "PbtScheduler", "pbt:interval=2", 10'000),
                      contract("Pb2", "PbtScheduler", "pb2:interval=2", 10'000),
                      contract("PbtSync", "PbtScheduler", "pbt-sync:interval=2", 10'000),
                      contract("PbtReplay", "PbtReplayScheduler", "pbt-replay:from=runs/pbt", 10'000),
                      contract("Patience", "PatienceScheduler", "patience:reports=2", 10'000),
                      contract("Plateau", "PlateauScheduler", "plateau:reports=2,std=0.2", 10'000),
                      contract("Threshold", "ThresholdScheduler", "threshold:at=2,value=0.5", 10'000),
                      contract("Combined", "CombinedScheduler", "hyperband:max_t=9,eta=3+patience:reports=2+median",
                               10'000)),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace manta::scheduler_contract_test
