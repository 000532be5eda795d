// SPDX-License-Identifier: Apache-2.0
#include "core/shm/ring.h"

#include <cstring>

namespace manta {
namespace {

// A record is an 8-byte length followed by the message, padded to 8 bytes. A record never wraps: when the rest of the
// buffer is too small, a length of kSkip says that the next record stands at its beginning.
constexpr std::uint64_t kSkip = ~std::uint64_t{0};
constexpr std::size_t kLengthSize = 8;

std::size_t record_size(std::size_t message) { return kLengthSize + ((message + 7) & ~std::size_t{7}); }

}  // namespace

bool RingProducer::fits(std::size_t need) {
  // The consumer writes `head`: none that it could write may make room for more than the buffer holds.
  const auto has_it = [&] { return need <= capacity_ && tail_ + need - head_seen_ <= capacity_; };
  if (has_it()) return true;
  head_seen_ = header_->head.load(std::memory_order_acquire);
  if (has_it()) return true;
  // Announce the wait, then look again: a consumer that popped in between has not seen the announcement.
  header_->producer_waits.store(1);
  head_seen_ = header_->head.load();
  return has_it();
}

// What must be left unused at the buffer's end before a record of `size`.
std::size_t RingProducer::skip_before(std::size_t size) const {
  const std::size_t to_end = capacity_ - (tail_ & (capacity_ - 1));
  return size <= to_end ? 0 : to_end;
}

bool RingProducer::has_room(std::size_t message) {
  const std::size_t size = record_size(message);
  return fits(skip_before(size) + size);
}

bool RingProducer::push(std::span<const std::byte> first, std::span<const std::byte> second) {
  const std::size_t length = first.size() + second.size();
  const std::size_t size = record_size(length);
  const std::size_t skip = skip_before(size);
  if (!fits(skip + size)) return false;
  if (skip > 0) std::memcpy(data_ + (tail_ & (capacity_ - 1)), &kSkip, kLengthSize);
  std::byte* at = data_ + ((tail_ + skip) & (capacity_ - 1));
  const std::uint64_t word = length;
  std::memcpy(at, &word, kLengthSize);
  if (!first.empty()) std::memcpy(at + kLengthSize, first.data(), first.size());
  if (!second.empty()) std::memcpy(at + kLengthSize + first.size(), second.data(), second.size());
  tail_ += skip + size;
  header_->tail.store(tail_);  // Sequentially consistent: the doorbell's protocol builds on it.
  return true;
}

// Whether there is a message. The producer's word is read only if all that it said before has been taken: each look at
// it makes the producer's next push wait for the cache line.
bool RingConsumer::look() {
  if (corrupt_) return false;
  if (tail_seen_ != head_) return true;
  tail_seen_ = header_->tail.load(std::memory_order_acquire);
  // The other process wrote all this: believe nothing. A tail that is behind head_ is also too far before it.
  corrupt_ = tail_seen_ - head_ > capacity_;
  return !corrupt_ && tail_seen_ != head_;
}

std::optional<std::span<const std::byte>> RingConsumer::front() {
  if (!look()) return std::nullopt;
  std::size_t offset = head_ & (capacity_ - 1);
  std::size_t skipped = 0;
  std::uint64_t length = 0;
  std::memcpy(&length, data_ + offset, kLengthSize);
  if (length == kSkip) {
    skipped = capacity_ - offset;
    offset = 0;
    std::memcpy(&length, data_, kLengthSize);
  }
  if (length > capacity_ - offset - kLengthSize || skipped + record_size(length) > tail_seen_ - head_) {
    corrupt_ = true;
    return std::nullopt;
  }
  front_size_ = skipped + record_size(length);
  return std::span(data_ + offset + kLengthSize, length);
}

bool RingConsumer::release() {
  header_->head.store(head_);
  return header_->producer_waits.load() != 0 && header_->producer_waits.exchange(0) != 0;
}

}  // namespace manta
