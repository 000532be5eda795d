// SPDX-License-Identifier: Apache-2.0
// What workers print, where somebody reads it and where nobody does.
#include "core/node/output_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "core/base/unique_fd.h"

namespace manta::output_writer_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kPipe = 65536;  // What a pipe holds.

class OutputWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
    ::fcntl(read_end_.get(), F_SETPIPE_SZ, static_cast<int>(kPipe));
  }
  OutputWriter::Options options(std::size_t room) const {
    return {.fd = write_end_.get(), .room = room, .patience = std::chrono::milliseconds(5)};
  }
  // `size` bytes, waiting for them.
  std::string read(std::size_t size) {
    std::string text;
    std::array<char, 4096> buffer;
    while (text.size() < size) {
      const ssize_t count = ::read(read_end_.get(), buffer.data(), std::min(buffer.size(), size - text.size()));
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  std::string read_to_end() {
    write_end_.reset();
    return read(std::size_t{1} << 30);
  }

  UniqueFd read_end_;
  UniqueFd write_end_;
};

TEST_F(OutputWriterTest, WhatCanBeWrittenIsWrittenAtOnce) {
  OutputWriter writer(options(1024));

  writer.print("one\n");
  writer.offer("two\n");

  EXPECT_EQ(read(8), "one\ntwo\n");
}

TEST_F(OutputWriterTest, MoreThanAPipeHoldsComesInOrderWhileItIsRead) {
  std::string expected;
  OutputWriter writer(options(std::size_t{1} << 20));
  for (int i = 0; i < 20'000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    writer.offer(line);
    expected += line;
  }

  EXPECT_EQ(read(expected.size()), expected);
}

TEST_F(OutputWriterTest, NobodyReadsAndNobodyWaits) {
  const std::string line(1023, 'x');
  OutputWriter writer(options(16 * 1024));
  for (int i = 0; i < 10'000; ++i) writer.print(line + "\n");  // Waits once, for a moment.

  const std::string first = read(kPipe);
  EXPECT_EQ(first, [&] {
    std::string whole;
    while (whole.size() < kPipe) whole += line + "\n";
    return whole.substr(0, kPipe);
  }());
}

TEST_F(OutputWriterTest, WhatIsLeftOutIsSaid) {
  const std::string line = std::string(1023, 'x') + "\n";
  constexpr std::size_t kLines = 1000;
  {
    OutputWriter writer(options(4096));
    for (std::size_t i = 0; i < kLines; ++i) writer.offer(line);
    EXPECT_THAT(read(kPipe), StartsWith("xxx"));  // Now there is room for what waits, and for the end.
  }
  const std::string rest = read_to_end();

  EXPECT_THAT(rest, HasSubstr("bytes of output are left out here: nobody read them in time\n"));
  EXPECT_LT(rest.size(), kLines * line.size() / 2);
}

TEST_F(OutputWriterTest, TheEndDoesNotWaitForWhoNeverReads) {
  OutputWriter writer(options(std::size_t{1} << 20));

  writer.offer(std::string(4 * kPipe, 'x'));
}

TEST_F(OutputWriterTest, AReaderThatIsGoneEndsNothing) {
  OutputWriter writer(options(1024));
  read_end_.reset();

  writer.print("to nobody\n");
  writer.offer(std::string(4 * kPipe, 'x'));
}

}  // namespace
}  // namespace manta::output_writer_test
