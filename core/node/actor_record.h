// SPDX-License-Identifier: Apache-2.0
// What the node knows of one actor.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/net/call.h"

namespace manta {

/// Thread-safety: none; the node's mutex guards it.
struct ActorRecord {
  std::uint64_t id = 0;
  ActorSpec spec;                   ///< `name` is never empty: the class's, if it was given none.
  bool is_named = false;            ///< The directory has its name.
  std::uint64_t owner = 0;          ///< The process that made it.
  std::weak_ptr<ActorLease> lease;  ///< That all handles share.
  ActorPtr detached;                ///< Of a detached actor: keeps it without handles.
  std::uint64_t worker = 0;         ///< 0: waits for resources.
  std::deque<Call> queue;           ///< Calls not yet sent, in order; the constructor is the first.
  bool waits_for_argument = false;  ///< The first call's arguments are pending; their arrival goes on with the queue.
  int restarts_left = 0;
  std::optional<Call> constructor;    ///< To be made again at a restart; none if there is none to come.
  std::optional<EncodedValue> state;  ///< Saved last; what it begins with at a restart.
  bool is_made = false;               ///< Its constructor has ended well.
  bool stop_wanted = false;           ///< Ends when its queue is empty.
  bool stop_sent = false;
  std::vector<ObjectPtr> monitors;   ///< That are to become its ActorDeath.
  bool was_killed = false;           ///< By a call.
  bool ended_with_owner = false;     ///< It was killed because its owner had died.
  bool is_watched_by_owner = false;  ///< The owner has a monitor on it.
  int last_pid = 0;                  ///< Of its last process, once that has died.
  bool exited = false;               ///< Its last process ended by itself, with code 0.
  std::optional<Error> died;         ///< Why; set once.
  TimePoint died_at{};               ///< Once it has.

  /// Once it has died: somebody wanted that, and it did not crash on the way.
  bool ended_as_expected() const { return was_killed || (stop_wanted && exited); }
  /// Its process is gone, or never came: it can be placed in another one.
  void make_ready_to_place() {
    worker = 0;
    waits_for_argument = false;
    stop_sent = false;
    is_made = false;
  }
};

}  // namespace manta
