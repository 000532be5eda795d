// SPDX-License-Identifier: Apache-2.0
// All that one run of the program is asked for.
#pragma once

#include <string>

#include "tune/cli/tune_options.h"

namespace manta {

/// How progress is shown, on standard error.
enum class ProgressStyle {
  kAuto,   ///< kLive on a terminal, else kPlain.
  kLive,   ///< One block that is drawn again and again; events scroll above it.
  kPlain,  ///< One line per event.
  kNone,   ///< Nothing but warnings and errors.
};

enum class ColorMode { kAuto, kAlways, kNever };

/// What the program shows; no part of the experiment.
struct ConsoleOptions {
  ProgressStyle progress = ProgressStyle::kAuto;
  ColorMode color = ColorMode::kAuto;
  std::string trace;  ///< File of the runtime's timeline; "": none. Read by runtime_options(), as is metrics_file.
  std::string metrics_file;  ///< File of the runtime's metrics; "": none.
};

struct RunRequest {
  TuneOptions tune;
  ConsoleOptions console;
};

}  // namespace manta
