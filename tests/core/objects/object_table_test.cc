// SPDX-License-Identifier: Apache-2.0
#include "core/objects/object_table.h"

#include <gtest/gtest.h>

namespace manta::object_table_test {
namespace {

TEST(ObjectTableTest, AnObjectIsShownWithWhoMadeIt) {
  ObjectTable table;
  const auto object = std::make_shared<ObjectState>();

  table.add(object, 1000, {.process = 7, .label = "make"});

  const auto rows = table.snapshot();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].object, object);
  EXPECT_EQ(rows[0].bytes, 1000u);
  EXPECT_EQ(rows[0].origin.process, 7u);
  EXPECT_EQ(rows[0].origin.label, "make");
}

TEST(ObjectTableTest, WhatDoesNotLieInTheStoreIsNotEntered) {
  ObjectTable table;
  const auto object = std::make_shared<ObjectState>();

  table.add(object, 0, {});

  EXPECT_TRUE(table.snapshot().empty());
}

TEST(ObjectTableTest, ItKeepsNothing) {
  ObjectTable table;
  auto object = std::make_shared<ObjectState>();
  const std::weak_ptr<ObjectState> watch = object;
  table.add(object, 1000, {});

  object.reset();

  EXPECT_TRUE(watch.expired());
  EXPECT_TRUE(table.snapshot().empty());
}

TEST(ObjectTableTest, ObjectsThatAreGoneTakeNoRoomForLong) {
  ObjectTable table;
  const auto kept = std::make_shared<ObjectState>();
  table.add(kept, 1000, {});

  for (int i = 0; i < 100'000; ++i) table.add(std::make_shared<ObjectState>(), 1000, {});

  EXPECT_EQ(table.snapshot().size(), 1u);
  EXPECT_LE(table.entry_count(), 128u);
}

}  // namespace
}  // namespace manta::object_table_test
