// SPDX-License-Identifier: Apache-2.0
// The experiment on the runtime: trials are actors.
#include "tune/cli/tune_run.h"

#include <memory>
#include <string>
#include <utility>

#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "integrations/command/command_trainable.h"
#include "integrations/plugin/load_plugin.h"
#include "tune/actor/actor_executor.h"
#include "tune/cli/run_experiment.h"
#include "tune/cli/simulate.h"
#include "tune/trainable_reference.h"

namespace manta {

namespace {

// Here and not beside what they name, because a static library's file that nobody refers to is left out of the program.
[[maybe_unused]] const bool command_source = internal::register_trainable_source(
    {"command", is_command_reference, [](std::string_view text) { return trainable_of_command_reference(text); }});
[[maybe_unused]] const bool plugin_source = internal::register_trainable_source(
    {"plugin", [](std::string_view text) { return PluginReference::parse(text).has_value(); },
     [](std::string_view text) { return load_plugin(*PluginReference::parse(text)); }});

}  // namespace

// Runs in a worker, so that this process loads neither a plugin nor the libraries behind it.
Result<void> check_trainable(const std::string& reference, const std::string& space) {
  MANTA_ASSIGN_OR_RETURN(const TrainableEntry entry, resolve_trainable(reference));
  if (entry.check_space == nullptr) return {};
  return entry.check_space(space);
}

Result<TuneOutcome> tune_run(const TuneOptions& options, const TuneSettings& settings) {
  if (options.simulate) return simulate(options, settings);
  return run_experiment(options, settings, [](const ExecutorRequest& request) -> Result<std::unique_ptr<Executor>> {
    if (is_foreign_trainable(request.trainable)) {
      MANTA_RETURN_IF_ERROR(get(remote<check_trainable>(request.trainable, request.space)));
    } else {
      MANTA_RETURN_IF_ERROR(check_trainable(request.trainable, request.space));
    }
    MANTA_ASSIGN_OR_RETURN(std::unique_ptr<ActorExecutor> executor,
                           ActorExecutor::create({.trainable = request.trainable,
                                                  .log_directory = request.log_directory,
                                                  .cpus_per_trial = request.cpus_per_trial,
                                                  .gpus_per_trial = request.gpus_per_trial,
                                                  .memory_per_trial = request.memory_per_trial,
                                                  .show_stack = !is_command_reference(request.trainable)}));
    return std::unique_ptr<Executor>(std::move(executor));
  });
}

}  // namespace manta
