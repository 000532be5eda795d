// SPDX-License-Identifier: Apache-2.0
// main() of the program manta.
#include "tune/cli/manta_main.h"

int main(int argc, char** argv) { return manta::manta_main(argc, argv); }
