// SPDX-License-Identifier: Apache-2.0
// What a runtime counts, in Prometheus' text format.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/clock.h"

namespace manta {

/// How often durations fell below each of some bounds.
///
/// Thread-safety: none.
class LatencyHistogram {
 public:
  /// In seconds: from what an idle machine can do to a minute.
  static constexpr std::array<double, 14> kBounds = {1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3,
                                                     3e-3, 1e-2, 0.03, 0.1,  1,    10,   60};

  void observe(Duration duration);
  std::uint64_t count() const { return count_; }
  double sum_seconds() const { return sum_seconds_; }
  /// How many were at most kBounds[bound].
  std::uint64_t at_most(std::size_t bound) const;

 private:
  std::array<std::uint64_t, kBounds.size()> counts_{};  // Of those above the bound before.
  std::uint64_t count_ = 0;
  double sum_seconds_ = 0;
};

/// What has happened since the runtime began.
///
/// Thread-safety: none; the node's mutex guards it.
struct RuntimeCounts {
  std::uint64_t tasks_submitted = 0;
  std::uint64_t tasks_finished = 0;
  std::uint64_t tasks_failed = 0;
  std::uint64_t tasks_retried = 0;
  std::uint64_t actor_calls = 0;
  std::uint64_t actor_calls_finished = 0;
  std::uint64_t actor_calls_failed = 0;
  std::uint64_t actors_created = 0;
  std::uint64_t actor_restarts = 0;
  std::uint64_t workers_started = 0;
  std::map<std::string_view, std::uint64_t> workers_ended;  // By cause, a word that lives as long as the program.
  LatencyHistogram call_latency;                            // Of one call in some.
};

/// What there is at the moment.
struct RuntimeGauges {
  double uptime_seconds = 0;
  double cpus = 0;
  std::map<std::string_view, std::uint64_t> workers;  ///< By state.
  std::map<std::string_view, std::uint64_t> actors;   ///< By state.
  std::uint64_t queued_tasks = 0;
  std::uint64_t queued_actor_calls = 0;
  std::uint64_t running_calls = 0;
  std::uint64_t objects = 0;
  std::uint64_t store_bytes_used = 0;
  std::uint64_t store_bytes_capacity = 0;
  std::uint64_t store_bytes_spilled = 0;
  std::uint64_t store_waiting = 0;
};

/// The exposition format, version 0.0.4: HELP, TYPE and samples of each metric; names begin with "manta_".
std::string metrics_text(const RuntimeCounts& counts, const RuntimeGauges& gauges);

}  // namespace manta
