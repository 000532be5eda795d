// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/silence_text.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/base/escape_control.h"
#include "integrations/command/command_template.h"
#include "tune/cli/console_text.h"

namespace manta {

namespace {

constexpr std::size_t kMostNamed = 4;

// "trial 2 (in iteration 1), trial 4 (saving) and 3 more".
std::string silent_text(const std::vector<Silence::Trial>& trials) {
  std::string text;
  const std::size_t named = std::min(trials.size(), kMostNamed);
  for (std::size_t index = 0; index < named; ++index) {
    const Silence::Trial& trial = trials[index];
    const std::string activity = trial.activity.empty() ? "" : ": " + trial.activity;
    text += (index == 0 ? "" : ", ") + ("trial " + to_string(trial.id)) + " (" + trial.doing + activity + ")";
  }
  return trials.size() > named ? text + " and " + std::to_string(trials.size() - named) + " more" : text;
}

// "8 trials and the searcher wait for "; "": nobody does.
std::string waiting_text(const Silence& silence) {
  if (silence.waiting == 0) return silence.searcher_waits ? "the searcher waits for " : "";
  const std::string trials = count_text(silence.waiting, "trial");
  if (silence.searcher_waits) return trials + " and the searcher wait for ";
  return trials + (silence.waiting == 1 ? " waits for " : " wait for ");
}

std::string advice(const Silence& silence, const std::string& directory) {
  if (silence.in_order) {
    return "the order of --deterministic is kept: if that never ends, Ctrl-C and --resume begin it anew from its checkpoint";
  }
  std::string numbers;
  for (std::size_t index = 0; index < std::min(silence.trials.size(), kMostNamed); ++index)
    numbers += " " + to_string(silence.trials[index].id);
  const bool is_one = silence.trials.size() == 1;
  return "if that is no work, `manta kill " + directory + numbers + "` ends " + (is_one ? "it" : "them") + ", `manta set " + directory +
         " stall-timeout=60s` whatever is silent for so long, and shows where it was";
}

}  // namespace

std::string silence_line(const Silence& silence, const std::filesystem::path& directory) {
  const std::string waiting = waiting_text(silence);
  const std::string head = silence.is_long ? "warning: no answer for " : "no answer for ";
  return escape_control(head + duration_text(to_seconds(silence.time)) + (waiting.empty() ? " from " : ": " + waiting) +
                        silent_text(silence.trials) + "; " + advice(silence, shell_quoted(directory.string())));
}

}  // namespace manta
