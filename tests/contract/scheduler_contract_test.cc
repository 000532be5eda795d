// SPDX-License-Identifier: Apache-2.0
// Every trial scheduler under the contract.
#include "tests/contract/scheduler_contract.h"

#include "schedulers/make_scheduler.h"

namespace manta {
namespace {

SchedulerContract contract(std::string name, std::string class_name, std::string text) {
  return {std::move(name), std::move(class_name),
          [text](const Objective& objective) { return make_scheduler(text, objective).value(); }};
}

INSTANTIATE_TEST_SUITE_P(Schedulers, SchedulerContractTest,
                         ::testing::Values(contract("Fifo", "FifoScheduler", "fifo"),
                                           contract("Asha", "AshaScheduler", "asha"),
                                           contract("AshaHalving", "AshaScheduler", "asha:grace=1,eta=2,max_t=16"),
                                           contract("AshaLateGrace", "AshaScheduler", "asha:grace=3,eta=3,max_t=27")),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace manta
