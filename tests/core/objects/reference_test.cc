// SPDX-License-Identifier: Apache-2.0
// References inside values: the bytes hold places, the list the references.
#include "core/objects/reference.h"

#include <gtest/gtest.h>

#include "core/objects/object_state.h"

namespace manta::reference_test {
namespace {

TEST(ReferenceScopeTest, OutsideOfAScopeNothingIsWrittenOrFound) {
  EXPECT_EQ(ReferenceScope::add(std::make_shared<ObjectState>()), 0u);
  EXPECT_EQ(ReferenceScope::find(1), nullptr);
}

TEST(ReferenceScopeTest, WhatIsWrittenIsFoundByItsPlace) {
  const auto first = std::make_shared<ObjectState>();
  const auto second = std::make_shared<ObjectState>();
  std::vector<Reference> references;
  {
    const ReferenceScope scope(references);
    EXPECT_EQ(ReferenceScope::add(first), 1u);
    EXPECT_EQ(ReferenceScope::add(second), 2u);
    EXPECT_EQ(ReferenceScope::find(1), nullptr);  // It writes.
  }
  const ReferenceScope scope(&references);

  EXPECT_EQ(std::get<ObjectPtr>(*ReferenceScope::find(1)), first);
  EXPECT_EQ(std::get<ObjectPtr>(*ReferenceScope::find(2)), second);
  EXPECT_EQ(ReferenceScope::find(0), nullptr);
  EXPECT_EQ(ReferenceScope::find(3), nullptr);
  EXPECT_EQ(ReferenceScope::find(~std::uint64_t{0}), nullptr);
  EXPECT_EQ(ReferenceScope::add(first), 0u);  // It reads.
}

TEST(ReferenceScopeTest, AnInnerScopeHidesTheOuterOne) {
  std::vector<Reference> outer;
  std::vector<Reference> inner;
  const ReferenceScope outer_scope(outer);
  {
    const ReferenceScope inner_scope(inner);
    EXPECT_EQ(ReferenceScope::add(std::make_shared<ObjectState>()), 1u);
  }
  EXPECT_EQ(ReferenceScope::add(std::make_shared<ObjectState>()), 1u);

  EXPECT_EQ(outer.size(), 1u);
  EXPECT_EQ(inner.size(), 1u);
}

}  // namespace
}  // namespace manta::reference_test
