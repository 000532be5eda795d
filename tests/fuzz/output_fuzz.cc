// SPDX-License-Identifier: Apache-2.0
// What a worker prints, whatever it is and in whatever pieces it comes: the lines are the same, each has its label, and
// on a terminal nothing of it is obeyed.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "core/node/worker_output.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

constexpr std::string_view kLabel = "actor 7";

struct Printed {
  std::string lines;
  std::string last_lines;
  std::string last_bytes;
  std::string log;
  bool operator==(const Printed&) const = default;
};

// `piece` bytes at a time.
Printed print(std::span<const std::byte> bytes, std::size_t piece, WorkerOutput::Style style) {
  std::array<int, 2> ends{};
  MANTA_CHECK(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0, "pipe2");
  UniqueFd writer(ends[1]);
  WorkerOutput output(UniqueFd(ends[0]), std::string(kLabel), style);
  Printed printed;
  while (!bytes.empty()) {
    const auto next = bytes.first(std::min(piece, bytes.size()));
    MANTA_CHECK(::write(writer.get(), next.data(), next.size()) == static_cast<ssize_t>(next.size()), "write");
    MANTA_CHECK(output.drain(printed.lines), "the output ended before its writer");
    bytes = bytes.subspan(next.size());
  }
  writer.reset();
  output.finish(printed.lines);
  printed.last_lines = output.last_lines();
  printed.last_bytes = output.last_bytes();
  printed.log = output.take_log();
  return printed;
}

void check_lines(std::string_view lines, const WorkerOutput::Style& style) {
  constexpr std::size_t kAdded = 512;  // The label, and how many bytes are left out.
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    MANTA_CHECK(end != std::string_view::npos, "a line without an end");
    const std::string_view line = lines.substr(0, end);
    const std::size_t most = WorkerOutput::kLineBytes + WorkerOutput::kEndBytes;
    MANTA_CHECK(line.size() <= (style.escapes ? 4 : 1) * most + kAdded, "a line is too long");
    if (style.has_labels) MANTA_CHECK(line.starts_with("(actor 7) "), "a line without its label");
    for (const char c : line)
      MANTA_CHECK(!style.escapes || c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f),
                  "a control character for the terminal");
    lines.remove_prefix(end + 1);
  }
}

FuzzInput seed(std::uint8_t style, std::uint8_t piece, std::string_view text) {
  FuzzWriter writer;
  writer.byte(style).byte(piece).bytes(std::as_bytes(std::span(text)));
  return writer.input();
}

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  const std::string long_line(WorkerOutput::kLineBytes + 3 * WorkerOutput::kEndBytes, 'x');
  return {
      seed(0, 1, "one\ntwo\n\nno end"),
      seed(3, 3, "\x1b[31mred\x07\ttab\r\n"),
      seed(7, 7, "    #3 0x55 _ZN5manta8internal3runEv core/x.cc:7\n    #4 _ZN7Counter5crashEv +0x11\n"),
      seed(7, 200, long_line + "\nafter\n"),
      seed(5, 50, long_line.substr(0, WorkerOutput::kLineBytes) + "\n"),
      seed(1, 90,
           "    # "
           "_Z1f1A1BIS_S_ES0_IS1_S1_ES0_IS2_S2_ES0_IS3_S3_ES0_IS4_S4_ES0_IS5_S5_ES0_IS6_S6_ES0_IS7_S7_ES0_IS8_S8_E\n"),
      seed(1, 9, "    # _Z1fSt4pairIS_IiiES0_E _ZZ _Z _Z1gIXadL_Z1hvEEEvv\n")};
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  FuzzReader reader({data, size});
  const std::uint8_t flags = reader.byte();
  const WorkerOutput::Style style{.has_labels = (flags & 1) != 0, .escapes = (flags & 2) != 0, .keeps_log = true};
  const std::size_t piece = std::size_t{1} + reader.byte() * (flags >= 128 ? 256 : 1);
  const std::vector<std::byte> bytes = reader.rest();
  const Printed printed = print(bytes, piece, style);
  check_lines(printed.lines, style);
  MANTA_CHECK(printed.log.ends_with(printed.last_bytes), "the last bytes are not the log's last");
  MANTA_CHECK(printed == print(bytes, std::size_t{32} << 10, style), "the pieces made a difference");
  return 0;
}
