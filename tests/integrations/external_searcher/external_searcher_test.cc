// SPDX-License-Identifier: Apache-2.0
// Real programs as searchers: small shell scripts, each of which does one thing well or wrong.
#include "integrations/external_searcher/external_searcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace manta::external_searcher_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers each question with $1.
constexpr const char* kAnswer =
    R"(ask() { echo '{"ready":true}'; while read -r line; do case "$line" in *'"ask"'*) echo "$1";; esac; done; }; ask )";

std::string answering(const std::string& answer) { return kAnswer + ("'" + answer + "'"); }

class ExternalSearcherTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<ExternalSearcher>> start(const std::string& command,
                                                  Duration timeout = ExternalSearcher::kDefaultTimeout) const {
    return ExternalSearcher::start(command, {.space = &space_, .objective = {"loss"}, .seed = 1, .samples = 9},
                                   timeout);
  }

  void expect_refused(const std::string& command, ErrorCode code, const ::testing::Matcher<std::string>& message,
                      Duration timeout = ExternalSearcher::kDefaultTimeout) const {
    const auto started = start(command, timeout);
    ASSERT_FALSE(started.has_value()) << command;
    EXPECT_EQ(started.error().code, code);
    EXPECT_THAT(started.error().message, message);
  }

  void expect_ask_fails(const std::string& command, ErrorCode code,
                        const ::testing::Matcher<std::string>& message) const {
    const auto searcher = start(command, std::chrono::seconds(20));
    ASSERT_TRUE(searcher.has_value()) << searcher.error().message;
    const auto asked = (*searcher)->ask(TrialId{0});
    ASSERT_FALSE(asked.has_value()) << command;
    EXPECT_EQ(asked.error().code, code);
    EXPECT_THAT(asked.error().message, message);
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string text_of(const std::string& name) const {
    std::ifstream in(file(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const Space space_ = parse_space(R"({"x": {"float": [0, 1]}, "constraints": ["x < 0.8"]})").value();
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("manta_external_" + std::to_string(getpid()));
};

TEST_F(ExternalSearcherTest, ItSuggestsWhatTheProgramAnswers) {
  const auto searcher = start(answering(R"({"config":{"x":0.25}})"));
  ASSERT_TRUE(searcher.has_value()) << searcher.error().message;

  for (int trial = 0; trial < 3; ++trial) {
    const auto asked = (*searcher)->ask(TrialId{trial});
    ASSERT_TRUE(asked.has_value()) << asked.error().message;
    EXPECT_EQ(*asked, (Config{{"x", 0.25}}));
  }
}

TEST_F(ExternalSearcherTest, AProgramThatIsNotThereIsNamed) {
  expect_refused("/nowhere/search --fast", ErrorCode::kSystem,
                 AllOf(HasSubstr("command not found"), HasSubstr("/nowhere/search --fast")));
}

TEST_F(ExternalSearcherTest, AnEndIsToldWithItsLastWords) {
  expect_refused("echo no module named magic >&2; exit 3", ErrorCode::kSystem,
                 AllOf(HasSubstr("exit code 3"), HasSubstr("no module named magic")));
  expect_ask_fails(R"(echo '{"ready":true}'; read start; read ask; kill -9 $$)", ErrorCode::kSystem,
                   HasSubstr("signal 9"));
}

TEST_F(ExternalSearcherTest, ALineThatIsNoAnswerIsQuoted) {
  expect_refused("echo hello", ErrorCode::kInvalidArgument,
                 AllOf(HasSubstr("said hello"), HasSubstr("{\"ready\":true}")));
  expect_ask_fails(answering("Traceback"), ErrorCode::kInvalidArgument, HasSubstr("said Traceback"));
}

TEST_F(ExternalSearcherTest, AConfigurationOutsideOfTheSpaceNamesItsParameter) {
  expect_ask_fails(answering(R"({"config":{"x":7}})"), ErrorCode::kInvalidArgument, HasSubstr("x: 7 lies outside"));
  expect_ask_fails(answering(R"({"config":{"y":0.5}})"), ErrorCode::kInvalidArgument, HasSubstr("y: "));
  expect_ask_fails(answering(R"({"config":{}})"), ErrorCode::kInvalidArgument, HasSubstr("x: missing"));
}

TEST_F(ExternalSearcherTest, NoAnswerInTimeIsAnError) {
  expect_refused("sleep 1000", ErrorCode::kSystem,
                 AllOf(HasSubstr("has not answered for 0.05 s"), HasSubstr("--searcher-timeout")),
                 std::chrono::milliseconds(50));
}

TEST_F(ExternalSearcherTest, ItMayWaitEndOrGiveUp) {
  expect_ask_fails(answering(R"({"wait":true})"), ErrorCode::kExhausted, HasSubstr("waits for results"));
  expect_ask_fails(answering(R"({"error":"out of ideas"})"), ErrorCode::kSystem, HasSubstr("out of ideas"));
  const auto searcher = start(answering(R"({"end":true})"));
  EXPECT_EQ(searcher.value()->ask(TrialId{0}).value(), std::nullopt);
}

TEST_F(ExternalSearcherTest, AProposalThatBreaksAConstraintIsToldAndAskedForAgain) {
  const std::string learns =
      R"(x=0.9; echo '{"ready":true}'; while read -r line; do case "$line" in *'"ask"'*) echo "{\"config\":{\"x\":$x}}";;)"
      R"( *infeasible*) x=0.1;; esac; done)";
  const auto searcher = start(learns);
  ASSERT_TRUE(searcher.has_value()) << searcher.error().message;

  EXPECT_EQ((*searcher)->ask(TrialId{0}).value(), (Config{{"x", 0.1}}));
  expect_ask_fails(answering(R"({"config":{"x":0.9}})"), ErrorCode::kInvalidArgument,
                   AllOf(HasSubstr("1000 configurations that break a constraint"), HasSubstr("0.9")));
}

TEST_F(ExternalSearcherTest, AProgramThatDoesNotListenHoldsUpNobody) {
  const auto searcher = start(R"(echo '{"ready":true}'; sleep 1000)");
  ASSERT_TRUE(searcher.has_value()) << searcher.error().message;
  const Config config{{"x", 0.5}};

  for (int trial = 0; trial < 5000; ++trial)
    (*searcher)->tell({.trial = TrialId{trial}, .config = config, .state = TrialState::kCompleted, .value = 1});
}

TEST_F(ExternalSearcherTest, TheProgramAndWhatItStartedAreGoneWithTheSearcher) {
  const std::string command = "sleep 1000 & echo $$ $! > " + file("pids") + "; " + answering(R"({"end":true})");
  auto searcher = start(command);
  ASSERT_TRUE(searcher.has_value()) << searcher.error().message;
  std::ifstream pids(file("pids"));
  pid_t shell = 0;
  pid_t child = 0;
  ASSERT_TRUE(pids >> shell >> child);

  searcher->reset();

  for (const pid_t pid : {shell, child}) {
    const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) continue;
    pollfd watched{fd, POLLIN, 0};
    EXPECT_EQ(poll(&watched, 1, 20000), 1) << pid << " is still there";
    close(fd);
  }
}

TEST_F(ExternalSearcherTest, ARestoredOneTellsANewProcessAllThatWasSaid) {
  const std::string command =
      "exec 3>>" + file("heard") + R"(; echo '{"ready":true}'; while read -r line; do echo "$line" >&3;
    case "$line" in *'"ask"'*) echo '{"config":{"x":0.5}}';; esac; done)";
  auto original = start(command);
  ASSERT_TRUE(original.has_value()) << original.error().message;
  for (int trial = 0; trial < 3; ++trial) {
    const Config config = *(*original)->ask(TrialId{trial}).value();
    (*original)->tell({.trial = TrialId{trial}, .config = config, .state = TrialState::kCompleted, .value = trial});
  }
  (*original)->ask(TrialId{3}).value();
  const Snapshot snapshot = (*original)->save();
  original->reset();
  const std::string before = text_of("heard");
  std::filesystem::remove(file("heard"));
  const auto copy = start(command);
  std::filesystem::remove(file("heard"));

  const Result<void> restored = (*copy)->restore(snapshot);

  ASSERT_TRUE(restored.has_value()) << restored.error().message;
  EXPECT_EQ((*copy)->save().json, snapshot.json);
  const std::string heard = text_of("heard");
  EXPECT_THAT(heard, StartsWith(R"({"type":"start")"));
  EXPECT_THAT(heard, HasSubstr(R"({"type":"ask","trial":3,"config":{"x":0.5}})"));
  EXPECT_EQ(std::ranges::count(heard, '\n'), std::ranges::count(before, '\n'));
}

TEST_F(ExternalSearcherTest, ASnapshotOfAnotherSpaceIsRefused) {
  const Space other = parse_space(R"({"y": {"float": [0, 1]}})").value();
  const auto foreign = ExternalSearcher::start(answering("{}"), {.space = &other});
  const auto searcher = start(answering("{}"));

  const Result<void> restored = searcher.value()->restore(foreign.value()->save());

  ASSERT_FALSE(restored.has_value());
  EXPECT_THAT(restored.error().message, HasSubstr("another space"));
}

TEST(ExternalSearcherCommandTest, ItStandsBehindExec) {
  EXPECT_EQ(external_searcher_command("exec:./a b:c"), "./a b:c");
  EXPECT_EQ(external_searcher_command("exec:"), "");
  EXPECT_EQ(external_searcher_command("executive"), std::nullopt);
}

}  // namespace
}  // namespace manta::external_searcher_test
