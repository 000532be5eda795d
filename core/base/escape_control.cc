// SPDX-License-Identifier: Apache-2.0
#include "core/base/escape_control.h"

#include <cstdio>

namespace manta {
namespace {

// Bytes of the code point at the front of `text`, or 0 if it is no UTF-8.
std::size_t code_point_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead < 0x80                   ? 1
                           : lead >= 0xc2 && lead < 0xe0 ? 2
                           : lead >= 0xe0 && lead < 0xf0 ? 3
                           : lead >= 0xf0 && lead < 0xf5 ? 4
                                                         : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t index = 1; index < size; ++index) {
    if ((static_cast<unsigned char>(text[index]) & 0xc0) != 0x80) return 0;
  }
  return size;
}

std::string hex_escape(char c) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
  return buffer;
}

}  // namespace

std::string escape_control(std::string_view text, std::string_view kept) {
  std::string escaped;
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t size = code_point_size(text);
    const auto byte = static_cast<unsigned char>(c);
    // U+0080 to U+009F are controls too: some terminals take them as escape sequences.
    const bool is_c1 = size == 2 && byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    if (kept.find(c) != std::string_view::npos) {
      escaped += c;
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\t') {
      escaped += "\\t";
    } else if (size == 0 || byte < 0x20 || byte == 0x7f) {
      escaped += hex_escape(c);
    } else if (is_c1) {
      escaped += hex_escape(c) + hex_escape(text[1]);
    } else {
      escaped += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return escaped;
}

}  // namespace manta
