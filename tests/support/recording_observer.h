// SPDX-License-Identifier: Apache-2.0
// An observer that counts what it sees and lets the test act on it.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tune/loop/loop_observer.h"

namespace manta {

class RecordingObserver final : public LoopObserver {
 public:
  void on_trial(const TrialStatus& trial, const Progress& progress) override {
    states.emplace_back(trial.id, trial.state);
    if (trial_hook) trial_hook(trial, progress);
  }
  void on_report(const Report& report, const Progress& progress) override {
    reports.push_back(report);
    if (report_hook) report_hook(report, progress);
  }
  void on_new_best(const TrialStatus& trial, const Progress&) override {
    bests.emplace_back(trial.id, *trial.best_value);
  }
  void on_searcher(const std::string& line) override { searcher_lines.push_back(line); }
  void on_silence(const Silence& silence) override {
    silences.push_back(silence);
    if (silence_hook) silence_hook(silence);
  }
  void on_warning(const std::string& line) override { warnings.push_back(line); }
  void on_tick(const Progress& progress) override {
    ticks.push_back(progress.elapsed);
    if (tick_hook) tick_hook();
  }

  std::function<void(const TrialStatus&, const Progress&)> trial_hook;
  std::function<void(const Report&, const Progress&)> report_hook;
  std::function<void()> tick_hook;
  std::function<void(const Silence&)> silence_hook;

  std::vector<std::pair<TrialId, TrialState>> states;
  std::vector<Report> reports;
  std::vector<std::pair<TrialId, double>> bests;
  std::vector<Duration> ticks;
  std::vector<std::string> searcher_lines;
  std::vector<Silence> silences;
  std::vector<std::string> warnings;
};

}  // namespace manta
