// SPDX-License-Identifier: Apache-2.0
// A list that is nearly always empty.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace manta {

/// What of std::vector a list needs, in one pointer: an empty one costs nothing to make, move or end.
///
/// Thread-safety: as a value.
template <class T>
class RareVector {
 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  RareVector() = default;
  RareVector(const RareVector& other) requires std::copy_constructible<T>
      : items_(other.items_ ? std::make_unique<Items>(*other.items_) : nullptr) {}
  RareVector(RareVector&&) noexcept = default;
  RareVector& operator=(const RareVector& other) {
    if (this != &other) *this = RareVector(other);
    return *this;
  }
  RareVector& operator=(RareVector&&) noexcept = default;
  ~RareVector() = default;

  bool empty() const { return !items_ || items_->empty(); }
  std::size_t size() const { return items_ ? items_->size() : 0; }
  T* begin() { return items_ ? items_->data() : nullptr; }
  T* end() { return items_ ? items_->data() + items_->size() : nullptr; }
  const T* begin() const { return items_ ? items_->data() : nullptr; }
  const T* end() const { return items_ ? items_->data() + items_->size() : nullptr; }
  T& operator[](std::size_t index) { return (*items_)[index]; }
  const T& operator[](std::size_t index) const { return (*items_)[index]; }

  void push_back(T item) {
    if (!items_) items_ = std::make_unique<Items>();
    items_->push_back(std::move(item));
  }
  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    if (!items_) items_ = std::make_unique<Items>();
    return items_->emplace_back(std::forward<Arguments>(arguments)...);
  }
  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    clear();
    if (first != last) items_ = std::make_unique<Items>(first, last);
  }
  void clear() { items_.reset(); }

 private:
  using Items = std::vector<T>;
  std::unique_ptr<Items> items_;
};

}  // namespace manta
