// SPDX-License-Identifier: Apache-2.0
// An object as a worker knows it.
#pragma once

#include <cstdint>

#include "core/worker/worker_process.h"

namespace manta {

/// An object under the name by which the node knows it, or will.
class WorkerProcess::NamedObject final : public ObjectState {
 public:
  NamedObject(ObjectId id, WorkerProcess& worker, std::uint64_t count)
      : ObjectState(id, &worker), worker_(worker), count_(count), is_awaited_(count > 0), is_listed_(count > 0) {}
  ~NamedObject() { worker_.forget(*this); }

  /// It is the result of a call of `function` that goes directly, by way of `slot`; DirectCalls::kNoSlot: not so. By
  /// who makes the call, before others have the object.
  void set_direct(std::uint32_t slot, std::uint64_t function) {
    direct_slot_ = slot;
    function_ = function;
  }
  bool is_direct() const { return direct_slot_ != DirectCalls::kNoSlot; }

 private:
  friend class WorkerProcess;
  WorkerProcess& worker_;
  // How many references of the node's count this stands for; 0: the node does not know the object yet. Guarded by
  // names_mutex_.
  std::uint64_t count_;
  // The node knows the object and not its outcome: what fulfil() gives it is to be sent. Guarded likewise.
  bool is_awaited_;
  bool is_listed_;  // Among the worker's objects: the node speaks of it, or it lies in the store. Guarded likewise.
  std::uint32_t direct_slot_ = DirectCalls::kNoSlot;
  std::uint64_t function_ = 0;
};

}  // namespace manta
