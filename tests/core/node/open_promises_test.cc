// SPDX-License-Identifier: Apache-2.0
#include "core/node/open_promises.h"

#include <gtest/gtest.h>

#include <vector>

namespace manta::open_promises_test {
namespace {

TEST(OpenPromisesTest, GivesThoseThatAreLeftAndThenNone) {
  OpenPromises promises;
  const ObjectPtr kept = make_object();
  EXPECT_TRUE(promises.add(kept));
  EXPECT_TRUE(promises.add(make_object()));

  EXPECT_EQ(promises.close(), std::vector{kept});

  EXPECT_FALSE(promises.add(kept));
  EXPECT_TRUE(promises.close().empty());
}

TEST(OpenPromisesTest, ForgetsThoseThatHaveGone) {
  OpenPromises promises;
  std::vector<ObjectPtr> kept;
  for (int i = 0; i < 100'000; ++i) {
    promises.add(make_object());
    if (i % 1'000 == 0) promises.add(kept.emplace_back(make_object()));
  }

  EXPECT_LE(promises.known(), 2 * kept.size() + 64);
  EXPECT_EQ(promises.close(), kept);
}

}  // namespace
}  // namespace manta::open_promises_test
