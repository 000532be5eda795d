// SPDX-License-Identifier: Apache-2.0
// Arrays that are made where they will be read: in the object store.
#pragma once

#include <cstring>
#include <utility>
#include <vector>

#include "core/api/runtime.h"
#include "core/base/check.h"
#include "core/base/no_memory.h"
#include "core/objects/codec.h"

namespace manta {

/// An array in the store while it is being filled. seal() makes it immutable, to be returned or passed without a copy.
///
/// Thread-safety: none.
template <class T>
class ArrayBuilder {
 public:
  T* data() { return data_; }
  std::size_t size() const { return size_; }
  const std::vector<std::size_t>& shape() const { return shape_; }
  T& operator[](std::size_t index) { return data_[index]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }

  SharedArray<T> seal() && { return SharedArray<T>::of_block(data_, std::move(shape_), std::move(block_)); }
  /// The first `count` elements, at most size(), as an array of one dimension. The room of the others is kept with it.
  SharedArray<T> seal(std::size_t count) && {
    MANTA_CHECK(count <= size_, "an array cannot be sealed with more elements than it has room for");
    shape_ = {count};
    internal::ArrayHeader header;
    header.dimensions = 1;
    header.shape[0] = count;
    std::memcpy(block_->writable_data(), &header, sizeof header);
    return std::move(*this).seal();
  }

 private:
  template <class U>
  friend Result<ArrayBuilder<U>> make_array(std::vector<std::size_t> shape);

  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::size_t> shape_;
  BlockPtr block_;
};

/// Room for an array of `shape`, of at most 7 dimensions, in this process' store; its contents are unspecified.
/// Waits, as put() does, until the store has room, at most RuntimeOptions::put_timeout. An array that is returned or
/// put may go to disk, and get() then says kObjectLost if its file is lost there and no task can make it anew. Errors:
/// kExhausted: there was no room in time: let go of arrays and refs; kInvalidArgument: the shape; kFailedPrecondition:
/// no runtime.
template <class T>
Result<ArrayBuilder<T>> make_array(std::vector<std::size_t> shape) {
  return with_memory("an array", [&]() -> Result<ArrayBuilder<T>> {
    internal::ArrayHeader header;
    header.dimensions = shape.size();
    if (shape.size() > std::size(header.shape))
      return Error{ErrorCode::kInvalidArgument, "an array has at most 7 dimensions"};
    std::copy(shape.begin(), shape.end(), header.shape);
    const std::shared_ptr<Caller> caller = internal::current_caller();
    if (!caller) return internal::no_runtime_error();
    ArrayBuilder<T> builder;
    builder.size_ = shape.empty() ? 0 : 1;
    for (const std::size_t extent : shape)
      if (__builtin_mul_overflow(builder.size_, extent, &builder.size_) || builder.size_ > SIZE_MAX / sizeof(T) / 2)
        return Error{ErrorCode::kInvalidArgument, "the array's size overflows"};
    MANTA_ASSIGN_OR_RETURN(builder.block_, caller->allocator().allocate(sizeof header + builder.size_ * sizeof(T)));
    std::memcpy(builder.block_->writable_data(), &header, sizeof header);
    builder.data_ = reinterpret_cast<T*>(builder.block_->writable_data() + sizeof header);
    builder.shape_ = std::move(shape);
    return builder;
  });
}

}  // namespace manta
