// SPDX-License-Identifier: Apache-2.0
// A worker's output: labelled lines now, the last ones later.
#include "core/node/worker_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace manta {
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

TEST_F(WorkerOutputTest, AVeryLongLineIsPrintedInPieces) {
  print(std::string(5000, 'x') + "\n");

  EXPECT_EQ(drain(), "(w1) " + std::string(4096, 'x') + "\n(w1) " + std::string(904, 'x') + "\n");
}

TEST_F(WorkerOutputTest, TheLastTwentyLinesAreRemembered) {
  for (int i = 0; i < 30; ++i) print(std::to_string(i) + "\n");
  drain();

  const std::string lines = output_->last_lines();

  EXPECT_EQ(lines.substr(0, 6), "10\n11\n");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 19);
  EXPECT_TRUE(lines.ends_with("\n29"));
}

TEST_F(WorkerOutputTest, NoMoreThanFourKibibytesAreRemembered) {
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
}  // namespace manta
