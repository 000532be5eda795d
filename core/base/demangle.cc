// SPDX-License-Identifier: Apache-2.0
#include "core/base/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace manta {

std::string demangle(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                    std::free);
  std::string readable = status == 0 ? text.get() : name;
  constexpr std::string_view kMark = "(anonymous namespace)::";
  for (std::size_t at = 0; (at = readable.find(kMark)) != std::string::npos;) readable.erase(at, kMark.size());
  return readable;
}

std::string demangle_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size() - 1) + 1;  // With the space behind it.
    std::string_view word = text.substr(0, size);
    text.remove_prefix(size);
    const bool has_space = word.ends_with(' ');
    if (has_space) word.remove_suffix(1);
    out += word.starts_with("_Z") ? demangle(std::string(word)) : std::string(word);
    if (has_space) out += ' ';
  }
  return out;
}

}  // namespace manta
