// SPDX-License-Identifier: Apache-2.0
// Writes values as cereal's binary archive does, but large blocks of numbers or characters beside them.
#pragma once

#include <cereal/archives/binary.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/base/copy_bytes.h"
#include "core/base/error.h"
#include "core/objects/input_archive.h"
#include "core/objects/reference.h"
#include "core/objects/small_bytes.h"
#include "core/objects/travels.h"

namespace manta::internal {

/// Carries an error through cereal, which knows exceptions only. encode() catches it.
struct EncodingError : std::exception {
  explicit EncodingError(Error cause) : error(std::move(cause)) {}
  const char* what() const noexcept override { return error.message.c_str(); }

  Error error;
};

/// What cereal::BinaryOutputArchive is, without a stream in between. What a container hands over in one piece and is
/// longer than kPieceMax, such as the elements of a std::vector<double> or a std::string, goes straight to a block of
/// the store; the value's bytes have its place among the references.
///
/// Throws EncodingError: kExhausted, of the store.
class OutputArchive : public cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision> {
 public:
  /// Appends to `out`.
  explicit OutputArchive(SmallBytes& out)
      : cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>(this), out_(out) {}

  template <class... T>
  OutputArchive& operator()(T&&... values) {
    (check_member<std::remove_cvref_t<T>,
                  cereal::traits::is_output_serializable<std::remove_cvref_t<T>, OutputArchive>::value>(),
     ...);
    return cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>::operator()(std::forward<T>(values)...);
  }

  void write(const void* data, std::size_t size) { out_.append(static_cast<const std::byte*>(data), size); }

  void write_piece(const void* data, std::size_t size) {
    if (size > kPieceMax) {
      const std::uint64_t place = place_piece(data, size);
      write(&place, sizeof place);
      if (place != 0) return;
    }
    write(data, size);
  }

 private:
  // 0: it is to be written among the rest.
  static std::uint64_t place_piece(const void* data, std::size_t size) {
    BlockAllocator* allocator = ReferenceScope::allocator();
    if (allocator == nullptr) return 0;
    Result<BlockPtr> block = allocator->allocate(size);
    if (!block) throw EncodingError(std::move(block).error());
    copy_bytes((*block)->writable_data(), static_cast<const std::byte*>(data), size);
    return ReferenceScope::add(std::move(*block));
  }

  SmallBytes& out_;
};

// What cereal asks of an archive, found by the archive's namespace.

template <class T>
requires std::is_arithmetic_v<T>
void save(OutputArchive& archive, const T& value) { archive.write(std::addressof(value), sizeof value); }

template <class T>
void save(OutputArchive& archive, const cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

template <class T>
void save(OutputArchive& archive, const cereal::SizeTag<T>& tag) {
  const cereal::size_type size = tag.size;
  archive.write(&size, sizeof size);
}

template <class T>
void save(OutputArchive& archive, const cereal::BinaryData<T>& data) {
  archive.write_piece(data.data, static_cast<std::size_t>(data.size));
}

}  // namespace manta::internal

// Writes pointers to base classes, too.
CEREAL_REGISTER_ARCHIVE(manta::internal::OutputArchive)
CEREAL_SETUP_ARCHIVE_TRAITS(manta::internal::InputArchive, manta::internal::OutputArchive)
