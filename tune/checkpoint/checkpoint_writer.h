// SPDX-License-Identifier: Apache-2.0
// Collects what a trainable saves.
#pragma once

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <cstddef>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace manta {

/// Named entries; each a value that cereal can write, or raw bytes. A name written twice keeps the last.
///
/// Thread-safety: none.
class CheckpointWriter {
 public:
  /// Writes any value that cereal can: numbers, strings, containers, and classes with `serialize(Archive&)`.
  template <class T>
  void write(std::string_view name, const T& value) {
    std::ostringstream stream(std::ios::binary);
    cereal::PortableBinaryOutputArchive archive(stream);
    archive(value);
    const std::string text = std::move(stream).str();
    write_bytes(name, std::as_bytes(std::span(text)));
  }

  /// Writes bytes as they are.
  void write_bytes(std::string_view name, std::span<const std::byte> bytes);

  /// True if nothing was written: what is saved here says nothing of any state.
  bool empty() const { return entries_.empty(); }

  /// All entries in one block: a table of names, sizes and CRC-32C sums, then the entries.
  std::vector<std::byte> encode() const;
  /// The same in place: `block` has encoded_size() bytes.
  void encode(std::span<std::byte> block) const;
  std::size_t encoded_size() const;

 private:
  std::map<std::string, std::vector<std::byte>, std::less<>> entries_;
};

}  // namespace manta
