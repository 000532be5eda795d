// SPDX-License-Identifier: Apache-2.0
#include "core/base/byte_text.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace manta {

std::string byte_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  const double tenths = std::round(value * 10) / 10;
  const bool with_tenths = tenths < 10 && tenths != std::floor(tenths);
  char text[48];
  std::snprintf(text, sizeof text, "%.*f %s", with_tenths ? 1 : 0, with_tenths ? tenths : value, kUnits[unit]);
  return text;
}

}  // namespace manta
