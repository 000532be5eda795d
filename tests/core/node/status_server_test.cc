// SPDX-License-Identifier: Apache-2.0
// The driver's end and a client's, without a runtime behind.
#include "core/node/status_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/net/status_socket.h"

namespace manta::status_server_test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class StatusServerTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.open()); }
  // Serves until `done`.
  void serve_until(const std::atomic<bool>& done) {
    while (!done) {
      pollfd ready{.fd = server_.fd(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 1) == 1) server_.serve([this] { return text_; });
    }
  }
  // What `client()` returns, while the server serves.
  template <class F>
  auto during_service(F client) {
    std::atomic<bool> done = false;
    std::thread service([&] { serve_until(done); });
    auto result = client();
    done = true;
    service.join();
    return result;
  }
  UniqueFd connect() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    socklen_t length = 0;
    const sockaddr_un address = mine_.address(length);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    return fd;
  }
  static void say(const UniqueFd& fd, const std::string& text) {
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  static std::string hear(const UniqueFd& fd) {
    std::string text(256, '\0');
    const ssize_t count = ::recv(fd.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }

  StatusServer server_;
  std::string text_ = "{}";
  const RuntimeSocket mine_{.user = ::geteuid(), .pid = ::getpid()};
};

constexpr Duration kPatience = std::chrono::seconds(60);

TEST_F(StatusServerTest, ARuntimeIsFoundAndAnswers) {
  EXPECT_THAT(find_runtimes().value(), Contains(mine_));

  EXPECT_EQ(during_service([&] { return ask_runtime(mine_, kPatience); }).value(), "{}");
}

TEST_F(StatusServerTest, AnAnswerOfManyMegabytesArrives) {
  text_ = std::string(std::size_t{20} << 20, 'x');

  const auto answer = during_service([&] { return ask_runtime(mine_, kPatience); });

  EXPECT_TRUE(answer.value() == text_);
}

TEST_F(StatusServerTest, AProcessOfTheSameNumberGetsAPlaceOfItsOwn) {
  StatusServer other;
  ASSERT_TRUE(other.open());

  EXPECT_THAT(find_runtimes().value(), Contains(RuntimeSocket{.user = mine_.user, .pid = mine_.pid, .place = 1}));
}

TEST_F(StatusServerTest, ItsEndLeavesNothing) {
  server_ = StatusServer();

  EXPECT_THAT(find_runtimes().value(), ::testing::Not(Contains(mine_)));
}

TEST_F(StatusServerTest, ClientsThatSayNothingOrReadNothingKeepNobodyWaiting) {
  text_ = std::string(std::size_t{4} << 20, 'x');
  std::vector<UniqueFd> idle;
  const auto answer = during_service([&] {
    for (std::size_t i = 0; i < 3 * StatusServer::kMaxClients; ++i) {
      idle.push_back(connect());
      if (i % 2 == 0) ::send(idle.back().get(), StatusProtocol::kRequest.data(), 15, MSG_NOSIGNAL);
    }
    return ask_runtime(mine_, kPatience);
  });

  EXPECT_TRUE(answer.value() == text_);
}

TEST_F(StatusServerTest, ARequestThatItDoesNotKnowIsRefused) {
  const std::string answer = during_service([&] {
    const UniqueFd fd = connect();
    say(fd, "manta-status 9\n");
    return hear(fd);
  });

  EXPECT_EQ(answer, StatusProtocol::kRefusal);
}

TEST_F(StatusServerTest, AnEndlessRequestIsCutOff) {
  const std::string answer = during_service([&] {
    const UniqueFd fd = connect();
    for (int i = 0; i < 100; ++i) ::send(fd.get(), "xxxxxxxxxx", 10, MSG_NOSIGNAL);
    return hear(fd);
  });

  EXPECT_EQ(answer, "");
}

TEST_F(StatusServerTest, ARuntimeOfAnotherVersionIsNamedAsSuch) {
  // Stands where a runtime would, with another protocol.
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const RuntimeSocket foreign{.user = ::geteuid(), .pid = ::getpid(), .place = 9};
  socklen_t length = 0;
  const sockaddr_un address = foreign.address(length);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  std::thread driver([&] {
    const UniqueFd client(::accept(listener.get(), nullptr, nullptr));
    hear(client);
    say(client, "manta-status 2 unknown\n");
  });

  const auto answer = ask_runtime(foreign, kPatience);
  driver.join();

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kIncompatible);
  EXPECT_THAT(answer.error().message, HasSubstr("another version"));
}

TEST_F(StatusServerTest, ARuntimeThatDoesNotAnswerIsNotWaitedForLongerThanAsked) {
  const auto answer = ask_runtime(mine_, std::chrono::milliseconds(20));  // Nobody serves.

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace manta::status_server_test
