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
#include <new>
#include <span>
#include <string>
#include <vector>

#include "core/base/copy_bytes.h"
#include "core/base/result.h"
#include "core/objects/array_codec.h"
#include "core/objects/encoded_value.h"
#include "core/objects/input_archive.h"
#include "core/objects/output_archive.h"
#include "core/objects/reference.h"
#include "core/objects/shared_array.h"
#include "core/objects/store_block.h"
#include "core/objects/travels.h"

namespace manta {

namespace internal {

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

}  // namespace internal

/// Makes bytes of `value`. Numbers, enums, flat vectors and SharedArray go as they are; all else through cereal,
/// in which large arrays stay where they are (see save() of SharedArray), and the large parts of vectors and strings go
/// straight to blocks of the store (see OutputArchive).
/// Errors: kExhausted from `allocator`, or of the process' memory while serializing; kInvalidArgument if serialization
/// throws anything else, or there are more than kMaxReferences.
template <class T>
Result<EncodedValue> encode(const T& value, BlockAllocator& allocator) {
  if constexpr (internal::is_shared_array<T>::value) {
    return internal::encode_array(value, allocator);
  } else if constexpr (internal::is_flat<T>) {
    return internal::place(std::as_bytes(std::span(&value, 1)), {}, allocator);
  } else if constexpr (internal::is_flat_vector<T>::value) {
    return internal::place(std::as_bytes(std::span(value)), {}, allocator);
  } else {
    static_assert(internal::Travels<T>::value);
    EncodedValue encoded;
    try {
      const ReferenceScope scope(encoded.references, &allocator);
      internal::OutputArchive archive(encoded.inline_bytes);
      archive(value);
    } catch (const internal::EncodingError& failed) {
      return failed.error;
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::kExhausted, "cannot serialize: this process gets no more memory (bad_alloc)"};
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
/// Errors: kInternal: the bytes are not of a T, or a container in it has more than 8192 elements that take no bytes;
/// kExhausted: there is no memory for what it contains.
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
    copy_bytes(reinterpret_cast<std::byte*>(value.data()), view.bytes.data(), view.bytes.size());
    return value;
  } else {
    static_assert(internal::Travels<T>::value);
    try {
      const ReferenceScope scope(view.references);
      T value{};
      internal::InputArchive archive(view.bytes);
      archive(value);
      return value;
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::kExhausted, "cannot deserialize: this process gets no more memory (bad_alloc)"};
    } catch (const std::exception& error) {
      return Error{ErrorCode::kInternal, std::string("cannot deserialize: ") + error.what()};
    }
  }
}

}  // namespace manta
