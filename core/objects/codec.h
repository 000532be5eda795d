// SPDX-License-Identifier: Apache-2.0
// How arguments and results become bytes.
#pragma once

#include <algorithm>
#include <cereal/archives/binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>
#include <cstring>
#include <ostream>
#include <span>
#include <streambuf>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/objects/input_archive.h"
#include "core/objects/reference.h"
#include "core/objects/shared_array.h"
#include "core/objects/small_bytes.h"
#include "core/objects/store_block.h"

namespace manta {

/// A value up to this many bytes travels inside its message; a larger one lies in the object store.
inline constexpr std::size_t kInlineLimit = 8 * 1024;

/// How many refs and handles one value may contain.
inline constexpr std::size_t kMaxReferences = 1'000'000;

/// A value as bytes: in the message, or a block of the store.
struct EncodedValue {
  SmallBytes inline_bytes = {};
  BlockPtr block = {};
  std::vector<Reference> references = {};  ///< That the bytes name by their places here.

  std::span<const std::byte> bytes() const { return block ? block->bytes() : std::span<const std::byte>(inline_bytes); }
};

/// The bytes of a value that is being read; `owner` keeps them (null: valid during the call only).
struct ValueView {
  std::span<const std::byte> bytes = {};
  BlockPtr owner = {};
  const std::vector<Reference>* references = nullptr;  ///< Valid while it is read.
};

namespace internal {

// What stands before the elements of an array.
struct ArrayHeader {
  std::uint64_t dimensions = 0;
  std::uint64_t shape[7] = {};
};
static_assert(sizeof(ArrayHeader) == 64);  // Keeps the elements aligned to a cache line.

// A stream that appends to bytes.
class ByteSink : public std::streambuf {
 public:
  explicit ByteSink(SmallBytes& out) : out_(out) {}

 protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    out_.append(reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size));
    return size;
  }
  int_type overflow(int_type c) override {
    out_.push_back(static_cast<std::byte>(c));
    return c;
  }

 private:
  SmallBytes& out_;
};

template <class T>
struct is_shared_array : std::false_type {};
template <class T>
struct is_shared_array<SharedArray<T>> : std::true_type {};

template <class T>
struct is_flat_vector : std::false_type {};
template <class T, class A>
struct is_flat_vector<std::vector<T, A>> : std::bool_constant<std::is_arithmetic_v<T> && !std::is_same_v<T, bool>> {};

template <class T>
inline constexpr bool is_flat = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <class T>
inline constexpr bool is_serializable = cereal::traits::is_output_serializable<T, cereal::BinaryOutputArchive>::value&&
    cereal::traits::is_input_serializable<T, InputArchive>::value;

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
  if (!second.empty()) std::memcpy(at + first.size(), second.data(), second.size());
  return value;
}

template <class T>
Result<EncodedValue> encode_array(const SharedArray<T>& array, BlockAllocator& allocator) {
  const BlockPtr block = allocator.block_of(array.data(), array.owner());
  if (block && reinterpret_cast<const std::byte*>(array.data()) == block->data() + sizeof(ArrayHeader) &&
      block->size() == sizeof(ArrayHeader) + array.size() * sizeof(T)) {
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
  if (view.owner) return SharedArray<T>(reinterpret_cast<const T*>(data), std::move(shape), view.owner);
  auto copy = std::make_shared<std::vector<T>>(room);
  if (room > 0) std::memcpy(copy->data(), data, room * sizeof(T));
  const T* elements = copy->data();
  return SharedArray<T>(elements, std::move(shape), std::move(copy));
}

}  // namespace internal

/// Makes bytes of `value`. Numbers, enums, flat vectors and SharedArray go as they are; all else through cereal.
/// Errors: kExhausted from `allocator`; kInvalidArgument if serialization throws, or there are more than
/// kMaxReferences.
template <class T>
Result<EncodedValue> encode(const T& value, BlockAllocator& allocator) {
  if constexpr (internal::is_shared_array<T>::value) {
    return internal::encode_array(value, allocator);
  } else if constexpr (internal::is_flat<T>) {
    return internal::place(std::as_bytes(std::span(&value, 1)), {}, allocator);
  } else if constexpr (internal::is_flat_vector<T>::value) {
    return internal::place(std::as_bytes(std::span(value)), {}, allocator);
  } else {
    static_assert(internal::is_serializable<T>,
                  "this type cannot travel between processes: give it a member "
                  "`template <class Archive> void serialize(Archive& archive) { archive(a, b, …); }`");
    EncodedValue encoded;
    internal::ByteSink sink(encoded.inline_bytes);
    std::ostream stream(&sink);
    try {
      const ReferenceScope scope(encoded.references);
      cereal::BinaryOutputArchive archive(stream);
      archive(value);
    } catch (const std::exception& error) {
      return Error{ErrorCode::kInvalidArgument, std::string("cannot serialize: ") + error.what()};
    }
    if (encoded.references.size() > kMaxReferences)
      return Error{ErrorCode::kInvalidArgument, "a value contains " + std::to_string(encoded.references.size()) +
                                                    " refs and handles; at most " + std::to_string(kMaxReferences) +
                                                    " may be in one. Put part of them into objects of their own"};
    if (encoded.inline_bytes.size() <= kInlineLimit) return encoded;
    MANTA_ASSIGN_OR_RETURN(EncodedValue placed, internal::place(encoded.inline_bytes, {}, allocator));
    placed.references = std::move(encoded.references);
    return placed;
  }
}

/// Reads what encode<T>() made. A SharedArray of a view with an owner shares its bytes.
/// Errors: kInternal: the bytes are not of a T, or a container in it has more than 8192 elements that take no bytes.
template <class T>
Result<T> decode(const ValueView& view) {
  if constexpr (internal::is_shared_array<T>::value) {
    return internal::decode_array<typename T::value_type>(view);
  } else if constexpr (internal::is_flat<T>) {
    if (view.bytes.size() != sizeof(T)) return Error{ErrorCode::kInternal, "a value has the wrong size"};
    if constexpr (std::is_same_v<T, bool>) {
      if (view.bytes[0] > std::byte{1}) return Error{ErrorCode::kInternal, "a bool is neither 0 nor 1"};
    }
    T value;
    std::memcpy(&value, view.bytes.data(), sizeof value);
    return value;
  } else if constexpr (internal::is_flat_vector<T>::value) {
    if (view.bytes.size() % sizeof(typename T::value_type) != 0)
      return Error{ErrorCode::kInternal, "a vector has the wrong size"};
    T value(view.bytes.size() / sizeof(typename T::value_type));
    if (!value.empty()) std::memcpy(value.data(), view.bytes.data(), value.size() * sizeof(typename T::value_type));
    return value;
  } else {
    try {
      const ReferenceScope scope(view.references);
      T value{};
      internal::InputArchive archive(view.bytes);
      archive(value);
      return value;
    } catch (const std::exception& error) {
      return Error{ErrorCode::kInternal, std::string("cannot deserialize: ") + error.what()};
    }
  }
}

}  // namespace manta
