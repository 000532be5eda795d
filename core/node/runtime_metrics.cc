// SPDX-License-Identifier: Apache-2.0
#include "core/node/runtime_metrics.h"

#include <charconv>

namespace manta {
namespace {

std::string number(double value) {
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}
std::string number(std::uint64_t value) { return std::to_string(value); }

// Writes one metric after the other.
class Exposition {
 public:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    ((text_ += "# HELP ") += name) += ' ';
    ((text_ += help) += "\n# TYPE ") += name;
    ((text_ += ' ') += type) += '\n';
  }
  template <class Number>
  void sample(Number value, std::string_view labels = {}, std::string_view suffix = {}) {
    (text_ += name_) += suffix;
    if (!labels.empty()) ((text_ += '{') += labels) += '}';
    ((text_ += ' ') += number(value)) += '\n';
  }
  void counter(std::string_view name, std::string_view help, std::uint64_t value) {
    head(name, "counter", help);
    sample(value);
  }
  template <class Number>
  void gauge(std::string_view name, std::string_view help, Number value) {
    head(name, "gauge", help);
    sample(value);
  }
  // One sample for each word.
  void family(std::string_view label, const std::map<std::string_view, std::uint64_t>& values) {
    for (const auto& [word, value] : values) sample(value, std::string(label) + "=\"" + std::string(word) + "\"");
  }
  void histogram(std::string_view name, std::string_view help, const LatencyHistogram& values) {
    head(name, "histogram", help);
    for (std::size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i)
      sample(values.at_most(i), "le=\"" + number(LatencyHistogram::kBounds[i]) + "\"", "_bucket");
    sample(values.count(), "le=\"+Inf\"", "_bucket");
    sample(values.sum_seconds(), {}, "_sum");
    sample(values.count(), {}, "_count");
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string text_;
};

void add_counts(Exposition& out, const RuntimeCounts& counts) {
  out.counter("manta_tasks_submitted_total", "Tasks whose arguments were ready.", counts.tasks_submitted);
  out.counter("manta_tasks_finished_total", "Runs of tasks that gave a value.", counts.tasks_finished);
  out.counter("manta_tasks_failed_total", "Runs of tasks that gave an error, or whose worker died.",
              counts.tasks_failed);
  out.counter("manta_tasks_retried_total", "Runs that failed and were followed by another.", counts.tasks_retried);
  out.counter("manta_actor_calls_total", "Calls of actors, those from worker to worker too.", counts.actor_calls);
  out.counter("manta_actor_calls_finished_total", "Calls of actors that gave a value.", counts.actor_calls_finished);
  out.counter("manta_actor_calls_failed_total", "Calls of actors that gave an error, or whose process died.",
              counts.actor_calls_failed);
  out.counter("manta_actors_created_total", "Actors made.", counts.actors_created);
  out.counter("manta_actor_restarts_total", "Processes of actors started again.", counts.actor_restarts);
  out.counter("manta_workers_started_total", "Worker processes asked for.", counts.workers_started);
  out.head("manta_workers_ended_total", "counter", "Worker processes that ended, by cause.");
  out.family("cause", counts.workers_ended);
  out.histogram("manta_call_latency_seconds",
                "From sending a call to a worker to its answer, of one call in 16; waiting in the worker counts.",
                counts.call_latency);
}

void add_gauges(Exposition& out, const RuntimeGauges& gauges) {
  out.gauge("manta_uptime_seconds", "Since the runtime began.", gauges.uptime_seconds);
  out.gauge("manta_cpus", "CPUs that tasks and actors share.", gauges.cpus);
  out.head("manta_workers", "gauge", "Worker processes, by what they do.");
  out.family("state", gauges.workers);
  out.head("manta_actors", "gauge", "Actors, by state.");
  out.family("state", gauges.actors);
  out.gauge("manta_tasks_queued", "Tasks that wait for resources.", gauges.queued_tasks);
  out.gauge("manta_actor_calls_queued", "Calls of actors that are not sent yet.", gauges.queued_actor_calls);
  out.gauge("manta_calls_running", "Calls that workers have and have not answered.", gauges.running_calls);
  out.gauge("manta_objects", "Objects whose bytes lie in the store.", gauges.objects);
  out.gauge("manta_object_store_used_bytes", "Bytes of the object store in use.", gauges.store_bytes_used);
  out.gauge("manta_object_store_capacity_bytes", "Bytes that the object store may use.", gauges.store_bytes_capacity);
  out.gauge("manta_object_store_spilled_bytes", "Bytes of objects that lie on disk.", gauges.store_bytes_spilled);
  out.gauge("manta_object_store_waiting", "Who waits for room in the store, or for an object from disk.",
            gauges.store_waiting);
}

}  // namespace

void LatencyHistogram::observe(Duration duration) {
  const double seconds = to_seconds(duration);
  ++count_;
  sum_seconds_ += seconds;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    if (seconds > kBounds[i]) continue;
    ++counts_[i];
    return;
  }
}

std::uint64_t LatencyHistogram::at_most(std::size_t bound) const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bound; ++i) count += counts_[i];
  return count;
}

std::string metrics_text(const RuntimeCounts& counts, const RuntimeGauges& gauges) {
  Exposition out;
  add_counts(out, counts);
  add_gauges(out, gauges);
  return out.take();
}

}  // namespace manta
