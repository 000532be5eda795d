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
#include <map>

#include "integrations/command/internal/guardian.h"

namespace manta {

namespace {

constexpr std::size_t kErrorTailBytes = 2048;
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

// This process's variables, those of `changes` on top, each as NAME=value.
std::vector<std::string> merged_environment(const CommandProcess::Environment& changes) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) merged[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : merged) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<const char*> null_terminated(const std::vector<std::string>& lines) {
  std::vector<const char*> pointers;
  for (const std::string& line : lines) pointers.push_back(line.c_str());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<std::unique_ptr<CommandProcess>> CommandProcess::start(const std::string& command,
                                                              const Environment& environment, Log log, UniqueFd input) {
  MANTA_ASSIGN_OR_RETURN(Pipe lifeline, make_pipe());
  MANTA_ASSIGN_OR_RETURN(Pipe status, make_pipe());
  MANTA_ASSIGN_OR_RETURN(Pipe output, make_pipe());
  MANTA_ASSIGN_OR_RETURN(Pipe errors, make_pipe());
  if (!input) input.reset(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!input) return system_error("open /dev/null", errno);
  const std::vector<std::string> variables = merged_environment(environment);
  const std::vector<const char*> variable_pointers = null_terminated(variables);
  const std::array<const char*, 4> arguments{"/bin/sh", "-c", command.c_str(), nullptr};
  const internal::GuardianPlan plan{.lifeline_fd = lifeline.read.get(),
                                    .status_fd = status.write.get(),
                                    .input_fd = input.get(),
                                    .output_fd = output.write.get(),
                                    .error_fd = errors.write.get(),
                                    .arguments = arguments.data(),
                                    .environment = variable_pointers.data()};

  std::unique_ptr<CommandProcess> process(new CommandProcess(std::move(log)));
  process->guardian_ = fork();
  if (process->guardian_ == 0) internal::run_guardian(plan);
  if (process->guardian_ < 0) return system_error("fork", errno);
  process->lifeline_ = std::move(lifeline.write);
  process->status_ = std::move(status.read);
  process->output_ = std::move(output.read);
  process->errors_ = std::move(errors.read);
  return process;
}

CommandProcess::~CommandProcess() {
  lifeline_.reset();
  if (guardian_ <= 0) return;
  while (waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<LineSplitter::Line> CommandProcess::next_line() {
  while (true) {
    if (auto line = lines_.next()) return line;
    if (!output_ && !errors_) break;
    wait(-1);
  }
  if (auto line = lines_.rest()) return line;
  if (status_) take_status();  // A command may close its output long before it ends.
  return std::nullopt;
}

void CommandProcess::wait(int milliseconds, int writable) {
  // Negative descriptors are left out by poll().
  std::array<pollfd, 4> watched{pollfd{output_.get(), POLLIN, 0}, pollfd{errors_.get(), POLLIN, 0},
                                pollfd{status_.get(), POLLIN, 0}, pollfd{writable, POLLOUT, 0}};
  const int ready = poll(watched.data(), watched.size(), status_ ? milliseconds : kDrainMilliseconds);
  if (ready == 0 && !status_) {
    output_.reset();
    errors_.reset();
  }
  if (ready <= 0) return;
  if (watched[0].revents != 0) lines_.append(read_from(output_));
  if (watched[1].revents != 0) {
    const std::string bytes = read_from(errors_);
    log_(bytes);
    error_tail_ += bytes;
    if (error_tail_.size() > kErrorTailBytes) error_tail_.erase(0, error_tail_.size() - kErrorTailBytes);
  }
  if (watched[2].revents != 0) take_status();
}

std::string CommandProcess::read_from(UniqueFd& fd) {
  std::string bytes(std::size_t{64} << 10, '\0');
  const ssize_t count = read(fd.get(), bytes.data(), bytes.size());
  if (count == 0 || (count < 0 && errno != EINTR)) fd.reset();
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

void CommandProcess::take_status() {
  ssize_t count = 0;
  do {
    count = read(status_.get(), &wait_status_, sizeof wait_status_);
  } while (count < 0 && errno == EINTR);
  // No status: the guardian itself was killed, and the shell with it.
  if (count != sizeof wait_status_) wait_status_ = SIGKILL;
  status_.reset();
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
