// SPDX-License-Identifier: Apache-2.0
#include "core/api/runtime.h"

#include <cstdlib>
#include <mutex>
#include <string>

#include "core/worker/fork_server.h"
#include "core/worker/worker_process.h"

namespace manta {
namespace {

// The one thing of the runtime that is global: `remote<f>(…)` must find its node.
struct Current {
  std::mutex mutex;
  std::weak_ptr<Node> node;
};

Current& current() {
  static Current instance;
  return instance;
}

Result<Machine> choose_machine(const RuntimeOptions& options) {
  Machine machine = detect_machine(std::getenv("CUDA_VISIBLE_DEVICES"));
  if (options.cpus) {
    if (!(*options.cpus > 0)) return Error{ErrorCode::kInvalidArgument, "RuntimeOptions::cpus must be above 0"};
    machine.cpus = *options.cpus;
  }
  if (options.gpus) {
    if (*options.gpus < 0) return Error{ErrorCode::kInvalidArgument, "RuntimeOptions::gpus must be at least 0"};
    const auto wanted = static_cast<std::size_t>(*options.gpus);
    while (machine.gpus.size() < wanted) machine.gpus.push_back(std::to_string(machine.gpus.size()));
    machine.gpus.resize(wanted);
  }
  return machine;
}

}  // namespace

Result<Runtime> init(int argc, char** argv, const RuntimeOptions& options) {
  static_cast<void>(argc);  // argv ends with a null pointer; the pair is what main() has.
  if (const char* settings = std::getenv(kForkServerVariable)) run_fork_server(settings);
  if (internal::current_node())
    return Error{ErrorCode::kAlreadyExists, "this process has a runtime already; let it end first"};
  MANTA_ASSIGN_OR_RETURN(Machine machine, choose_machine(options));
  MANTA_ASSIGN_OR_RETURN(
      std::unique_ptr<Node> started,
      Node::start({.machine = std::move(machine), .object_store_bytes = options.object_store_bytes}, argv));
  std::shared_ptr<Node> node = std::move(started);
  const std::lock_guard lock(current().mutex);
  current().node = node;
  return Runtime(std::move(node));
}

Runtime::~Runtime() {
  if (!node_) return;
  // Not left to the last holder: that may be a thread that waits for an object, or one of the node's own. And before
  // the node cannot be found any more: whoever finds none must find all objects ready.
  node_->shut_down();
  const std::lock_guard lock(current().mutex);
  current().node.reset();
}

namespace internal {

std::shared_ptr<Node> current_node() {
  const std::lock_guard lock(current().mutex);
  return current().node.lock();
}

BlockAllocator* current_allocator() {
  if (BlockAllocator* of_worker = WorkerProcess::current_allocator()) return of_worker;
  const std::shared_ptr<Node> node = current_node();
  return node ? &node->arena() : nullptr;
}

Error no_runtime_error() {
  if (WorkerProcess::current_allocator() != nullptr)
    return {ErrorCode::kFailedPrecondition,
            "this is a worker: tasks, actors and objects are made in the driver; return a value instead"};
  return {ErrorCode::kFailedPrecondition, "there is no runtime: call manta::init(argc, argv) first and keep its Runtime"};
}

}  // namespace internal
}  // namespace manta
