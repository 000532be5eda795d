// SPDX-License-Identifier: Apache-2.0
// The door of a running experiment, and what happens when somebody deletes it.
#include "tune/cli/control/control_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace manta::control_socket_test {
namespace {

namespace fs = std::filesystem;

class ControlSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ControlServer::open(folder_.path(), [](const std::string& request, const ControlServer::Reply& reply) {
      reply("heard " + request);
    });
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = *std::move(server);
  }

  bool renew() {
    const Result<bool> renewed = server_->renew_door();
    EXPECT_TRUE(renewed.has_value()) << renewed.error().message;
    return renewed && *renewed;
  }

  std::string ask() {
    const Result<std::string> answer = ask_experiment(folder_.path(), "it", [] {});
    return answer ? *answer : answer.error().message;
  }

  TemporaryFolder folder_;
  const fs::path path_ = fs::path(folder_.path()) / "control.sock";
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlSocketTest, ADoorThatIsThereStays) {
  EXPECT_FALSE(renew());
  EXPECT_EQ(ask(), "heard it");
}

TEST_F(ControlSocketTest, ADeletedOneIsMadeAnewForItsUserOnly) {
  fs::remove(path_);
  ASSERT_NE(ask(), "heard it");

  EXPECT_TRUE(renew());

  EXPECT_EQ(ask(), "heard it");
  struct stat file {};
  ASSERT_EQ(::stat(path_.c_str(), &file), 0);
  EXPECT_TRUE(S_ISSOCK(file.st_mode));
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_FALSE(renew());
}

TEST_F(ControlSocketTest, AgainAndAgain) {
  for (int time = 0; time < 20; ++time) {
    fs::remove(path_);
    EXPECT_TRUE(renew());
    EXPECT_EQ(ask(), "heard it");
  }
}

TEST_F(ControlSocketTest, AnotherFileInItsPlaceIsReplaced) {
  fs::rename(path_, path_.string() + ".old");
  std::ofstream(path_) << "no socket";

  EXPECT_TRUE(renew());

  EXPECT_EQ(ask(), "heard it");
}

TEST_F(ControlSocketTest, AClosedDoorStaysClosed) {
  server_->close_door();

  EXPECT_FALSE(renew());
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(ControlSocketTest, WhereThereIsNoDirectoryAnyMoreThatIsAnError) {
  fs::remove_all(folder_.path());

  EXPECT_FALSE(server_->renew_door().has_value());
}

}  // namespace
}  // namespace manta::control_socket_test
