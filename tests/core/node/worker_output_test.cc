// SPDX-License-Identifier: Apache-2.0
// A worker's output: labelled lines now, the last ones later.
#include "core/node/worker_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace manta::worker_output_test {
namespace {

class WorkerOutputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    write_end_.reset(ends[1]);
    output_.emplace(UniqueFd(ends[0]), "w1");
  }
  void print(const std::string& text) {
    ASSERT_EQ(::write(write_end_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // What drain() appends; `open_` is what it returns.
  std::string drain() {
    std::string out;
    open_ = output_->drain(out);
    return out;
  }

  UniqueFd write_end_;
  std::optional<WorkerOutput> output_;
  bool open_ = true;
};

TEST_F(WorkerOutputTest, NothingPrintedIsNothing) {
  EXPECT_EQ(drain(), "");
  EXPECT_TRUE(open_);
  EXPECT_EQ(output_->last_lines(), "");
}

TEST_F(WorkerOutputTest, EachLineGetsTheLabel) {
  print("one\n\ntwo\n");

  EXPECT_EQ(drain(), "(w1) one\n(w1) \n(w1) two\n");
}

TEST_F(WorkerOutputTest, ALineWaitsForItsEnd) {
  print("begin");
  EXPECT_EQ(drain(), "");

  print(" end\nnext");

  EXPECT_EQ(drain(), "(w1) begin end\n");
}

TEST_F(WorkerOutputTest, AnUnendedLineIsPrintedWhenTheWorkerEnds) {
  print("last words");
  write_end_.reset();

  EXPECT_EQ(drain(), "(w1) last words\n");
  EXPECT_FALSE(open_);
  EXPECT_EQ(output_->last_lines(), "last words");
}

TEST_F(WorkerOutputTest, AFrameOfOurOwnThatCannotBeDemangledIsSaidInWords) {
  print("    #8 _ZZN5manta8internal12run_functionIiLZ1fvEEEvNKUlvE_clEv + 0x17 (prog)\n");

  EXPECT_EQ(drain(), "(w1)     #8 manta::internal, which runs the call + 0x17 (prog)\n");
}

TEST_F(WorkerOutputTest, LinesAreKeptForALogWithoutTheLabel) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  write_end_.reset(ends[1]);
  output_.emplace(UniqueFd(ends[0]), "w1", WorkerOutput::Style{.keeps_log = true});
  print("one\ntwo");

  EXPECT_EQ(drain(), "(w1) one\n");
  EXPECT_EQ(output_->take_log(), "one\n");
  EXPECT_EQ(output_->take_log(), "");
}

TEST_F(WorkerOutputTest, ALineThatIsTooLongIsCutAndSaysSo) {
  constexpr std::size_t kPieces = 3 * WorkerOutput::kLineBytes / 4096;
  std::string out;
  for (std::size_t i = 0; i < kPieces; ++i) {
    print(std::string(4096, 'x'));
    out += drain();
  }
  EXPECT_EQ(out, "");

  print("end\nnext\n");

  EXPECT_EQ(drain(), "(w1) " + std::string(WorkerOutput::kLineBytes, 'x') + " [" +
                         std::to_string(2 * WorkerOutput::kLineBytes + 3 - WorkerOutput::kEndBytes) +
                         " bytes are left out] " + std::string(WorkerOutput::kEndBytes - 3, 'x') + "end\n(w1) next\n");
}

TEST_F(WorkerOutputTest, TheLineThatADeadWorkerHadNotEndedIsShownThoughAChildOfItHoldsTheOtherEnd) {
  print("one\npart of two");
  std::string out;

  output_->finish(out);

  EXPECT_EQ(out, "(w1) one\n(w1) part of two\n");
  EXPECT_EQ(output_->last_lines(), "one\npart of two");
}

TEST_F(WorkerOutputTest, ATerminalIsNotObeyed) {
  output_.emplace(UniqueFd(::dup(output_->fd())), "w\x07", WorkerOutput::Style{.escapes = true});
  print("a\x1b[2Jb\tc\xff\r\n");

  EXPECT_EQ(drain(), "(w\\x07) a\\x1b[2Jb\tc\\xff\\x0d\n");
  EXPECT_EQ(output_->last_lines(), "a\x1b[2Jb\tc\xff\r");
}

TEST_F(WorkerOutputTest, FramesOfABacktraceAreMadeReadable) {
  print("    #0 _ZN7Counter5crashEv + 0x1c (prog)\n_ZN7Counter5crashEv\n");

  EXPECT_EQ(drain(), "(w1)     #0 Counter::crash() + 0x1c (prog)\n(w1) _ZN7Counter5crashEv\n");
}

TEST_F(WorkerOutputTest, TheLastTwentyLinesAreForTheMessage) {
  for (int i = 0; i < 30; ++i) print(std::to_string(i) + "\n");
  drain();

  const std::string lines = output_->last_lines();

  EXPECT_EQ(lines.substr(0, 6), "10\n11\n");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 19);
  EXPECT_TRUE(lines.ends_with("\n29"));
}

TEST_F(WorkerOutputTest, TheLastSixtyFourKibibytesAreKeptBesides) {
  constexpr std::size_t kLine = 1000;
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string line = std::string(kLine, static_cast<char>('a' + i % 26)) + "\n";
    print(line);
    drain();
    all += line;
    const std::size_t kept = std::min(all.size(), WorkerOutput::kKeptBytes);
    ASSERT_EQ(output_->last_bytes(), all.substr(all.size() - kept)) << i;
  }
  EXPECT_LE(output_->last_lines().size(), 4096u);
}

TEST_F(WorkerOutputTest, NoMoreThanFourKibibytesAreForTheMessage) {
  for (int i = 0; i < 10; ++i) print(std::string(1000, static_cast<char>('a' + i)) + "\n");
  drain();

  const std::string lines = output_->last_lines();

  EXPECT_LE(lines.size(), 4096u);
  EXPECT_TRUE(lines.ends_with(std::string(1000, 'j')));
}

TEST_F(WorkerOutputTest, AFullPipeIsReadToItsEndAtOnce) {
  const std::string line = std::string(1023, 'x') + "\n";
  std::size_t printed = 0;
  while (::write(write_end_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) ++printed;
  write_end_.reset();

  const std::string out = drain();

  EXPECT_EQ(static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n')), printed);
  EXPECT_FALSE(open_);
}

}  // namespace
}  // namespace manta::worker_output_test
