// SPDX-License-Identifier: Apache-2.0
// Bytes of a value, most of which are few.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <type_traits>
#include <utility>

namespace manta {

/// What of std::vector<std::byte> values need, but up to `kInline` bytes lie in the object itself: a number, or a
/// call's small arguments, take no memory of their own.
///
/// resize() leaves new bytes as they are: who asks for room fills it.
///
/// Thread-safety: as a value.
class SmallBytes {
 public:
  using value_type = std::byte;
  static constexpr std::size_t kInline = 48;  ///< So that all of it is one cache line.

  SmallBytes() noexcept {}  // NOLINT(modernize-use-equals-default): the bytes stay unset.
  SmallBytes(std::initializer_list<std::byte> bytes) { append(bytes.begin(), bytes.size()); }
  SmallBytes(const SmallBytes& other) { append(other.data(), other.size()); }
  SmallBytes(SmallBytes&& other) noexcept { take(other); }
  SmallBytes& operator=(const SmallBytes& other) {
    if (this != &other) assign(other.begin(), other.end());
    return *this;
  }
  SmallBytes& operator=(SmallBytes&& other) noexcept {
    if (this == &other) return *this;
    free();
    take(other);
    return *this;
  }
  ~SmallBytes() { free(); }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::byte* data() { return is_inline() ? room_.here : room_.heap; }
  const std::byte* data() const { return is_inline() ? room_.here : room_.heap; }
  std::byte* begin() { return data(); }
  std::byte* end() { return data() + size_; }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size_; }
  std::byte& operator[](std::size_t index) { return data()[index]; }
  const std::byte& operator[](std::size_t index) const { return data()[index]; }

  /// Keeps the room.
  void clear() { size_ = 0; }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }
  void push_back(std::byte byte) { *extend(1) = byte; }
  void append(const std::byte* bytes, std::size_t size) {
    std::byte* at = extend(size);
    if (size > 0) std::memcpy(at, bytes, size);
  }
  /// `first` and `last` do not point into this.
  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    clear();
    std::copy(first, last, extend(static_cast<std::size_t>(last - first)));
  }
  /// `size` bytes more, to be filled. Returns the first.
  std::byte* extend(std::size_t size) {
    const std::size_t before = size_;
    if (size > capacity_ - before) grow(std::max(before + size, 2 * capacity_));
    size_ = before + size;
    return data() + before;
  }

  bool operator==(const SmallBytes& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

 private:
  union Room {
    std::byte here[kInline];
    std::byte* heap;
  };

  bool is_inline() const { return capacity_ == kInline; }
  void free() {
    if (!is_inline()) delete[] room_.heap;
  }
  // Of an object without room of its own; `other` is empty afterwards.
  void take(SmallBytes& other) noexcept {
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, kInline);
    // All of it at once, or nothing: cheaper than as many bytes as there are.
    if (size_ > 0 || !is_inline()) std::memcpy(&room_, &other.room_, sizeof room_);
  }
  void grow(std::size_t capacity) {
    auto* bigger = new std::byte[capacity];
    std::memcpy(bigger, data(), size_);
    free();
    room_.heap = bigger;
    capacity_ = capacity;
  }

  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;  // Larger: they lie on the heap.
  Room room_;
};
static_assert(sizeof(SmallBytes) == 64);

}  // namespace manta
