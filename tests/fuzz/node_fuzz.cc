// SPDX-License-Identifier: Apache-2.0
// A node whose workers write anything into the memory that they share with it.
#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <memory>
#include <span>

#include "core/api/actor.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/base/check.h"
#include "core/base/node_id.h"
#include "core/net/caller_scope.h"
#include "core/net/direct_link.h"
#include "core/net/link.h"
#include "core/net/wire_spec.h"
#include "core/node/node.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/fake_clock.h"

namespace manta {
namespace {

int add(int a, int b) { return a + b; }

class Counter {
 public:
  explicit Counter(int start) : count_(start) {}
  int add(int by) { return count_ += by; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(count_);
  }

 private:
  int count_;
};

// What nodes and workers of these functions say to each other, by number.
const std::uint64_t kFunctions[] = {internal::Task<add>::id, internal::Constructor<Counter, int>::id,
                                    internal::Method<&Counter::add, Counter>::id, internal::state_function<Counter>(),
                                    0};

constexpr NodeId kNode{GlobalId::kNodeMax};

constexpr MessageType kSaid[] = {
    MessageType::kResult,       MessageType::kFailure,       MessageType::kLendChunk,    MessageType::kMakeActor,
    MessageType::kFindActor,    MessageType::kActorStatus,   MessageType::kStatus,       MessageType::kSubmitTask,
    MessageType::kCallActor,    MessageType::kPut,           MessageType::kPromise,      MessageType::kFulfil,
    MessageType::kWatch,        MessageType::kDropObject,    MessageType::kDropActor,    MessageType::kStopActor,
    MessageType::kKillActor,    MessageType::kBlocked,       MessageType::kUnblocked,    MessageType::kRelease,
    MessageType::kMonitor,      MessageType::kCancelCall,    MessageType::kHandleDeaths, MessageType::kCheckpoint,
    MessageType::kDeathJudged,  MessageType::kDiscard,       MessageType::kPiece,        MessageType::kRunTask,
    MessageType::kOpenDirect,   MessageType::kDirectFence,   MessageType::kDirectAnswer, MessageType::kDirectClosed,
    MessageType::kDirectCancel, MessageType::kDirectDamaged, MessageType::kDirectResult, MessageType::kDirectFailure,
    MessageType::kWaitsFor};

constexpr std::uint64_t kFirstPid = 0x40000000;  // There is no such process.

/// A worker without code: its end of the link, and what it has been told.
class HostileWorker {
 public:
  /// `page`: of the node, with the pairs.
  HostileWorker(std::uint64_t id, SharedMemory link, std::byte* page) : id_(id), link_(std::move(link)), page_(page) {
    incoming_ = RingConsumer(&layout().to_worker, layout().to_worker_data(), LinkLayout::kRingBytes);
    outgoing_ = RingProducer(&layout().to_node, layout().to_node_data(), LinkLayout::kRingBytes);
  }

  pid_t pid() const { return static_cast<pid_t>(kFirstPid + GlobalId::local(id_)); }
  bool is_dead() const { return is_dead_; }
  void die() { is_dead_ = true; }

  void listen() {
    while (const auto bytes = incoming_.front()) {
      if (const auto whole = assembler_.take(*bytes)) note(*whole);
      incoming_.pop();
    }
  }
  void say(FuzzReader& input) {
    builder_.start(
        {.type = kSaid[input.byte() % std::size(kSaid)],
         .call = number(input),
         .function = input.byte() % 2 == 0 ? kFunctions[input.byte() % std::size(kFunctions)] : number(input),
         .a = number(input),
         .b = number(input)});
    for (int values = input.byte() % 6; values > 0; --values) add_value(input);
    for (int offsets = input.byte() % 3; offsets > 0; --offsets) builder_.add_offset(number(input));
    push(builder_.bytes());
  }
  /// What a worker would say to the call that came last.
  void answer(FuzzReader& input) {
    builder_.start({.type = MessageType::kResult, .call = call_, .b = number(input)});
    builder_.add_raw(static_cast<int>(input.byte()));
    push(builder_.bytes());
  }
  void say_bytes(FuzzReader& input) {
    std::vector<std::byte> bytes(input.byte());
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(input.byte());
    push(bytes);
  }
  /// Nothing of it lies where the node does not look.
  bool is_flagged() {
    const RingHeader& ring = layout().to_node;
    const std::uint32_t flag = layout().arrival_flag;
    return ring.head.load() == ring.tail.load() ||
           (node_page().arrivals.words[flag / 64].load() >> (flag % 64) & 1) != 0;
  }
  // Over what is not said by messages.
  void overwrite(FuzzReader& input) {
    const std::uint64_t word = number(input);
    switch (input.byte() % 9) {
      case 0: layout().to_node.tail.store(word); break;
      case 5: overwrite_pair(input, word); break;
      case 6: forge_answer(input, word); break;
      case 7: overwrite_page(input.word(), word); break;
      case 8: std::memset(page_, input.byte(), NodePage::kTotalBytes); break;
      case 1: layout().to_worker.head.store(word); break;
      case 2: layout().worker_pid.store(static_cast<std::int32_t>(word)); break;
      case 3: layout().claims.claim(static_cast<std::uint32_t>(word)); break;
      default: std::memcpy(static_cast<void*>(&layout().claims), &word, sizeof word); break;
    }
  }

 private:
  static_assert(sizeof(TaskClaims) == sizeof(std::uint64_t));

  NodePage& node_page() { return *std::launder(reinterpret_cast<NodePage*>(page_)); }
  // One word: of the node's doorbell and the flags of arrival, or of the first doorbells of workers.
  void overwrite_page(std::uint64_t at, std::uint64_t word) {
    constexpr std::size_t kInUse = 1024;
    const std::size_t begin = at % 2 == 0 ? NodePage::kHeaderBytes : 0;
    std::memcpy(page_ + begin + at / 2 % (kInUse / sizeof word) * sizeof word, &word, sizeof word);
  }

  // Of the first pairs, which are all that there are here.
  DirectLayout& pair(std::uint8_t slot) {
    return *std::launder(reinterpret_cast<DirectLayout*>(page_ + DirectSlots::offset_of(slot % 2)));
  }
  void overwrite_pair(FuzzReader& input, std::uint64_t word) {
    DirectLayout& layout = pair(input.byte());
    switch (input.byte() % 5) {
      case 0: layout.answers.head.store(word); break;
      case 1: layout.answers.tail.store(word); break;
      case 2: layout.made.store(word); break;
      case 3: layout.answered.store(word); break;
      default: std::memcpy(layout.answers_data() + input.byte() % 64, &word, sizeof word); break;
    }
  }
  // What the node finds there when both ends are gone.
  void forge_answer(FuzzReader& input, std::uint64_t call) {
    DirectLayout& layout = pair(input.byte());
    layout.answers.head.store(0);
    RingProducer answers(&layout.answers, layout.answers_data(), DirectLayout::kRingBytes);
    builder_.start({.type = kSaid[input.byte() % std::size(kSaid)], .call = call, .function = input.byte()});
    for (int values = input.byte() % 3; values > 0; --values) add_value(input);
    static_cast<void>(answers.push(builder_.bytes()));
  }

  LinkLayout& layout() { return *layout_of<LinkLayout>(link_); }
  void push(std::span<const std::byte> bytes) { static_cast<void>(outgoing_.push(bytes)); }

  void note(std::span<const std::byte> bytes) {
    Message message;
    if (!message.read(bytes, ~std::uint64_t{0})) return;
    const MessageHeader& header = message.header;
    if (header.type == MessageType::kReply) {
      request_a_ = header.a;
      request_b_ = header.b;
    } else if (header.type == MessageType::kDirectOffer || header.type == MessageType::kDirectOpened) {
      request_b_ = header.b;  // The slot.
    } else if (header.type != MessageType::kRefusal) {
      call_ = header.call;
    }
    for (const MessageValue& value : message.values)
      for (std::size_t i = 0; i < value.reference_count(); ++i) known_ = value.reference(i);
  }

  // Numbers that mean something are more likely than others.
  std::uint64_t number(FuzzReader& input) {
    switch (input.byte() % 10) {
      case 0: return input.word();
      case 1: return call_;
      case 2: return id_;
      case 3: return request_a_;
      case 4: return request_b_;
      case 5: return known_.id.number;
      case 6: return known_.id.process;
      case 7: return request_a_ + std::uint64_t{64} * input.byte();
      case 9: {  // One of this node, or of another one.
        const std::uint8_t byte = input.byte();
        return GlobalId::of(byte < 128 ? kNode : NodeId{2}, byte % 128);
      }
      default: return input.byte();
    }
  }
  ObjectId object(FuzzReader& input) {
    const std::uint64_t process = number(input);
    return {.process = process, .number = number(input)};
  }

  void add_value(FuzzReader& input) {
    SmallBytes wire;
    switch (input.byte() % 8) {
      case 0: builder_.add_raw(number(input)); return;
      case 1: append_stored(wire, request_a_, input.byte()); break;
      case 2: {
        const std::uint64_t offset = number(input);
        append_stored(wire, offset, number(input));
        break;
      }
      case 3: append_object(wire, object(input)); break;
      case 4: {
        std::vector<WireReference> names(input.byte() % 3);
        for (WireReference& name : names) name = {.kind = input.byte() % 5u, .id = object(input)};
        append_references(wire, names);
        append_inline(wire, std::as_bytes(std::span("reference")));
        break;
      }
      case 5: add_spec<WireTaskSpec>(input); return;
      case 6: add_spec<WireActorSpec>(input); return;
      default: builder_.add_text(std::string(input.byte() % 20, 'x')); return;
    }
    builder_.add_wire(wire, 1);
  }
  // Eight bytes of it are whatever, or none.
  template <class Spec>
  void add_spec(FuzzReader& input) {
    Spec spec;
    const std::size_t place = input.byte() % (1 + sizeof spec / sizeof(std::uint64_t));
    const std::uint64_t word = number(input);
    if (place > 0) std::memcpy(reinterpret_cast<std::byte*>(&spec) + (place - 1) * sizeof word, &word, sizeof word);
    builder_.add_raw(spec);
  }

  const std::uint64_t id_;
  SharedMemory link_;
  std::byte* const page_;
  RingConsumer incoming_;
  RingProducer outgoing_;
  MessageAssembler assembler_;
  MessageBuilder builder_;
  bool is_dead_ = false;
  std::uint64_t call_ = 0;  // The last that it was told about.
  std::uint64_t request_a_ = 0;
  std::uint64_t request_b_ = 0;
  WireReference known_;
};

/// Starts and ends workers without processes; the node hears of it when it is told to.
class HostileLauncher final : public WorkerLauncher {
 public:
  Result<void> start(const Memory& memory) override {
    MANTA_ASSIGN_OR_RETURN(page_, SharedMemory::map(UniqueFd(::fcntl(memory.node_page_fd, F_DUPFD_CLOEXEC, 0)),
                                                    DirectSlots::kFileBytes, SharedMemory::Access::kReadWrite));
    return {};
  }
  Result<void> request(const SpawnRequest& request, int link_fd, int) override {
    auto link = SharedMemory::map(UniqueFd(::fcntl(link_fd, F_DUPFD_CLOEXEC, 0)), LinkLayout::kTotalBytes,
                                  SharedMemory::Access::kReadWrite);
    if (!link) return link.error();
    HostileWorker& worker =
        *(workers_[request.worker] = std::make_unique<HostileWorker>(request.worker, std::move(*link), page_.data()));
    notices_.push_back({.kind = SpawnNotice::Kind::kStarted, .pid = worker.pid(), .worker = request.worker});
    return {};
  }
  Result<std::optional<SpawnNotice>> receive() override {
    if (notices_.empty()) return std::optional<SpawnNotice>();
    const SpawnNotice notice = notices_.front();
    notices_.pop_front();
    return std::optional(notice);
  }
  int fd() const override { return notice_fd_.get(); }
  void kill(pid_t pid) override {
    for (const auto& [id, worker] : workers_)
      if (worker->pid() == pid) die(id);
  }
  void stop() override {
    workers_.clear();
    notices_.clear();
  }

  void die(std::uint64_t id) {
    HostileWorker& worker = *workers_.at(id);
    if (worker.is_dead()) return;
    worker.die();
    notices_.push_back({.kind = SpawnNotice::Kind::kExited, .pid = worker.pid(), .wait_status = SIGKILL, .worker = id});
  }
  void forge(const SpawnNotice& notice) { notices_.push_back(notice); }
  bool all_are_flagged() const {
    return std::all_of(workers_.begin(), workers_.end(),
                       [](const auto& entry) { return entry.second->is_dead() || entry.second->is_flagged(); });
  }
  /// One of those that live; 0: there is none.
  std::uint64_t choose(std::uint8_t number) const {
    std::vector<std::uint64_t> living;
    for (const auto& [id, worker] : workers_)
      if (!worker->is_dead()) living.push_back(id);
    return living.empty() ? 0 : living[number % living.size()];
  }
  HostileWorker& worker(std::uint64_t id) { return *workers_.at(id); }

 private:
  const UniqueFd notice_fd_{::eventfd(0, EFD_CLOEXEC)};
  SharedMemory page_;
  std::map<std::uint64_t, std::unique_ptr<HostileWorker>> workers_;
  std::deque<SpawnNotice> notices_;
};

// The steps of an input: a byte, and what it takes.
enum Step : std::uint8_t {
  kTask,
  kTaskOfRef,
  kMakeActor,
  kCallActor,
  kPut,
  kLetGo,
  kCancel,
  kNodeTakes,
  kNodeHears,
  kDies,
  kTime,
  kListens,
  kSays,
  kAnswers,
  kSaysBytes,
  kOverwrites,
  kNodeLooks,
  kServerSays,
  kSteps
};

class NodeUnderAttack {
 public:
  NodeUnderAttack() {
    auto launcher = std::make_unique<HostileLauncher>();
    launcher_ = launcher.get();
    node_ = Node::start({.machine = {.cpus = 2, .gpus = {}},
                         .id = kNode,
                         .store = {.capacity = std::size_t{4} << 20, .warm_bytes = std::size_t{4} << 20},
                         .use_cgroups = false,
                         .pace = {.clock = clock_, .pause = [](TimePoint) { MANTA_CHECK(false, "the node waits"); }}},
                        std::move(launcher))
                .value();
    MANTA_CHECK(node_->on_child_death([](const ChildDeath&) { return true; }), "no deaths are told");
  }
  // Whoever waits for something gets to know, and nothing of the store is lost, whatever workers did.
  ~NodeUnderAttack() {
    const std::shared_ptr<Arena> arena = static_cast<ObjectStore&>(node_->allocator()).arena();
    node_->shut_down();
    while (!refs_.empty()) {
      MANTA_CHECK(refs_.back().is_ready(), "a ref is pending for ever");
      let_go(refs_.size() - 1);
    }
    actors_.clear();
    node_.reset();
    MANTA_CHECK(arena->used() == 0, "a part of the store is lost");
  }
  NodeUnderAttack(const NodeUnderAttack&) = delete;
  NodeUnderAttack& operator=(const NodeUnderAttack&) = delete;

  void run(FuzzReader& input) {
    const CallerScope scope(node_);
    const std::uint8_t step = input.byte() % kSteps;
    switch (step) {
      case kTask: return keep(remote<add>.with({.max_retries = input.byte() % 3})(1, 2));
      case kTaskOfRef: return keep(remote<add>.with({.timeout = Duration(input.byte())})(ref(input.byte()), 2));
      case kMakeActor:
        actors_.push_back(actor<Counter>.with({.max_restarts = input.byte() % 2, .checkpoint_every = 0})(1));
        return;
      case kCallActor:
        if (!actors_.empty()) keep(actors_[input.byte() % actors_.size()].call<&Counter::add>(ref(input.byte())));
        return;
      case kPut: return keep(put(static_cast<int>(input.byte())));
      case kLetGo:
        if (!refs_.empty()) let_go(input.byte() % refs_.size());
        return;
      case kCancel: return cancel(ref(input.byte()), CancelOptions{.force = input.byte() % 2 == 0});
      case kNodeHears: return node_->step_notices();
      case kNodeLooks: return look_at_bells();
      case kServerSays: return say_notice(input);
      case kTime: clock_->advance(Duration(input.byte())); return node_->step_deadlines();
      default: break;
    }
    if (const std::uint64_t id = launcher_->choose(input.byte()); id != 0) run_worker(step, id, input);
  }

 private:
  void run_worker(std::uint8_t step, std::uint64_t id, FuzzReader& input) {
    HostileWorker& worker = launcher_->worker(id);
    switch (step) {
      case kNodeTakes:
        while (node_->step_message(id)) {
        }
        return;
      case kDies: return launcher_->die(id);
      case kListens: return worker.listen();
      case kSays: return worker.say(input);
      case kAnswers: return worker.answer(input);
      case kSaysBytes: return worker.say_bytes(input);
      default: return worker.overwrite(input);
    }
  }
  // Whatever workers have written over the page: what they have said is found.
  void look_at_bells() {
    node_->step_notices();  // Whom the node has ended says no more.
    constexpr Duration kSoon = std::chrono::milliseconds(100);
    for (int look = 0; look < 2; ++look) {
      clock_->advance(kSoon);
      node_->step_deadlines();
    }
    MANTA_CHECK(has_forged_ || launcher_->all_are_flagged(), "a worker's messages lie where nobody looks");
  }
  // Of a worker or of none, whatever; what ForkServerClient takes for a notice.
  void say_notice(FuzzReader& input) {
    has_forged_ = true;
    const std::uint64_t number = input.word();
    const SpawnNotice notice{.kind = static_cast<SpawnNotice::Kind>(input.byte() % 3),
                       .pid = static_cast<std::int32_t>(input.byte() % 2 == 0 ? number : kFirstPid + input.byte()),
                       .wait_status = static_cast<std::int32_t>(input.word()),
                       .peak_memory_bytes = static_cast<std::int64_t>(input.word()),
                       .worker = launcher_->choose(input.byte()),
                       .group_peak_bytes = input.byte() % 2 == 0 ? input.word() : 0,
                       .group_oom_kills = input.byte()};
    if (const auto read = read_spawn_notice(std::as_bytes(std::span(&notice, 1)))) launcher_->forge(*read);
  }
  void keep(ObjectRef<int> ref) { refs_.push_back(std::move(ref)); }
  ObjectRef<int> ref(std::uint8_t number) {
    if (refs_.empty()) keep(put(7));
    return refs_[number % refs_.size()];
  }

  // An error that nobody has seen would be printed.
  void let_go(std::size_t index) {
    if (refs_[index].is_ready()) static_cast<void>(get(refs_[index]).has_value());
    refs_.erase(refs_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  HostileLauncher* launcher_ = nullptr;  // The node's.
  std::shared_ptr<Node> node_;
  std::vector<ObjectRef<int>> refs_;
  std::vector<Actor<Counter>> actors_;
  bool has_forged_ = false;  // A notice: the node may have lost sight of a worker that lives.
};

// A message of this type, about the call that came last or about a new number, with one value.
FuzzWriter& say(FuzzWriter& seed, std::uint8_t type, bool about_call, std::uint8_t value) {
  seed.byte(kSays).byte(0).byte(type);
  about_call ? seed.byte(1) : seed.byte(8).byte(200);
  seed.byte(0).byte(0);          // The first function.
  seed.byte(3).byte(8).byte(1);  // a: what it was last told; b: 1.
  return seed.byte(1).byte(value).byte(4).byte(0);
}

}  // namespace

constexpr std::uint8_t said(MessageType type) {
  for (std::uint8_t i = 0; i < std::size(kSaid); ++i)
    if (kSaid[i] == type) return i;
  return 0;
}

// A worker, of those that live, says this, and the node hears it. `a`: 3: what it was last told, 4: the pair's slot;
// else a number that is larger by 10. No values; those of kMakeActor.
void tell(FuzzWriter& seed, std::uint8_t worker, MessageType type, std::uint8_t call, std::uint8_t a, std::uint8_t b) {
  const auto number = [&](std::uint8_t value) {
    value < 10 ? seed.byte(value) : seed.byte(8).byte(static_cast<std::uint8_t>(value - 10));
  };
  const bool makes = type == MessageType::kMakeActor;
  seed.byte(kSays).byte(worker).byte(said(type)).byte(8).byte(call).byte(0).byte(makes ? 1 : 2);
  number(a);
  number(b);
  seed.byte(makes ? 5 : 0);
  if (makes)
    seed.byte(6).byte(0).byte(8).byte(0).byte(7).byte(0).byte(7).byte(1).byte(7).byte(0).byte(0).byte(8).byte(1);
  seed.byte(0).byte(kNodeTakes).byte(worker);
}

// An actor makes another, calls it directly, has an answer that nobody has taken, and one of the two dies.
FuzzInput life_of_a_pair(std::uint8_t who_dies) {
  constexpr std::uint8_t kCall = 77;
  FuzzWriter seed;
  const auto make_actor = [&](std::uint8_t worker) {
    seed.byte(kNodeHears).byte(kListens).byte(worker).byte(kAnswers).byte(worker).byte(8).byte(1).byte(3);
    seed.byte(kNodeTakes).byte(worker);
  };
  seed.byte(kMakeActor).byte(0);
  make_actor(0);
  tell(seed, 0, MessageType::kMakeActor, kCall, 10, 10);
  seed.byte(kListens).byte(0);
  make_actor(1);
  tell(seed, 0, MessageType::kOpenDirect, 0, 3, 10);
  seed.byte(kListens).byte(1);
  tell(seed, 1, MessageType::kDirectAnswer, 0, 4, 11);
  seed.byte(kListens).byte(0);
  tell(seed, 0, MessageType::kDirectFence, 0, 3, 11);
  tell(seed, 0, MessageType::kPromise, kCall, 11, 10);
  seed.byte(kOverwrites).byte(1).byte(8).byte(kCall).byte(6).byte(0).byte(said(MessageType::kResult)).byte(0);
  seed.byte(1).byte(0).byte(8).byte(5);
  seed.byte(kDies).byte(who_dies).byte(kNodeHears);
  tell(seed, 0, MessageType::kDirectClosed, 0, 10, 10);
  return seed.input();
}

// Each message, of a worker that has a task, and of one that has an actor with calls; and the life of each.
std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (std::uint8_t type = 0; type < std::size(kSaid); ++type) {
    for (const Step first : {kTask, kMakeActor}) {
      for (const bool about_call : {false, true}) {
        FuzzWriter seed;
        seed.byte(first).byte(1).byte(kTaskOfRef).byte(0).byte(0).byte(kCallActor).byte(0).byte(0);
        seed.byte(kNodeHears).byte(kListens).byte(0);
        say(seed, 2, false, 0).byte(kNodeTakes).byte(0).byte(kListens).byte(0);  // It has a part of the store.
        say(seed, type, about_call, static_cast<std::uint8_t>(type % 8)).byte(kNodeTakes).byte(0);
        seed.byte(kAnswers).byte(0).byte(8).byte(1).byte(3).byte(kNodeTakes).byte(0);
        seed.byte(kDies).byte(0).byte(kNodeHears);
        seeds.push_back(seed.input());
      }
    }
  }
  for (const std::uint8_t byte : {0, 1, 0x7f, 0xff}) {
    FuzzWriter seed;
    seed.byte(kTask).byte(1).byte(kMakeActor).byte(0).byte(kNodeHears).byte(kListens).byte(0);
    say(seed, 2, false, 0);
    seed.byte(kOverwrites).byte(0).byte(8).byte(0).byte(8).byte(byte).byte(kNodeLooks);
    seed.byte(kNodeTakes).byte(0).byte(kDies).byte(0).byte(kNodeHears).byte(kNodeLooks);
    seed.byte(kServerSays).word(0).byte(1).byte(1).byte(2).word(9).word(0).byte(byte).byte(1).byte(0).byte(kNodeHears);
    seeds.push_back(seed.input());
  }
  seeds.push_back(life_of_a_pair(0));
  seeds.push_back(life_of_a_pair(1));
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kStepsMax = 300;  // Workers have descriptors, of which there are not that many.
  manta::FuzzReader input({data, size});
  manta::NodeUnderAttack node;
  for (int step = 0; step < kStepsMax && !input.empty(); ++step) node.run(input);
  return 0;
}
