// SPDX-License-Identifier: Apache-2.0
// Names of this program's functions, from its own file.
#include "core/base/symbol_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>

#include <cstdio>
#include <fstream>

namespace manta::symbol_table_test {
namespace {

[[gnu::noinline, gnu::used]] int nobody_else_calls_this(int x) { return x + 1; }

std::uintptr_t load_address() {
  std::uintptr_t address = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        *static_cast<std::uintptr_t*>(data) = info->dlpi_addr;
        return 1;
      },
      &address);
  return address;
}

TEST(SymbolTableTest, AFunctionOfThisFileIsFoundByAnAddressInIt) {
  const auto table = SymbolTable::open("/proc/self/exe", load_address());
  ASSERT_TRUE(table);

  const auto symbol = table->find(reinterpret_cast<std::uintptr_t>(&nobody_else_calls_this) + 1);

  ASSERT_TRUE(symbol);
  EXPECT_THAT(symbol->name, ::testing::HasSubstr("nobody_else_calls_this"));
  EXPECT_EQ(symbol->offset, 1u);
}

TEST(SymbolTableTest, AnAddressOutsideIsNone) {
  const auto table = SymbolTable::open("/proc/self/exe", load_address());
  ASSERT_TRUE(table);

  EXPECT_FALSE(table->find(0));
  EXPECT_FALSE(table->find(~std::uintptr_t{0}));
}

TEST(SymbolTableTest, WhatIsNoProgramIsAnError) {
  EXPECT_EQ(SymbolTable::open("/nowhere", 0).error().code, ErrorCode::kSystem);
  EXPECT_EQ(SymbolTable::open("/etc/passwd", 0).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace manta::symbol_table_test
