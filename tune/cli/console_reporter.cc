// SPDX-License-Identifier: Apache-2.0
// When to print what; the words are console_text's.
#include "tune/cli/console_reporter.h"

#include <algorithm>
#include <utility>

#include "core/base/escape_control.h"
#include "tune/cli/silence_text.h"

namespace manta {

ConsoleReporter::ConsoleReporter(Options options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

void ConsoleReporter::on_trial(const TrialStatus& trial, const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (trial.state == TrialState::kRunning) {
    running_.insert(trial.id);
  } else {
    running_.erase(trial.id);
  }
  // The live block has a row per running trial, so that starts need no line of their own.
  const bool is_shown_anyway = options_.progress == ProgressStyle::kLive &&
                               (trial.state == TrialState::kRunning || trial.state == TrialState::kPaused);
  if (!is_shown_anyway) {
    if (auto line = event_line(trial, options_.label, options_.style)) tell(*std::move(line));
  }
  refresh(progress);
}

void ConsoleReporter::on_report(const Report& report, const Progress& progress) {
  static_cast<void>(report);
  const std::lock_guard lock(mutex_);
  refresh(progress);
}

void ConsoleReporter::on_new_best(const TrialStatus& trial, const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (best_ != trial.id) tell(new_best_line(trial, options_.label, options_.style));
  best_ = trial.id;
  refresh(progress);
}

void ConsoleReporter::on_searcher(const std::string& line) {
  const std::lock_guard lock(mutex_);
  tell("searcher: " + escape_control(line));
}

void ConsoleReporter::on_silence(const Silence& silence) { announce(silence_line(silence, options_.label.directory)); }

void ConsoleReporter::on_warning(const std::string& line) { announce("warning: " + escape_control(line)); }

void ConsoleReporter::on_tick(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  refresh(progress);
}

void ConsoleReporter::announce(const std::string& line) {
  const std::lock_guard lock(mutex_);
  std::string text = erase_block() + take_events() + line + "\n";
  for (const std::string& row : block_) text += row + "\n";
  options_.write(text);
}

void ConsoleReporter::finish() {
  const std::lock_guard lock(mutex_);
  const std::string text = erase_block() + take_events();
  block_.clear();
  if (!text.empty()) options_.write(text);
}

std::int64_t ConsoleReporter::running() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(running_.size());
}

void ConsoleReporter::tell(std::string line) {
  if (options_.progress == ProgressStyle::kPlain) {
    options_.write(line + "\n");
  } else if (options_.progress == ProgressStyle::kLive) {
    events_.push_back(std::move(line));
  }
}

void ConsoleReporter::refresh(const Progress& progress) {
  const Duration interval = options_.progress == ProgressStyle::kLive ? kDrawInterval : kHeartbeatInterval;
  const TimePoint now = clock_.now();
  if (last_draw_ && now - *last_draw_ < interval) return;
  const bool is_first = !last_draw_;
  last_draw_ = now;
  if (options_.progress == ProgressStyle::kPlain && !is_first) {
    options_.write(heartbeat_line(progress, options_.label) + "\n");
  }
  if (options_.progress != ProgressStyle::kLive) return;
  if (options_.current_style) options_.style = options_.current_style();
  std::string text = erase_block() + take_events();
  block_ = live_lines(progress, options_.label, options_.style);
  for (const std::string& row : block_) text += row + "\n";
  options_.write(text);
}

std::string ConsoleReporter::take_events() {
  std::string text;
  const std::size_t shown = std::min(events_.size(), kMaxEventsPerDraw);
  const std::size_t hidden = events_.size() - shown;
  if (hidden > 0) text = "(" + std::to_string(hidden) + " more events)\n";
  // The last ones: they say how things stand now.
  for (std::size_t index = hidden; index < events_.size(); ++index) text += events_[index] + "\n";
  events_.clear();
  return text;
}

std::string ConsoleReporter::erase_block() {
  if (block_.empty()) return "";
  return "\x1b[" + std::to_string(block_.size()) + "F\x1b[J";
}

}  // namespace manta
