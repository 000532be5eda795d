// SPDX-License-Identifier: Apache-2.0
#include "core/objects/movable_block.h"

#include <chrono>

#include "core/base/check.h"

namespace manta {
namespace {

// Bytes of this process alone.
class HeapBlock final : public StoreBlock {
 public:
  explicit HeapBlock(std::unique_ptr<std::byte[]> bytes, std::size_t size)
      : StoreBlock(0, size, bytes.get(), bytes.get()), bytes_(std::move(bytes)) {}

 private:
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace

MovableBlock::MovableBlock(BlockPtr block)
    : StoreBlock(0, block->size(), nullptr, nullptr),
      block_(std::move(block)),
      last_used_(std::chrono::steady_clock::now()) {}

std::uint64_t MovableBlock::offset() const {
  const std::lock_guard lock(mutex_);
  MANTA_CHECK(block_ != nullptr, "an object was used that is not in memory");
  return block_->offset();
}

const std::byte* MovableBlock::data() const {
  const std::lock_guard lock(mutex_);
  MANTA_CHECK(block_ != nullptr, "an object was read that is not in memory");
  return block_->data();
}

BlockPtr MovableBlock::resident() const {
  const TimePoint now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  last_used_ = now;
  return block_;
}

BlockPtr MovableBlock::peek() const {
  const std::lock_guard lock(mutex_);
  return block_;
}

bool MovableBlock::has(const StoreBlock& block) const {
  const std::lock_guard lock(mutex_);
  return block_.get() == &block;
}

// Who has no copy can get one only here, under the lock.
bool MovableBlock::is_idle() const {
  const std::lock_guard lock(mutex_);
  return block_ != nullptr && block_.use_count() == 1;
}

TimePoint MovableBlock::last_used() const {
  const std::lock_guard lock(mutex_);
  return last_used_;
}

BlockPtr MovableBlock::take_if_idle() const {
  const std::lock_guard lock(mutex_);
  return block_ != nullptr && block_.use_count() == 1 ? std::exchange(block_, nullptr) : nullptr;
}

void MovableBlock::put_back(BlockPtr block) const {
  const std::lock_guard lock(mutex_);
  error_.reset();
  block_.swap(block);
}

Result<BlockPtr> MovableBlock::bring_to_heap() const {
  const std::lock_guard lock(mutex_);
  if (block_) return block_;
  if (error_) return *error_;
  if (!copy_) return Error{ErrorCode::kObjectLost, "the runtime ended while the object was made anew"};
  std::unique_ptr<std::byte[]> bytes(new std::byte[size()]);
  MANTA_RETURN_IF_ERROR(copy_->read({bytes.get(), size()}));
  block_ = std::make_shared<const HeapBlock>(std::move(bytes), size());
  return block_;
}

std::optional<SpilledBytes> MovableBlock::copy() const {
  const std::lock_guard lock(mutex_);
  return copy_;
}

void MovableBlock::set_copy(std::optional<SpilledBytes> copy) const {
  const std::lock_guard lock(mutex_);
  copy_.swap(copy);
}

std::optional<Error> MovableBlock::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void MovableBlock::set_error(std::optional<Error> error) const {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

}  // namespace manta
