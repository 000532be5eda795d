// SPDX-License-Identifier: Apache-2.0
// What a worker process does: takes calls from its node, runs them, answers.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/net/link.h"
#include "core/net/message.h"
#include "core/worker/function_table.h"
#include "core/worker/worker_store.h"

namespace manta {

/// Lives as long as the process. One thread, that of run(), takes messages and runs user code; answers and notes to the
/// node may be sent from any.
class WorkerProcess {
 public:
  WorkerProcess(SharedMemory link, SharedMemory node_page, SharedMemory store);

  /// Serves calls until the node says stop; then destroys the actor and ends the process.
  [[noreturn]] void run();

  /// Where values of this process are put; null in a process that is no worker.
  static BlockAllocator* current_allocator();

 private:
  std::vector<std::byte> next_message();
  void run_call(const Message& message);
  void invoke(const FunctionEntry& function, CallContext& context);
  void answer(const Message& message, CallContext& context);
  void send(const MessageBuilder& builder);  // With send_mutex_.
  void note(const MessageHeader& header);
  Result<WorkerStore::Range> request_chunk(std::size_t size);
  std::vector<std::byte> receive();

  SharedMemory link_;
  SharedMemory node_page_;
  Doorbell& bell_;
  Doorbell& node_bell_;
  RingConsumer incoming_;
  std::deque<std::vector<std::byte>> backlog_;  // Messages that came while one of another kind was waited for.
  std::thread::id thread_;
  std::shared_ptr<void> actor_;

  std::mutex send_mutex_;  // Guards outgoing_ and builder_.
  RingProducer outgoing_;
  MessageBuilder builder_;

  WorkerStore store_;
};

}  // namespace manta
