// SPDX-License-Identifier: Apache-2.0
#include "core/api/stream.h"

#include <algorithm>

namespace manta::internal {
namespace {

// The stream's end, as the outcome of what would have been the next item.
const Error& end_of_stream() {
  static const Error error{ErrorCode::kNotFound, "manta: the stream has ended"};
  return error;
}

bool is_end(const ObjectState::Outcome& outcome) {
  return !outcome && outcome.error().code == end_of_stream().code && outcome.error().message == end_of_stream().message;
}

// More objects than may be filled would be made for nothing; many cost less each.
std::size_t window_size(std::uint64_t buffer) { return static_cast<std::size_t>(std::min<std::uint64_t>(buffer, 32)); }

}  // namespace

StreamWriter::StreamWriter(Caller& caller, const StreamOrder& order)
    : caller_(caller),
      buffer_(order.buffer),
      window_(order.first.state()),
      demand_(order.demand.state()),
      allowed_(order.buffer) {}

// What follows is done as a whole, in the midst of code of users: a reader would wait for the rest.
void StreamWriter::end_with_reader(AsyncCall& call) {
  const MemoryReserve::Use reserve;
  demand_->then([demand = std::weak_ptr(demand_), yielding = call.weak_from_this()] {
    const ObjectPtr ready = demand.lock();
    const std::shared_ptr<AsyncCall> generator = yielding.lock();
    if (ready && !ready->outcome() && generator) generator->cancel();
  });
}

void StreamWriter::put(ObjectState::Outcome item) {
  const MemoryReserve::Use reserve;
  if (next_ == items_.size()) open_window();
  caller_.fulfil(std::exchange(items_[next_++], nullptr), std::move(item));
  ++count_;
}

void StreamWriter::open_window() {
  StreamWindow window;
  items_.clear();
  next_ = 0;
  for (std::size_t i = 0; i < window_size(buffer_); ++i) {
    items_.push_back(caller_.new_object());
    window.items.emplace_back(items_.back());
  }
  ObjectPtr next = caller_.new_object();
  window.next = ObjectRef<void>(next);
  caller_.fulfil(std::exchange(window_, std::move(next)), encode(window, caller_.allocator()));
}

ObjectPtr StreamWriter::wait_for_room(AsyncCall& call) {
  const MemoryReserve::Use reserve;
  if (caller_.is_call_cancelled()) call.cancel();  // And takes messages: that there is room may be among them.
  while (demand_->is_ready() && demand_->outcome()) {
    const Result<StreamDemand> demand = read<StreamDemand>(demand_, TimePoint::max());
    if (!demand) break;
    allowed_ = demand->allowed;
    demand_ = demand->next.state();
    end_with_reader(call);
  }
  return count_ < allowed_ ? nullptr : demand_;
}

// An error before the first item is left to the call, which may be made again: if it is not, its reader gets it there.
void StreamWriter::end(const ObjectState::Outcome& outcome) {
  if (!outcome && count_ == 0) return;
  const MemoryReserve::Use reserve;
  put(outcome ? end_of_stream() : outcome.error());
}

StreamReader::StreamReader(std::shared_ptr<Caller> caller, int buffer, const Make& make)
    : caller_(std::move(caller)), buffer_(static_cast<std::uint64_t>(std::max(1, buffer))), allowed_(buffer_) {
  call_ = caller_ ? caller_->new_object() : std::make_shared<ObjectState>();
  window_ = caller_ ? caller_->new_object() : std::make_shared<ObjectState>();
  const StreamOrder order{
      .first = ObjectRef<void>(window_), .demand = ObjectRef<void>(demand_.ref().state()), .buffer = buffer_};
  const auto made = with_memory("a stream", [&] { return make(std::span(&call_, 1), order); });
  const MemoryReserve::Use reserve;  // From here on nothing keeps the generator from beginning.
  if (!made) call_->complete(made.error());
  if (call_->is_own_call()) window_->set_own_call();  // Before anybody waits for it.
  window_->set_callee(call_->callee());
  // A call that never came to begin gives no window. It may be let go of before this runs: then nobody reads.
  call_->then([call = std::weak_ptr(call_), window = std::weak_ptr(window_), maker = std::weak_ptr(caller_)] {
    const ObjectPtr ended = call.lock();
    const ObjectPtr first = window.lock();
    if (!ended || ended->outcome() || !first) return;
    if (const std::shared_ptr<Caller> alive = maker.lock()) {
      alive->give_up_on(first, ended->outcome().error());
    } else {
      const MemoryReserve::Use memory;
      first->complete(ended->outcome().error());
    }
  });
}

StreamReader::~StreamReader() { end(); }

void StreamReader::end() {
  if (has_ended_) return;
  const MemoryReserve::Use reserve;
  has_ended_ = true;
  if (call_ && !call_->is_ready() && caller_) caller_->cancel(call_, false);
  demand_ = Promise<StreamDemand>();  // The old one fails, and the generator learns of it.
  call_ = window_ = nullptr;
  items_.clear();
}

ObjectPtr StreamReader::pending() {
  if (has_ended_) return nullptr;
  if (next_ == items_.size()) {
    if (!window_->is_ready()) return window_;
    load_window();
    if (has_ended_ || next_ == items_.size()) return nullptr;
  }
  return items_[next_]->is_ready() ? nullptr : items_[next_];
}

// An error of a window is that of the item.
void StreamReader::load_window() {
  const MemoryReserve::Use reserve;  // Without its window, nobody would know what to wait for.
  items_.clear();
  next_ = 0;
  const Result<StreamWindow> window = read<StreamWindow>(window_, TimePoint::max());
  if (!window) {
    fail_objects(std::span(&items_.emplace_back(), 1), caller_.get(), window.error());
    return;
  }
  for (const ObjectRef<void>& item : window->items) items_.push_back(item.state());
  window_ = window->next.state();
  for (const ObjectPtr& item : items_) item->want();
  window_->want();
}

ObjectPtr StreamReader::take() {
  if (has_ended_) return nullptr;
  const MemoryReserve::Use reserve;  // Without a demand there would be no further item.
  ObjectPtr item = std::exchange(items_[next_++], nullptr);
  if (is_end(item->outcome())) {
    end();
    return nullptr;
  }
  ++count_;
  if (allowed_ - count_ <= buffer_ / 2) demand_more();
  return item;
}

// Without memory it is tried again with the next item; if there may be none, that is the error.
void StreamReader::demand_more() {
  Promise<StreamDemand> next;
  if (next.is_set()) {
    if (allowed_ > count_) return;
    items_.resize(next_);
    return fail_objects(std::span(&items_.emplace_back(), 1), caller_.get(), no_memory_error("a stream"));
  }
  allowed_ = count_ + buffer_;
  if (caller_) {
    const StreamDemand demand{.allowed = allowed_, .next = ObjectRef<void>(next.ref().state())};
    keep_promise(demand_.ref().state(), encode(demand, caller_->allocator()));
  }
  demand_ = std::move(next);
}

bool wait_for_item(StreamReader& reader, TimePoint deadline) {
  while (const ObjectPtr pending = reader.pending()) {
    static_cast<void>(wait_for(pending, deadline));  // What it becomes is looked at when it is taken.
    if (!pending->is_ready()) return false;
  }
  return true;
}

}  // namespace manta::internal
