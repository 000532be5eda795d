// SPDX-License-Identifier: Apache-2.0
// A story of a driver, its workers and their deaths, in all orders.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/in_process/explorer.h"
#include "tests/support/in_process/in_process_world.h"

namespace manta {

/// The choices are the steps of the world, what the driver does next, and, while there may be one more, the death of
/// any worker.
class WorldScenario : public Explorable {
 public:
  std::vector<std::string> choices() final;
  void choose(std::size_t index) final;
  std::size_t rare_choices() const final { return rare_; }
  std::uint64_t fingerprint() const final;
  std::string fault() override;
  std::string fault_at_end() override;

 protected:
  /// Something that the driver does.
  struct Act {
    std::string name;
    std::function<void()> run;
    std::function<bool()> is_possible = [] { return true; };
  };
  struct Limits {
    int deaths = 0;  ///< By SIGKILL.
    bool time_passes = false;
  };

  explicit WorldScenario(Limits limits, InProcessWorld::Options options = {})
      : world_(std::move(options)), limits_(limits) {}

  /// What the driver does next: any one of these. None: it has done all.
  virtual std::vector<Act> acts() = 0;

  InProcessWorld world_;
  int deaths() const { return deaths_; }

 private:
  struct Move {
    enum class Kind { kStep, kAct, kDeath } kind = Kind::kStep;
    InProcessWorld::Step step;
    std::uint64_t worker = 0;
    std::size_t act = 0;
  };

  std::vector<std::string> find_moves();

  const Limits limits_;
  int deaths_ = 0;
  std::size_t rare_ = 0;
  std::vector<Act> acts_;
  std::vector<Move> moves_;
};

/// The driver's acts are a list, one after the other, each when it is possible.
class ScriptedScenario : public WorldScenario {
 public:
  using WorldScenario::WorldScenario;

  std::string fault_at_end() override;

 protected:
  std::vector<Act> acts() override;
  void add(std::string name, std::function<void()> run) { script_.push_back({std::move(name), std::move(run)}); }
  void add_when(std::function<bool()> is_possible, std::string name, std::function<void()> run) {
    script_.push_back({std::move(name), std::move(run), std::move(is_possible)});
  }

 private:
  std::vector<Act> script_;
  std::size_t done_ = 0;
};

template <class Scenario, class... A>
MakeExplorable scenario(A... arguments) {
  return [=] { return std::make_unique<Scenario>(arguments...); };
}

/// Goes through all orders, of a story that is short enough for that, and fails the test if there is a fault.
void expect_no_fault_in_all_orders(const MakeExplorable& make);
/// Prints what was found, and fails the test if that is a fault.
void expect_no_fault(const Findings& findings);
/// The explorer sees what was broken on purpose. `text` is part of the fault.
void expect_fault(const Findings& findings, const std::string& text);

}  // namespace manta
