// SPDX-License-Identifier: Apache-2.0
#include "core/net/status_socket.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "core/base/unique_fd.h"

namespace manta {
namespace {

constexpr std::string_view kPrefix = "manta/";
constexpr std::size_t kLongestAnswer = std::size_t{256} << 20;

// Takes a number and the '/' behind it, if there is one, from the front of `text`.
template <class T>
bool take_number(std::string_view& text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with('/')) text.remove_prefix(1);
  return true;
}

std::optional<RuntimeSocket> parse_name(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  RuntimeSocket socket;
  const bool is_one = take_number(name, socket.user) && take_number(name, socket.pid) &&
                      take_number(name, socket.place) && name.empty() && socket.pid > 0;
  return is_one ? std::optional(socket) : std::nullopt;
}

std::string process_name(pid_t pid) { return "the runtime of process " + std::to_string(pid); }

Error ended_error(pid_t pid) { return {ErrorCode::kNotFound, process_name(pid) + " has just ended"}; }

Error no_answer_error(pid_t pid) {
  return {ErrorCode::kTimeout, process_name(pid) +
                                   " does not answer: the process is stopped, or the machine overloaded. Its state: "
                                   "ps -o stat,wchan:30,cmd -p " +
                                   std::to_string(pid)};
}

// Waits until `events` or the deadline.
Result<void> wait_for(int fd, short events, TimePoint deadline, pid_t pid) {
  for (;;) {
    const Duration left = deadline - std::chrono::steady_clock::now();
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Duration::zero())).count();
    const int count = ::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(milliseconds, 3'600'000)));
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return system_error("poll", errno);
    if (left <= Duration::zero()) return no_answer_error(pid);
  }
}

// While the driver has clients enough that wait to be let in, this one looks again every few milliseconds.
Result<UniqueFd> connect_to(const RuntimeSocket& runtime, TimePoint deadline) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("socket", errno);
  socklen_t length = 0;
  const sockaddr_un address = runtime.address(length);
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    if (errno == ECONNREFUSED) return ended_error(runtime.pid);
    if (errno != EAGAIN) return system_error("connect", errno);
    if (std::chrono::steady_clock::now() >= deadline) return no_answer_error(runtime.pid);
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 5'000'000};
    ::nanosleep(&kPause, nullptr);
  }
  // Anybody may give a socket any name: the one at the other end must be whom the name says.
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return system_error("SO_PEERCRED", errno);
  if (peer.uid != runtime.user)
    return Error{ErrorCode::kFailedPrecondition,
                 "what calls itself " + process_name(runtime.pid) + " is a process of another user: it is not asked"};
  return fd;
}

// All that the other end says until it closes, or until as much is there as the first line announces.
Result<std::string> read_answer(int fd, TimePoint deadline, pid_t pid) {
  std::string text;
  std::size_t wanted = kLongestAnswer;
  std::array<char, 65536> buffer;
  while (text.size() < wanted) {
    MANTA_RETURN_IF_ERROR(wait_for(fd, POLLIN, deadline, pid));
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    const std::size_t line = text.find('\n');
    if (wanted != kLongestAnswer || line == std::string::npos || !text.starts_with(StatusProtocol::kAnswer)) continue;
    std::string_view number = std::string_view(text).substr(StatusProtocol::kAnswer.size());
    std::size_t size = 0;
    if (take_number(number, size)) wanted = std::min(kLongestAnswer, line + 1 + size);
  }
  return text;
}

}  // namespace

sockaddr_un RuntimeSocket::address(socklen_t& length) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name =
      std::string(kPrefix) + std::to_string(user) + "/" + std::to_string(pid) + "/" + std::to_string(place);
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // The zero before it makes it abstract.
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return address;
}

std::vector<RuntimeSocket> listed_runtimes(std::string_view table) {
  // Num RefCount Protocol Flags Type St Inode Path; this flag is of sockets that listen.
  constexpr std::string_view kListens = " 00010000 ";
  std::vector<RuntimeSocket> found;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    const std::size_t name = line.rfind(" @");
    if (name == std::string_view::npos || line.find(kListens) == std::string_view::npos) continue;
    if (const auto socket = parse_name(line.substr(name + 2))) found.push_back(*socket);
  }
  std::sort(found.begin(), found.end(), [](const RuntimeSocket& a, const RuntimeSocket& b) {
    return std::pair(a.pid, a.place) < std::pair(b.pid, b.place);
  });
  return found;
}

Result<std::vector<RuntimeSocket>> find_runtimes() {
  std::ifstream file("/proc/net/unix");
  const std::string table((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return system_error("reading /proc/net/unix", errno);
  return listed_runtimes(table);
}

Result<std::string> ask_runtime(const RuntimeSocket& socket, Duration patience) {
  const uid_t me = ::geteuid();
  if (me != 0 && me != socket.user)
    return Error{ErrorCode::kFailedPrecondition,
                 process_name(socket.pid) + " is that of user " + std::to_string(socket.user) +
                     ": ask as that user, or as root (sudo manta status " + std::to_string(socket.pid) + ")"};
  const TimePoint deadline = std::chrono::steady_clock::now() + patience;
  MANTA_ASSIGN_OR_RETURN(const UniqueFd fd, connect_to(socket, deadline));
  const std::string_view request = StatusProtocol::kRequest;  // Shorter than any socket's buffer.
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return ended_error(socket.pid);
  MANTA_ASSIGN_OR_RETURN(std::string text, read_answer(fd.get(), deadline, socket.pid));
  const std::size_t line = text.find('\n');
  if (line == std::string::npos) return ended_error(socket.pid);
  std::string_view rest = std::string_view(text).substr(0, line);
  const bool is_known = rest.starts_with(StatusProtocol::kAnswer);
  rest.remove_prefix(std::min(rest.size(), StatusProtocol::kAnswer.size()));
  std::size_t size = 0;
  if (!is_known || !take_number(rest, size))
    return Error{ErrorCode::kIncompatible,
                 process_name(socket.pid) +
                     " is of another version of Manta: use the program manta of the version it was built with"};
  text.erase(0, line + 1);
  if (text.size() != size) return ended_error(socket.pid);
  return text;
}

}  // namespace manta
