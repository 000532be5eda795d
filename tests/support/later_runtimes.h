// SPDX-License-Identifier: Apache-2.0
// For test programs that start runtimes of their own: link later_runtimes_main.cc.
#pragma once

namespace manta {

/// What main() got, for init().
extern int g_argc;
extern char** g_argv;

}  // namespace manta
