// SPDX-License-Identifier: Apache-2.0
#include "tune/actor/trial_actor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "core/api/make_array.h"
#include "core/base/unique_fd.h"
#include "tune/checkpoint/checkpoint_writer.h"
#include "tune/trainable_reference.h"

namespace manta {
namespace {

// From here on all that this process prints goes to the attempt's log, and stays there however the process ends.
Result<void> redirect_output(const std::string& path) {
  std::cout.flush();
  std::fflush(stdout);
  const UniqueFd log(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log)
    return Error{ErrorCode::kStorage, "cannot open the log " + path + ": " + system_error("open", errno).message};
  ::dup2(log.get(), STDOUT_FILENO);
  ::dup2(log.get(), STDERR_FILENO);
  return {};
}

}  // namespace

Result<TrialReady> TrialActor::start(const TrialStart& start, const SharedArray<std::byte>& checkpoint) {
  MANTA_ASSIGN_OR_RETURN(const Config config, Config::from_json(start.config));
  MANTA_RETURN_IF_ERROR(redirect_output(start.log_path));
  ::setenv("MANTA_TRIAL", std::to_string(start.trial).c_str(), 1);
  ::setenv("MANTA_ATTEMPT", std::to_string(start.attempt).c_str(), 1);
  // What the attempt has on disk begins with this.
  ::setenv("MANTA_TRIAL_FILES", std::filesystem::absolute(start.log_path).replace_extension().c_str(), 1);
  try {
    return set_up(config, checkpoint);
  } catch (const Infeasible& infeasible) {
    return TrialReady{.infeasible = infeasible.reason()};
  }
}

Result<TrialReady> TrialActor::set_up(const Config& config, const SharedArray<std::byte>& checkpoint) {
  if (trainable_) {
    if (!trainable_->reset(config)) return TrialReady{.needs_new_process = true};
  } else {
    MANTA_ASSIGN_OR_RETURN(const TrainableEntry entry, resolve_trainable(reference_));
    trainable_ = entry.make();
    trainable_->setup(config);
  }
  if (!checkpoint.empty()) MANTA_RETURN_IF_ERROR(load(checkpoint));
  return TrialReady{};
}

Result<void> TrialActor::load(const SharedArray<std::byte>& checkpoint) {
  MANTA_ASSIGN_OR_RETURN(CheckpointReader reader, CheckpointReader::decode(checkpoint.span()));
  checkpoint_ = checkpoint;
  reader_ = std::make_unique<CheckpointReader>(std::move(reader));
  trainable_->load(*reader_);
  return {};
}

TrialStep TrialActor::step() {
  const auto begin = std::chrono::steady_clock::now();
  TrialStep step;
  try {
    step.metrics = trainable_->step();
  } catch (const Infeasible& infeasible) {
    step.infeasible = infeasible.reason();
  }
  step.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  step.finished = trainable_->finished();
  return step;
}

SharedArray<std::byte> TrialActor::save() {
  CheckpointWriter writer;
  trainable_->save(writer);
  if (writer.empty()) return {};
  // Where it will lie: a large state is not copied once more.
  Result<ArrayBuilder<std::byte>> array = make_array<std::byte>({writer.encoded_size()});
  if (!array) return SharedArray<std::byte>(writer.encode());  // The answer says that there is no room.
  writer.encode({array->data(), array->size()});
  return std::move(*array).seal();
}

}  // namespace manta
