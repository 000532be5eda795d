// SPDX-License-Identifier: Apache-2.0
// The owner's side of a guardian.
#include "integrations/command/command_guardian.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

#include "integrations/command/command_words.h"
#include "integrations/command/internal/guardian.h"

namespace manta {

namespace {

using internal::GuardianAnswer;
using internal::GuardianRequest;

bool is_working_directory(const std::string& path) {
  struct stat named = {};
  struct stat here = {};
  return path.starts_with('/') && stat(path.c_str(), &named) == 0 && stat(".", &here) == 0 &&
         named.st_dev == here.st_dev && named.st_ino == here.st_ino;
}

// This process's variables with those of `changes` on top.
std::map<std::string, std::string> merged_environment(const CommandGuardian::Environment& changes) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) merged[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) merged[name] = value;
  // A shell would see to it that this is true.
  std::error_code error;
  if (std::string& directory = merged["PWD"]; !is_working_directory(directory)) {
    directory = std::filesystem::current_path(error);
  }
  return merged;
}

struct Message {
  GuardianRequest request;
  std::string texts;

  void append(std::string_view text) { texts.append(text).push_back('\0'); }
};

Message message_of(const CommandGuardian::Command& command) {
  Message message;
  const std::vector<std::string> words = words_without_shell(command.line).value_or(std::vector<std::string>());
  for (const std::string& word : words) message.append(word);
  message.append(command.line.c_str());  // Nothing behind a zero byte: no program could be given that.
  const std::map<std::string, std::string> variables = merged_environment(command.environment);
  for (const auto& [name, value] : variables) message.append((name + "=" + value).c_str());
  message.request = {.words = static_cast<std::uint32_t>(words.size()),
                     .variables = static_cast<std::uint32_t>(variables.size()),
                     .bytes = static_cast<std::uint32_t>(message.texts.size())};
  return message;
}

// False: the guardian is gone. What is sent first has the descriptors.
bool send_all(int socket, Message& message, const std::array<int, 3>& fds) {
  std::array<iovec, 2> parts{iovec{&message.request, sizeof message.request},
                             iovec{message.texts.data(), message.texts.size()}};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof fds)] = {};
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  header.msg_control = space;
  header.msg_controllen = sizeof space;
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fds);
  std::memcpy(CMSG_DATA(rights), fds.data(), sizeof fds);
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < static_cast<ssize_t>(sizeof message.request)) return false;
  std::string_view rest =
      std::string_view(message.texts).substr(static_cast<std::size_t>(sent) - sizeof message.request);
  while (!rest.empty()) {
    sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return false;
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

CommandGuardian::~CommandGuardian() {
  if (socket_) reap();
}

Result<void> CommandGuardian::start(const Command& command) {
  Message message = message_of(command);
  const std::array<int, 3> fds{command.input, command.output, command.error};
  if (socket_) {
    if (send_all(socket_.get(), message, fds)) return {};
    reap();  // It was killed since the last command.
  }
  MANTA_RETURN_IF_ERROR(fork_guardian());
  if (send_all(socket_.get(), message, fds)) return {};
  reap();
  return Error{ErrorCode::kSystem, "the process that guards a command has ended at once"};
}

Result<void> CommandGuardian::fork_guardian() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return system_error("socketpair", errno);
  UniqueFd ours(ends[0]);
  const UniqueFd its(ends[1]);
  process_ = fork();
  if (process_ == 0) internal::run_guardian(its.get());
  if (process_ < 0) return system_error("fork", errno);
  socket_ = std::move(ours);
  return {};
}

Result<int> CommandGuardian::take_end() {
  if (!socket_) return SIGKILL;
  GuardianAnswer answer;
  ssize_t count = 0;
  do {
    count = recv(socket_.get(), &answer, sizeof answer, MSG_WAITALL);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof answer) {  // The guardian itself was killed, and the command with it.
    reap();
    return SIGKILL;
  }
  if (answer.error != 0) return system_error("fork of a command", answer.error);
  return answer.wait_status;
}

void CommandGuardian::kill() {
  constexpr GuardianRequest kEnd{.kind = GuardianRequest::Kind::kEnd};
  if (socket_) send(socket_.get(), &kEnd, sizeof kEnd, MSG_NOSIGNAL);
}

void CommandGuardian::reap() {
  socket_.reset();
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace manta
