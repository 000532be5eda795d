// SPDX-License-Identifier: Apache-2.0
// The runtime's beginning and end in a program.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/net/caller.h"

namespace manta {

class Node;

/// What init() may be told; the defaults use the whole machine.
struct RuntimeOptions {
  std::optional<double> cpus = {};  ///< Default: those this process may use.
  std::optional<int> gpus = {};     ///< Default: those the GPU driver lists, or CUDA_VISIBLE_DEVICES names.
  /// Bytes for tasks and actors with the option `memory`. Default: what this process may use, less the object store.
  std::optional<std::uint64_t> memory = {};
  /// Memory limits of tasks and actors are kept by memory cgroups, where this process may make some. Else, and if
  /// false, the runtime looks at each limited process several times a second.
  bool use_cgroups = true;
  Amounts resources = {};              ///< Further things that tasks and actors may ask for, {"license", 2}.
  std::size_t object_store_bytes = 0;  ///< Limit of the object store; 0: 30 % of memory. Used only as far as filled.
  /// An existing directory, best on a disk: objects that find no room in memory go to a directory of their own in it,
  /// which goes with the runtime. Default: TMPDIR, else /var/tmp.
  std::string spill_directory = {};
  /// Most bytes that go there; 0: none. Default: half of what is free there at first.
  std::optional<std::uint64_t> spill_bytes = {};
  /// What is remembered of how objects were made, in bytes: tasks with their small arguments, oldest forgotten first.
  /// An object that a task made, and that is lost on disk, is made anew by running the task again. 0: none is.
  std::uint64_t lineage_bytes = std::uint64_t{64} << 20;
  /// How long a put, a result, or an object that comes back from disk, waits for room before it ends with kExhausted.
  Duration put_timeout = std::chrono::seconds(30);
  /// A directory, made if there is none: what each worker prints goes, besides to standard error, to a file of its own
  /// there, "<driver's pid>-<worker>-<name>.log". "": no files.
  std::string log_directory = {};
  /// Of each such file, at least 1 KiB. What is between the first half and the last quarter or two is left out, and how
  /// much is said there.
  std::uint64_t log_bytes = std::uint64_t{100} << 20;
  /// A timeline of what all processes do, for ui.perfetto.dev or chrome://tracing: calls as they ran, waits, puts,
  /// births and deaths. The file is replaced; what a crash leaves of it can be opened. "": none.
  std::string trace_file = {};
  /// Gets metrics() in Prometheus' text format every `metrics_interval` (at least 1 ms) and at the end; it is replaced
  /// as a whole, so that a reader never sees half of it. "": none.
  std::string metrics_file = {};
  Duration metrics_interval = std::chrono::seconds(10);
  /// Called as often with the same text, on a thread of the runtime.
  std::function<void(const std::string&)> metrics_callback = {};
};

/// The runtime of this process. Its end kills all workers and waits for that; objects already made stay readable.
class Runtime {
 public:
  Runtime(Runtime&&) noexcept = default;
  Runtime& operator=(Runtime&&) noexcept = default;
  ~Runtime();

  /// What this runtime counts on.
  const Machine& machine() const;
  /// The last 64 KiB that the worker with this pid printed before it died, unless it ended in order. Is kept of the last
  /// 16; with RuntimeOptions::log_directory its log has more.
  /// Errors: kNotFound: nothing is kept of such a process.
  Result<std::string> last_output(int pid) const;

 private:
  friend Result<Runtime> init(int argc, char** argv, const RuntimeOptions& options);
  static Result<Runtime> start(char** argv, const RuntimeOptions& options);
  explicit Runtime(std::shared_ptr<Node> node) : node_(std::move(node)) {}

  std::shared_ptr<Node> node_;
};

/// Starts the runtime. Call it at the very beginning of main(): the program is started once more to fork workers from,
/// and in that process, and in each worker, init() never returns.
/// Errors: kAlreadyExists: this process has a runtime; kInvalidArgument: an option; kSystem, also when the trace file
/// or the metrics file cannot be written, the log directory cannot be made, or no thread can be started.
Result<Runtime> init(int argc, char** argv, const RuntimeOptions& options = {});

/// What there is now: workers, actors, their queues, the object store. From the driver or a worker.
/// Errors: kFailedPrecondition: no runtime.
Result<RuntimeStatus> status();

/// The actors that live or wait for their process, and those that died while handles to them are left, in the order in
/// which they were made. From the driver or a worker.
/// Errors: kFailedPrecondition: no runtime.
Result<std::vector<ActorInfo>> list_actors();

/// What has been counted since the runtime began, and what there is, in Prometheus' text format. In the driver only.
/// Errors: kFailedPrecondition: this process has no runtime, or is a worker.
Result<std::string> metrics();

namespace internal {

/// By what code of this process makes calls, in the driver or in a worker; null before init() and after the Runtime's
/// end.
std::shared_ptr<Caller> current_caller();
/// What the driver counts on.
/// Errors: kFailedPrecondition: this is not the driver.
Result<Machine> current_machine();
/// What a call ends with that is made where there is none.
Error no_runtime_error();
/// Adds an argument to a call.
/// Errors: that of `value`; kInvalidArgument: it contains too many references.
Result<void> add_encoded(Call& call, Caller& caller, Result<EncodedValue> value);

}  // namespace internal
}  // namespace manta
