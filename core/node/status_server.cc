// SPDX-License-Identifier: Apache-2.0
#include "core/node/status_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/net/status_socket.h"

namespace manta {
namespace {

constexpr std::size_t kLongestRequest = 256;
constexpr int kWaitingClients = 64;  // To be let in.

bool watch(int epoll, int operation, int fd, std::uint64_t key, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.u64 = key}};
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

bool is_allowed(int client) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

std::string answer_to(const std::string& request, const std::function<std::string()>& status) {
  if (request != StatusProtocol::kRequest) return std::string(StatusProtocol::kRefusal);
  const std::string text = status();
  return std::string(StatusProtocol::kAnswer) + std::to_string(text.size()) + "\n" + text;
}

// False: the client is gone.
bool send_some(int fd, std::string& answer) {
  const ssize_t sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  answer.erase(0, static_cast<std::size_t>(sent));
  return true;
}

}  // namespace

Result<void> StatusServer::open() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!epoll_ || !listener_) return system_error("epoll_create1 or socket", errno);
  // Containers that share a network may have processes of the same number.
  constexpr unsigned kPlaces = 64;
  for (unsigned place = 0; place < kPlaces; ++place) {
    socklen_t length = 0;
    const sockaddr_un address = RuntimeSocket{.user = ::geteuid(), .pid = ::getpid(), .place = place}.address(length);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) {
      const bool is_open = ::listen(listener_.get(), kWaitingClients) == 0 &&
                           watch(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), 0, EPOLLIN);
      return is_open ? Result<void>() : system_error("listen", errno);
    }
    if (errno != EADDRINUSE) break;
  }
  return system_error("bind of the status socket", errno);
}

void StatusServer::serve(const std::function<std::string()>& status) {
  std::array<epoll_event, 2 * kMaxClients> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  bool has_new = false;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
    has_new |= id == 0;
    const auto client = clients_.find(id);
    if (client != clients_.end() && !serve_client(id, client->second, status)) clients_.erase(client);
  }
  if (has_new) accept_clients();
}

void StatusServer::accept_clients() {
  for (std::size_t taken = 0; taken < kMaxClients; ++taken) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    if (!is_allowed(fd.get()) || !watch(epoll_.get(), EPOLL_CTL_ADD, fd.get(), next_id_, EPOLLIN)) continue;
    if (clients_.size() == kMaxClients) clients_.erase(clients_.begin());
    clients_[next_id_++].fd = std::move(fd);
  }
}

bool StatusServer::serve_client(std::uint64_t id, Client& client, const std::function<std::string()>& status) {
  if (client.answer.empty()) {
    std::array<char, kLongestRequest> buffer;
    const ssize_t count = ::recv(client.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    client.request.append(buffer.data(), static_cast<std::size_t>(count));
    if (client.request.size() > kLongestRequest) return false;
    if (!client.request.ends_with('\n')) return true;
    client.answer = answer_to(client.request, status);
  }
  if (!send_some(client.fd.get(), client.answer) || client.answer.empty()) return false;
  return watch(epoll_.get(), EPOLL_CTL_MOD, client.fd.get(), id, EPOLLOUT);
}

}  // namespace manta
