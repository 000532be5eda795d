// SPDX-License-Identifier: Apache-2.0
#include "core/worker/direct_calls.h"

#include <sched.h>

#include <algorithm>
#include <utility>

#include "core/net/sent_error.h"

namespace manta {
namespace {

// How long a call waits for room before it goes by the node. Who is called need not look: it may compute, or wait for
// this process, which must not wait for it then.
constexpr Duration kPatience = std::chrono::microseconds(200);
// In a row, before a call goes directly again where there was no room.
constexpr std::uint32_t kWantedMost = 1 << 16;

}  // namespace

void PendingCalls::add(Entry entry) {
  ++live_;
  if (entries_.empty() || entries_.back().number < entry.number) {
    // Those that stay long must not keep the places of all that came after them.
    constexpr std::size_t kWorthIt = 1024;
    if (entries_.size() >= kWorthIt && entries_.size() > 4 * live_)
      std::erase_if(entries_, [](const Entry& answered) { return !answered.result; });
    entries_.push_back(std::move(entry));
    return;
  }
  const auto at = std::find_if(entries_.rbegin(), entries_.rend(),
                               [&](const Entry& earlier) { return earlier.number < entry.number; });
  entries_.insert(at.base(), std::move(entry));
}

std::deque<PendingCalls::Entry>::const_iterator PendingCalls::find(std::uint64_t number) const {
  auto at = entries_.begin();
  if (at == entries_.end() || at->number != number)
    at = std::lower_bound(entries_.begin(), entries_.end(), number,
                          [](const Entry& entry, std::uint64_t wanted) { return entry.number < wanted; });
  return at != entries_.end() && at->number == number && at->result ? at : entries_.end();
}

bool PendingCalls::contains(std::uint64_t number) const { return find(number) != entries_.end(); }

std::optional<PendingCalls::Entry> PendingCalls::take(std::uint64_t number) {
  const auto found = find(number);
  if (found == entries_.end()) return std::nullopt;
  Entry& place = entries_[static_cast<std::size_t>(found - entries_.begin())];
  Entry taken{place.number, place.function, std::move(place.result)};
  --live_;
  while (!entries_.empty() && !entries_.front().result) entries_.pop_front();
  return taken;
}

std::vector<PendingCalls::Entry> PendingCalls::drain() {
  std::vector<Entry> all;
  for (Entry& entry : entries_)
    if (entry.result) all.push_back(std::move(entry));
  entries_.clear();
  live_ = 0;
  return all;
}

bool DirectCalls::fits(const Call& call) {
  return call.late.empty() && call.blocks.empty() && call.references.empty() && call.more_results.empty() &&
         sizeof(MessageHeader) + call.values.size() <= DirectLayout::kMessageMax;
}

DirectCalls::Route& DirectCalls::find_route(std::uint64_t actor) {
  if (last_route_ != nullptr && last_actor_ == actor) return *last_route_;
  Route& route = routes_[actor];  // Others stay where they are.
  if (route.wanted == 0) route.wanted = after_;
  last_actor_ = actor;
  last_route_ = &route;
  return route;
}

// Null: the call goes by the node.
DirectCalls::Route* DirectCalls::route_of(std::uint64_t actor, const Call& call) {
  Route& route = find_route(actor);
  route.is_forgotten = false;
  if (route.has_left) return nullptr;
  if (!fits(call)) {
    route.is_direct = false;
    route.in_a_row = 0;
    return nullptr;
  }
  if (route.is_direct) return &route;
  if (++route.in_a_row <= route.wanted) return nullptr;
  if (!route.pair) {
    if (!std::exchange(route.is_asked, true)) link_.send({.type = MessageType::kOpenDirect, .a = actor});
    return nullptr;
  }
  link_.send({.type = MessageType::kDirectFence, .a = actor, .b = ++route.fence});
  route.is_direct = true;
  return &route;
}

// The next calls go by the node, the more of them the oftener there was no room.
void DirectCalls::fall_back(Route& route) const {
  route.is_direct = false;
  route.in_a_row = 0;
  route.wanted = std::min(2 * route.wanted, kWantedMost);
}

bool DirectCalls::push(Route& route, const Call& call) {
  Pair& pair = *route.pair;
  const std::uint64_t number = call.result->id().number;
  const MessageHeader header{.type = MessageType::kCallMethod,
                             .value_count = call.value_count,
                             .call = number,
                             .function = call.function,
                             .b = route.fence};
  {
    const std::lock_guard lock(pair.mutex);
    pair.pending.add({.number = number, .function = call.function, .result = call.result});
  }
  if (number <= DirectNumber::kCallMask && push_soon(pair, header, call)) {
    layout_of<DirectLayout>(pair.memory)->made.store(++pair.made, std::memory_order_relaxed);
    pair.bell->ring();
    return true;
  }
  fall_back(route);
  const std::lock_guard lock(pair.mutex);
  pair.pending.take(number);
  return false;
}

bool DirectCalls::push_soon(Pair& pair, const MessageHeader& header, const Call& call) const {
  const auto try_push = [&] { return pair.calls.push(std::as_bytes(std::span(&header, 1)), call.values); };
  if (try_push()) return true;
  if (is_stepped_) return false;
  for (const TimePoint begin = std::chrono::steady_clock::now();
       std::chrono::steady_clock::now() - begin < kPatience;) {
    ::sched_yield();  // The other end may need this CPU.
    if (try_push()) return true;
  }
  return false;
}

void DirectCalls::leave(std::uint64_t actor) {
  if (!is_on()) return;
  const std::lock_guard lock(order_);
  Route& route = find_route(actor);
  route.is_direct = false;
  route.has_left = true;
}

void DirectCalls::forget(std::uint64_t actor) {
  if (!is_on()) return;
  const std::lock_guard lock(order_);
  const auto it = routes_.find(actor);
  // What is asked for is answered, and a pair lasts as long as its actor.
  if (it == routes_.end() || it->second.pair) return;
  if (it->second.is_asked) {
    it->second.is_forgotten = true;
    return;
  }
  if (last_actor_ == actor) last_route_ = nullptr;
  routes_.erase(it);
}

std::size_t DirectCalls::known_actors() {
  const std::lock_guard lock(order_);
  return routes_.size();
}

void DirectCalls::open(std::uint64_t actor, std::uint32_t slot) {
  Result<SharedMemory> memory = link_.map_slot(slot);
  if (!memory) {
    link_.send({.type = MessageType::kDirectClosed, .a = slot});
    return refuse(actor);
  }
  const auto pair = std::make_shared<Pair>();
  pair->slot = slot;
  pair->memory = std::move(*memory);
  auto* layout = layout_of<DirectLayout>(pair->memory);
  pair->bell = &link_.node_page().bell(layout->callee_bell);
  pair->calls = RingProducer(&layout->calls, layout->calls_data(), DirectLayout::kRingBytes);
  pair->answers = RingConsumer(&layout->answers, layout->answers_data(), DirectLayout::kRingBytes);
  taking_.push_back(pair);
  const std::lock_guard lock(order_);
  find_route(actor).pair = pair;
}

void DirectCalls::abandon() {
  for (const std::shared_ptr<Pair>& pair : taking_) drain(*pair);
}

// It is asked for again after more calls.
void DirectCalls::refuse(std::uint64_t actor) {
  const std::lock_guard lock(order_);
  const auto it = routes_.find(actor);
  if (it == routes_.end()) return;
  Route& route = it->second;
  route.is_asked = false;
  if (route.is_forgotten) {
    if (last_actor_ == actor) last_route_ = nullptr;
    routes_.erase(it);
    return;
  }
  constexpr std::uint32_t kMore = 8;
  for (std::uint32_t i = 1; i < kMore; i *= 2) fall_back(route);
}

bool DirectCalls::has_answers() const {
  return std::any_of(taking_.begin(), taking_.end(),
                     [](const std::shared_ptr<Pair>& pair) { return !pair->is_damaged && !pair->answers.empty(); });
}

std::size_t DirectCalls::take_answers(std::size_t most, std::vector<Settled>& settled) {
  std::size_t taken = 0;
  for (const std::shared_ptr<Pair>& pair : taking_) taken += take_answers_of(*pair, most - taken, settled);
  return taken;
}

std::size_t DirectCalls::take_answers_of(Pair& pair, std::size_t most, std::vector<Settled>& settled) {
  if (pair.is_damaged || pair.answers.empty()) return 0;
  std::size_t taken = 0;
  const std::lock_guard lock(pair.mutex);
  while (taken < most) {
    const auto bytes = pair.answers.front();
    if (!bytes && !pair.answers.is_corrupt()) break;
    if (!bytes || !take_answer(pair, *bytes, settled)) {
      pair.is_damaged = true;
      link_.send({.type = MessageType::kDirectDamaged, .a = pair.slot});
      break;
    }
    pair.answers.advance();
    ++taken;
  }
  pair.has_taken |= taken > 0;
  return taken;
}

void DirectCalls::release_answers() {
  for (const std::shared_ptr<Pair>& pair : taking_)
    if (std::exchange(pair->has_taken, false)) pair->answers.release();  // Nobody waits for room there.
}

// False: no callee writes such a thing.
bool DirectCalls::take_answer(Pair& pair, std::span<const std::byte> bytes, std::vector<Settled>& settled) {
  Message& message = pair.incoming;
  if (!message.read(bytes, 0) || message.values.size() != 1) return false;
  const MessageValue& value = message.values.front();
  if (value.kind != MessageValue::Kind::kInline || value.reference_count() != 0) return false;
  const MessageType type = message.header.type;
  if (type != MessageType::kResult && type != MessageType::kFailure) return false;
  std::optional<PendingCalls::Entry> entry = pair.pending.take(message.header.call);
  if (!entry) return false;
  if (type == MessageType::kFailure) {
    settled.push_back({std::move(entry->result), sent_error(message.header.function, message)});
    return true;
  }
  EncodedValue taken;
  taken.inline_bytes.assign(value.inline_bytes.begin(), value.inline_bytes.end());
  settled.push_back({std::move(entry->result), std::move(taken)});
  return true;
}

// No call goes there any more.
std::shared_ptr<DirectCalls::Pair> DirectCalls::leave_pair(std::uint64_t actor) {
  std::shared_ptr<Pair> pair;
  {
    const std::lock_guard lock(order_);
    const auto it = routes_.find(actor);
    if (it == routes_.end()) return nullptr;
    pair = std::move(it->second.pair);
    if (last_actor_ == actor) last_route_ = nullptr;
    routes_.erase(it);
  }
  std::erase(taking_, pair);
  if (pair) leaving_[actor] = pair;
  return pair;
}

std::vector<PendingCalls::Entry> DirectCalls::drain(Pair& pair) {
  const std::lock_guard lock(pair.mutex);
  return pair.pending.drain();
}

void DirectCalls::close(std::uint64_t actor) {
  const auto it = leaving_.find(actor);
  if (it == leaving_.end()) return;
  const std::uint32_t slot = it->second->slot;
  leaving_.erase(it);
  link_.send({.type = MessageType::kDirectClosed, .a = slot});
}

ObjectPtr DirectCalls::take(std::uint64_t call) {
  for (const std::shared_ptr<Pair>& pair : taking_) {
    const std::lock_guard lock(pair->mutex);
    if (std::optional<PendingCalls::Entry> entry = pair->pending.take(call)) return std::move(entry->result);
  }
  return nullptr;
}

}  // namespace manta
