// SPDX-License-Identifier: Apache-2.0
// Messages that are larger than a ring takes at once.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/net/message.h"

namespace manta {

/// Cuts `message` into pieces of at most `most` bytes: `send(header, bytes)` for each, in order. Nothing else may come
/// in between.
template <class Send>
void send_in_pieces(std::span<const std::byte> message, std::size_t most, Send&& send) {
  const std::size_t step = most - sizeof(MessageHeader);
  for (std::size_t offset = 0; offset < message.size(); offset += step) {
    const MessageHeader header{.type = MessageType::kPiece, .call = message.size(), .a = offset};
    send(std::as_bytes(std::span(&header, 1)), message.subspan(offset, std::min(step, message.size() - offset)));
  }
}

/// Puts pieces together again.
///
/// Thread-safety: none.
class MessageAssembler {
 public:
  static constexpr std::size_t kMost = std::size_t{256} << 20;  ///< Bytes of one message; more is nonsense.

  /// Whether `bytes` are a piece: take() needs memory for those only.
  static bool is_piece(std::span<const std::byte> bytes) {
    MessageHeader header;
    if (bytes.size() < sizeof header) return false;
    __builtin_memcpy(&header, bytes.data(), sizeof header);
    return header.type == MessageType::kPiece;
  }
  /// The message that `bytes` is, or completes; valid until the next call. None: more pieces are to come. Pieces that
  /// do not belong together give an empty message, which is none.
  std::optional<std::span<const std::byte>> take(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(MessageHeader)) return bytes;
    if (!is_piece(bytes)) [[likely]]
      return is_complete() ? bytes : broken();
    MessageHeader header;
    __builtin_memcpy(&header, bytes.data(), sizeof header);
    if (is_complete()) {
      assembled_ = {};
      total_ = header.call;
    }
    bytes = bytes.subspan(sizeof header);
    if (header.call != total_ || total_ > kMost || header.a != assembled_.size() || bytes.empty() ||
        bytes.size() > total_ - assembled_.size())
      return broken();
    assembled_.insert(assembled_.end(), bytes.begin(), bytes.end());
    if (!is_complete()) return std::nullopt;
    return assembled_;
  }

 private:
  bool is_complete() const { return assembled_.size() == total_; }
  std::span<const std::byte> broken() {
    assembled_ = {};
    total_ = 0;
    return {};
  }

  std::vector<std::byte> assembled_;
  std::size_t total_ = 0;
};

}  // namespace manta
