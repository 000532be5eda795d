// SPDX-License-Identifier: Apache-2.0
// Errors of calls whose refs are thrown away: they are told once, and only those that nobody has looked at.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "tests/support/gate.h"

namespace manta::unseen_error_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

int fail_at(const std::string& gate, int number) {
  if (!gate.empty()) Gate::stand_at(gate);
  throw std::runtime_error("number " + std::to_string(number));
}
int pass(int number) { return number; }
// A worker that throws refs away.
int throw_away_in_worker() {
  static_cast<void>(remote<fail_at>("", 5));
  return 1;
}

class UnseenErrorTest : public ::testing::Test {
 protected:
  UnseenErrorTest() {
    ObjectState::on_unseen_error(std::make_shared<const ObjectState::OnUnseenError>([heard = heard_](auto line) {
      const std::lock_guard lock(heard->mutex);
      heard->lines.emplace_back(line);
    }));
  }
  ~UnseenErrorTest() override { ObjectState::on_unseen_error(nullptr); }

  struct Heard {
    std::mutex mutex;
    std::vector<std::string> lines;
  };
  std::vector<std::string> heard() const {
    const std::lock_guard lock(heard_->mutex);
    return heard_->lines;
  }
  const std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
};

TEST_F(UnseenErrorTest, ARefThatIsThrownAwayAfterItsCallFailed) {
  auto ref = remote<fail_at>("", 1);
  wait(std::vector{ref});
  EXPECT_THAT(heard(), IsEmpty());

  ref = {};
  while (heard().empty()) static_cast<void>(get(remote<pass>(1)));

  EXPECT_THAT(heard(), ElementsAre(AllOf(HasSubstr("manta: nobody asked for the result of "), HasSubstr("fail_at"),
                                         HasSubstr("number 1"), HasSubstr("task_failed"))));
}

TEST_F(UnseenErrorTest, ARefThatIsThrownAwayBeforeItsCallFails) {
  Gate gate;
  static_cast<void>(remote<fail_at>(gate.path(), 2));
  gate.meet();
  gate.let_through();

  while (heard().empty()) static_cast<void>(get(remote<pass>(1)));

  EXPECT_THAT(heard(), ElementsAre(HasSubstr("number 2")));
}

TEST_F(UnseenErrorTest, WhatSomebodyHasLookedAtIsNotTold) {
  ASSERT_FALSE(get(remote<fail_at>("", 3)));
  ASSERT_FALSE(get(remote<pass>(remote<fail_at>("", 4))));  // The first one's error is the second's.
  auto cancelled = remote<pass>(1);
  cancel(cancelled);
  cancelled = {};
  static_cast<void>(remote<fail_at>("", 6));
  while (heard().empty()) static_cast<void>(get(remote<pass>(1)));

  EXPECT_THAT(heard(), ElementsAre(HasSubstr("number 6")));
}

TEST_F(UnseenErrorTest, AWorkerThatThrowsARefAwayIsNoReasonForSilence) {
  ASSERT_EQ(get(remote<throw_away_in_worker>()).value(), 1);

  while (heard().empty()) static_cast<void>(get(remote<pass>(1)));

  EXPECT_THAT(heard(), ElementsAre(HasSubstr("number 5")));
}

}  // namespace
}  // namespace manta::unseen_error_test
