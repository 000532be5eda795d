// SPDX-License-Identifier: Apache-2.0
#include "schedulers/async_hyperband_scheduler.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

constexpr std::string_view kAsyncHyperbandSnapshot = "AsyncHyperbandScheduler";

}  // namespace

AsyncHyperbandScheduler::AsyncHyperbandScheduler(Objective objective, const Options& options)
    : objective_(std::move(objective)),
      options_(options),
      plan_(options.max_t / options.grace, options.eta),
      brackets_(make_brackets()) {}

AsyncHyperbandScheduler::Brackets AsyncHyperbandScheduler::make_brackets() const {
  Brackets brackets;
  Options options = options_;
  for (std::size_t index = 0; index < plan_.band().size(); ++index, options.grace *= options.eta)
    brackets.push_back(std::make_unique<AshaScheduler>(objective_, options));
  return brackets;
}

AshaScheduler& AsyncHyperbandScheduler::bracket_of(TrialId trial) {
  return *brackets_[static_cast<std::size_t>(plan_.bracket_of(trial.number)) % brackets_.size()];
}

Result<std::vector<Order>> AsyncHyperbandScheduler::on_report(const Report& report, TrialsView trials) {
  return bracket_of(report.trial).on_report(report, trials);
}

void AsyncHyperbandScheduler::on_end(TrialId trial, TrialState state) { bracket_of(trial).on_end(trial, state); }

std::optional<TrialId> AsyncHyperbandScheduler::next_to_resume(TrialsView, bool) const { return std::nullopt; }

Snapshot AsyncHyperbandScheduler::save() const {
  nlohmann::json state = nlohmann::json::array();
  for (const auto& bracket : brackets_) state.push_back(bracket->save().json);
  return internal::write_snapshot(kAsyncHyperbandSnapshot, state.dump());
}

Result<void> AsyncHyperbandScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kAsyncHyperbandSnapshot, snapshot));
  Brackets brackets = make_brackets();
  try {
    const nlohmann::json state = nlohmann::json::parse(text);
    if (!state.is_array() || state.size() != brackets.size())
      return internal::damaged_snapshot(kAsyncHyperbandSnapshot, "it has another number of brackets; resume with the same options");
    for (std::size_t index = 0; index < brackets.size(); ++index)
      MANTA_RETURN_IF_ERROR(brackets[index]->restore({state.at(index).get<std::string>()}));
  } catch (const nlohmann::json::exception& error) {
    return internal::damaged_snapshot(kAsyncHyperbandSnapshot, error.what());
  }
  brackets_ = std::move(brackets);
  return {};
}

}  // namespace manta
