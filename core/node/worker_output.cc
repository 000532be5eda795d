// SPDX-License-Identifier: Apache-2.0
#include "core/node/worker_output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/demangle.h"
#include "core/base/escape_control.h"

namespace manta {
namespace {

constexpr std::size_t kShownBytes = 4096;
constexpr int kShownLines = 20;
constexpr int kReadsAtOnce = 8;  // More than a pipe holds, so a dead worker's output is read to its end.

// A frame of a crash's backtrace: the crashed process could only write the mangled name.
bool is_frame(std::string_view line) { return line.starts_with("    #") && line.find(" _Z") != std::string_view::npos; }

std::string readable_frame(std::string_view line) {
  constexpr std::size_t kMost = 300;
  std::string text = demangle_words(line);
  // Some names of lambdas in templates are beyond the demangler; that of our own around the user's code is one.
  const std::size_t mangled = text.find(" _Z");
  if (mangled != std::string::npos && text.find("manta8internal", mangled) != std::string::npos) {
    const std::size_t end = std::min(text.find(' ', mangled + 1), text.size());
    text.replace(mangled, end - mangled, " manta::internal, which runs the call");
  }
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

}  // namespace

bool WorkerOutput::drain(std::string& out) {
  std::array<char, 65536> buffer;
  for (int reads = 0; reads < kReadsAtOnce; ++reads) {
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      take({buffer.data(), static_cast<std::size_t>(count)}, out);
    } else if (count == 0) {
      if (!line_.empty()) end_line(out);
      return false;
    } else if (errno != EINTR) {
      return true;
    }
  }
  return true;
}

void WorkerOutput::finish(std::string& out) {
  drain(out);
  if (!line_.empty()) end_line(out);
}

void WorkerOutput::take(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view part = bytes.substr(0, newline);
    const std::size_t kept = std::min(part.size(), kLineBytes - line_.size());
    line_.append(part.substr(0, kept));
    keep_end(part.substr(kept));
    if (newline == std::string_view::npos) return;
    bytes.remove_prefix(newline + 1);
    end_line(out);
  }
}

void WorkerOutput::keep_end(std::string_view bytes) {
  beyond_ += bytes.size();
  end_ += bytes.substr(bytes.size() - std::min(bytes.size(), kEndBytes));
  if (end_.size() > 16 * kEndBytes) end_.erase(0, end_.size() - kEndBytes);
}

void WorkerOutput::end_line(std::string& out) {
  if (is_frame(line_)) line_ = readable_frame(line_);
  if (end_.size() > kEndBytes) end_.erase(0, end_.size() - kEndBytes);
  if (beyond_ > end_.size()) line_ += " [" + std::to_string(beyond_ - end_.size()) + " bytes are left out] ";
  line_ += end_;
  tail_ += line_ + "\n";
  if (tail_.size() > 4 * kKeptBytes) tail_.erase(0, tail_.size() - kKeptBytes);  // Rarely: it moves them.
  if (style_.keeps_log) log_ += line_ + "\n";
  if (style_.has_labels) out += "(" + (style_.escapes ? escape_control(label_) : label_) + ") ";
  out += style_.escapes ? escape_control(line_, "\t") : line_;
  out += '\n';
  line_.clear();
  end_.clear();
  beyond_ = 0;
}

std::string WorkerOutput::last_lines() const {
  std::string_view tail = tail_;
  tail.remove_prefix(tail.size() - std::min(tail.size(), kShownBytes));
  while (tail.ends_with('\n')) tail.remove_suffix(1);
  std::size_t start = tail.size();
  for (int lines = 0; lines < kShownLines && start > 0; ++lines) {
    const std::size_t newline = tail.rfind('\n', start - 1);
    start = newline == std::string_view::npos ? 0 : newline;
  }
  tail.remove_prefix(start);
  while (tail.starts_with('\n')) tail.remove_prefix(1);
  return std::string(tail);
}

}  // namespace manta
