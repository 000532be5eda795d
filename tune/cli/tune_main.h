// SPDX-License-Identifier: Apache-2.0
// The program, without its main().
#pragma once

#include "core/api/runtime.h"

namespace manta {

/// Does what the command line asks for and returns the exit code. Call it after manta::init(); it needs the runtime
/// only to run trials, not for --help or check.
int tune_main(int argc, char** argv);

/// What the command line says of the runtime, which has to be started before the command line is read: --trace and
/// --metrics-file. Words that tune_main() will refuse are ignored here.
RuntimeOptions runtime_options(int argc, char** argv);

}  // namespace manta
