// SPDX-License-Identifier: Apache-2.0
#include "schedulers/make_scheduler.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "schedulers/asha_promote_scheduler.h"
#include "schedulers/asha_scheduler.h"
#include "schedulers/async_hyperband_scheduler.h"
#include "schedulers/fifo_scheduler.h"
#include "schedulers/hyperband_scheduler.h"
#include "schedulers/i_epoch_scheduler.h"
#include "schedulers/internal/scheduler_options.h"
#include "schedulers/median_scheduler.h"

namespace manta {
namespace {

using internal::NumberOption;
using internal::SchedulerOptions;
using Made = Result<std::unique_ptr<TrialScheduler>>;

// What a scheduler is made of.
struct Request {
  const SchedulerOptions& options;
  const Objective& objective;
  std::optional<std::int64_t> max_iterations;
};

constexpr std::int64_t kMaxIterations = AshaScheduler::kMaxIterations;
constexpr std::array<NumberOption, 3> kAshaOptions{{{.name = "grace", .high = kMaxIterations, .high_name = "max_t"},
                                                    {.name = "eta", .low = 2, .high = AshaScheduler::kMaxEta},
                                                    {.name = "max_t", .high = kMaxIterations}}};
constexpr std::array<NumberOption, 2> kHyperbandOptions{
    {{.name = "max_t", .high = kMaxIterations}, {.name = "eta", .low = 2, .high = AshaScheduler::kMaxEta}}};
constexpr std::array<NumberOption, 2> kMedianOptions{
    {{.name = "grace", .high = kMaxIterations}, {.name = "samples", .high = 1'000'000}}};
constexpr std::array<NumberOption, 2> kIEpochOptions{
    {{.name = "i", .high = kMaxIterations}, {.name = "best", .high = 1'000'000'000}}};

Result<AshaScheduler::Options> read_asha(const Request& request) {
  AshaScheduler::Options options;
  const std::int64_t max_t =
      std::clamp<std::int64_t>(request.max_iterations.value_or(options.max_t), 1, kMaxIterations);
  MANTA_ASSIGN_OR_RETURN(options.max_t, request.options.read("max_t", max_t));
  MANTA_ASSIGN_OR_RETURN(options.eta, request.options.read("eta", options.eta));
  MANTA_ASSIGN_OR_RETURN(options.grace, request.options.read("grace", options.grace, options.max_t));
  return options;
}

Made make_fifo(const Request& request) {
  return std::unique_ptr<TrialScheduler>(std::make_unique<FifoScheduler>(request.objective));
}
Made make_asha(const Request& request) {
  MANTA_ASSIGN_OR_RETURN(const AshaScheduler::Options options, read_asha(request));
  return std::unique_ptr<TrialScheduler>(std::make_unique<AshaScheduler>(request.objective, options));
}
Made make_asha_promote(const Request& request) {
  MANTA_ASSIGN_OR_RETURN(const AshaScheduler::Options options, read_asha(request));
  return std::unique_ptr<TrialScheduler>(std::make_unique<AshaPromoteScheduler>(request.objective, options));
}
Made make_hyperband(const Request& request) {
  HyperbandScheduler::Options options;
  const std::int64_t max_t =
      std::clamp<std::int64_t>(request.max_iterations.value_or(options.max_t), 1, kMaxIterations);
  MANTA_ASSIGN_OR_RETURN(options.max_t, request.options.read("max_t", max_t));
  MANTA_ASSIGN_OR_RETURN(options.eta, request.options.read("eta", options.eta));
  return std::unique_ptr<TrialScheduler>(std::make_unique<HyperbandScheduler>(request.objective, options));
}
Made make_async_hyperband(const Request& request) {
  MANTA_ASSIGN_OR_RETURN(const AshaScheduler::Options options, read_asha(request));
  return std::unique_ptr<TrialScheduler>(std::make_unique<AsyncHyperbandScheduler>(request.objective, options));
}
Made make_median(const Request& request) {
  MedianScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.grace, request.options.read("grace", options.grace));
  MANTA_ASSIGN_OR_RETURN(options.samples, request.options.read("samples", options.samples));
  return std::unique_ptr<TrialScheduler>(std::make_unique<MedianScheduler>(request.objective, options));
}
Made make_i_epoch(const Request& request) {
  IEpochScheduler::Options options;
  MANTA_ASSIGN_OR_RETURN(options.iterations, request.options.read("i", options.iterations));
  MANTA_ASSIGN_OR_RETURN(options.best, request.options.read("best", options.best));
  return std::unique_ptr<TrialScheduler>(std::make_unique<IEpochScheduler>(request.objective, options));
}

struct Entry {
  std::string_view name;
  std::span<const NumberOption> options;
  Made (*make)(const Request&);
  std::string_view example;  // Of its options.
};
constexpr std::array<Entry, 7> kSchedulers{{{"fifo", {}, make_fifo, ""},
                                            {"asha", kAshaOptions, make_asha, "grace=1,eta=4,max_t=100"},
                                            {"asha-promote", kAshaOptions, make_asha_promote, "grace=1,eta=4"},
                                            {"hyperband", kHyperbandOptions, make_hyperband, "max_t=81,eta=3"},
                                            {"async-hyperband", kAshaOptions, make_async_hyperband, "grace=1,eta=3"},
                                            {"median", kMedianOptions, make_median, "grace=1,samples=3"},
                                            {"i-epoch", kIEpochOptions, make_i_epoch, "i=1,best=10"}}};

std::string known_schedulers() {
  std::string text = "known are";
  for (const Entry& entry : kSchedulers) {
    text += (&entry == &kSchedulers.front() ? " \"" : ", \"") + std::string(entry.name) + "\"";
    if (!entry.example.empty()) text += " (:" + std::string(entry.example) + ")";
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<TrialScheduler>> make_scheduler(std::string_view text, const Objective& objective,
                                                       std::optional<std::int64_t> max_iterations) {
  const std::string_view name = text.substr(0, text.find(':'));
  const auto entry =
      std::find_if(kSchedulers.begin(), kSchedulers.end(), [&](const Entry& each) { return each.name == name; });
  if (entry == kSchedulers.end())
    return internal::invalid_scheduler(text, "there is no such scheduler; " + known_schedulers());
  MANTA_ASSIGN_OR_RETURN(const SchedulerOptions options, SchedulerOptions::parse(text, entry->options));
  return entry->make({options, objective, max_iterations});
}

}  // namespace manta
