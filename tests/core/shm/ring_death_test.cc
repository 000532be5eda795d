// SPDX-License-Identifier: Apache-2.0
// A producer that dies in the middle of a message.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "core/shm/ring.h"
#include "core/shm/shared_memory.h"

namespace manta::ring_death_test {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kCapacity = 4 * kPage;

// `readable` bytes, and as many behind them that nobody may read.
std::span<const std::byte> half_readable(std::size_t readable) {
  auto* pages =
      static_cast<std::byte*>(::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::memset(pages, 'x', kPage);
  ::mprotect(pages + kPage, kPage, PROT_NONE);
  return {pages + kPage - readable, 2 * readable};
}

std::string take(RingConsumer& consumer) {
  const auto message = consumer.front();
  if (!message) return consumer.is_corrupt() ? "(corrupt)" : "(none)";
  std::string text(reinterpret_cast<const char*>(message->data()), message->size());
  consumer.pop();
  return text;
}

TEST(RingDeathTest, WhatAProducerWasWritingWhenItDiedWasNeverThere) {
  const auto bytes_of = [](std::string_view text) { return std::as_bytes(std::span(text)); };
  for (std::size_t written : {std::size_t{1}, std::size_t{64}, kPage}) {
    const SharedMemory memory = SharedMemory::create("ring", sizeof(RingHeader) + kCapacity).value();
    auto* header = new (memory.data()) RingHeader;
    std::byte* data = memory.data() + sizeof(RingHeader);
    RingConsumer consumer(header, data, kCapacity);
    const std::span<const std::byte> message = half_readable(written);
    const pid_t producer = ::fork();
    if (producer == 0) {
      constexpr rlimit kNoCore{0, 0};
      ::setrlimit(RLIMIT_CORE, &kNoCore);
      ::signal(SIGSEGV, SIG_DFL);
      RingProducer ring(header, data, kCapacity);
      ring.push(bytes_of("whole"));
      ring.push(bytes_of("begun"), message);  // Reads until it may not.
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(producer, &status, 0), producer);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) << status;

    EXPECT_EQ(take(consumer), "whole");
    EXPECT_EQ(take(consumer), "(none)");
    ::munmap(const_cast<std::byte*>(message.data()) - (kPage - written), 2 * kPage);
  }
}

}  // namespace
}  // namespace manta::ring_death_test
