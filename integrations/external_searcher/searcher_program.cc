// SPDX-License-Identifier: Apache-2.0
// Talks with a command without ever waiting for one direction alone.
#include "integrations/external_searcher/searcher_program.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "integrations/command/command_process.h"

namespace manta {

namespace {

constexpr std::int64_t kLook = 100;  // Milliseconds between two looks whether anybody waits.
constexpr Duration kLastWords = std::chrono::milliseconds(500);  // Between the end of its output and of itself.

std::string seconds_text(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", to_seconds(duration));
  return text;
}

}  // namespace

SearcherProgram::SearcherProgram(std::string command, Duration timeout)
    : command_(std::move(command)), timeout_(timeout), guardian_(std::make_unique<CommandGuardian>()) {}

Result<std::unique_ptr<SearcherProgram>> SearcherProgram::start(const std::string& command, Duration timeout) {
  // A socket and no pipe: writing to one that nobody reads any more is an error, and no signal.
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return system_error("socketpair", errno);
  std::unique_ptr<SearcherProgram> program(new SearcherProgram(command, timeout));
  program->input_.reset(ends[0]);
  MANTA_ASSIGN_OR_RETURN(
      program->process_,
      CommandProcess::start(*program->guardian_, command, {}, [](std::string_view) {}, UniqueFd(ends[1])));
  return program;
}

SearcherProgram::~SearcherProgram() = default;

void SearcherProgram::send(std::string_view line) {
  unsent_ += line;
  unsent_ += '\n';
  flush();
}

void SearcherProgram::flush() {
  while (!unsent_.empty()) {
    const ssize_t count = ::send(input_.get(), unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) unsent_.clear();  // It reads no more: answer() tells why.
    if (count <= 0) return;
    unsent_.erase(0, static_cast<std::size_t>(count));
  }
}

Result<std::string> SearcherProgram::answer() {
  const TimePoint deadline = clock_.now() + timeout_;
  while (true) {
    flush();
    if (std::optional<LineSplitter::Line> line = process_->line_at_hand()) {
      if (line->text.find_first_not_of(" \t\r") != std::string::npos) return std::move(line->text);
      continue;
    }
    if (process_->has_closed_output()) return gone();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.now()).count();
    if (left <= 0) {
      return Error{ErrorCode::kSystem, "the searcher program has not answered for " + seconds_text(timeout_) + ": " +
                                           command_ + " (--searcher-timeout gives it longer)"};
    }
    if (is_given_up_) return Error{ErrorCode::kSystem, "nobody waits for the searcher program any more"};
    process_->wait(static_cast<int>(std::min(left, kLook)), unsent_.empty() ? -1 : input_.get());
  }
}

Error SearcherProgram::gone() {
  const TimePoint deadline = clock_.now() + kLastWords;
  while (!process_->has_ended()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.now()).count();
    if (left <= 0) break;
    process_->wait(static_cast<int>(left));
  }
  const std::string how = process_->has_ended() ? "has ended, " + describe_wait_status(process_->wait_status())
                                                : "has closed its standard output";
  const std::string& words = process_->error_tail();
  return {ErrorCode::kSystem,
          "the searcher program " + how + ": " + command_ + (words.empty() ? "" : "\nit said:\n" + words)};
}

}  // namespace manta
