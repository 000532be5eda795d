// SPDX-License-Identifier: Apache-2.0
// Numbers that say which node has given them.
#include "core/base/node_id.h"

#include <gtest/gtest.h>

namespace manta::node_id_test {
namespace {

constexpr NodeId kLast{GlobalId::kNodeMax};

TEST(GlobalIdTest, ANumberSaysItsNodeAndWhichOfThatNodesItIs) {
  for (const NodeId node : {NodeId{1}, NodeId{2}, kLast}) {
    for (const std::uint64_t local : {std::uint64_t{0}, std::uint64_t{1}, GlobalId::kLocalMax}) {
      const std::uint64_t id = GlobalId::of(node, local);

      EXPECT_EQ(GlobalId::node(id), node);
      EXPECT_EQ(GlobalId::local(id), local);
    }
  }
}

TEST(GlobalIdTest, NoNodeHasTheNumberThatMeansNothing) {
  EXPECT_EQ(GlobalId::node(0), NodeId{0});
  EXPECT_FALSE(GlobalIds(NodeId{1}).has(0));
}

TEST(GlobalIdTest, ItsNameSaysBoth) {
  EXPECT_EQ(to_string(NodeId{7}), "node 7");
  EXPECT_EQ(global_name("actor", GlobalId::of(NodeId{7}, 3)), "actor 3 of node 7");
}

TEST(GlobalIdsTest, TheyBeginAtOneAndGoUpAndTheNodeItselfIsNone) {
  GlobalIds ids(kLast);

  EXPECT_EQ(ids.next(), GlobalId::of(kLast, 1));
  EXPECT_EQ(ids.next(), GlobalId::of(kLast, 2));
  EXPECT_EQ(ids.self(), GlobalId::of(kLast, 0));
  EXPECT_EQ(ids.node(), kLast);
}

TEST(GlobalIdsTest, ANodeKnowsItsOwn) {
  const GlobalIds ids(NodeId{5});

  EXPECT_TRUE(ids.has(ids.self()));
  EXPECT_TRUE(ids.has(GlobalId::of(NodeId{5}, 99)));
  EXPECT_FALSE(ids.has(GlobalId::of(NodeId{4}, 99)));
  EXPECT_FALSE(ids.has(99));
}

TEST(GlobalIdsDeathTest, ANodeThatCannotBeIsABug) {
  EXPECT_DEATH(GlobalIds(NodeId{0}), "no such node");
  EXPECT_DEATH(GlobalIds(NodeId{GlobalId::kNodeMax + 1}), "no such node");
}

}  // namespace
}  // namespace manta::node_id_test
