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
#include "core/objects/reference.h"
#include "core/objects/small_bytes.h"

namespace manta {

enum class MessageType : std::uint16_t {
  // Node to worker: what it is to do.
  kRunTask = 1,      // function, values: the arguments. a: the generation that it is claimed in.
  kCreateActor = 2,  // As kRunTask; the worker keeps what the constructor made. a: threads that run its calls.
  kCallMethod = 3,   // As kRunTask.
  kStop = 4,         // End the actor, then the process.
  kCancel = 9,       // call: a call that nobody waits for any more.
  kChildDied = 10,   // call: the number to judge it under; values: a ChildDeath.
  kLetGo = 11,       // The store is full: objects that nobody reads here are to go.
  // Node to worker: of calls that go from worker to worker directly (core/net/direct_link.h).
  kDirectOffer = 64,    // call: the worker that wants to call this one; a: the pair's key; b: its slot.
  kDirectOpened = 65,   // a: the actor that can be called directly from now on; b: the slot.
  kDirectRefused = 66,  // a: the actor that cannot.
  kDirectEnded = 67,    // a: the key of a pair whose caller is gone.
  kDirectLost = 68,     // a: an actor that has died; function: the ErrorCode; values: the cause; who this process is.
  kDirectByNode = 69,   // call: an object whose outcome comes by way of the node; a: the actor.
  // Both ways.
  kPiece = 12,     // call: bytes of the message that this is a piece of; a: where it belongs there; bytes follow.
  kWaitsFor = 13,  // b: a worker, whose wait `call` is for actor `a`, or for one that waits for that, and so on over
                   // `function` of them; 0: `a` is its own actor, and the message is to come back. By the node to that
                   // actor's worker, with its title added to those in values.
  // Node to worker: what it asked for.
  kReady = 5,    // a, call: the object's id; values: its value.
  kFailed = 6,   // a, call: the object's id; function: the ErrorCode; values: the message.
  kReply = 7,    // call: the request's number; a, b: its answer; values: if it has more.
  kRefusal = 8,  // call: the request's number; function: the ErrorCode; values: the message.
  // Worker to node: the outcome of a call.
  kResult = 16,   // values: the results, one but for tuples; b: nanoseconds it took; offsets: blocks of the store that
                  // the worker goes on holding.
  kFailure = 17,  // function: the ErrorCode; values: the message; offsets as above.
  // Worker to node: requests, each with its number in `call`; kReply or kRefusal follows.
  kLendChunk = 18,    // b: size needed. Reply: a: offset, b: size of a range of the store to fill.
  kMakeActor = 19,    // function, values: see ActorSpec; the arguments of the constructor. Reply: a: its id.
  kFindActor = 20,    // values: its name, its class. Reply: a: its id.
  kActorStatus = 21,  // a: its id. Reply: a: whether it lives, b: its process.
  kStatus = 22,       // Reply: values: a RuntimeStatus.
  // Worker to node: orders.
  kSubmitTask = 32,    // call: the number of its result; function, values: see TaskSpec; the arguments.
  kCallActor = 33,     // a: the actor; call: the number of the result; function, values: the name, the arguments.
  kPut = 34,           // call: the object's number; values: its value; offsets as for kResult.
  kPromise = 46,       // call: the number of an object that the worker will fulfil; a: the slot, from 1, if it is the
                       // result of a direct call, of `function`.
  kFulfil = 47,        // As kPut, of an object that is known and pending; a: its process.
  kWatch = 35,         // a, call: the object whose outcome is wanted.
  kDropObject = 36,    // a, call: an object that the worker had `b` references to.
  kDropActor = 37,     // a: an actor that the worker had `b` handles of.
  kStopActor = 38,     // a: the actor.
  kKillActor = 39,     // a: the actor.
  kBlocked = 40,       // The call that runs waits for an object.
  kUnblocked = 41,     // It goes on.
  kRelease = 42,       // a: offset of a block that the worker held.
  kMonitor = 44,       // a: an actor; call: the number of the object that is to hold its death.
  kCancelCall = 45,    // a, call: the object that is not wanted any more; b: 1: kill its process.
  kHandleDeaths = 60,  // a: 1: the worker wants to be told of its children's deaths; 0: no more.
  kCheckpoint = 62,    // values: the actor's state; call: whose answer follows and makes it count, or 0: it counts now;
                       // offsets as for kResult.
  kDeathJudged = 61,   // call: as in kChildDied; a: 1: it is handled, 0: it goes one level up.
  kDiscard = 43,       // a, b: offset and size of a range of its chunk that it does not use.
  // Worker to node, of direct calls.
  kOpenDirect = 70,     // a: the actor.
  kDirectAnswer = 71,   // To an offer. a: the slot; b: 1: it can be called; 0: it cannot.
  kDirectClosed = 72,   // a: the slot, which this end has left.
  kDirectCancel = 73,   // a: the slot; call: a call that nobody waits for any more.
  kDirectDamaged = 74,  // a: the slot; what the other end has written there is none of what it may.
  kDirectResult = 75,   // As kResult, of a direct call; a: the caller; call: the object there.
  kDirectFailure = 76,  // As kFailure; likewise.
  // Both ways: by the node behind all calls that were made before.
  kDirectFence = 77,  // a: the actor, or, at its worker, the pair's key; b: which fence it is.
};

/// What stands at the beginning of each message. Both ends are the same binary, so it travels as it lies in memory.
struct MessageHeader {
  MessageType type{};
  std::uint16_t value_count = 0;
  std::uint32_t offset_count = 0;
  std::uint64_t call = 0;      ///< Which call, object or request this is about.
  std::uint64_t function = 0;  ///< Which function to run.
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

/// A reference inside a value, by name.
struct WireReference {
  enum Kind : std::uint64_t { kObject = 1, kActor = 2, kBlock = 3 };
  std::uint64_t kind = 0;
  ObjectId id;  ///< An actor: process 0. A block of the store: its offset and its size.

  static WireReference of_block(const StoreBlock& block) {
    return {.kind = kBlock, .id = {.process = block.offset(), .number = block.size()}};
  }

  bool operator==(const WireReference&) const = default;
};

/// One value of a message: its bytes, where they lie in the store, or the object whose value it is.
struct MessageValue {
  enum class Kind : std::uint8_t { kInline, kStored, kObject };
  Kind kind = Kind::kInline;
  std::span<const std::byte> inline_bytes;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  ObjectId object;
  std::span<const std::byte> references;  ///< Packed WireReferences that it contains.
  std::span<const std::byte> wire;        ///< All of it, as it travels.

  std::string_view text() const { return {reinterpret_cast<const char*>(inline_bytes.data()), inline_bytes.size()}; }
  std::size_t reference_count() const { return references.size() / sizeof(WireReference); }
  WireReference reference(std::size_t index) const;
};

/// Appends one value to `out`, in the form in which it travels.
void append_inline(SmallBytes& out, std::span<const std::byte> bytes);
void append_stored(SmallBytes& out, std::uint64_t offset, std::uint64_t size);
void append_object(SmallBytes& out, const ObjectId& id);
/// Before the value that contains them; nothing if there are none.
void append_references(SmallBytes& out, std::span<const WireReference> references);
/// A value whose references go by these names.
void append_value(SmallBytes& out, const EncodedValue& value, std::span<const WireReference> references);

/// Builds one message. Reusable: start() begins anew.
class MessageBuilder {
 public:
  void start(const MessageHeader& header);
  /// A value without references.
  void add(const EncodedValue& value) { add(value, {}); }
  void add(const EncodedValue& value, std::span<const WireReference> references);
  /// `count` values that travel as `wire`.
  void add_wire(std::span<const std::byte> wire, std::size_t count);
  void add_text(std::string_view text);
  /// The bytes of `value`, which is trivially copyable.
  template <class T>
  void add_raw(const T& value) {
    append_inline(bytes_, std::as_bytes(std::span(&value, 1)));
    ++header().value_count;
  }
  /// As one value, the bytes of all of them.
  template <class T>
  void add_array(const std::vector<T>& values) {
    append_inline(bytes_, std::as_bytes(std::span(values)));
    ++header().value_count;
  }
  /// After all values.
  void add_offset(std::uint64_t offset);
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Only after start().
  MessageType type() const { return reinterpret_cast<const MessageHeader*>(bytes_.data())->type; }

 private:
  MessageHeader& header() { return *reinterpret_cast<MessageHeader*>(bytes_.data()); }

  SmallBytes bytes_;
};

/// A message that was read. Views the bytes it was read from.
struct Message {
  MessageHeader header;
  std::vector<MessageValue> values;
  std::vector<std::uint64_t> offsets;

  /// Value 0 as text; "" if there is none.
  std::string text() const;
  /// Value `index`, which add_raw() wrote; none if it is not there or has another size.
  template <class T>
  std::optional<T> raw(std::size_t index) const {
    if (index >= values.size() || values[index].inline_bytes.size() != sizeof(T)) return std::nullopt;
    T value;
    __builtin_memcpy(&value, values[index].inline_bytes.data(), sizeof value);
    return value;
  }
  /// Reads anew into this. False: the bytes are no message, or a store value lies outside [0, store_size).
  bool read(std::span<const std::byte> bytes, std::uint64_t store_size);
  /// As read(), into a new one.
  static std::optional<Message> parse(std::span<const std::byte> bytes, std::uint64_t store_size);
};

/// The message, of a type that carries an error, that says that call `call` failed. Long texts are cut.
void build_failure(MessageBuilder& builder, const MessageHeader& header, const Error& error);

}  // namespace manta
