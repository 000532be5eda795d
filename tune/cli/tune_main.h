// SPDX-License-Identifier: Apache-2.0
// The program, without its main().
#pragma once

namespace manta {

/// Does what the command line asks for and returns the exit code. Call it after manta::init(); it needs the runtime
/// only to run trials, not for --help or check.
int tune_main(int argc, char** argv);

}  // namespace manta
