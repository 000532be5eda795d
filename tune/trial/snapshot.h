// SPDX-License-Identifier: Apache-2.0
// The saved state of a searcher or scheduler.
#pragma once

#include <string>

namespace manta {

/// JSON text that only the class that wrote it reads. It begins with the class's name, so a foreign one is refused.
struct Snapshot {
  std::string json;
};

}  // namespace manta
