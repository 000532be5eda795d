// SPDX-License-Identifier: Apache-2.0
#include "core/net/message.h"

#include <algorithm>
#include <cstring>

namespace manta {
namespace {

// Stands before each value. `offset` is kInline for bytes that follow at once.
struct ValueHeader {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
constexpr std::uint64_t kInline = ~std::uint64_t{0};
constexpr std::size_t kTextMax = kInlineLimit;

std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

// Takes things from the front of bytes that somebody else wrote.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  bool take(T& out) {
    if (bytes_.size() < sizeof(T)) return false;
    std::memcpy(&out, bytes_.data(), sizeof(T));
    bytes_ = bytes_.subspan(sizeof(T));
    return true;
  }
  bool take_bytes(std::uint64_t size, std::span<const std::byte>& out) {
    if (size > bytes_.size() || padded(size) > bytes_.size()) return false;
    out = bytes_.first(size);
    bytes_ = bytes_.subspan(padded(size));
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
};

bool take_value(Cursor& cursor, std::uint64_t store_size, MessageValue& value) {
  ValueHeader header;
  if (!cursor.take(header)) return false;
  if (header.offset == kInline) return cursor.take_bytes(header.size, value.inline_bytes);
  value.in_store = true;
  value.offset = header.offset;
  value.size = header.size;
  return header.offset <= store_size && header.size <= store_size - header.offset;
}

}  // namespace

void MessageBuilder::append(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  bytes_.insert(bytes_.end(), bytes, bytes + size);
  bytes_.resize(padded(bytes_.size()));
}

void MessageBuilder::start(const MessageHeader& header) {
  bytes_.clear();
  append(&header, sizeof header);
}

void MessageBuilder::add(const EncodedValue& value) {
  if (value.block) {
    const ValueHeader in_store{value.block->offset(), value.block->size()};
    append(&in_store, sizeof in_store);
  } else {
    const ValueHeader here{kInline, value.inline_bytes.size()};
    append(&here, sizeof here);
    append(value.inline_bytes.data(), value.inline_bytes.size());
  }
  ++header().value_count;
}

void MessageBuilder::add_text(std::string_view text) {
  const std::string_view cut = text.substr(0, kTextMax);
  const ValueHeader here{kInline, cut.size()};
  append(&here, sizeof here);
  append(cut.data(), cut.size());
  ++header().value_count;
}

void MessageBuilder::add_offset(std::uint64_t offset) {
  append(&offset, sizeof offset);
  ++header().offset_count;
}

std::string Message::text() const {
  if (values.empty()) return {};
  const std::span<const std::byte> bytes = values.front().inline_bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Message> Message::parse(std::span<const std::byte> bytes, std::uint64_t store_size) {
  Cursor cursor(bytes);
  Message message;
  if (!cursor.take(message.header)) return std::nullopt;
  message.values.resize(message.header.value_count);
  for (MessageValue& value : message.values)
    if (!take_value(cursor, store_size, value)) return std::nullopt;
  if (message.header.offset_count > bytes.size() / sizeof(std::uint64_t)) return std::nullopt;
  message.offsets.resize(message.header.offset_count);
  for (std::uint64_t& offset : message.offsets)
    if (!cursor.take(offset)) return std::nullopt;
  return message;
}

void build_failure(MessageBuilder& builder, std::uint64_t call, const Error& error) {
  builder.start({.type = MessageType::kFailure, .call = call, .function = static_cast<std::uint64_t>(error.code)});
  builder.add_text(error.message);
}

}  // namespace manta
