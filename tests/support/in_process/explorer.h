// SPDX-License-Identifier: Apache-2.0
// Goes through the orders in which things can happen.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace manta {

/// Something that goes on by choices, from its beginning: the same choices lead to the same state.
class Explorable {
 public:
  virtual ~Explorable() = default;

  /// What each choice would do now; none: this is an end.
  virtual std::vector<std::string> choices() = 0;
  virtual void choose(std::size_t index) = 0;
  /// How many of the choices, the last ones, a walk is to make seldom only.
  virtual std::size_t rare_choices() const { return 0; }
  /// Of the state: two that behave differently have different ones.
  virtual std::uint64_t fingerprint() const = 0;
  /// What is wrong with the state; "": nothing.
  virtual std::string fault() = 0;
  /// What is wrong with it as an end.
  virtual std::string fault_at_end() = 0;
};

using MakeExplorable = std::function<std::unique_ptr<Explorable>()>;

/// What exploring has found.
struct Findings {
  std::size_t states = 0;   ///< Different ones.
  std::size_t runs = 0;     ///< From the beginning.
  std::size_t choices = 0;  ///< Taken, in all runs.
  std::size_t ends = 0;
  bool is_complete = false;       ///< No order was left out.
  std::string fault;              ///< The first; "": none.
  std::vector<std::string> path;  ///< The choices that lead to the fault.
  std::uint64_t seed = 0;         ///< Of the walk that found it.

  /// For a test's output.
  std::string summary() const;
};

/// Tries all orders, depth first, and each state once, up to `max_states`. Stops at the first fault.
Findings explore(const MakeExplorable& make, std::size_t max_states);
/// Chooses at random, `walks` times from the beginning; walk i has the seed `seed` + i.
Findings walk(const MakeExplorable& make, std::uint64_t seed, std::size_t walks);

}  // namespace manta
