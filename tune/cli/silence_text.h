// SPDX-License-Identifier: Apache-2.0
// Trials that say nothing, as a line of text.
#pragma once

#include <filesystem>
#include <string>

#include "tune/loop/loop_observer.h"

namespace manta {

/// Who is silent, who waits for that, and what to type: "no answer for 30 s: 8 trials wait for trial 2 (in iteration 1);
/// manta kill DIR 2 ends it, …". One line.
std::string silence_line(const Silence& silence, const std::filesystem::path& directory);

}  // namespace manta
