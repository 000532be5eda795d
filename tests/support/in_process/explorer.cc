// SPDX-License-Identifier: Apache-2.0
#include "tests/support/in_process/explorer.h"

#include <random>
#include <unordered_set>

namespace manta {
namespace {

// One run, and the choices that it is made of.
class Run {
 public:
  Run(const MakeExplorable& make, Findings& findings) : findings_(findings), subject_(make()) { ++findings_.runs; }

  Explorable& subject() { return *subject_; }
  const std::vector<std::string>& choices() { return choices_ = subject_->choices(); }
  void choose(std::size_t index) {
    path_.push_back(choices_.at(index));
    subject_->choose(index);
    ++findings_.choices;
  }
  // Whether the state, an end if there are no choices, is faulty.
  bool is_faulty(bool is_end) {
    findings_.fault = subject_->fault();
    if (findings_.fault.empty() && is_end) {
      ++findings_.ends;
      findings_.fault = subject_->fault_at_end();
    }
    if (findings_.fault.empty()) return false;
    findings_.path = path_;
    return true;
  }

 private:
  Findings& findings_;
  std::unique_ptr<Explorable> subject_;
  std::vector<std::string> choices_;
  std::vector<std::string> path_;
};

// A place on the way where some choices have been tried.
struct Fork {
  std::size_t taken = 0;
  std::size_t count = 0;
};

// Follows `forks`, then goes on by first choices to an end, or to a state that was seen. False: a fault.
bool follow(Run& run, std::vector<Fork>& forks, std::unordered_set<std::uint64_t>& seen) {
  for (const Fork& fork : forks) {
    run.choices();
    run.choose(fork.taken);
  }
  while (seen.insert(run.subject().fingerprint()).second) {
    const std::size_t count = run.choices().size();
    if (run.is_faulty(count == 0)) return false;
    if (count == 0) break;
    forks.push_back({.taken = 0, .count = count});
    run.choose(0);
  }
  return true;
}

}  // namespace

Findings explore(const MakeExplorable& make, std::size_t max_states) {
  Findings findings;
  std::unordered_set<std::uint64_t> seen;
  std::vector<Fork> forks;
  for (bool more = true; more && seen.size() < max_states;) {
    Run run(make, findings);
    const bool good = follow(run, forks, seen);
    findings.states = seen.size();
    if (!good) return findings;
    while (!forks.empty() && ++forks.back().taken == forks.back().count) forks.pop_back();
    more = !forks.empty();
  }
  findings.is_complete = forks.empty();
  return findings;
}

Findings walk(const MakeExplorable& make, std::uint64_t seed, std::size_t walks) {
  Findings findings;
  std::unordered_set<std::uint64_t> seen;
  for (std::size_t i = 0; i < walks; ++i) {
    findings.seed = seed + i;
    std::mt19937_64 random(findings.seed);
    Run run(make, findings);
    for (;;) {
      seen.insert(run.subject().fingerprint());
      findings.states = seen.size();
      const std::size_t count = run.choices().size();
      if (run.is_faulty(count == 0)) return findings;
      if (count == 0) break;
      constexpr std::uint64_t kSeldom = 20;
      const std::size_t rare = run.subject().rare_choices();
      const bool is_rare = rare == count || (rare > 0 && random() % kSeldom == 0);
      run.choose(is_rare ? count - rare + random() % rare : random() % (count - rare));
    }
  }
  return findings;
}

std::string Findings::summary() const {
  std::string text = std::to_string(states) + " states, " + std::to_string(runs) + " runs, " + std::to_string(choices) +
                     " steps, " + std::to_string(ends) + " ends" + (is_complete ? ", all orders" : "");
  if (fault.empty()) return text;
  text += "\nseed " + std::to_string(seed) + ": " + fault + ", after";
  for (const std::string& step : path) text += "\n  " + step;
  return text;
}

}  // namespace manta
