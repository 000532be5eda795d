// SPDX-License-Identifier: Apache-2.0
#include "core/api/as_completed.h"

#include "core/base/fork_guard.h"

namespace manta::internal {

// What is ready arrives within then().
void Completions::add(ObjectPtr object, std::size_t index) {
  if (free_ == nullptr) free_ = &entries_.emplace_back();
  Entry& entry = *free_;
  if (object) object->then([self = shared_from_this(), &entry] { self->arrive(entry); });
  free_ = entry.next_free;
  entry.is_used = true;
  entry.is_own_call = object && object->is_own_call();
  entry.item = {.object = std::move(object), .index = index};
  ++size_;
  own_calls_ += entry.is_own_call ? 1 : 0;
  if (!entry.item.object) arrive(entry);
}

void Completions::arrive(Entry& entry) {
  ObjectPtr signal;
  {
    const std::lock_guard lock(mutex_);
    entry.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &entry;
    last_ = &entry;
    has_arrived_ = true;
    signal.swap(signal_);
  }
  if (signal) signal->complete(EncodedValue{});
}

Completions::Entry* Completions::take_arrived() {
  const std::lock_guard lock(mutex_);
  if (first_ == nullptr) return nullptr;
  Entry* entry = std::exchange(first_, first_->next);
  has_arrived_ = first_ != nullptr;
  return entry;
}

Completions::Item Completions::give(Entry& entry) {
  --size_;
  own_calls_ -= entry.is_own_call ? 1 : 0;
  entry.is_used = false;
  entry.next_free = std::exchange(free_, &entry);
  return std::exchange(entry.item, {});
}

std::optional<Completions::Item> Completions::next(TimePoint deadline) {
  if (is_forked_copy()) return give_any();  // A thread that is not there may hold the mutex.
  Entry* arrived = take_arrived();
  if (arrived == nullptr) {
    static_cast<void>(with_memory("as_completed()", [&] { wait(deadline); }));
    arrived = take_arrived();
  }
  if (arrived != nullptr) return give(*arrived);
  return deadline == TimePoint::max() ? give_any() : std::nullopt;
}

std::optional<Completions::Item> Completions::give_any() {
  for (Entry& entry : entries_)
    if (entry.is_used) return give(entry);
  return std::nullopt;
}

void Completions::wait(TimePoint deadline) {
  const auto has_arrived = [this] { return has_arrived_.load(); };
  if (deadline == TimePoint::max() && own_calls_ == size_) {
    std::vector<ObjectPtr> own;
    for (const Entry& entry : entries_)
      if (entry.is_used) own.push_back(entry.item.object);
    wait_for_own_calls(own, has_arrived);
  }
  wait_until(has_arrived, deadline);
}

ObjectPtr Completions::pending() {
  const MemoryReserve::Use reserve;
  const std::lock_guard lock(mutex_);
  if (first_ != nullptr) return nullptr;
  if (!signal_) signal_ = make_object();
  return signal_;
}

void Completions::clear() {
  for (Entry& entry : entries_) entry.item.object = nullptr;
}

}  // namespace manta::internal
