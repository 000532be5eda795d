// SPDX-License-Identifier: Apache-2.0
// What is left of a worker's output, however much it is.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "tests/support/later_runtimes.h"
#include "tests/support/sanitizer.h"
#include "tests/support/temporary_folder.h"

namespace manta::output_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string numbered(int number) { return "line " + std::to_string(1'000'000'000 + number) + "\n"; }

class Talker {
 public:
  int pid() { return ::getpid(); }
  int print(int lines) {
    std::string text;
    for (int i = 0; i < lines; ++i) {
      text += numbered(i);
      if (i + 1 == lines || text.size() > std::size_t{1} << 20) write_out(std::exchange(text, {}));
    }
    return lines;
  }
  int print_and_leave(int lines) {
    print(lines);
    ::_exit(3);
  }
  // One line, without an end.
  int print_line(std::size_t bytes) {
    const std::string piece(std::size_t{1} << 20, 'x');
    for (; bytes > 0; bytes -= std::min(bytes, piece.size())) write_out(piece.substr(0, std::min(bytes, piece.size())));
    write_out("the end");
    return 1;
  }

 private:
  static void write_out(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) std::abort();
  }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Standard error goes nowhere meanwhile: some of this is a lot.
class OutputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    error_ = ::dup(STDERR_FILENO);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDERR_FILENO);
    ::close(null);
  }
  void TearDown() override {
    ::dup2(error_, STDERR_FILENO);
    ::close(error_);
  }
  static Runtime start(RuntimeOptions options) {
    options.cpus = 2;
    options.object_store_bytes = std::size_t{16} << 20;
    return init(g_argc, g_argv, options).value();
  }
  std::string logs() const { return folder_.path() + "/logs"; }
  std::string only_log() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(logs())) files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1u);
    return files.empty() ? std::string() : files[0];
  }

  const TemporaryFolder folder_;

 private:
  int error_ = -1;
};

TEST_F(OutputTest, TheLastSixtyFourKibibytesOfADeadWorkerCanBeRead) {
  constexpr int kLines = 20'000;
  const Runtime runtime = start({});
  const auto talker = actor<Talker>();
  const int pid = get(talker.call<&Talker::pid>()).value();
  EXPECT_EQ(runtime.last_output(pid).error().code, ErrorCode::kNotFound) << "it lives";

  const Error death = get(talker.call<&Talker::print_and_leave>(kLines)).error();

  EXPECT_THAT(death.message, HasSubstr("exited with code 3"));
  EXPECT_THAT(death.message,
              HasSubstr("; its last lines (more: Runtime::last_output(" + std::to_string(pid) + ")):\n"));
  EXPECT_THAT(death.message, EndsWith(numbered(kLines - 1).substr(0, 15)));
  EXPECT_LT(death.message.size(), 5'000u);
  std::string expected;
  for (int i = kLines - 10'000; i < kLines; ++i) expected += numbered(i);
  EXPECT_EQ(runtime.last_output(pid).value(), expected.substr(expected.size() - (std::size_t{64} << 10)));
}

TEST_F(OutputTest, OfManyDeadWorkersThoseThatDiedLastAreRemembered) {
  const Runtime runtime = start({});
  std::vector<int> pids;
  for (int i = 0; i < 20; ++i) {
    const auto talker = actor<Talker>();
    pids.push_back(get(talker.call<&Talker::pid>()).value());
    EXPECT_FALSE(get(talker.call<&Talker::print_and_leave>(i)));
  }

  EXPECT_EQ(runtime.last_output(pids[1]).error().code, ErrorCode::kNotFound);
  for (std::size_t i = 10; i < 20; ++i) EXPECT_THAT(runtime.last_output(pids[i]).value(), StartsWith(numbered(0)));
}

TEST_F(OutputTest, TheMessageOfADeathNamesTheLogWhichHasAllOfIt) {
  const Runtime runtime = start({.log_directory = logs()});

  const Error death = get(actor<Talker>().call<&Talker::print_and_leave>(1000)).error();

  EXPECT_THAT(death.message, HasSubstr("; its last lines (the others: " + only_log() + "):\n"));
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += numbered(i);
  EXPECT_EQ(text_of(only_log()), expected);
}

// What a worker prints there: some hundred times what its log takes, or as many MiB as MANTA_TEST_OUTPUT_MIB says.
int many_lines() {
  const char* const mebibytes = std::getenv("MANTA_TEST_OUTPUT_MIB");
  return mebibytes != nullptr ? std::atoi(mebibytes) * (1 << 16) : 500'000;
}

TEST_F(OutputTest, AWorkerThatPrintsMuchIsNotKeptWaitingAndItsLogHasBeginningAndEnd) {
  const int lines_printed = many_lines();
  constexpr std::uint64_t kLimit = std::uint64_t{64} << 10;
  const std::size_t line = numbered(0).size();
  const Runtime runtime = start({.log_directory = logs(), .log_bytes = kLimit});
  {
    const auto talker = actor<Talker>();
    ASSERT_EQ(get(talker.call<&Talker::print>(lines_printed)).value(), lines_printed);
    const auto death = talker.monitor();
    talker.kill();
    ASSERT_TRUE(get(death));
  }

  const std::string text = text_of(only_log());
  EXPECT_TRUE(text.starts_with(numbered(0) + numbered(1))) << text.substr(0, 100);
  EXPECT_TRUE(text.ends_with(numbered(lines_printed - 2) + numbered(lines_printed - 1)));
  EXPECT_LT(text.size(), kLimit + 200);
  EXPECT_GT(text.size(), kLimit / 2 + kLimit / 4);
  const std::size_t gap = text.find("\n[") + 1;
  std::size_t bytes = 0;
  std::size_t lines = 0;
  ASSERT_EQ(std::sscanf(text.c_str() + gap, "[%zu bytes in %zu lines are left out here", &bytes, &lines), 2);
  const std::size_t marker = text.find('\n', gap) + 1 - gap;
  EXPECT_EQ(text.size() - marker + bytes, static_cast<std::size_t>(lines_printed) * line) << "all that is left out counts";
  EXPECT_EQ(bytes, lines * line);
}

TEST_F(OutputTest, AnEnormousLineIsCutAndKeepsNobodyWaiting) {
  constexpr std::size_t kBytes = repetitions(std::size_t{1} << 30);
  const Runtime runtime = start({.log_directory = logs()});
  {
    const auto talker = actor<Talker>();
    ASSERT_EQ(get(talker.call<&Talker::print_line>(kBytes)).value(), 1);
    const auto death = talker.monitor();
    talker.kill();
    ASSERT_TRUE(get(death));
  }

  const std::string text = text_of(only_log());
  EXPECT_LT(text.size(), std::size_t{100} << 10);
  EXPECT_THAT(text, EndsWith("xthe end\n"));
  EXPECT_THAT(text, HasSubstr("x [" + std::to_string(kBytes - (std::size_t{65} << 10) + 7) + " bytes are left out] x"));
}

TEST_F(OutputTest, ALogOfNothingIsRefused) {
  EXPECT_EQ(init(g_argc, g_argv, {.log_directory = logs(), .log_bytes = 1023}).error().code,
            ErrorCode::kInvalidArgument);
}

int score_of(const std::string& pid) {
  int score = -10'000;
  std::ifstream("/proc/" + pid + "/oom_score_adj") >> score;
  return score;
}
void set_own_score(int score) { std::ofstream("/proc/self/oom_score_adj") << score; }

// The lowest of these that a child of this process may take, or what it has.
int lowest_permitted() {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  const pid_t child = ::fork();
  if (child == 0) {
    set_own_score(0);
    set_own_score(-900);
    const int score = score_of("self");
    ::_exit(::write(ends[1], &score, sizeof score) == sizeof score ? 0 : 1);
  }
  int score = 0;
  static_cast<void>(::read(ends[0], &score, sizeof score));
  for (const int fd : ends) ::close(fd);
  return score;
}

int own_score() { return score_of("self"); }
int score_of_server() { return score_of(std::to_string(::getppid())); }

// Who is to go when memory runs out: first workers, last the process without which none of them can live.
TEST_F(OutputTest, WhenMemoryRunsOutAWorkerGoesBeforeTheDriverAndTheForkServerLast) {
  const int before = score_of("self");
  for (const int raised : {before, std::max(before, 0) + 200}) {
    set_own_score(raised);
    ASSERT_EQ(score_of("self"), raised);
    const int lowest = std::min(raised, lowest_permitted());
    const Runtime runtime = start({});

    EXPECT_EQ(get(remote<own_score>()).value(), std::min(1000, std::max(raised, 0) + 500));
    EXPECT_EQ(get(remote<score_of_server>()).value(), lowest);
    EXPECT_EQ(score_of("self"), raised) << "that of the driver is left as it was";
  }
  set_own_score(before);
}

}  // namespace
}  // namespace manta::output_test
