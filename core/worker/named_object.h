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
      : ObjectState(id, &worker), worker_(worker), count_(count), is_awaited_(count > 0) {}
  ~NamedObject() { worker_.forget(*this); }

 private:
  friend class WorkerProcess;
  WorkerProcess& worker_;
  // How many references of the node's count this stands for; 0: the node does not know the object yet. Guarded by
  // names_mutex_.
  std::uint64_t count_;
  // The node knows the object and not its outcome: what fulfil() gives it is to be sent. Guarded likewise.
  bool is_awaited_;
  bool is_wanted_ = false;  // It is to be watched once the node knows it. Guarded likewise.
};

}  // namespace manta
