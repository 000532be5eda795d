// SPDX-License-Identifier: Apache-2.0
// The names of C++ functions and types as people write them.
#pragma once

#include <string>
#include <string_view>

namespace manta {

/// "Counter::crash()" for "_ZN7Counter5crashEv", without the marks of anonymous namespaces; `name` itself if it is not
/// mangled, or so long or full of references to its own parts that it might fill the memory.
std::string demangle(const std::string& name);

/// `text` with each word that is a mangled function's name demangled.
std::string demangle_words(std::string_view text);

}  // namespace manta
