// SPDX-License-Identifier: Apache-2.0
// Starts a command behind a guardian and reads what it prints.
#include "integrations/command/command_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

namespace manta {

namespace {

constexpr std::size_t kErrorTailBytes = 2048;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// A process that left the group may hold the pipes open for ever; what it prints after the command's end is not waited
// for.
constexpr int kDrainMilliseconds = 200;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) return system_error("pipe2", errno);
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// What can be read into `room`; empties `fd` at its end.
std::string_view read_from(UniqueFd& fd, std::span<char> room) {
  const ssize_t count = read(fd.get(), room.data(), room.size());
  if (count == 0 || (count < 0 && errno != EINTR)) fd.reset();
  return {room.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

}  // namespace

Result<std::unique_ptr<CommandProcess>> CommandProcess::start(CommandGuardian& guardian, std::string command,
                                                              Environment environment, Log log, UniqueFd input) {
  MANTA_ASSIGN_OR_RETURN(Pipe output, make_pipe());
  MANTA_ASSIGN_OR_RETURN(Pipe errors, make_pipe());
  if (!input) input.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!input) return system_error("open /dev/null", errno);
  MANTA_RETURN_IF_ERROR(guardian.start({.line = std::move(command),
                                        .environment = std::move(environment),
                                        .input = input.get(),
                                        .output = output.write.get(),
                                        .error = errors.write.get()}));
  std::unique_ptr<CommandProcess> process(new CommandProcess(guardian, std::move(log)));
  process->output_ = std::move(output.read);
  process->errors_ = std::move(errors.read);
  return process;
}

CommandProcess::~CommandProcess() {  // NOLINT(bugprone-exception-escape): as in the header.
  if (has_ended_) return;
  guardian_.kill();
  take_end();
}

std::optional<LineSplitter::Line> CommandProcess::next_line() {
  while (true) {
    if (auto line = lines_.next()) return line;
    if (!output_ && !errors_) break;
    wait(-1);
  }
  if (auto line = lines_.rest()) return line;
  if (!has_ended_) take_end();  // A command may close its output long before it ends.
  return std::nullopt;
}

void CommandProcess::wait(int milliseconds, int writable) {
  // Negative descriptors are left out by poll().
  std::array<pollfd, 4> watched{pollfd{output_.get(), POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0},
                                pollfd{has_ended_ ? -1 : guardian_.descriptor(), POLLIN, 0},
                                pollfd{writable, POLLOUT, 0}};
  const int ready = poll(watched.data(), watched.size(), has_ended_ ? kDrainMilliseconds : milliseconds);
  if (ready == 0 && has_ended_) {
    output_.reset();
    errors_.reset();
  }
  if (ready <= 0) return;
  std::array<char, kReadBytes> room;
  if (watched[0].revents != 0) lines_.append(read_from(output_, room));
  if (watched[1].revents != 0) {
    const std::string_view bytes = read_from(errors_, room);
    log_(bytes);
    error_tail_ += bytes;
    if (error_tail_.size() > kErrorTailBytes) error_tail_.erase(0, error_tail_.size() - kErrorTailBytes);
  }
  if (watched[2].revents != 0) take_end();
}

void CommandProcess::take_end() {
  const Result<int> end = guardian_.take_end();
  has_ended_ = true;
  wait_status_ = end ? *end : SIGKILL;
  if (!end) error_tail_ = end.error().message;
}

std::string describe_wait_status(int wait_status) {
  const auto signal_text = [](int signal) {
    return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  };
  if (WIFSIGNALED(wait_status)) return signal_text(WTERMSIG(wait_status));
  const int code = WEXITSTATUS(wait_status);
  const std::string text = "exit code " + std::to_string(code);
  if (code == 126) return text + " (the shell: not an executable program)";
  if (code == 127) return text + " (the shell: command not found; paths are relative to where the sweep was started)";
  if (code > 128 && code < 128 + 65) return text + " (the shell: " + signal_text(code - 128) + ")";
  return text;
}

}  // namespace manta
