// SPDX-License-Identifier: Apache-2.0
#include "core/base/demangle.h"

#include <gtest/gtest.h>

namespace manta {
namespace {

TEST(DemangleTest, WhatIsNoMangledNameStaysAsItIs) {
  EXPECT_EQ(demangle("_ZN7Counter5crashEv"), "Counter::crash()");
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle("_Zx"), "_Zx");
  EXPECT_EQ(demangle(""), "");
}

TEST(DemangleTest, WordsAreDemangledAndSpacesKept) {
  EXPECT_EQ(demangle_words("  #0  _ZN7Counter5crashEv + 0x1 (prog) "), "  #0  Counter::crash() + 0x1 (prog) ");
  EXPECT_EQ(demangle_words(""), "");
  EXPECT_EQ(demangle_words("_ZN7Counter5crashEv"), "Counter::crash()");
}

}  // namespace
}  // namespace manta
