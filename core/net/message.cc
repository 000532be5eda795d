// SPDX-License-Identifier: Apache-2.0
#include "core/net/message.h"

#include <algorithm>
#include <cstring>

namespace manta {
namespace {

// Stands before each value. `where` is an offset in the store or one of those below.
struct ValueHeader {
  std::uint64_t where = 0;
  std::uint64_t size = 0;
};
constexpr std::uint64_t kInline = ~std::uint64_t{0};          // `size` bytes follow, padded.
constexpr std::uint64_t kObject = ~std::uint64_t{0} - 1;      // An ObjectId follows.
constexpr std::uint64_t kReferences = ~std::uint64_t{0} - 2;  // `size` WireReferences follow; then the value's header.
constexpr std::size_t kTextMax = kInlineLimit;

std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

void append(SmallBytes& out, const void* data, std::size_t size) {
  std::byte* at = out.extend(padded(size));
  if (size > 0) std::memcpy(at, data, size);
  std::fill(at + size, at + padded(size), std::byte{0});
}

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
  const std::byte* position() const { return bytes_.data(); }

 private:
  std::span<const std::byte> bytes_;
};

// Of a value's references, those to blocks lie in the store.
bool are_blocks_inside(std::span<const std::byte> references, std::uint64_t store_size) {
  for (; !references.empty(); references = references.subspan(sizeof(WireReference))) {
    WireReference reference;
    std::memcpy(&reference, references.data(), sizeof reference);
    const auto& [offset, size] = reference.id;
    if (reference.kind == WireReference::kBlock && (offset > store_size || size > store_size - offset)) return false;
  }
  return true;
}

bool take_value(Cursor& cursor, std::uint64_t store_size, MessageValue& value) {
  const std::byte* begin = cursor.position();
  ValueHeader header;
  if (!cursor.take(header)) return false;
  if (header.where == kReferences) {
    if (header.size > SIZE_MAX / sizeof(WireReference)) return false;
    if (!cursor.take_bytes(header.size * sizeof(WireReference), value.references) || !cursor.take(header)) return false;
    if (!are_blocks_inside(value.references, store_size)) return false;
  }
  if (header.where == kInline) {
    value.kind = MessageValue::Kind::kInline;
    if (!cursor.take_bytes(header.size, value.inline_bytes)) return false;
  } else if (header.where == kObject) {
    value.kind = MessageValue::Kind::kObject;
    if (!cursor.take(value.object)) return false;
  } else {
    value.kind = MessageValue::Kind::kStored;
    value.offset = header.where;
    value.size = header.size;
    if (header.where > store_size || header.size > store_size - header.where) return false;
  }
  value.wire = {begin, cursor.position()};
  return true;
}

}  // namespace

WireReference MessageValue::reference(std::size_t index) const {
  WireReference reference;
  std::memcpy(&reference, references.data() + index * sizeof reference, sizeof reference);
  return reference;
}

void append_inline(SmallBytes& out, std::span<const std::byte> bytes) {
  const ValueHeader here{kInline, bytes.size()};
  append(out, &here, sizeof here);
  append(out, bytes.data(), bytes.size());
}

void append_stored(SmallBytes& out, std::uint64_t offset, std::uint64_t size) {
  const ValueHeader in_store{offset, size};
  append(out, &in_store, sizeof in_store);
}

void append_object(SmallBytes& out, const ObjectId& id) {
  const ValueHeader elsewhere{kObject, sizeof id};
  append(out, &elsewhere, sizeof elsewhere);
  append(out, &id, sizeof id);
}

void append_references(SmallBytes& out, std::span<const WireReference> references) {
  if (references.empty()) return;
  const ValueHeader list{kReferences, references.size()};
  append(out, &list, sizeof list);
  append(out, references.data(), references.size_bytes());
}

void append_value(SmallBytes& out, const EncodedValue& value, std::span<const WireReference> references) {
  append_references(out, references);
  if (value.block) {
    append_stored(out, value.block->offset(), value.block->size());
  } else {
    append_inline(out, value.inline_bytes);
  }
}

void MessageBuilder::start(const MessageHeader& header) {
  bytes_.clear();
  append(bytes_, &header, sizeof header);
}

void MessageBuilder::add(const EncodedValue& value, std::span<const WireReference> references) {
  append_value(bytes_, value, references);
  ++header().value_count;
}

void MessageBuilder::add_wire(std::span<const std::byte> wire, std::size_t count) {
  bytes_.append(wire.data(), wire.size());
  header().value_count = static_cast<std::uint16_t>(header().value_count + count);
}

void MessageBuilder::add_text(std::string_view text) {
  append_inline(bytes_, std::as_bytes(std::span(text.substr(0, kTextMax))));
  ++header().value_count;
}

void MessageBuilder::add_offset(std::uint64_t offset) {
  append(bytes_, &offset, sizeof offset);
  ++header().offset_count;
}

std::string Message::text() const { return values.empty() ? std::string() : std::string(values.front().text()); }

bool Message::read(std::span<const std::byte> bytes, std::uint64_t store_size) {
  Cursor cursor(bytes);
  values.clear();
  offsets.clear();
  // Counts that the bytes cannot hold are not believed, let alone room made for them.
  if (!cursor.take(header) || header.value_count > bytes.size() / sizeof(ValueHeader)) return false;
  values.resize(header.value_count);
  for (MessageValue& value : values)
    if (!take_value(cursor, store_size, value)) return false;
  if (header.offset_count > bytes.size() / sizeof(std::uint64_t)) return false;
  offsets.resize(header.offset_count);
  for (std::uint64_t& offset : offsets)
    if (!cursor.take(offset)) return false;
  return true;
}

std::optional<Message> Message::parse(std::span<const std::byte> bytes, std::uint64_t store_size) {
  Message message;
  if (!message.read(bytes, store_size)) return std::nullopt;
  return message;
}

void build_failure(MessageBuilder& builder, const MessageHeader& header, const Error& error) {
  MessageHeader with_code = header;
  with_code.function = static_cast<std::uint64_t>(error.code);
  builder.start(with_code);
  builder.add_text(error.message);
}

}  // namespace manta
