// SPDX-License-Identifier: Apache-2.0
// What a worker has of the store, beside a plan of the store that says of each piece who has it: whatever the worker
// asks.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "core/node/worker_memory.h"

namespace manta::worker_memory_property_test {
namespace {

namespace gen = rc::gen;

constexpr std::size_t kUnit = Arena::kAlignment;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kCapacity = 2 * kChunk + 5 * kPage;

std::size_t units(std::size_t size) { return (size + kUnit - 1) / kUnit; }

struct Step {
  enum Kind : std::uint8_t { kLend, kAdopt, kTakeBack, kPut, kHold, kRelease, kDrop } kind = kDrop;
  std::uint64_t at = 0;  // An offset; or which object, counted round.
  std::size_t size = 0;
};
std::ostream& operator<<(std::ostream& out, const Step& step) {
  constexpr const char* kNames[] = {"lend", "adopt", "take_back", "put", "hold", "release", "drop"};
  return out << kNames[step.kind] << "(" << step.at << ", " << step.size << ")";
}

rc::Gen<std::vector<Step>> histories() {
  const auto kind = gen::weightedElement<Step::Kind>({{2, Step::kLend},
                                                      {6, Step::kAdopt},
                                                      {6, Step::kTakeBack},
                                                      {1, Step::kPut},
                                                      {3, Step::kHold},
                                                      {4, Step::kRelease},
                                                      {3, Step::kDrop}});
  // Mostly few and aligned places, so that the same are met again.
  const auto places =
      gen::map(gen::inRange<std::uint64_t>(0, 24), [](std::uint64_t n) { return n / 8 * kChunk + n % 8 * kUnit; });
  const auto at = gen::weightedOneOf<std::uint64_t>(
      {{8, places}, {2, gen::inRange<std::uint64_t>(0, kCapacity + 2 * kUnit)}, {1, gen::arbitrary<std::uint64_t>()}});
  const auto size = gen::weightedOneOf<std::size_t>({{6, gen::inRange<std::size_t>(0, 5 * kUnit)},
                                                     {2, gen::inRange<std::size_t>(0, kChunk + 2 * kPage)},
                                                     {1, gen::inRange<std::size_t>(kCapacity - kChunk, kCapacity + 2)},
                                                     {1, gen::inRange<std::size_t>(SIZE_MAX - kPage, SIZE_MAX)}});
  return gen::scale(2, gen::container<std::vector<Step>>(gen::apply(
                           [](Step::Kind k, std::uint64_t a, std::size_t s) {
                             return Step{k, a, s};
                           },
                           kind, at, size)));
}

class WorkerMemoryBesidePlan {
 public:
  void run(const Step& step) {
    switch (step.kind) {
      case Step::kLend: lend(step.size); break;
      case Step::kAdopt: adopt(step.at, step.size); break;
      case Step::kTakeBack: take_back(step.at, step.size); break;
      case Step::kPut: put(step.size); break;
      case Step::kHold: hold(step.at); break;
      case Step::kRelease: release(step.at); break;
      case Step::kDrop: drop(step.at); break;
    }
    RC_ASSERT(arena_->used() == taken_units_ * kUnit);
  }

  // The worker goes first, or what others have of its objects.
  void end(bool worker_first) {
    if (worker_first) end_worker();
    for (std::size_t i = objects_.size(); i-- > 0;) drop_at(i);
    if (!worker_first) end_worker();
    RC_ASSERT(objects_.empty());
    RC_ASSERT(arena_->used() == 0u);
    RC_ASSERT(arena_->reserve(kCapacity).has_value());
  }

 private:
  // An object, and who holds it. It goes with the last.
  struct Object {
    std::uint64_t offset = 0;
    std::size_t size = 0;
    BlockPtr ours;
    int held = 0;
  };
  static constexpr int kFree = 0;    // What the plan says of a unit: this,
  static constexpr int kObject = 1;  // this,
  static constexpr int kLent = 2;    // or the number of a loan, from this on.

  void lend(std::size_t size) {
    if (size == 0) return;  // No worker asks for nothing.
    const auto range = memory_->lend(size);
    if (!range) {
      RC_ASSERT(range.error().code == ErrorCode::kExhausted);
      return RC_ASSERT(!has_gap_of_pages(size));
    }
    RC_ASSERT(range->size >= size);
    RC_ASSERT(range->size % kPage == 0u);
    RC_ASSERT(range->offset % kPage == 0u);
    RC_ASSERT(all_are(kFree, range->offset, range->size));
    set(range->offset, range->size, kLent + loans_++);
  }

  void adopt(std::uint64_t offset, std::size_t size) {
    const bool sense = is_lent(offset, size);
    BlockPtr block = memory_->adopt(offset, size);
    RC_ASSERT((block != nullptr) == sense);
    if (!block) return;
    RC_ASSERT(block->offset() == offset);
    RC_ASSERT(block->size() == size);
    set(offset, size, kObject);
    objects_.push_back({offset, size, std::move(block)});
  }

  void take_back(std::uint64_t offset, std::size_t size) {
    const bool sense = is_lent(offset, size);
    RC_ASSERT(memory_->take_back(offset, size) == sense);
    if (sense) set(offset, size, kFree);
  }

  // An object that did not come from the worker.
  void put(std::size_t size) {
    auto block = arena_->allocate(size % kChunk);
    if (!block) return;
    const std::size_t taken = std::max<std::size_t>(1, size % kChunk);
    RC_ASSERT(all_are(kFree, (*block)->offset(), taken));
    set((*block)->offset(), taken, kObject);
    objects_.push_back({(*block)->offset(), taken, std::move(*block)});
  }

  void hold(std::uint64_t number) {
    if (objects_.empty()) return;
    Object& object = objects_[number % objects_.size()];
    if (!object.ours) object.ours = memory_->held(object.offset);
    RC_ASSERT(object.ours != nullptr);
    memory_->hold(object.ours);
    ++object.held;
  }

  void release(std::uint64_t offset) {
    const auto it = std::find_if(objects_.begin(), objects_.end(), [&](const Object& o) { return o.offset == offset; });
    const bool sense = it != objects_.end() && it->held > 0;
    RC_ASSERT((memory_->held(offset) != nullptr) == sense);
    RC_ASSERT(memory_->release(offset) == sense);
    if (!sense) return;
    --it->held;
    forget_if_gone(static_cast<std::size_t>(it - objects_.begin()));
  }

  void drop(std::uint64_t number) {
    if (!objects_.empty()) drop_at(number % objects_.size());
  }
  void drop_at(std::size_t index) {
    objects_[index].ours.reset();
    forget_if_gone(index);
  }
  void forget_if_gone(std::size_t index) {
    const Object& object = objects_[index];
    if (object.ours || object.held > 0) return;
    set(object.offset, object.size, kFree);
    objects_.erase(objects_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void end_worker() {
    memory_.reset();
    for (Object& object : objects_) object.held = 0;
    for (std::size_t i = objects_.size(); i-- > 0;) forget_if_gone(i);
    for (std::size_t i = 0; i < plan_.size(); ++i)
      if (plan_[i] >= kLent) set(i * kUnit, kUnit, kFree);
    RC_ASSERT(arena_->used() == taken_units_ * kUnit);
  }

  // Whether the worker has all of it by one loan.
  bool is_lent(std::uint64_t offset, std::size_t size) const {
    if (offset % kUnit != 0 || size == 0 || offset >= kCapacity || size > kCapacity - offset) return false;
    const int loan = plan_[offset / kUnit];
    return loan >= kLent && all_are(loan, offset, size);
  }
  bool all_are(int what, std::uint64_t offset, std::size_t size) const {
    const auto begin = plan_.begin() + static_cast<std::ptrdiff_t>(offset / kUnit);
    return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(units(size)), [&](int unit) { return unit == what; });
  }
  bool has_gap_of_pages(std::size_t size) const {
    for (std::uint64_t at = 0; at < kCapacity && size <= kCapacity - at; at += kPage)
      if (all_are(kFree, at, (size + kPage - 1) / kPage * kPage)) return true;
    return false;
  }
  void set(std::uint64_t offset, std::size_t size, int what) {
    for (std::size_t i = offset / kUnit; i < offset / kUnit + units(size); ++i) {
      if (plan_[i] != kFree) --taken_units_;
      if (what != kFree) ++taken_units_;
      plan_[i] = what;
    }
  }

  std::shared_ptr<Arena> arena_ = Arena::create(kCapacity, kChunk).value();
  std::unique_ptr<WorkerMemory> memory_ = std::make_unique<WorkerMemory>(arena_);
  std::vector<int> plan_ = std::vector<int>(kCapacity / kUnit, kFree);
  std::size_t taken_units_ = 0;
  std::vector<Object> objects_;
  int loans_ = 0;
};

RC_GTEST_PROP(WorkerMemoryPropertyTest, NothingThatAWorkerAsksFreesTwiceOrLosesARange, ()) {
  WorkerMemoryBesidePlan both;

  for (const Step& step : *histories()) both.run(step);

  both.end(*gen::arbitrary<bool>());
}

}  // namespace
}  // namespace manta::worker_memory_property_test
