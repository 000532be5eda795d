// SPDX-License-Identifier: Apache-2.0
#include "core/base/demangle.h"

#include <gtest/gtest.h>

namespace manta::demangle_test {
namespace {

TEST(DemangleTest, WhatIsNoMangledNameStaysAsItIs) {
  EXPECT_EQ(demangle("_ZN7Counter5crashEv"), "Counter::crash()");
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle("_Zx"), "_Zx");
  EXPECT_EQ(demangle(""), "");
}

// f(A, B<A, A>, B<B<A, A>, B<A, A>>, …): each argument names the one before it twice. At most 34 times.
std::string doubling(std::size_t times) {
  std::string name = "_Z1f1A1BIS_S_E";
  for (std::size_t i = 1; i < times; ++i) {
    const std::string before = std::string("S") + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i] + "_";
    name += "S0_I" + before + before + "E";
  }
  return name;
}

TEST(DemangleTest, ANameThatWouldFillTheMemoryStaysAsItIs) {
  EXPECT_EQ(demangle(doubling(2)).substr(0, 25), "f(A, B<A, A>, B<B<A, A>, ");
  EXPECT_EQ(demangle(doubling(34)), doubling(34));
  const std::string long_name = "_Z3000" + std::string(3000, 'x') + "v";
  EXPECT_EQ(demangle(long_name), long_name);
}

TEST(DemangleTest, NamesOfTheStandardLibraryAreReadable) {
  EXPECT_EQ(
      demangle("_ZNSt6vectorINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESaIS5_EE12emplace_backIJS5_EEERS5_"
               "DpOT_")
          .substr(0, 24),
      "std::__cxx11::basic_stri");
}

TEST(DemangleTest, WordsAreDemangledAndSpacesKept) {
  EXPECT_EQ(demangle_words("  #0  _ZN7Counter5crashEv + 0x1 (prog) "), "  #0  Counter::crash() + 0x1 (prog) ");
  EXPECT_EQ(demangle_words(""), "");
  EXPECT_EQ(demangle_words("_ZN7Counter5crashEv"), "Counter::crash()");
}

}  // namespace
}  // namespace manta::demangle_test
