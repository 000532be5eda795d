// SPDX-License-Identifier: Apache-2.0
#include "searchers/tpe/tpe_proposer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace manta::internal::tpe_proposer_test {
namespace {

// Short trials look good on the left, long ones are good on the right.
class TpeFidelityTest : public ::testing::Test {
 protected:
  TpeFidelityTest() {
    for (std::int64_t trial = 0; trial < 40; ++trial) {
      Config config;
      const double x = (static_cast<double>(trial) + 0.5) / 40;
      config.set("x", x);
      const bool is_long = trial % 2 == 0;
      history_.tell({.trial = TrialId{trial},
                     .config = config,
                     .state = TrialState::kCompleted,
                     .iteration = is_long ? 27 : 1,
                     .value = is_long ? std::fabs(x - 0.8) + 1 : std::fabs(x - 0.2)});
    }
  }

  // The median, as a third of the proposals may be random.
  double median_proposal(TpeProposer::Fidelity fidelity) const {
    TpeProposer proposer(cube_, fidelity);
    std::vector<double> places;
    for (std::uint64_t trial = 0; trial < 51; ++trial) {
      RandomStream random(1, trial);
      places.push_back(proposer.propose(history_, random)[0]);
    }
    std::ranges::nth_element(places, places.begin() + 25);
    return places[25];
  }

  const UnitCube cube_{parse_space(R"({"x": {"float": [0, 1]}})").value()};
  History history_{cube_, Objective{}};
};

TEST_F(TpeFidelityTest, TpeTakesEveryValueAsItIs) {
  EXPECT_NEAR(median_proposal(TpeProposer::Fidelity::kAny), 0.2, 0.15);
}

TEST_F(TpeFidelityTest, BohbBelievesTheTrialsThatGotFurthest) {
  EXPECT_NEAR(median_proposal(TpeProposer::Fidelity::kLargest), 0.8, 0.15);
}

}  // namespace
}  // namespace manta::internal::tpe_proposer_test
