// SPDX-License-Identifier: Apache-2.0
// Hands a runtime's metrics to who collects them, again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace manta {

/// Calls, on a thread of its own, at once, then every interval, and once more at its end.
///
/// Thread-safety: none but for the thread it has.
class MetricsExport {
 public:
  struct Options {
    std::string file;  ///< Replaced as a whole each time: a reader never sees half. "": none.
    std::function<void(const std::string&)> callback;  ///< Or null.
    Duration interval = std::chrono::seconds(10);

    bool is_wanted() const { return !file.empty() || callback != nullptr; }
  };

  /// `text()` gives the metrics, on any thread, until this goes.
  /// Errors: kInvalidArgument: an interval of 0; kSystem: the file cannot be written.
  static Result<std::unique_ptr<MetricsExport>> start(Options options, std::function<std::string()> text);
  ~MetricsExport();  // NOLINT(bugprone-exception-escape): a thread that cannot be joined is beyond help.
  MetricsExport(const MetricsExport&) = delete;
  MetricsExport& operator=(const MetricsExport&) = delete;

 private:
  MetricsExport(Options options, std::function<std::string()> text)
      : options_(std::move(options)), text_(std::move(text)) {}

  void run();
  Result<void> export_now() const;

  const Options options_;
  const std::function<std::string()> text_;
  std::mutex mutex_;  // Guards stop_.
  bool stop_ = false;
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace manta
