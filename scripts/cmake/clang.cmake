# SPDX-License-Identifier: Apache-2.0
# A toolchain file: the newest clang of this machine, under whichever name the distribution gives it.
find_program(MANTA_CLANGXX NAMES clang++ clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14 REQUIRED)
set(CMAKE_CXX_COMPILER ${MANTA_CLANGXX})
