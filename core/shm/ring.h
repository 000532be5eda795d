// SPDX-License-Identifier: Apache-2.0
// A queue of messages from one process to another, in shared memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace manta {

/// The part of a ring that both processes see. Zeroed memory is an empty ring.
struct RingHeader {
  alignas(64) std::atomic<std::uint64_t> head{0};  // Bytes taken so far; written by the consumer.
  alignas(64) std::atomic<std::uint64_t> tail{0};  // Bytes published so far; written by the producer.
  alignas(64) std::atomic<std::uint32_t> producer_waits{0};
};

/// The sending end of a single-producer, single-consumer ring.
///
/// Thread-safety: one thread at a time. A consumer that dies cannot wedge it: it is full at worst.
class RingProducer {
 public:
  RingProducer() = default;
  /// `data` holds `capacity` bytes, a power of two, and is 8-byte aligned.
  RingProducer(RingHeader* header, std::byte* data, std::size_t capacity)
      : header_(header), data_(data), capacity_(capacity) {}

  /// The largest message that push() can take.
  std::size_t max_message() const { return capacity_ / 2 - 16; }
  /// Copies one message in and publishes it; false if there is no room now. The pieces are one message. Then ring the
  /// consumer's doorbell. A failed push() asks the consumer to tell when there is room (RingConsumer::pop).
  bool push(std::span<const std::byte> first, std::span<const std::byte> second = {});
  /// Whether a message of `message` bytes would go in now. If not, the consumer tells, as after a failed push().
  bool has_room(std::size_t message);
  /// Bytes so far, as the consumer counts those that it has taken.
  std::uint64_t pushed() const { return tail_; }
  /// Bytes that the consumer says it has taken. It may say anything.
  std::uint64_t taken() const { return header_->head.load(); }
  bool is_drained() const { return taken() == tail_; }

 private:
  bool fits(std::size_t need);
  std::size_t skip_before(std::size_t size) const;

  RingHeader* header_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;
};

/// The receiving end.
///
/// Thread-safety: one thread at a time.
class RingConsumer {
 public:
  RingConsumer() = default;
  /// `taken`: how many bytes another consumer had taken before this one came in its place; it may have said anything.
  RingConsumer(RingHeader* header, const std::byte* data, std::size_t capacity, std::uint64_t taken = 0)
      : header_(header), data_(data), capacity_(capacity), head_(taken), tail_seen_(taken), corrupt_(taken % 8 != 0) {}

  bool empty() const { return tail_seen_ == head_ && header_->tail.load() == head_; }
  /// The oldest message, in place, until pop(); none if the ring is empty. A producer that wrote nonsense is
  /// found out: is_corrupt().
  std::optional<std::span<const std::byte>> front();
  /// Frees the message of front(). True if the producer waits for room: ring its doorbell.
  bool pop() {
    advance();
    return release();
  }
  /// pop() in two steps: front() is the next message from here on, but the last one is still in the ring, for whoever
  /// comes in this consumer's place, until release().
  void advance() { head_ += front_size_; }
  bool release();
  bool is_corrupt() const { return corrupt_; }
  /// Bytes so far.
  std::uint64_t taken() const { return head_; }

 private:
  bool look();

  RingHeader* header_ = nullptr;
  const std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t tail_seen_ = 0;  // What the producer has said when this looked last.
  std::size_t front_size_ = 0;   // Bytes that pop() frees.
  bool corrupt_ = false;
};

}  // namespace manta
