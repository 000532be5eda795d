// SPDX-License-Identifier: Apache-2.0
#include "tests/support/in_process/in_process_worker.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "core/base/check.h"
#include "core/net/caller_scope.h"

namespace manta {
namespace {

UniqueFd copy_of(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

SharedMemory map(int fd, std::size_t size, SharedMemory::Access access) {
  auto memory = SharedMemory::map(copy_of(fd), size, access);
  MANTA_CHECK(memory, "cannot map the node's memory");
  return std::move(*memory);
}

}  // namespace

InProcessWorker::InProcessWorker(std::uint64_t id, const WorkerLauncher::Memory& memory, int link_fd,
                                 std::shared_ptr<const Clock> clock)
    : id_(id),
      clock_(std::move(clock)),
      link_fd_(copy_of(link_fd)),
      link_(map(link_fd, LinkLayout::kTotalBytes, SharedMemory::Access::kReadWrite)) {
  saying_ = RingConsumer(&seen_, layout_of<LinkLayout>(link_)->to_node_data(), LinkLayout::kRingBytes);
  SharedMemory link = map(link_fd, LinkLayout::kTotalBytes, SharedMemory::Access::kReadWrite);
  own_link_ = link.data();
  process_ = std::make_shared<WorkerProcess>(
      id, std::move(link), map(memory.node_page_fd, NodePage::kTotalBytes, SharedMemory::Access::kReadWrite),
      map(memory.arena_fd, memory.arena_size, SharedMemory::Access::kRead),
      Pace{.clock = clock_,
           .pause = [this](TimePoint deadline) { pause(deadline); },
           .pause_for_room = [this] { pause_for_room(); }});
  thread_ = std::make_unique<SteppedThread>([this] { live(); });
  thread_->step();  // To where it waits for its first message.
}

InProcessWorker::~InProcessWorker() {
  if (!is_dead_ && !thread_->has_ended()) die();
  thread_->end();  // Whatever it unwinds may pause.
  process_->end();
}

bool InProcessWorker::can_run() const {
  if (!is_running()) return false;
  // The node has been asked to tell, and has.
  if (waits_for_room_) return !sleeps_through_ && layout_of<LinkLayout>(link_)->to_node.producer_waits.load() == 0;
  return is_idle_ ? has_work() : deadline_ <= clock_->now();
}

bool InProcessWorker::has_work() const { return process_->has_calls() || process_->is_stopping(); }

bool InProcessWorker::has_said() const {
  const RingHeader& ring = layout_of<LinkLayout>(link_)->to_node;
  return tells_of_room_ || ring.head.load() != ring.tail.load();
}

void InProcessWorker::tamper_with_next(const Tamper& tamper) {
  const RingHeader& ring = layout_of<LinkLayout>(link_)->to_node;
  seen_.tail.store(ring.tail.load());
  while (seen_.head.load() < ring.head.load() && saying_.front()) saying_.pop();
  if (const auto bytes = saying_.front(); bytes && bytes->size() >= sizeof(MessageHeader))
    tamper(*reinterpret_cast<MessageHeader*>(const_cast<std::byte*>(bytes->data())));
}

std::uint64_t InProcessWorker::shared_words() const {
  const TaskClaims& claims = layout_of<LinkLayout>(link_)->claims;
  return std::uint64_t{claims.generation()} << 32 | claims.claimed();
}

void InProcessWorker::take() { step(Next::kTake); }

void InProcessWorker::run() { step(Next::kRun); }

void InProcessWorker::step(Next next) {
  if (!is_running()) return;
  next_ = next;
  const bool did_wait = node_waits_for_room();
  thread_->step();
  tells_of_room_ |= did_wait && !node_waits_for_room();
}

void InProcessWorker::die() {
  is_dead_ = true;
  // From now on it has a copy of the link to itself.
  MANTA_CHECK(::mmap(own_link_, LinkLayout::kTotalBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                     link_fd_.get(), 0) == own_link_,
              "mmap of a dead worker's link");
}

// The worker's thread.
void InProcessWorker::live() {
  const CallerScope scope(process_);
  for (;;) {
    is_idle_ = true;
    deadline_ = TimePoint::max();
    thread_->pause();
    is_idle_ = false;
    if (next_ == Next::kTake) {
      process_->step_message();
    } else if (has_work() && !process_->serve_next()) {
      break;
    }
  }
  process_->end();
}

// Where it waits in the midst of sending, and may be in a destructor: nothing comes out of this. Nobody reads what a
// dead one sends.
void InProcessWorker::pause_for_room() {
  waits_for_room_ = true;
  try {
    if (!is_dead_) thread_->pause();
  } catch (const SteppedThread::Ended&) {
  }
  waits_for_room_ = false;
  RingHeader& own = reinterpret_cast<LinkLayout*>(own_link_)->to_node;
  if (is_dead_) own.head.store(own.tail.load());
}

// Where its code waits.
void InProcessWorker::pause(TimePoint deadline) {
  deadline_ = deadline;
  thread_->pause();
  if (next_ == Next::kTake) process_->step_message();
}

}  // namespace manta
