// SPDX-License-Identifier: Apache-2.0
// Collects what a trainable saves.
#pragma once

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/objects/shared_array.h"

namespace manta {

/// Memory that a checkpoint is written into.
class CheckpointRoom {
 public:
  virtual ~CheckpointRoom() = default;
  virtual std::span<std::byte> bytes() = 0;
  /// The first `size` bytes, from now on unchanged. Called once, at the end.
  virtual SharedArray<std::byte> seal(std::size_t size) = 0;
};

/// Named entries; each a value that cereal can write, or raw bytes. A name written twice keeps the last.
///
/// Thread-safety: none.
class CheckpointWriter {
 public:
  /// Room for `size` bytes at least; null if there is none.
  using MakeRoom = std::function<std::unique_ptr<CheckpointRoom>(std::size_t size)>;

  /// Writes to the heap.
  CheckpointWriter() = default;
  /// Writes to what `make_room` gives, so that a large state is copied once; to the heap once that gives nothing.
  /// `expected` is the size of the block, if it is known: more room is then not needed.
  explicit CheckpointWriter(MakeRoom make_room, std::size_t expected = 0)
      : make_room_(std::move(make_room)), expected_(expected) {}

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

  /// All entries in one block, which CheckpointReader reads.
  std::vector<std::byte> encode() const;
  /// The same, where it was written; the writer is empty then.
  SharedArray<std::byte> finish();

 private:
  struct Entry {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  void reserve(std::size_t size);
  std::size_t table_size() const;
  void write_table(std::span<std::byte> block) const;
  void copy_to(std::byte* to) const;

  MakeRoom make_room_;
  std::size_t expected_ = 0;
  std::unique_ptr<CheckpointRoom> room_;
  std::size_t size_ = 0;  // Of what is written: all but the table.
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace manta
