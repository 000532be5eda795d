// SPDX-License-Identifier: Apache-2.0
// How a runtime is found. tests/core/node/status_server_test.cc asks one.
#include "core/net/status_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace manta::status_socket_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StatusSocketTest, TheKernelsTableIsReadForRuntimesThatListen) {
  const std::string table =
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 18561 @manta/1000/77/0\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 18562 @manta/1000/77/0\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 18563 /run/manta/1000/78/0\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 18564 @/tmp/dbus-x\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 18565\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 18566 @manta/0/9/2\n";

  EXPECT_THAT(listed_runtimes(table), ElementsAre(RuntimeSocket{.user = 0, .pid = 9, .place = 2},
                                                  RuntimeSocket{.user = 1000, .pid = 77, .place = 0}));
}

TEST(StatusSocketTest, NamesThatNoRuntimeHasAreLeftOut) {
  for (const char* name : {"manta/", "manta/1000", "manta/1000/77", "manta/x/77/0", "manta/1000/77/0/1",
                           "manta/1000/-5/0", "manta/1000/0/0", "manta/99999999999999999999/1/0", "mantal/1/1/1"}) {
    const std::string table = "head\n0: 2 0 00010000 0001 01 1 @" + std::string(name) + "\n";
    EXPECT_THAT(listed_runtimes(table), IsEmpty()) << name;
  }
  EXPECT_THAT(listed_runtimes(""), IsEmpty());
}

TEST(StatusSocketTest, ARuntimeThatIsGoneIsNotFound) {
  const RuntimeSocket gone{.user = ::geteuid(), .pid = 0x7ffffff0};

  const auto answer = ask_runtime(gone, std::chrono::seconds(5));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
}

TEST(StatusSocketTest, AnotherUsersRuntimeIsNotAsked) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may ask anybody";

  const auto answer = ask_runtime({.user = ::geteuid() + 1, .pid = 5}, std::chrono::seconds(5));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace manta::status_socket_test
