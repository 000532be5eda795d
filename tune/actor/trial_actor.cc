// SPDX-License-Identifier: Apache-2.0
#include "tune/actor/trial_actor.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/api/make_array.h"
#include "tune/checkpoint/checkpoint_writer.h"
#include "tune/trainable_reference.h"

namespace manta {
namespace {

// How long iterations may follow each other before the loop has its say.
constexpr Duration kRunTime = std::chrono::milliseconds(1);

class StoreRoom final : public CheckpointRoom {
 public:
  explicit StoreRoom(ArrayBuilder<std::byte> array) : array_(std::move(array)) {}
  std::span<std::byte> bytes() override { return {array_.data(), array_.size()}; }
  SharedArray<std::byte> seal(std::size_t size) override { return std::move(array_).seal(size); }

 private:
  ArrayBuilder<std::byte> array_;
};

std::unique_ptr<CheckpointRoom> make_store_room(std::size_t size) {
  Result<ArrayBuilder<std::byte>> array = make_array<std::byte>({size});
  return array ? std::make_unique<StoreRoom>(std::move(*array)) : nullptr;
}

}  // namespace

Result<TrialReady> TrialActor::start(const TrialStart& start, const SharedArray<std::byte>& checkpoint) {
  run_ = start.run;
  run_began_ = std::chrono::steady_clock::now();
  is_run_over_ = true;
  MANTA_ASSIGN_OR_RETURN(const Config config, Config::from_json(start.config));
  MANTA_RETURN_IF_ERROR(log_.open(start.log_path));
  ::setenv("MANTA_TRIAL", std::to_string(start.trial).c_str(), 1);
  ::setenv("MANTA_ATTEMPT", std::to_string(start.attempt).c_str(), 1);
  // What the attempt has on disk begins with this.
  ::setenv("MANTA_TRIAL_FILES", std::filesystem::path(start.log_path).replace_extension().c_str(), 1);
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
  is_run_over_ = false;
  return TrialReady{};
}

Result<void> TrialActor::load(const SharedArray<std::byte>& checkpoint) {
  MANTA_ASSIGN_OR_RETURN(CheckpointReader reader, CheckpointReader::decode(checkpoint.span()));
  checkpoint_ = checkpoint;
  reader_ = std::make_unique<CheckpointReader>(std::move(reader));
  trainable_->load(*reader_);
  return {};
}

bool TrialActor::may_go_on(std::uint64_t run) {
  const TimePoint now = std::chrono::steady_clock::now();
  if (run != run_) {
    run_ = run;
    run_began_ = now;
    return true;
  }
  return !is_run_over_ && now - run_began_ < kRunTime;
}

TrialStep TrialActor::step(std::uint64_t run) {
  const bool may_run = may_go_on(run);
  is_run_over_ = true;  // Also if this throws.
  if (!may_run) return {.metrics = {}, .infeasible = {}, .is_void = true};
  const auto begin = std::chrono::steady_clock::now();
  TrialStep step;
  try {
    step.metrics = trainable_->step();
  } catch (const Infeasible& infeasible) {
    step.infeasible = infeasible.reason();
  }
  step.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  step.finished = trainable_->finished();
  step.waits_for_disk = trainable_->waits_for_disk();
  is_run_over_ = step.finished || step.waits_for_disk || step.infeasible;
  return step;
}

// Where it will lie: a large state is not copied once more. Without room there the answer will say so.
SharedArray<std::byte> TrialActor::save() {
  CheckpointWriter writer(make_store_room, saved_size_ + saved_size_ / 16);
  trainable_->save(writer);
  if (writer.empty()) return {};
  SharedArray<std::byte> saved = writer.finish();
  saved_size_ = saved.size();
  return saved;
}

}  // namespace manta
