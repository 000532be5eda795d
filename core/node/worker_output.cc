// SPDX-License-Identifier: Apache-2.0
#include "core/node/worker_output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace manta {
namespace {

constexpr std::size_t kTailBytes = 4096;
constexpr std::size_t kLineBytes = 4096;  // A longer line is printed in pieces.
constexpr int kTailLines = 20;
constexpr int kReadsAtOnce = 8;  // More than a pipe holds, so a dead worker's output is read to its end.

}  // namespace

bool WorkerOutput::drain(std::string& out) {
  std::array<char, 65536> buffer;
  for (int reads = 0; reads < kReadsAtOnce; ++reads) {
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      take({buffer.data(), static_cast<std::size_t>(count)}, out);
    } else if (count == 0) {
      if (!line_.empty()) take("\n", out);
      return false;
    } else if (errno != EINTR) {
      return true;
    }
  }
  return true;
}

void WorkerOutput::take(std::string_view bytes, std::string& out) {
  tail_.append(bytes);
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  for (const char c : bytes) {
    if (c != '\n') line_ += c;
    if (c != '\n' && line_.size() < kLineBytes) continue;
    out += "(" + label_ + ") " + line_ + "\n";
    line_.clear();
  }
}

std::string WorkerOutput::last_lines() const {
  std::string_view tail = tail_;
  while (tail.ends_with('\n')) tail.remove_suffix(1);
  std::size_t start = tail.size();
  for (int lines = 0; lines < kTailLines && start > 0; ++lines) {
    const std::size_t newline = tail.rfind('\n', start - 1);
    start = newline == std::string_view::npos ? 0 : newline;
  }
  tail.remove_prefix(start);
  while (tail.starts_with('\n')) tail.remove_prefix(1);
  return std::string(tail);
}

}  // namespace manta
