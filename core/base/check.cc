// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace manta::internal {

void check_failed(const char* file, int line, std::string_view message) {
  std::fprintf(stderr, "manta: %s:%d: %.*s\n", file, line, static_cast<int>(message.size()), message.data());
  std::abort();
}

}  // namespace manta::internal
