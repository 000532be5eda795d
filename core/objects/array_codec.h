// SPDX-License-Identifier: Apache-2.0
// How arrays become bytes: alone, and inside other values.
#pragma once

#include <algorithm>
#include <cereal/cereal.hpp>
#include <cereal/types/vector.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/base/copy_bytes.h"
#include "core/base/result.h"
#include "core/objects/encoded_value.h"
#include "core/objects/output_archive.h"
#include "core/objects/shared_array.h"

namespace manta {
namespace internal {

// What stands before the elements of an array.
struct ArrayHeader {
  std::uint64_t dimensions = 0;
  std::uint64_t shape[7] = {};
};
static_assert(sizeof(ArrayHeader) == 64);  // Keeps the elements aligned to a cache line.

// Copies `first` and `second`, one after the other, into the message or the store.
inline Result<EncodedValue> place(std::span<const std::byte> first, std::span<const std::byte> second,
                                  BlockAllocator& allocator) {
  EncodedValue value;
  const std::size_t size = first.size() + second.size();
  std::byte* at = nullptr;
  if (size > kInlineLimit) {
    MANTA_ASSIGN_OR_RETURN(value.block, allocator.allocate(size));
    at = value.block->writable_data();
  } else {
    value.inline_bytes.resize(size);
    at = value.inline_bytes.data();
  }
  if (!first.empty()) std::memcpy(at, first.data(), first.size());
  copy_bytes(at + first.size(), second.data(), second.size());
  return value;
}

template <class T>
Result<EncodedValue> encode_array(const SharedArray<T>& array, BlockAllocator& allocator) {
  const BlockPtr block = allocator.block_of(array.data(), array.block());
  if (block && reinterpret_cast<const std::byte*>(array.data()) == block->data() + sizeof(ArrayHeader) &&
      block->size() >= sizeof(ArrayHeader) + array.size() * sizeof(T)) {
    return EncodedValue{.block = block};  // It is there already.
  }
  ArrayHeader header;
  header.dimensions = array.shape().size();
  if (header.dimensions > std::size(header.shape))
    return Error{ErrorCode::kInvalidArgument,
                 "a shared array has at most 7 dimensions, this one has " + std::to_string(header.dimensions)};
  std::copy(array.shape().begin(), array.shape().end(), header.shape);
  return place(std::as_bytes(std::span(&header, 1)), std::as_bytes(array.span()), allocator);
}

template <class T>
Result<SharedArray<T>> decode_array(const ValueView& view) {
  ArrayHeader header;
  if (view.bytes.size() < sizeof header) return Error{ErrorCode::kInternal, "an array's header is cut short"};
  std::memcpy(&header, view.bytes.data(), sizeof header);
  if (header.dimensions > std::size(header.shape)) return Error{ErrorCode::kInternal, "an array's header is damaged"};
  std::vector<std::size_t> shape(header.shape, header.shape + header.dimensions);
  const std::size_t room = (view.bytes.size() - sizeof header) / sizeof(T);
  // Another process wrote the shape: it must not reach beyond the bytes. One with a 0 reaches nowhere.
  const bool is_empty = std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end();
  std::size_t elements_left = room;
  for (const std::size_t extent : shape) {
    if (is_empty) break;
    if (extent > elements_left) return Error{ErrorCode::kInternal, "an array's shape is larger than its bytes"};
    elements_left /= extent;
  }
  const std::byte* data = view.bytes.data() + sizeof header;
  if (view.owner) return SharedArray<T>::of_block(reinterpret_cast<const T*>(data), std::move(shape), view.owner);
  auto copy = std::make_shared<std::vector<T>>(room);
  if (room > 0) std::memcpy(copy->data(), data, room * sizeof(T));
  const T* elements = copy->data();
  return SharedArray<T>(elements, std::move(shape), std::move(copy));
}

// Whether an array of `shape` has `count` elements.
inline bool has_elements(const std::vector<std::size_t>& shape, std::size_t count) {
  if (shape.empty()) return count == 0;
  std::size_t product = 1;
  bool is_empty = false;
  bool overflows = false;
  for (const std::size_t extent : shape) {
    is_empty |= extent == 0;
    overflows |= __builtin_mul_overflow(product, extent, &product);
  }
  return is_empty ? count == 0 : !overflows && product == count;
}

// The place of a large array among the references of the value that is being written; 0: it goes into the value's
// bytes.
template <class T>
std::uint64_t place_of_array(const SharedArray<T>& array) {
  BlockAllocator* allocator = ReferenceScope::allocator();
  if (allocator == nullptr || array.span().size_bytes() <= kInlineLimit) return 0;
  Result<EncodedValue> encoded = encode_array(array, *allocator);
  if (!encoded) throw EncodingError(std::move(encoded).error());
  return ReferenceScope::add(std::move(encoded->block));
}

template <class T>
SharedArray<T> array_at(std::uint64_t place) {
  const Reference* reference = ReferenceScope::find(place);
  const auto* block = reference != nullptr ? std::get_if<BlockPtr>(reference) : nullptr;
  if (block == nullptr || !*block) throw std::runtime_error("an array names no block of the store");
  Result<SharedArray<T>> array = decode_array<T>({.bytes = (*block)->bytes(), .owner = *block});
  if (!array) throw std::runtime_error(array.error().message);
  return std::move(array).value();
}

}  // namespace internal

/// An array inside another value. In arguments, results and objects, a large one is not written: the value refers to
/// it where it lies in the store, and it is copied there once if it lies elsewhere. In other archives it is written.
template <class Archive, class T>
void save(Archive& archive, const SharedArray<T>& array) {
  const std::uint64_t place = internal::place_of_array(array);
  archive(place);
  if (place != 0) return;
  const std::size_t size = array.span().size_bytes();
  archive(array.shape(), cereal::make_size_tag(static_cast<cereal::size_type>(size)));
  if (size > 0) archive(cereal::binary_data(array.data(), size));
}

template <class Archive, class T>
void load(Archive& archive, SharedArray<T>& array) {
  std::uint64_t place = 0;
  archive(place);
  if (place != 0) {
    array = internal::array_at<T>(place);
    return;
  }
  std::vector<std::size_t> shape;
  cereal::size_type size = 0;
  archive(shape, cereal::make_size_tag(size));
  auto values = std::make_shared<std::vector<T>>(size / sizeof(T));
  if (shape.size() > std::size(internal::ArrayHeader{}.shape))
    throw std::runtime_error("an array has too many dimensions");
  if (size % sizeof(T) != 0) throw std::runtime_error("an array has a part of an element");
  if (size > 0) archive(cereal::binary_data(values->data(), size));
  const T* data = values->data();
  SharedArray<T> loaded(data, std::move(shape), std::move(values));
  if (!internal::has_elements(loaded.shape(), size / sizeof(T)))
    throw std::runtime_error("an array's shape does not fit its bytes");
  array = std::move(loaded);
}

}  // namespace manta
