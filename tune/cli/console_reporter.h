// SPDX-License-Identifier: Apache-2.0
// Shows a running experiment on a terminal or in a log.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "tune/cli/console_text.h"
#include "tune/cli/run_request.h"
#include "tune/cli/terminal.h"
#include "tune/loop/loop_observer.h"

namespace manta {

/// Live: one block at the bottom, drawn at most twice a second; what happens scrolls above it, at most
/// `kMaxEventsPerDraw` lines a time (the rest is counted). Plain: a line per event, and one on the whole each minute.
/// None: nothing.
///
/// Thread-safety: the observer's methods on the loop's thread; announce() and finish() from any.
class ConsoleReporter final : public LoopObserver {
 public:
  static constexpr std::size_t kMaxEventsPerDraw = 20;
  static constexpr Duration kDrawInterval = std::chrono::milliseconds(500);
  static constexpr Duration kHeartbeatInterval = std::chrono::seconds(60);

  struct Options {
    ProgressStyle progress = ProgressStyle::kPlain;  ///< Not kAuto: see choose_progress().
    TextStyle style;
    ExperimentLabel label;
    /// Takes the text. Called under a lock, from the threads above.
    std::function<void(std::string_view text)> write;
    /// Asked before each drawing, for a window may change its size; null: `style` stays.
    std::function<TextStyle()> current_style;
  };

  /// `clock` must outlive the reporter.
  ConsoleReporter(Options options, const Clock& clock);

  void on_trial(const TrialStatus& trial, const Progress& progress) override;
  void on_report(const Report& report, const Progress& progress) override;
  /// A line when another trial takes the lead; that the leader gets better still is seen in the block and at its end.
  void on_new_best(const TrialStatus& trial, const Progress& progress) override;
  void on_searcher(const std::string& line) override;
  /// At once, in every style.
  void on_silence(const Silence& silence) override;
  void on_warning(const std::string& line) override;
  void on_tick(const Progress& progress) override;

  /// Prints a line at once, in every style: a warning, an interruption.
  void announce(const std::string& line);
  /// Takes the live block away and prints what waits.
  void finish();
  /// Trials that ran when the loop last said so.
  std::int64_t running() const;

 private:
  void tell(std::string line);
  void refresh(const Progress& progress);
  std::string take_events();
  std::string erase_block();

  Options options_;  // The style changes with the window, under mutex_; all else is fixed.
  const Clock& clock_;

  mutable std::mutex mutex_;         // Guards all that follows, and write.
  std::vector<std::string> events_;  // Not printed yet (live).
  std::vector<std::string> block_;   // What stands on the screen.
  std::optional<TimePoint> last_draw_;
  std::set<TrialId> running_;
  std::optional<TrialId> best_;  // Of whom it was said last that it is the best.
};

}  // namespace manta
