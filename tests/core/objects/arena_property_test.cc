// SPDX-License-Identifier: Apache-2.0
// The arena beside a list of what is taken: whatever is taken and given back in whatever order.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <ostream>
#include <set>
#include <vector>

#include "core/objects/arena.h"

namespace manta::arena_property_test {
namespace {

namespace gen = rc::gen;

constexpr std::size_t kPage = 4096;

std::size_t round_up(std::size_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

struct Step {
  enum Kind : std::uint8_t { kReserve, kAllocate, kSplit, kAdopt, kFree } kind = kFree;
  std::size_t number = 0;     // The size; or which of what is taken, counted round.
  std::size_t alignment = 0;  // Of kReserve.
};
std::ostream& operator<<(std::ostream& out, const Step& step) {
  constexpr const char* kNames[] = {"reserve", "allocate", "split", "adopt", "free"};
  out << kNames[step.kind] << "(" << step.number;
  if (step.kind == Step::kReserve) out << ", " << step.alignment;
  return out << ")";
}

rc::Gen<std::vector<Step>> histories(std::size_t capacity) {
  const auto kind = gen::weightedElement<Step::Kind>(
      {{4, Step::kReserve}, {4, Step::kAllocate}, {2, Step::kSplit}, {2, Step::kAdopt}, {7, Step::kFree}});
  const auto number =
      gen::oneOf(gen::inRange<std::size_t>(0, 300), gen::inRange<std::size_t>(0, 4 * kPage),
                 gen::map(gen::inRange<std::size_t>(0, 9), [](std::size_t n) { return n * kPage; }),
                 gen::inRange<std::size_t>(0, capacity + 2), gen::element<std::size_t>(SIZE_MAX - 63, SIZE_MAX));
  const auto alignment = gen::elementOf(std::vector<std::size_t>{Arena::kAlignment, 256, kPage});
  return gen::scale(3, gen::container<std::vector<Step>>(gen::apply(
                           [](Step::Kind k, std::size_t n, std::size_t a) {
                             return Step{k, n, a};
                           },
                           kind, number, alignment)));
}

// An arena whose every taken byte is written at once, and a list of what is taken, which must agree.
class ArenaBesideList {
 public:
  ArenaBesideList(std::size_t capacity, std::size_t warm)
      : arena_(Arena::create(capacity, warm).value()),
        warm_(warm),
        bytes_(SharedMemory::map(UniqueFd(::dup(arena_->fd())), capacity, SharedMemory::Access::kReadWrite).value()) {}

  void run(const Step& step) {
    switch (step.kind) {
      case Step::kReserve: reserve(step.number, step.alignment); break;
      case Step::kAllocate: allocate(step.number); break;
      case Step::kSplit: split(step.number); break;
      case Step::kAdopt: adopt(step.number); break;
      case Step::kFree: free(step.number); break;
    }
    RC_ASSERT(arena_->used() == taken_bytes());
    RC_ASSERT(pages_in_use() <= pages_taken() + round_up(warm_, kPage) / kPage);
  }

  void free_all() {
    for (std::size_t i = 0; !taken_.empty(); ++i) run({Step::kFree, 7 * i, 0});
    RC_ASSERT(arena_->used() == 0u);
    RC_ASSERT(arena_->reserve(arena_->capacity()).has_value());
  }

 private:
  // A range by its offset. Its end frees it, if it has a block.
  struct Taken {
    std::size_t size = 0;
    BlockPtr block;
    std::byte mark{};
  };
  using TakenMap = std::map<std::uint64_t, Taken>;

  void reserve(std::size_t size, std::size_t alignment) {
    const bool fits = has_gap(size, alignment);
    const auto range = arena_->reserve(size, alignment);
    RC_ASSERT(range.has_value() == fits);
    if (!range) return RC_ASSERT(range.error().code == ErrorCode::kExhausted);
    RC_ASSERT(range->offset % alignment == 0u);
    RC_ASSERT(range->size == round_up(std::max<std::size_t>(size, 1), Arena::kAlignment));
    take(range->offset, range->size, nullptr);
  }

  void allocate(std::size_t size) {
    const bool fits = has_gap(size, Arena::kAlignment);
    const auto block = arena_->allocate(size);
    RC_ASSERT(block.has_value() == fits);
    if (!block) return RC_ASSERT(block.error().code == ErrorCode::kExhausted);
    RC_ASSERT((*block)->size() == size);
    take((*block)->offset(), round_up(std::max<std::size_t>(size, 1), Arena::kAlignment), *block);
  }

  void take(std::uint64_t offset, std::size_t size, BlockPtr block) {
    RC_ASSERT(offset % Arena::kAlignment == 0u);
    RC_ASSERT(offset + size <= arena_->capacity());
    const auto after = taken_.lower_bound(offset);
    const bool meets_next = after != taken_.end() && after->first < offset + size;
    const bool meets_previous = after != taken_.begin() && end_of(std::prev(after)) > offset;
    RC_ASSERT(!meets_next);
    RC_ASSERT(!meets_previous);
    const auto mark = static_cast<std::byte>(++marks_ % 255 + 1);
    std::fill_n(bytes_.data() + offset, size, mark);
    taken_[offset] = {size, std::move(block), mark};
  }

  // The owner of a reserved range may give it back in pieces.
  void split(std::size_t number) {
    const auto it = nth(number);
    if (it == taken_.end() || it->second.block || it->second.size == Arena::kAlignment) return;
    const std::size_t first = (1 + number % (it->second.size / Arena::kAlignment - 1)) * Arena::kAlignment;
    taken_[it->first + first] = {it->second.size - first, nullptr, it->second.mark};
    it->second.size = first;
  }

  void adopt(std::size_t number) {
    const auto it = nth(number);
    if (it == taken_.end() || it->second.block) return;
    it->second.block = arena_->adopt(it->first, it->second.size - number % Arena::kAlignment);
  }

  void free(std::size_t number) {
    const auto it = nth(number);
    if (it == taken_.end()) return;
    const Arena::Range range{it->first, it->second.size};
    const std::byte* begin = bytes_.data() + range.offset;
    RC_ASSERT(std::all_of(begin, begin + range.size, [&](std::byte b) { return b == it->second.mark; }));
    const bool by_hand = it->second.block == nullptr;
    taken_.erase(it);
    if (by_hand) arena_->release(range);
  }

  TakenMap::iterator nth(std::size_t number) {
    if (taken_.empty()) return taken_.end();
    return std::next(taken_.begin(), static_cast<std::ptrdiff_t>(number % taken_.size()));
  }
  static std::uint64_t end_of(TakenMap::const_iterator it) { return it->first + it->second.size; }

  // Whether there is room between two that are taken, or beside the outermost.
  bool has_gap(std::size_t size, std::size_t alignment) const {
    const std::size_t capacity = arena_->capacity();
    if (size > capacity) return false;
    const std::size_t need = round_up(std::max<std::size_t>(size, 1), Arena::kAlignment);
    std::uint64_t begin = 0;
    for (auto it = taken_.begin();; ++it) {
      const std::uint64_t end = it == taken_.end() ? capacity : it->first;
      if (round_up(begin, alignment) + need <= end) return true;
      if (it == taken_.end()) return false;
      begin = end_of(it);
    }
  }

  std::size_t taken_bytes() const {
    std::size_t sum = 0;
    for (const auto& [offset, taken] : taken_) sum += taken.size;
    return sum;
  }
  std::size_t pages_taken() const {
    std::set<std::uint64_t> pages;
    for (const auto& [offset, taken] : taken_)
      for (std::uint64_t page = offset / kPage; page * kPage < offset + taken.size; ++page) pages.insert(page);
    return pages.size();
  }
  // What the system says.
  std::size_t pages_in_use() const {
    struct stat status {};
    RC_ASSERT(::fstat(arena_->fd(), &status) == 0);
    return static_cast<std::size_t>(status.st_blocks) * 512 / kPage;
  }

  std::shared_ptr<Arena> arena_;
  std::size_t warm_;
  SharedMemory bytes_;
  TakenMap taken_;
  unsigned marks_ = 0;
};

RC_GTEST_PROP(ArenaPropertyTest, WhatIsTakenNeverOverlapsAndAllOfItComesBack, ()) {
  const std::size_t capacity = kPage * *gen::element<std::size_t>(1, 4, 16, 64);
  const std::size_t warm = *gen::elementOf(std::vector<std::size_t>{0, 1000, kPage, 8 * kPage, capacity});
  ArenaBesideList both(capacity, warm);

  for (const Step& step : *histories(capacity)) both.run(step);

  both.free_all();
}

}  // namespace
}  // namespace manta::arena_property_test
