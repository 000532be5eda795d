// SPDX-License-Identifier: Apache-2.0
#include "core/base/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace manta {

namespace {

// A name may refer to what it has said before, and that again: a few hundred bytes can stand for terabytes. n
// references make a name at most 3^(n/3) times as long.
constexpr std::size_t kLongest = 2048;
constexpr int kMostReferences = 24;

// "S_", "S1_", "T_", "T0_": also where such letters are only part of a name.
int references_in(std::string_view name) {
  int count = 0;
  for (std::size_t at = name.find_first_of("ST"); at != std::string_view::npos; at = name.find_first_of("ST", at + 1)) {
    const std::size_t end = name.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", at + 1);
    if (end != std::string_view::npos && name[end] == '_') ++count;
  }
  return count;
}

}  // namespace

std::string demangle(const std::string& name) {
  if (name.size() > kLongest || references_in(name) > kMostReferences) return name;
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
