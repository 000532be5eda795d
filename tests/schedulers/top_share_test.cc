// SPDX-License-Identifier: Apache-2.0
#include "schedulers/internal/top_share.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/base/random.h"

namespace manta::internal::top_share_test {
namespace {

TEST(TopShareTest, TheThresholdIsTheWorstOfTheBestAfterEveryAddition) {
  for (const std::int64_t eta : {2, 3, 4, 7}) {
    RandomStream random(1, static_cast<std::uint64_t>(eta));
    TopShare share(eta);
    std::vector<double> all;
    for (int i = 0; i < 500; ++i) {
      all.push_back(static_cast<double>(random.below(50)));  // Many are equal.
      share.add(all.back());
      std::vector<double> best_first = all;
      std::sort(best_first.begin(), best_first.end(), std::greater<>());
      const std::size_t count = all.size() / static_cast<std::size_t>(eta);
      ASSERT_EQ(share.count(), count);
      ASSERT_EQ(share.size(), all.size());
      if (count > 0) {
        ASSERT_EQ(share.threshold(), best_first[count - 1]);
      }
    }
    TopShare copy(eta);
    copy.assign(share.sorted());
    EXPECT_EQ(copy.threshold(), share.threshold());
    EXPECT_EQ(copy.sorted(), share.sorted());
  }
}

}  // namespace
}  // namespace manta::internal::top_share_test
