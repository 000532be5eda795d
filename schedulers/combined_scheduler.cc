// SPDX-License-Identifier: Apache-2.0
#include "schedulers/combined_scheduler.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "schedulers/internal/snapshot_frame.h"

namespace manta {
namespace {

using nlohmann::json;

constexpr std::string_view kCombinedSnapshot = "CombinedScheduler";

}  // namespace

CombinedScheduler::CombinedScheduler(std::vector<std::unique_ptr<TrialScheduler>> schedulers)
    : schedulers_(std::move(schedulers)) {
  MANTA_CHECK(!schedulers_.empty(), "a combination of no schedulers");
}

Result<std::vector<Order>> CombinedScheduler::on_report(const Report& report, TrialsView trials) {
  // All of one objective: where the first takes the report, so do the others.
  MANTA_ASSIGN_OR_RETURN(std::vector<Order> orders, schedulers_.front()->on_report(report, trials));
  for (auto scheduler = schedulers_.begin() + 1; scheduler != schedulers_.end(); ++scheduler) {
    MANTA_ASSIGN_OR_RETURN(const std::vector<Order> stops, (*scheduler)->on_report(report, trials));
    for (const Order& stop : stops) {
      std::erase_if(orders, [&](const Order& order) { return order.trial == stop.trial; });
      orders.push_back(stop);
    }
  }
  return orders;
}

void CombinedScheduler::on_end(TrialId trial, TrialState state) {
  for (const auto& scheduler : schedulers_) scheduler->on_end(trial, state);
}

std::optional<TrialId> CombinedScheduler::next_to_resume(TrialsView trials, bool more_to_come) const {
  return schedulers_.front()->next_to_resume(trials, more_to_come);
}

std::optional<std::int64_t> CombinedScheduler::max_iterations() const {
  std::optional<std::int64_t> least;
  for (const auto& scheduler : schedulers_) {
    const std::optional<std::int64_t> limit = scheduler->max_iterations();
    if (limit && (!least || *limit < *least)) least = limit;
  }
  return least;
}

Snapshot CombinedScheduler::save() const {
  json parts = json::array();
  for (const auto& scheduler : schedulers_) parts.push_back(scheduler->save().json);
  return internal::write_snapshot(kCombinedSnapshot, json{{"parts", std::move(parts)}}.dump());
}

Result<void> CombinedScheduler::restore(const Snapshot& snapshot) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, internal::read_snapshot(kCombinedSnapshot, snapshot));
  std::vector<std::string> parts;
  try {
    parts = json::parse(text).at("parts").get<std::vector<std::string>>();
  } catch (const json::exception& error) {
    return internal::damaged_snapshot(kCombinedSnapshot, error.what());
  }
  if (parts.size() != schedulers_.size())
    return internal::damaged_snapshot(kCombinedSnapshot, "it combined other schedulers; resume with those it began with");
  std::vector<Snapshot> before;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    before.push_back(schedulers_[index]->save());
    const Result<void> restored = schedulers_[index]->restore({parts[index]});
    if (restored) continue;
    for (std::size_t done = 0; done < index; ++done) {
      MANTA_CHECK(schedulers_[done]->restore(before[done]).has_value(), "a scheduler refuses its own snapshot");
    }
    return restored;
  }
  return {};
}

}  // namespace manta
