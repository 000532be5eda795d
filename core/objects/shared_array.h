// SPDX-License-Identifier: Apache-2.0
// An immutable array that processes of one machine share without copying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/objects/store_block.h"

namespace manta {

/// A read-only array of T with a shape. As a task's argument or result it travels as a reference to shared memory; the
/// bytes are not copied if they already lie in the object store, and once if they lie on the heap.
///
/// Thread-safety: any const method, from any thread. Copies are cheap and share the bytes.
/// Ownership: keeps the bytes (in the store: the object) alive while a copy lives.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_copyable_v<T>, "a SharedArray holds trivially copyable values");

 public:
  using value_type = T;

  SharedArray() = default;
  /// Takes over `values`, on the heap. The shape is {size}.
  explicit SharedArray(std::vector<T> values) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    data_ = owner->data();
    shape_ = {owner->size()};
    owner_ = std::move(owner);
  }
  /// Views `data`, row-major, which `owner` keeps alive.
  SharedArray(const T* data, std::vector<std::size_t> shape, std::shared_ptr<const void> owner)
      : data_(data), shape_(std::move(shape)), owner_(std::move(owner)) {}

  /// Views `data`, which lies in `block`: where readers see it, also if `data` is where it was written.
  static SharedArray of_block(const T* data, std::vector<std::size_t> shape, BlockPtr block) {
    if (const std::byte* const written = block->writable_data(); written != nullptr && written != block->data()) {
      const auto* const at = reinterpret_cast<const std::byte*>(data);
      if (at >= written && at <= written + block->size()) data = reinterpret_cast<const T*>(block->data() + (at - written));
    }
    SharedArray array(data, std::move(shape), block);
    array.block_ = std::move(block);
    return array;
  }

  const T* data() const { return data_; }
  std::size_t size() const {
    std::size_t product = shape_.empty() ? 0 : 1;
    for (const std::size_t extent : shape_) product *= extent;
    return product;
  }
  bool empty() const { return size() == 0; }
  const std::vector<std::size_t>& shape() const { return shape_; }
  std::span<const T> span() const { return {data_, size()}; }
  const T& operator[](std::size_t index) const { return data_[index]; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size(); }

  /// What keeps the bytes alive.
  const std::shared_ptr<const void>& owner() const { return owner_; }
  /// The block of the object store that the bytes lie in; null: they lie elsewhere.
  const BlockPtr& block() const { return block_; }

 private:
  const T* data_ = nullptr;
  std::vector<std::size_t> shape_;
  std::shared_ptr<const void> owner_;
  BlockPtr block_;
};

}  // namespace manta
