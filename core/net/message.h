// SPDX-License-Identifier: Apache-2.0
// The messages between a node and its workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/objects/codec.h"

namespace manta {

enum class MessageType : std::uint16_t {
  // Node to worker.
  kRunTask = 1,       // function, values: the arguments.
  kCreateActor = 2,   // As kRunTask; the worker keeps what the constructor made.
  kCallMethod = 3,    // As kRunTask.
  kStop = 4,          // End the actor, then the process.
  kChunkGranted = 5,  // a: offset, b: size of a range of the store to fill.
  kChunkRefused = 6,  // values: the reason.
  // Worker to node.
  kResult = 16,        // values: the result; offsets: blocks of the store that the worker goes on holding.
  kFailure = 17,       // function: the ErrorCode; values: the message; offsets as above.
  kChunkRequest = 18,  // b: size needed.
  kRelease = 19,       // a: offset of a block that the worker held.
  kDiscard = 20,       // a, b: offset and size of a range of its chunk that it does not use.
};

/// What stands at the beginning of each message. Both ends are the same binary, so it travels as it lies in memory.
struct MessageHeader {
  MessageType type{};
  std::uint16_t value_count = 0;
  std::uint32_t offset_count = 0;
  std::uint64_t call = 0;      ///< Which call this is, or answers.
  std::uint64_t function = 0;  ///< Which function to run.
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

/// One value of a message: its bytes, or where they lie in the store.
struct MessageValue {
  std::span<const std::byte> inline_bytes;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool in_store = false;
};

/// Builds one message. Reusable: start() begins anew.
class MessageBuilder {
 public:
  void start(const MessageHeader& header);
  void add(const EncodedValue& value);
  void add_text(std::string_view text);
  /// After all values.
  void add_offset(std::uint64_t offset);
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  MessageHeader& header() { return *reinterpret_cast<MessageHeader*>(bytes_.data()); }
  void append(const void* data, std::size_t size);

  std::vector<std::byte> bytes_;
};

/// A message that was read. Views the bytes it was read from.
struct Message {
  MessageHeader header;
  std::vector<MessageValue> values;
  std::vector<std::uint64_t> offsets;

  /// Value 0 as text; "" if there is none.
  std::string text() const;
  /// None: the bytes are no message, or a store value lies outside [0, store_size).
  static std::optional<Message> parse(std::span<const std::byte> bytes, std::uint64_t store_size);
};

/// The message that says that call `call` failed. Long texts are cut.
void build_failure(MessageBuilder& builder, std::uint64_t call, const Error& error);

}  // namespace manta
