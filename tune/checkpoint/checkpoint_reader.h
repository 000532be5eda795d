// SPDX-License-Identifier: Apache-2.0
// Gives back what a CheckpointWriter collected.
#pragma once

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <istream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>

#include "core/base/copy_bytes.h"
#include "core/base/result.h"

namespace manta {

/// An entry that is not there or does not read as the type asked for. Thrown only by read() and read_bytes(), which run
/// in user code (docs/adr/0004).
class CheckpointError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace internal {

/// An entry as what a stream reads, in place.
class EntryBuffer final : public std::streambuf {
 public:
  explicit EntryBuffer(std::span<const std::byte> bytes) {
    char* begin = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));  // Nothing is put back into it.
    setg(begin, begin, begin + bytes.size());
  }

 protected:
  std::streamsize xsgetn(char* to, std::streamsize count) override {
    const std::streamsize size = std::min(count, egptr() - gptr());
    copy_bytes(reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(gptr()),
               static_cast<std::size_t>(size));
    setg(eback(), gptr() + size, egptr());
    return size;
  }
};

}  // namespace internal

/// Entries by name.
///
/// Thread-safety: any const method, from any thread.
/// Ownership: views the bytes given to decode(), which must outlive it.
class CheckpointReader {
 public:
  /// Checks every size, and the CRC-32C sum of the table, first; what the entries hold is checked where a file is read.
  /// Errors: kStorage: damaged or cut short; the message names the entry.
  static Result<CheckpointReader> decode(std::span<const std::byte> bytes);

  bool has(std::string_view name) const { return entries_.contains(name); }
  /// All entries, by name.
  const std::map<std::string, std::span<const std::byte>, std::less<>>& entries() const { return entries_; }

  /// The value written under `name`. Throws CheckpointError if there is none, or it is of another type.
  template <class T>
  T read(std::string_view name) const {
    internal::EntryBuffer buffer(read_bytes(name));
    std::istream stream(&buffer);
    T value{};
    try {
      cereal::PortableBinaryInputArchive archive(stream);
      archive(value);
    } catch (const std::exception& error) {
      throw CheckpointError("checkpoint entry \"" + std::string(name) + "\": " + error.what());
    }
    return value;
  }

  /// The bytes written under `name`; throws CheckpointError if there are none.
  std::span<const std::byte> read_bytes(std::string_view name) const;
  /// Copies the bytes written under `name` to `to`, large ones by several threads; throws CheckpointError if there are
  /// none, or not as many as `to` has.
  void read_bytes(std::string_view name, std::span<std::byte> to) const;

 private:
  std::map<std::string, std::span<const std::byte>, std::less<>> entries_;
};

}  // namespace manta
