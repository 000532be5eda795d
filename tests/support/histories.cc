// SPDX-License-Identifier: Apache-2.0
#include "tests/support/histories.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

#include "tests/support/sanitizer.h"

namespace manta {

namespace {

// What a handler of signals may read: the line for the history that is played now.
std::array<char, 4096> the_line{};
volatile std::size_t the_line_size = 0;

void show_line(int signal) {
  if (write(STDERR_FILENO, the_line.data(), the_line_size) < 0) return;
  std::signal(signal, SIG_DFL);
  raise(signal);
}

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc{} && end == digits.data() + digits.size()) return number;
  ADD_FAILURE() << name << " is \"" << digits << "\", which is no number";
  return std::nullopt;
}

const std::string& this_program() {
  static const std::string path = std::filesystem::read_symlink("/proc/self/exe").string();
  return path;
}

std::string line_for(std::uint64_t seed) { return "play it again: " + PlayedHistory::command(seed); }

}  // namespace

Histories Histories::of_environment(std::uint64_t usual) {
  const std::optional<std::uint64_t> seed = number_in_environment("MANTA_SEED");
  const std::optional<std::uint64_t> count = number_in_environment("MANTA_HISTORIES");
  return {seed.value_or(0), count.value_or(seed ? 1 : repetitions(usual))};
}

std::string PlayedHistory::command(std::uint64_t seed) {
  const ::testing::TestInfo& test = *::testing::UnitTest::GetInstance()->current_test_info();
  return "MANTA_SEED=" + std::to_string(seed) + " " + this_program() + " --gtest_filter='" + test.test_suite_name() +
         "." + test.name() + "'";
}

PlayedHistory::PlayedHistory(std::uint64_t seed) : trace_("history", 1, line_for(seed)) {
  const std::string line = line_for(seed) + "\n";
  the_line_size = line.copy(the_line.data(), the_line.size());
  std::signal(SIGABRT, show_line);
}

PlayedHistory::~PlayedHistory() { std::signal(SIGABRT, SIG_DFL); }

}  // namespace manta
