// SPDX-License-Identifier: Apache-2.0
// Reads what cereal's binary archive wrote, but believes none of it.
#pragma once

#include <algorithm>
#include <cereal/archives/binary.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/copy_bytes.h"
#include "core/objects/reference.h"
#include "core/objects/travels.h"

namespace manta::internal {

/// What a container hands over in one piece lies in a block of the store if it is longer than this, in bytes. Below, a
/// block of its own costs more than the copy.
inline constexpr std::size_t kPieceMax = std::size_t{64} << 10;

/// The counterpart of OutputArchive for bytes that another process wrote. Throws cereal::Exception, as
/// cereal does, where these are cut short, where a container says that it has more elements than there are bytes, and
/// at a bool that is neither 0 nor 1: cereal would make room for as many elements as it is told, before it reads the
/// first.
class InputArchive : public cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision> {
 public:
  /// Elements of a container that may take no bytes each, such as empty structs.
  static constexpr std::size_t kEmptyElementsMax = 8 * 1024;

  /// Views `bytes`.
  explicit InputArchive(std::span<const std::byte> bytes)
      : cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>(this), bytes_(bytes) {}

  template <class... T>
  InputArchive& operator()(T&&... values) {
    static_assert((!std::is_const_v<std::remove_reference_t<T>> && ...),
                  "a `serialize` or `load` reads into something const: a const member, or it is const itself");
    (check_member<std::remove_cvref_t<T>,
                  cereal::traits::is_input_serializable<std::remove_cvref_t<T>, InputArchive>::value>(),
     ...);
    return cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>::operator()(std::forward<T>(values)...);
  }

  void read(void* out, std::size_t size) {
    if (size > bytes_.size()) throw cereal::Exception("the bytes end too early");
    if (size > 0) std::memcpy(out, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
  }

  bool read_bool() {
    std::uint8_t byte = 0;
    read(&byte, 1);
    if (byte > 1) throw cereal::Exception("a bool is neither 0 nor 1");
    return byte == 1;
  }

  /// How many elements follow.
  std::uint64_t read_count() {
    cereal::size_type count = 0;
    read(&count, sizeof count);
    if (count > std::max(bytes_.size(), kEmptyElementsMax) && count > bytes_.size() + bytes_in_blocks())
      throw cereal::Exception("a container says that it has more elements than there are bytes");
    return count;
  }

  /// What OutputArchive::write_piece() wrote.
  void read_piece(void* out, std::size_t size) {
    std::uint64_t place = 0;
    if (size > kPieceMax) read(&place, sizeof place);
    if (place == 0) return read(out, size);
    const Reference* reference = ReferenceScope::find(place);
    const auto* block = reference != nullptr ? std::get_if<BlockPtr>(reference) : nullptr;
    if (block == nullptr || !*block || (*block)->size() != size)
      throw cereal::Exception("a large piece names no block of the store, or one of another size");
    copy_bytes(static_cast<std::byte*>(out), (*block)->data(), size);
  }

 private:
  std::uint64_t bytes_in_blocks() {
    if (bytes_in_blocks_ == kUnknown) bytes_in_blocks_ = ReferenceScope::bytes_in_blocks();
    return bytes_in_blocks_;
  }

  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  std::uint64_t bytes_in_blocks_ = kUnknown;  // Beside the value that is read.
  std::span<const std::byte> bytes_;
};

// What cereal asks of an archive, found by the archive's namespace.

template <class T>
requires std::is_arithmetic_v<T>
void load(InputArchive& archive, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = archive.read_bool();
  } else {
    archive.read(std::addressof(value), sizeof value);
  }
}

template <class T>
void load(InputArchive& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

template <class T>
void load(InputArchive& archive, cereal::SizeTag<T>& tag) {
  tag.size = archive.read_count();
}

template <class T>
void load(InputArchive& archive, cereal::BinaryData<T>& data) {
  archive.read_piece(data.data, static_cast<std::size_t>(data.size));
}

}  // namespace manta::internal

// Reads pointers to base classes, too.
CEREAL_REGISTER_ARCHIVE(manta::internal::InputArchive)
