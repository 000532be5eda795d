// SPDX-License-Identifier: Apache-2.0
#include "core/api/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fork_guard.h"
#include "core/base/no_memory.h"
#include "core/net/caller_scope.h"
#include "core/node/fork_server_client.h"
#include "core/node/node.h"
#include "core/placement/gpu_driver.h"
#include "core/worker/fork_server.h"
#include "core/worker/worker_process.h"

namespace manta {
namespace {

// The one thing of the runtime that is global: `remote<f>(…)` must find its node.
struct Current {
  std::mutex mutex;
  std::weak_ptr<Node> node;
  std::uint32_t nodes = 0;  // That this process has had. Each is another one: refs and handles may outlive theirs.
};

Current& current() {
  static auto* instance = new Current;  // Threads may go on while the program ends.
  return *instance;
}

NodeId next_node() {
  const std::lock_guard lock(current().mutex);
  return NodeId{++current().nodes};
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
  const std::size_t store = options.object_store_bytes > 0 ? options.object_store_bytes : default_store_capacity();
  machine.memory = options.memory.value_or(machine.memory - std::min<std::uint64_t>(machine.memory, store));
  for (const auto& [name, amount] : options.resources)
    if (!std::isfinite(amount) || amount < 0)
      return Error{ErrorCode::kInvalidArgument, "RuntimeOptions::resources: \"" + name + "\" must be a number >= 0"};
  machine.custom = options.resources;
  return machine;
}

// The driver is asked only where there are GPUs, and loaded when a worker that had one has ended.
GpuDrain::Reader gpu_reader(const Machine& machine) {
  if (machine.gpus.empty()) return {};
  struct Driver {
    std::once_flag once;
    std::unique_ptr<GpuDriver> loaded;
  };
  return {.processes =
              [driver = std::make_shared<Driver>()](const std::string& device) -> std::optional<std::vector<pid_t>> {
            std::call_once(driver->once, [&] { driver->loaded = GpuDriver::load(); });
            return driver->loaded ? driver->loaded->processes(device) : std::nullopt;
          },
          .group_of = [](pid_t pid) { return ::getpgid(pid); }};
}

Result<ObjectStore::Options> choose_store(const RuntimeOptions& options) {
  if (options.put_timeout < Duration::zero())
    return Error{ErrorCode::kInvalidArgument, "RuntimeOptions::put_timeout must not be negative"};
  std::string parent = options.spill_directory;
  if (parent.empty()) {
    const char* temporary = std::getenv("TMPDIR");
    parent = temporary != nullptr && *temporary != 0 ? temporary : "/var/tmp";
  } else if (!std::filesystem::is_directory(parent)) {
    return Error{ErrorCode::kInvalidArgument, "RuntimeOptions::spill_directory: " + parent + " is no directory"};
  }
  if (options.spill_bytes == 0) parent.clear();
  return ObjectStore::Options{.capacity = options.object_store_bytes,
                              .warm_bytes = std::size_t{1} << 30,
                              .spill_parent = std::move(parent),
                              .spill_limit = options.spill_bytes,
                              .room_timeout = options.put_timeout};
}

Result<void> make_log_directory(const std::string& directory) {
  std::error_code error;
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  if (directory.empty() || std::filesystem::is_directory(directory)) return {};
  return Error{ErrorCode::kSystem, "RuntimeOptions::log_directory: cannot make " + directory + ": " +
                                       (error ? error.message() : "there is a file of that name")};
}

}  // namespace

Result<Runtime> init(int argc, char** argv, const RuntimeOptions& options) {
  static_cast<void>(argc);  // argv ends with a null pointer; the pair is what main() has.
  return with_memory("the runtime", [&] { return Runtime::start(argv, options); });
}

Result<Runtime> Runtime::start(char** argv, const RuntimeOptions& options) {
  if (const char* settings = std::getenv(kForkServerVariable)) run_fork_server(settings);
  if (is_forked_copy()) return forked_copy_error();
  if (internal::current_caller())
    return Error{ErrorCode::kAlreadyExists, "this process has a runtime already; let it end first"};
  MANTA_ASSIGN_OR_RETURN(Machine machine, choose_machine(options));
  MANTA_ASSIGN_OR_RETURN(ObjectStore::Options store, choose_store(options));
  if (options.log_bytes < 1024)
    return Error{ErrorCode::kInvalidArgument, "RuntimeOptions::log_bytes must be at least 1024"};
  MANTA_RETURN_IF_ERROR(make_log_directory(options.log_directory));
  MemoryReserve::open();
  static_cast<void>(no_memory_object());  // So that it is there when it is needed.
  GpuDrain::Reader gpus = gpu_reader(machine);
  MANTA_ASSIGN_OR_RETURN(std::shared_ptr<Node> node, Node::start({.machine = std::move(machine),
                                                                  .id = next_node(),
                                                                  .store = std::move(store),
                                                                  .use_cgroups = options.use_cgroups,
                                                                  .lineage_bytes = options.lineage_bytes,
                                                                  .gpus = std::move(gpus),
                                                                  .trace_file = options.trace_file,
                                                                  .metrics = {.file = options.metrics_file,
                                                                              .callback = options.metrics_callback,
                                                                              .interval = options.metrics_interval},
                                                                  .log_directory = options.log_directory,
                                                                  .log_bytes = options.log_bytes},
                                                                 std::make_unique<ForkServerClient>(argv)));
  guard_forks();
  ObjectState::on_unseen_error(std::make_shared<const ObjectState::OnUnseenError>(
      [printer = node->printer()](std::string_view line) { printer->offer(line); }));
  const std::lock_guard lock(current().mutex);
  current().node = node;
  return Runtime(std::move(node));
}

const Machine& Runtime::machine() const { return node_->machine(); }

Result<std::string> Runtime::last_output(int pid) const {
  return with_memory("last_output()", [&]() -> Result<std::string> {
    std::optional<std::string> output = node_->last_output(pid);
    if (!output) return Error{ErrorCode::kNotFound, "no output is kept of a process " + std::to_string(pid)};
    return *std::move(output);
  });
}

Runtime::~Runtime() {
  if (!node_) return;
  const MemoryReserve::Use reserve;
  if (is_forked_copy()) {
    // All of it is the parent's; its threads do not even exist here. So it is left as it is, for ever.
    auto left = std::make_unique<std::shared_ptr<Node>>(std::move(node_));
    static_cast<void>(left.release());
    return;
  }
  // Not left to the last holder: that may be a thread that waits for an object, or one of the node's own. And before
  // the node cannot be found any more: whoever finds none must find all objects ready.
  node_->shut_down();
  ObjectState::on_unseen_error(nullptr);
  const std::lock_guard lock(current().mutex);
  current().node.reset();
}

Result<std::string> metrics() {
  const std::shared_ptr<Node> node = [] {
    const std::lock_guard lock(current().mutex);
    return current().node.lock();
  }();
  if (!node) return internal::no_runtime_error();
  return with_memory("metrics()", [&] { return node->metrics(); });
}

Result<RuntimeStatus> status() {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  if (!caller) return internal::no_runtime_error();
  return with_memory("status()", [&] { return caller->status(); });
}

Result<std::vector<ActorInfo>> list_actors() {
  MANTA_ASSIGN_OR_RETURN(RuntimeStatus now, status());
  return std::move(now.actors);
}

namespace internal {

std::shared_ptr<Caller> current_caller() {
  if (is_forked_copy()) return nullptr;
  if (std::shared_ptr<Caller> caller = CallerScope::caller()) return caller;
  if (std::shared_ptr<Caller> worker = WorkerProcess::current()) return worker;
  const std::lock_guard lock(current().mutex);
  return current().node.lock();
}

Result<Machine> current_machine() {
  const std::lock_guard lock(current().mutex);
  const std::shared_ptr<Node> node = current().node.lock();
  if (!node) return no_runtime_error();
  return node->machine();
}

Error no_runtime_error() {
  if (is_forked_copy()) return forked_copy_error();
  return {ErrorCode::kFailedPrecondition,
          "there is no runtime: call manta::init(argc, argv) first and keep its Runtime"};
}

Result<void> add_encoded(Call& call, Caller& caller, Result<EncodedValue> value) {
  if (!value) return std::move(value).error();
  const std::vector<WireReference> names = caller.names_of(value->references);
  call.add(std::move(*value), names);
  return {};
}

}  // namespace internal
}  // namespace manta
