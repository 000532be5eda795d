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

namespace manta::internal {

/// The counterpart of cereal::BinaryOutputArchive for bytes that another process wrote. Throws cereal::Exception, as
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
    if (count > std::max(bytes_.size(), kEmptyElementsMax))
      throw cereal::Exception("a container says that it has more elements than there are bytes");
    return count;
  }

 private:
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
  archive.read(data.data, static_cast<std::size_t>(data.size));
}

}  // namespace manta::internal

// Reads pointers to base classes, too.
CEREAL_REGISTER_ARCHIVE(manta::internal::InputArchive)

// Whose bytes it reads. The other direction is taken: that archive has a reader of its own.
template <>
struct cereal::traits::detail::get_output_from_input<manta::internal::InputArchive> {
  using type = cereal::BinaryOutputArchive;
};
