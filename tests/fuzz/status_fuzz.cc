// SPDX-License-Identifier: Apache-2.0
// What other programs say to a runtime's status socket, and what they may answer to those who ask for its status.
#include <sys/socket.h>

#include <memory>

#include "core/base/check.h"
#include "core/net/status_json.h"
#include "core/net/status_socket.h"
#include "core/node/status_server.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

constexpr std::string_view kStatus = "{\"pid\":1}";

UniqueFd connect_to_self() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  socklen_t length = 0;
  const sockaddr_un address = RuntimeSocket{.user = ::geteuid(), .pid = ::getpid()}.address(length);
  MANTA_CHECK(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0, "nobody listens");
  return fd;
}

std::string hear(const UniqueFd& fd) {
  std::string text(4096, '\0');
  const ssize_t count = ::recv(fd.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return text;
}

/// A server whose clients come, say something, and go.
class ServerUnderAttack {
 public:
  ServerUnderAttack() { MANTA_CHECK(server_.open(), "no status socket"); }

  void run(FuzzReader& input) {
    const std::uint8_t client = input.byte() % clients_.size();
    switch (input.byte() % 4) {
      case 0: clients_[client] = connect_to_self(); break;
      case 1: clients_[client].reset(); break;
      case 2: serve(); break;
      default: {
        std::string text(input.byte(), '\0');
        for (char& c : text) c = static_cast<char>(input.byte());
        if (clients_[client]) static_cast<void>(::send(clients_[client].get(), text.data(), text.size(), MSG_NOSIGNAL));
        break;
      }
    }
  }
  // Whatever others do, who asks as one should is answered.
  void check_that_it_answers() {
    serve();
    const UniqueFd client = connect_to_self();
    serve();
    static_cast<void>(
        ::send(client.get(), StatusProtocol::kRequest.data(), StatusProtocol::kRequest.size(), MSG_NOSIGNAL));
    serve();
    const std::string answer =
        std::string(StatusProtocol::kAnswer) + std::to_string(kStatus.size()) + "\n" + std::string(kStatus);
    MANTA_CHECK(hear(client) == answer, "the server does not answer any more");
  }

 private:
  void serve() {
    server_.serve([] { return std::string(kStatus); });
    server_.serve([] { return std::string(kStatus); });
  }

  StatusServer server_;
  std::array<UniqueFd, 2 * StatusServer::kMaxClients> clients_;
};

void read_answer(const std::string& text) {
  if (const auto status = parse_status_json(text)) {
    static_cast<void>(to_string(*status, 10));
    MANTA_CHECK(parse_status_json(to_json(*status)), "a status that was read cannot be written");
  }
}

void read_table(const std::string& text) {
  for (const RuntimeSocket& socket : listed_runtimes(text)) {
    socklen_t length = 0;
    static_cast<void>(socket.address(length));
    MANTA_CHECK(length <= sizeof(sockaddr_un), "an address that is longer than addresses are");
  }
}

FuzzWriter text(std::uint8_t target, std::string_view text) {
  FuzzWriter seed;
  return seed.byte(target).bytes(std::as_bytes(std::span(text)));
}

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  RuntimeStatus status;
  status.workers.resize(1);
  status.actors.resize(1);
  status.objects.resize(1);
  status.objects[0].holders.resize(1);
  FuzzWriter asked;
  asked.byte(0).byte(0).byte(0).byte(0).byte(2).byte(0).byte(3).byte(
      static_cast<std::uint8_t>(StatusProtocol::kRequest.size()));
  asked.bytes(std::as_bytes(std::span(StatusProtocol::kRequest))).byte(0).byte(2).byte(0).byte(1);
  return {asked.input(), text(1, to_json(status)).input(),
          text(1, "{\"workers\":[{\"pid\":-1}],\"pid\":1e300}").input(),
          text(2,
               "Num       RefCount Protocol Flags    Type St Inode Path\n"
               "0000000000000000: 00000002 00000000 00010000 0001 01 17 @manta/0/1/0\n"
               "0000000000000000: 00000002 00000000 00010000 0001 01 18 @manta/4294967295/2147483647/4294967295\n")
              .input()};
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::FuzzReader input({data, size});
  const std::uint8_t target = input.byte() % 3;
  if (target == 0) {
    manta::ServerUnderAttack server;
    while (!input.empty()) server.run(input);
    server.check_that_it_answers();
    return 0;
  }
  const std::vector<std::byte> bytes = input.rest();
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  target == 1 ? manta::read_answer(text) : manta::read_table(text);
  return 0;
}
