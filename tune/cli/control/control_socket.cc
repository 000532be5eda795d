// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/control/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace manta {

namespace {

constexpr const char* kName = "control.sock";
constexpr int kWaitingClients = 16;  // To be let in.
// For answers that are ready when the server goes.
constexpr std::chrono::seconds kLastAnswers{1};

/// The socket's address by way of an open directory: the path itself may be longer than an address holds.
sockaddr_un address_in(int directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + kName;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd open_directory(const std::filesystem::path& directory) {
  return UniqueFd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::optional<uid_t> user_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

// A file, whatever its name is.
using FileId = std::pair<dev_t, ino_t>;

// Of the socket in `directory`. None: there is no such file.
std::optional<FileId> door_of(int directory) {
  struct stat file {};
  if (::fstatat(directory, kName, &file, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return FileId(file.st_dev, file.st_ino);
}

// A socket that listens as kName in `directory`, in place of whatever is there.
Result<UniqueFd> listen_in(int directory) {
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return system_error("socket", errno);
  // Before bind(), so that the file never has other rights.
  if (::fchmod(listener.get(), S_IRUSR | S_IWUSR) != 0) return system_error("fchmod of a socket", errno);
  ::unlinkat(directory, kName, 0);
  const sockaddr_un address = address_in(directory);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_error(std::string("bind of ") + kName, errno);
  if (::listen(listener.get(), kWaitingClients) != 0) return system_error("listen", errno);
  return listener;
}

void wake(int fd) {
  const std::uint64_t one = 1;
  while (::write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

/// Answers on their way from the threads that make them; outlives the server.
struct Outbox {
  std::mutex mutex;  // Guards all that follows.
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  int wake_fd = -1;  // -1: the server is gone.

  void put(std::uint64_t client, std::string answer) {
    const std::lock_guard lock(mutex);
    if (wake_fd < 0) return;
    answers.emplace_back(client, std::move(answer));
    wake(wake_fd);
  }
};

struct Client {
  std::uint64_t id = 0;
  UniqueFd fd;
  std::string request;
  bool has_asked = false;
  std::optional<std::string> answer;  // What is left to be sent.
};

}  // namespace

class ControlServer::Impl {
 public:
  Impl(UniqueFd directory, UniqueFd listener, UniqueFd wake_fd, Handler handler)
      : directory_(std::move(directory)),
        listener_(std::move(listener)),
        wake_(std::move(wake_fd)),
        handler_(std::move(handler)),
        door_(door_of(directory_.get())) {
    outbox_->wake_fd = wake_.get();
    thread_ = std::thread([this] { serve(); });
  }
  ~Impl() {
    close_door();
    is_ending_ = true;
    wake(wake_.get());
    thread_.join();
    const std::lock_guard lock(outbox_->mutex);
    outbox_->wake_fd = -1;
  }

  void close_door() {
    const std::lock_guard lock(door_mutex_);
    if (is_closed_.exchange(true)) return;
    ::unlinkat(directory_.get(), kName, 0);
    wake(wake_.get());
  }

  Result<bool> renew_door() {
    const std::lock_guard lock(door_mutex_);
    const std::optional<FileId> found = door_of(directory_.get());
    if (is_closed_ || (found && found == door_)) return false;
    MANTA_ASSIGN_OR_RETURN(new_listener_, listen_in(directory_.get()));
    door_ = door_of(directory_.get());
    wake(wake_.get());
    return true;
  }

 private:
  void serve();
  void wait(std::chrono::milliseconds limit);
  // The listener, where it was made anew; none, once the door is closed.
  void take_new_door();
  void accept_client();
  void take_answers();
  // False: it is done, or not worth more.
  bool receive(Client& client);
  static bool send(Client& client);

  const UniqueFd directory_;
  UniqueFd listener_;
  const UniqueFd wake_;
  const Handler handler_;
  const std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
  std::mutex door_mutex_;        // Guards the file, and the next two.
  std::optional<FileId> door_;   // The file that leads to the newest listener.
  UniqueFd new_listener_;        // That the thread has not taken yet.
  std::atomic<bool> is_closed_ = false;
  std::atomic<bool> is_ending_ = false;
  std::list<Client> clients_;  // In the order in which they came; the thread's.
  std::uint64_t next_id_ = 0;
  std::thread thread_;  // Last: it uses all of the above.
};

void ControlServer::Impl::serve() {
  std::optional<std::chrono::steady_clock::time_point> end;
  for (;;) {
    wait(end ? std::chrono::milliseconds(20) : std::chrono::milliseconds(-1));
    take_new_door();
    const bool is_ending = is_ending_;  // Before the answers are taken: none comes later.
    take_answers();
    const auto now = std::chrono::steady_clock::now();
    if (is_ending && !end) end = now + kLastAnswers;
    if (!end) continue;
    std::erase_if(clients_, [](const Client& client) { return !client.answer; });
    if (clients_.empty() || now >= *end) return;
  }
}

void ControlServer::Impl::wait(std::chrono::milliseconds limit) {
  std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
  for (const Client& client : clients_) {
    // A client that waits for its answer is watched too: it may go.
    const short wanted = client.answer ? POLLOUT : client.has_asked ? POLLRDHUP : POLLIN;
    polled.push_back({client.fd.get(), wanted, 0});
  }
  if (::poll(polled.data(), polled.size(), static_cast<int>(limit.count())) <= 0) return;
  auto ready = polled.begin() + 2;
  for (auto client = clients_.begin(); client != clients_.end(); ++ready) {
    bool keep = true;
    if (ready->revents != 0) {
      const bool is_gone = (ready->revents & (POLLERR | POLLNVAL)) != 0 || (client->has_asked && !client->answer);
      keep = !is_gone && (client->answer ? send(*client) : receive(*client));
    }
    client = keep ? std::next(client) : clients_.erase(client);
  }
  std::uint64_t count = 0;
  if (polled[0].revents != 0 && ::read(wake_.get(), &count, sizeof count) < 0) return;
  if (polled[1].revents != 0) accept_client();
}

void ControlServer::Impl::take_new_door() {
  const std::lock_guard lock(door_mutex_);
  if (new_listener_) listener_ = std::move(new_listener_);
  if (is_closed_) listener_.reset();
}

void ControlServer::Impl::accept_client() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  const std::optional<uid_t> user = user_of(fd.get());
  if (!user || (*user != ::geteuid() && *user != 0)) return;
  if (clients_.size() == kMaxClients) {
    // One that has said nothing so far makes room; if all wait for answers, the new one has come too late.
    const auto silent = std::ranges::find(clients_, false, &Client::has_asked);
    if (silent == clients_.end()) return;
    clients_.erase(silent);
  }
  clients_.emplace_back();
  clients_.back().id = next_id_++;
  clients_.back().fd = std::move(fd);
}

void ControlServer::Impl::take_answers() {
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  {
    const std::lock_guard lock(outbox_->mutex);
    answers.swap(outbox_->answers);
  }
  for (auto& [id, answer] : answers) {
    const auto client = std::ranges::find(clients_, id, &Client::id);
    if (client == clients_.end()) continue;
    client->answer = std::move(answer) + "\n";
    if (!send(*client)) clients_.erase(client);
  }
}

bool ControlServer::Impl::receive(Client& client) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  client.request.append(buffer.data(), static_cast<std::size_t>(count));
  if (client.request.size() > kLongestRequest) return false;
  if (!client.request.ends_with('\n')) return true;
  client.request.pop_back();
  client.has_asked = true;
  handler_(std::move(client.request),
           [outbox = outbox_, id = client.id](std::string answer) { outbox->put(id, std::move(answer)); });
  return true;
}

bool ControlServer::Impl::send(Client& client) {
  const ssize_t sent = ::send(client.fd.get(), client.answer->data(), client.answer->size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  client.answer->erase(0, static_cast<std::size_t>(sent));
  return !client.answer->empty();
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() = default;

void ControlServer::close_door() { impl_->close_door(); }

Result<bool> ControlServer::renew_door() { return impl_->renew_door(); }

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::filesystem::path& directory, Handler handler) {
  UniqueFd folder = open_directory(directory);
  if (!folder) return system_error("open of " + directory.string(), errno);
  UniqueFd wake_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_fd) return system_error("eventfd", errno);
  MANTA_ASSIGN_OR_RETURN(UniqueFd listener, listen_in(folder.get()));
  return std::unique_ptr<ControlServer>(new ControlServer(
      std::make_unique<Impl>(std::move(folder), std::move(listener), std::move(wake_fd), std::move(handler))));
}

Result<std::string> ask_experiment(const std::filesystem::path& directory, const std::string& request,
                                   const std::function<void()>& on_wait) {
  const UniqueFd folder = open_directory(directory);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!folder || !fd) return system_error("open of " + directory.string(), errno);
  const sockaddr_un address = address_in(folder.get());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED)
      return Error{ErrorCode::kNotFound, "nobody listens in " + directory.string()};
    if (errno != EACCES && errno != EPERM) return system_error("connect to " + (directory / kName).string(), errno);
    return Error{ErrorCode::kFailedPrecondition, directory.string() + " is run by another user: ask as that user"};
  }
  const std::optional<uid_t> user = user_of(fd.get());
  if (::geteuid() != 0 && user != ::geteuid())
    return Error{ErrorCode::kFailedPrecondition, directory.string() + " is run by another user: ask as that user"};
  const std::string line = request + "\n";
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t count = ::send(fd.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;  // What it says before it closes is the reason.
    sent += static_cast<std::size_t>(count);
  }
  std::string answer;
  std::array<char, 4096> buffer;
  constexpr int kPatienceMs = 2000;
  for (bool has_waited = false;;) {
    pollfd ready{fd.get(), POLLIN, 0};
    if (::poll(&ready, 1, has_waited ? -1 : kPatienceMs) == 0) {
      has_waited = true;
      on_wait();
      continue;
    }
    const ssize_t count = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (answer.ends_with('\n')) return answer.substr(0, answer.size() - 1);
  return Error{ErrorCode::kCancelled, "the experiment in " + directory.string() + " ended without an answer"};
}

}  // namespace manta
