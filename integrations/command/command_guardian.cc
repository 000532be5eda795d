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
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include "integrations/command/command_words.h"
#include "integrations/command/internal/guardian.h"

namespace manta {

namespace {

using internal::GuardianAnswer;
using internal::GuardianRequest;

// The name of the working directory that a shell would have in PWD; empty: it has none.
std::string working_directory() {
  const char* const named = std::getenv("PWD");
  struct stat there = {};
  struct stat here = {};
  const bool is_named = named != nullptr && named[0] == '/' && stat(named, &there) == 0 && stat(".", &here) == 0 &&
                        there.st_dev == here.st_dev && there.st_ino == here.st_ino;
  std::error_code error;
  return is_named ? named : std::filesystem::current_path(error).string();
}

struct Message {
  GuardianRequest request;
  std::string texts;

  void append(std::string_view text) { texts.append(text).push_back('\0'); }
  void append_variable(std::string_view name, std::string_view value) {
    // Nothing behind a zero byte: no program could be given that.
    texts.append(name).append("=").append(value.substr(0, value.find('\0'))).push_back('\0');
    ++request.variables;
  }
};

// This process's variables with those of `changes` on top, of which the last of a name counts.
void append_environment(const CommandGuardian::Environment& changes, const std::string& directory, Message& message) {
  std::set<std::string_view> names;
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (names.insert(change->first).second) message.append_variable(change->first, change->second);
  }
  if (!directory.empty() && names.insert("PWD").second) message.append_variable("PWD", directory);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || names.contains(text.substr(0, equals))) continue;
    message.append_variable(text.substr(0, equals), text.substr(equals + 1));
  }
}

Message message_of(const CommandGuardian::Command& command, const std::string& directory) {
  Message message;
  const std::vector<std::string> words = words_without_shell(command.line).value_or(std::vector<std::string>());
  for (const std::string& word : words) message.append(word);
  message.append(command.line.c_str());  // As with variables.
  append_environment(command.environment, directory, message);
  message.request.words = static_cast<std::uint32_t>(words.size());
  message.request.bytes = static_cast<std::uint32_t>(message.texts.size());
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
  const std::array<int, 3> fds{command.input, command.output, command.error};
  if (socket_) {
    Message message = message_of(command, directory_);
    if (send_all(socket_.get(), message, fds)) return {};
    reap();  // It was killed since the last command.
  }
  MANTA_RETURN_IF_ERROR(fork_guardian());
  Message message = message_of(command, directory_);
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
  directory_ = working_directory();
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
