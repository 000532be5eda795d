// SPDX-License-Identifier: Apache-2.0
// One call of a function, constructor or method, from the moment it is made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/rare_vector.h"
#include "core/net/message.h"
#include "core/objects/object_state.h"
#include "core/placement/resources.h"

namespace manta {

/// After which errors something is done again.
struct RetryCodes {
  std::uint64_t bits = 0;  ///< Bit n: after the ErrorCode n.

  static constexpr RetryCodes of(ErrorCode code) { return {std::uint64_t{1} << static_cast<unsigned>(code)}; }
  static RetryCodes of(const std::vector<ErrorCode>& codes) {
    RetryCodes all;
    for (const ErrorCode code : codes) all.bits |= of(code).bits;
    return all;
  }
  bool contain(ErrorCode code) const { return (bits & of(code).bits) != 0; }
};

/// What a task needs, and after which errors it is run again.
struct TaskSpec {
  Resources resources;
  std::string label;  ///< What ps and messages call it.
  int max_retries = 0;
  RetryCodes retry_on;
  Duration timeout{0};    ///< After which its process is killed; 0: never.
  bool recompute = true;  ///< It may be run again when the bytes of its result are lost.
};

/// What an actor needs, how long it lives, and what happens when its process dies.
struct ActorSpec {
  Resources resources;
  std::string name;  ///< "": it has none.
  std::string type;  ///< Its class.
  int max_restarts = 0;
  int max_task_retries = 0;          ///< Of each call on it.
  RetryCodes retry_on = RetryCodes::of(ErrorCode::kActorDied);  ///< That: after a restart.
  int max_concurrency = 1;           ///< Threads that run its calls.
  Duration timeout{0};               ///< After which of one call its process is killed; 0: never.
  std::uint64_t state_function = 0;  ///< Called after the constructor, with its state if it is started again; 0: none.
  int checkpoint_every = 0;          ///< After how many calls its state is saved; 0: only when it says so.
  bool is_detached = false;          ///< Lives until it is stopped or killed, without handles and without its maker.

  /// Calls may be made again that have ended with an error of the method.
  bool retries_failures() const {
    return max_task_retries > 0 && (retry_on.bits & ~RetryCodes::of(ErrorCode::kActorDied).bits) != 0;
  }
};

/// A call with its arguments as they travel. Those that are values are written when it is made; those that are refs are
/// put in between when it is sent.
struct Call {
  /// An argument that is a ref.
  struct Late {
    std::size_t position = 0;  ///< In `values`: it comes before the byte here.
    ObjectPtr object;
  };

  MessageType type = MessageType::kRunTask;
  std::uint16_t value_count = 0;  ///< Arguments, without the late ones.
  std::uint64_t function = 0;
  std::string_view name;  ///< Of the function; lives as long as the program.
  SmallBytes values;
  RareVector<Late> late;
  RareVector<BlockPtr> blocks;         ///< Of values in the store, and in values; kept until the call is answered.
  std::vector<Reference> references;   ///< That lie inside values, kept as long; without blocks.
  std::uint64_t caller = 0;            ///< The worker that made it; 0: the driver.
  ObjectPtr result;                    ///< Null once its fate is decided.
  RareVector<ObjectPtr> more_results;  ///< Of a function that returns a tuple: those after the first.
  std::uint64_t threads = 1;           ///< Of a constructor: how many run the actor's calls.
  std::uint64_t fence = 0;             ///< Of what is no call but a kDirectFence between calls: which.
  bool comes_first = false;            ///< Of a task: others wait for it, and perhaps all places for them are taken.
  int retries_left = 0;
  std::uint32_t ordinal = 0;             ///< Of a task that was sent: its number among those of its worker, from 1.
  std::shared_ptr<const TaskSpec> task;  ///< Of a task.

  /// Adds an argument that is a ref; a small value that is there goes by itself.
  /// Errors: kFailedPrecondition: it is empty.
  Result<void> add(const ObjectPtr& object);
  /// Adds a number or the like.
  void add_bytes(std::span<const std::byte> bytes) {
    append_inline(values, bytes);
    ++value_count;
  }
  /// Adds a value; `names` are those of its references.
  void add(EncodedValue value, std::span<const WireReference> names);
  /// Keeps what a value refers to until the call is answered.
  void keep(Reference reference);
  /// Adds the arguments to a message; `write(MessageBuilder&, const ObjectPtr&)` adds one that is a ref.
  template <class Write>
  void write_arguments(MessageBuilder& builder, Write&& write) const {
    const std::span<const std::byte> bytes(values);
    std::size_t written = 0;
    for (const Late& argument : late) {
      builder.add_wire(bytes.subspan(written, argument.position - written), 0);
      written = argument.position;
      write(builder, argument.object);
    }
    builder.add_wire(bytes.subspan(written), value_count);
  }
  /// Errors: kInvalidArgument: the arguments do not fit a message.
  Result<void> check_size() const;

  /// Nobody waits for what it would give: it was cancelled.
  bool is_settled() const;
  /// The first argument object that is still pending, or null.
  ObjectPtr pending_argument() const;
  /// The error of the first argument that failed, or null. Only when none is pending.
  const Error* failed_argument() const;
};

/// What a call that was cancelled ends with.
const Error& cancelled_error();
/// What a promise ends with that nobody can keep any more.
const Error& dropped_promise_error();

}  // namespace manta
