// SPDX-License-Identifier: Apache-2.0
// What there is in the object store, for people to look at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace manta {

/// Somebody who keeps an object.
struct ObjectHolder {
  /// "driver": refs in the driver's process; "worker": in a worker's; "argument": a call that was made and not
  /// answered; "value": another object contains it.
  std::string kind;
  int pid = 0;              ///< Of "driver" and "worker".
  std::string name;         ///< Of "worker": its label; of "argument": the function; of "value": that object's label.
  std::uint64_t count = 0;  ///< How often it holds the object.

  template <class Archive>
  void serialize(Archive& archive) {
    archive(kind, pid, name, count);
  }
};

/// "driver x2, worker 4711 (tally), argument of f".
std::string to_string(const std::vector<ObjectHolder>& holders);

/// An object whose bytes lie in the store.
struct ObjectInfo {
  std::uint64_t process = 0;  ///< With `number`, its name among all processes of all nodes (GlobalId).
  std::uint64_t number = 0;   ///< 0: only the driver knows it.
  std::uint64_t bytes = 0;
  std::string label;  ///< "put", or the function whose result it is.
  int owner_pid = 0;  ///< The process that made it; 0: that is gone.
  double age_seconds = 0;
  double unused_seconds = 0;  ///< Since somebody began to read it.
  bool is_in_memory = true;   ///< Else it lies on disk, or is being made anew.
  std::vector<ObjectHolder> holders;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(process, number, bytes, label, owner_pid, age_seconds, unused_seconds, is_in_memory, holders);
  }
};

}  // namespace manta
