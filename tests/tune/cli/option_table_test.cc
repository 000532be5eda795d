// SPDX-License-Identifier: Apache-2.0
// Every option's values, right and wrong.
#include "tune/cli/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace manta::option_table_test {
namespace {

using ::testing::HasSubstr;

// The JSON text of the option after it was set, or the error's message.
std::string set_and_get(std::string_view name, const std::vector<std::string>& values) {
  const OptionSpec* spec = find_option(name);
  if (spec == nullptr) return "no such option";
  RunRequest request;
  const Result<void> set = spec->set(request, values);
  return set ? spec->get(request) : set.error().message;
}

TEST(OptionTableTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const OptionSpec& spec : option_table()) EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
}

TEST(OptionTableTest, GoodValuesAreTakenAndGivenBack) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"metric", "val/loss", "\"val/loss\""},
      {"metric", "error:min,accuracy:max", "\"error:min,accuracy:max\""},
      {"metric-constraint", "latency_ms <= 20", "[\"latency_ms <= 20\"]"},
      {"mode", "max", "\"max\""},
      {"non-finite", "fail", "\"fail\""},
      {"trainable", "./libx.so:Net", "\"./libx.so:Net\""},
      {"command", "./sim --nu {nu}", "\"./sim --nu {nu}\""},
      {"samples", "64", "64"},
      {"min-gain", "0.01", "0.01"},
      {"deterministic", "true", "true"},
      {"deterministic", "false", "null"},
      {"samples", "1", "1"},
      {"searcher", "grid", "\"grid\""},
      {"searcher-timeout", "5m", "300.0"},
      {"repeat", "5", "5"},
      {"warm-start", "runs/x", "\"runs/x\""},
      {"scheduler", "asha:eta=3", "\"asha:eta=3\""},
      {"seed", "18446744073709551615", "18446744073709551615"},
      {"max-iterations", "50", "50"},
      {"time-budget", "90", "90.0"},
      {"time-budget", "5m", "300.0"},
      {"trial-time", "1.5h", "5400.0"},
      {"step-time", "10", "10.0"},
      {"stall-timeout", "5m", "300.0"},
      {"retry-wait", "0.5", "0.5"},
      {"storage-wait", "1h", "3600.0"},
      {"memory-per-trial", "1.5GiB", "\"1610612736\""},
      {"memory-per-trial", "500M", "\"524288000\""},
      {"memory-per-trial", "1048576", "\"1048576\""},
      {"max-failures", "0", "0"},
      {"allow-failed", "0.25", "0.25"},
      {"allow-failed", "1", "1.0"},
      {"concurrency", "4", "4"},
      {"grow-every", "5", "5"},
      {"cpus-per-trial", "0.5", "0.5"},
      {"gpus-per-trial", "2", "2.0"},
      {"name", "net", "\"net\""},
      {"out", "runs/x", "\"runs/x\""},
      {"resume", "runs/x", "\"runs/x\""},
      {"simulate", "curves.csv", "\"curves.csv\""},
      {"checkpoint-every", "5", "5"},
      {"keep-checkpoints", "1", "1"},
      {"keep-best", "0", "0"},
      {"progress", "plain", "\"plain\""},
      {"color", "never", "\"never\""},
      {"trace", "run.json", "\"run.json\""},
      {"metrics-file", "run.prom", "\"run.prom\""},
  };
  std::set<std::string> tried{"stop"};
  for (const auto& [name, value, json] : cases) {
    EXPECT_EQ(set_and_get(name, {value}), json) << name;
    tried.insert(name);
  }
  for (const OptionSpec& spec : option_table()) EXPECT_TRUE(tried.contains(std::string(spec.name))) << spec.name;
}

TEST(OptionTableTest, StopTakesSeveral) {
  EXPECT_EQ(set_and_get("stop", {"accuracy>=0.99", "loss < 1e-3"}), "[\"accuracy>=0.99\",\"loss < 1e-3\"]");
}

TEST(OptionTableTest, WrongValuesAreNamedWithWhatIsAllowed) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases{
      {"metric", "", "name"},
      {"mode", "maximum", "one of min, max"},
      {"non-finite", "", "one of continue, stop, fail"},
      {"min-gain", "0", "above 0"},
      {"min-gain", "-1", "at least 0"},
      {"deterministic", "yes", "true or false"},
      {"samples", "0", "an integer of at least 1"},
      {"samples", "ten", "\"ten\" is not an integer"},
      {"samples", "1.5", "an integer"},
      {"samples", "99999999999999999999", "an integer"},
      {"samples", "", "an integer"},
      {"seed", "-1", "an integer of at least 0"},
      {"max-iterations", "0", "at least 1"},
      {"stop", "accuracy", "accuracy"},
      {"time-budget", "5 minutes", "90s, 5m or 1h"},
      {"time-budget", "0", "above 0"},
      {"time-budget", "-5m", "above 0"},
      {"memory-per-trial", "2 GB", "500M or 2G"},
      {"memory-per-trial", "0", "above 0"},
      {"memory-per-trial", "G", "a size"},
      {"memory-per-trial", "1e30", "a size"},
      {"max-failures", "-1", "at least 0"},
      {"allow-failed", "1.5", "at most 1"},
      {"allow-failed", "nan", "a number"},
      {"concurrency", "-2", "at least 0"},
      {"cpus-per-trial", "-1", "at least 0"},
      {"cpus-per-trial", "inf", "a number"},
      {"out", "", "directory"},
      {"resume", "", "directory"},
      {"warm-start", "", "directory"},
      {"simulate", "", "an experiment or a table"},
      {"keep-checkpoints", "0", "at least 1"},
      {"keep-best", "-1", "at least 0"},
      {"progress", "fancy", "auto, live, plain, none"},
      {"color", "yes", "auto, always, never"},
  };
  for (const auto& [name, value, message] : cases) {
    EXPECT_THAT(set_and_get(name, {value}), HasSubstr(message)) << name << " " << value;
  }
}

TEST(ParseDurationTest, UnitsAreSecondsMinutesHoursAndDays) {
  EXPECT_EQ(*parse_duration_seconds("90"), 90);
  EXPECT_EQ(*parse_duration_seconds("90s"), 90);
  EXPECT_EQ(*parse_duration_seconds("1.5h"), 5400);
  EXPECT_EQ(*parse_duration_seconds("2d"), 172800);
  for (const char* text : {"", "s", "1w", "1h30m", "nan", "1e400"}) EXPECT_FALSE(parse_duration_seconds(text)) << text;
}

TEST(OptionTableTest, WhatMayChangeOnResumeAreLimitsAndResources) {
  std::set<std::string_view> may_change;
  for (const OptionSpec& spec : option_table()) {
    if (spec.may_change) may_change.insert(spec.name);
  }
  EXPECT_THAT(may_change, ::testing::UnorderedElementsAre(
                              "samples", "searcher-timeout", "max-iterations", "stop", "time-budget", "min-gain",
                              "trial-time", "step-time", "stall-timeout", "retry-wait", "storage-wait", "max-failures", "allow-failed",
                              "concurrency", "grow-every", "cpus-per-trial", "gpus-per-trial", "memory-per-trial",
                              "checkpoint-every", "keep-checkpoints", "keep-best"));
}

}  // namespace
}  // namespace manta::option_table_test
