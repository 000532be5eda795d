// SPDX-License-Identifier: Apache-2.0
// The program manta.
#pragma once

namespace manta {

/// main() of the program `manta`: reads the words, does what they say, prints what went wrong. Returns the exit code.
int manta_main(int argc, char** argv);

}  // namespace manta
