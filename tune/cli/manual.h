// SPDX-License-Identifier: Apache-2.0
// Manual pages, from the tables of verbs and options.
#pragma once

#include <string>

namespace manta {

/// manta(1), in the language of man.
std::string manta_manual();
/// tune_run(1).
std::string tune_run_manual();

}  // namespace manta
