// SPDX-License-Identifier: Apache-2.0
// The runtime's beginning and end in a program.
#pragma once

#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/node/node.h"

namespace manta {

/// What init() may be told; the defaults use the whole machine.
struct RuntimeOptions {
  std::optional<double> cpus;          ///< Default: those this process may use.
  std::optional<int> gpus;             ///< Default: those the GPU driver lists, or CUDA_VISIBLE_DEVICES names.
  std::size_t object_store_bytes = 0;  ///< Limit of the object store; 0: 30 % of memory. Used only as far as filled.
};

/// The runtime of this process. Its end kills all workers and waits for that; objects already made stay readable.
class Runtime {
 public:
  Runtime(Runtime&&) noexcept = default;
  Runtime& operator=(Runtime&&) noexcept = default;
  ~Runtime();

  /// What this runtime counts on.
  const Machine& machine() const { return node_->machine(); }

 private:
  friend Result<Runtime> init(int argc, char** argv, const RuntimeOptions& options);
  explicit Runtime(std::shared_ptr<Node> node) : node_(std::move(node)) {}

  std::shared_ptr<Node> node_;
};

/// Starts the runtime. Call it at the very beginning of main(): the program is started once more to fork workers from,
/// and in that process, and in each worker, init() never returns.
/// Errors: kAlreadyExists: this process has a runtime; kInvalidArgument: an option; kSystem.
Result<Runtime> init(int argc, char** argv, const RuntimeOptions& options = {});

namespace internal {

/// The node of this process; null before init(), after the Runtime's end, and in a worker.
std::shared_ptr<Node> current_node();
/// The store that values of this process go to, in the driver or in a worker; null before init().
BlockAllocator* current_allocator();
/// What a call ends with that is made where there is no node.
Error no_runtime_error();

}  // namespace internal
}  // namespace manta
