// SPDX-License-Identifier: Apache-2.0
#include "core/worker/direct_service.h"

#include <algorithm>
#include <utility>

namespace manta {

void DirectService::open(std::uint64_t key, std::uint32_t slot, std::uint64_t caller) {
  Result<SharedMemory> memory = link_.map_slot(slot);
  if (memory) {
    const auto pair = std::make_shared<Pair>();
    pair->key = key;
    pair->slot = slot;
    pair->caller = caller;
    auto* layout = layout_of<DirectLayout>(*memory);
    pair->bell = &link_.node_page().bell(layout->caller_bell);
    pair->calls = RingConsumer(&layout->calls, layout->calls_data(), DirectLayout::kRingBytes);
    pair->answers = RingProducer(&layout->answers, layout->answers_data(), DirectLayout::kRingBytes);
    pair->memory = std::move(*memory);
    pairs_.push_back(pair);
    const std::lock_guard lock(mutex_);
    by_key_[key] = pair;
  }
  link_.send({.type = MessageType::kDirectAnswer, .a = slot, .b = memory ? std::uint64_t{1} : 0});
}

void DirectService::raise_fence(std::uint64_t key, std::uint64_t fence) {
  for (const std::shared_ptr<Pair>& pair : pairs_) {
    if (pair->key != key) continue;
    pair->fence = fence;
    pair->is_held = false;
    // What comes by the node behind the fence stands behind these.
    take_calls_of(*pair, kMostInRing);
  }
  leave_ended();
}

void DirectService::end(std::uint64_t key) {
  for (const std::shared_ptr<Pair>& pair : pairs_) {
    if (pair->key != key) continue;
    pair->has_ended = true;
    take_calls_of(*pair, kMostInRing);
  }
  leave_ended();
}

bool DirectService::has_calls() const {
  return std::any_of(pairs_.begin(), pairs_.end(), [](const std::shared_ptr<Pair>& pair) {
    return !pair->is_held && !pair->is_damaged && !pair->calls.empty();
  });
}

std::size_t DirectService::take_calls(std::size_t most) {
  std::size_t taken = 0;
  for (const std::shared_ptr<Pair>& pair : pairs_) taken += take_calls_of(*pair, most);
  return taken;
}

std::size_t DirectService::take_calls_of(Pair& pair, std::size_t most) {
  if (pair.is_held || pair.is_damaged || pair.calls.empty()) return 0;
  std::size_t taken = 0;
  for (; taken < most && !pair.is_held; ++taken) {
    const auto bytes = pair.calls.front();
    if (!bytes && !pair.calls.is_corrupt()) break;
    if (!bytes || !take_call(pair, *bytes)) {
      pair.is_damaged = true;
      link_.send({.type = MessageType::kDirectDamaged, .a = pair.slot});
      break;
    }
    if (pair.is_held) break;
    pair.calls.pop();
  }
  const std::lock_guard lock(mutex_);
  pair.running += taken;
  return taken;
}

// False: no caller writes such a thing. A call that is to wait holds the pair. What is looked at is a copy: the caller,
// if it is damaged, may write there meanwhile.
bool DirectService::take_call(Pair& pair, std::span<const std::byte> shared) {
  copy_.assign(shared.begin(), shared.end());
  const std::span<const std::byte> bytes(copy_);
  if (!incoming_.read(bytes, 0) || !incoming_.offsets.empty()) return false;
  const bool is_plain = std::all_of(incoming_.values.begin(), incoming_.values.end(), [](const MessageValue& value) {
    return value.kind == MessageValue::Kind::kInline && value.reference_count() == 0;
  });
  MessageHeader header = incoming_.header;
  if (!is_plain || header.type != MessageType::kCallMethod || header.call > DirectNumber::kCallMask) return false;
  pair.is_held = header.b > pair.fence;
  if (pair.is_held) return true;
  header.call = DirectNumber::of(pair.key, header.call);
  calls_.push(std::as_bytes(std::span(&header, 1)), bytes.subspan(sizeof header));
  return true;
}

// Of the pairs whose callers are no more, those that have nothing left to take.
void DirectService::leave_ended() {
  for (const std::shared_ptr<Pair>& pair : pairs_)
    if (pair->has_ended && (pair->is_damaged || pair->calls.empty())) leave(*pair);
  std::erase_if(pairs_, [](const std::shared_ptr<Pair>& pair) { return pair->bell == nullptr; });
}

void DirectService::leave(Pair& pair) {
  {
    const std::lock_guard lock(mutex_);
    pair.memory = SharedMemory();
    pair.bell = nullptr;
    if (pair.running == 0) by_key_.erase(pair.key);
  }
  link_.send({.type = MessageType::kDirectClosed, .a = pair.slot});
}

std::optional<DirectService::Caller> DirectService::answer(std::uint64_t number, const Result<EncodedValue>& outcome,
                                                           bool is_plain) {
  const std::uint64_t call = DirectNumber::call(number);
  const std::lock_guard lock(mutex_);
  const auto it = by_key_.find(DirectNumber::key(number));
  MANTA_CHECK(it != by_key_.end(), "a call is answered twice");
  Pair& pair = *it->second;
  const Caller caller{pair.caller, call};
  --pair.running;
  if (pair.bell == nullptr) {
    if (pair.running == 0) by_key_.erase(it);
    return caller;
  }
  auto* layout = layout_of<DirectLayout>(pair.memory);
  layout->answered.store(++pair.answered, std::memory_order_relaxed);
  if (!outcome) layout->failed.store(++pair.failed, std::memory_order_relaxed);
  if (!is_plain || (outcome && outcome->inline_bytes.size() > DirectLayout::kMessageMax)) return caller;
  if (outcome) {
    builder_.start({.type = MessageType::kResult, .call = call});
    builder_.add(*outcome);
  } else {
    build_failure(builder_, {.type = MessageType::kFailure, .call = call}, outcome.error());
  }
  if (!pair.answers.push(builder_.bytes())) return caller;
  pair.bell->ring();
  return std::nullopt;
}

}  // namespace manta
