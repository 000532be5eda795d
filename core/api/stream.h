// SPDX-License-Identifier: Apache-2.0
// Functions that yield many results, and what they come out of.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/api/async.h"
#include "core/api/promise.h"

namespace manta {

template <class T>
class Stream;

/// What a remote function or method returns that is a coroutine and yields many values of type T: `co_yield value`.
/// Whoever calls it gets a Stream<T>. It may `co_await` what Async may. It waits at a `co_yield` while as many values
/// as `stream_buffer` wait unread, and ends there when nobody reads the stream any more: its locals are destroyed. What
/// it throws is the stream's last result.
///
/// Parameters are values: a reference would dangle after the first `co_yield`.
template <class T>
class [[nodiscard]] Generator {
 public:
  using value_type = T;
  using promise_type = internal::GeneratorPromise<T>;

  Generator(Generator&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Generator& operator=(Generator&&) = delete;
  ~Generator() {
    if (handle_) handle_.destroy();
  }

 private:
  friend promise_type;
  template <class R>
  friend struct internal::AsyncStart;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Generator(Handle handle) : handle_(handle) {}

  Handle handle_;
};

namespace internal {

// What a generator is told of its reader; stands before its arguments.
struct StreamOrder {
  ObjectRef<void> first;   // To be fulfilled with the first window.
  ObjectRef<void> demand;  // Becomes a StreamDemand when there is room for more.
  std::uint64_t buffer = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(first, demand, buffer);
  }
};

// The next objects that will become items, and that which will become the window behind them.
struct StreamWindow {
  std::vector<ObjectRef<void>> items;
  ObjectRef<void> next;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(items, next);
  }
};

// How many items the generator may have made in all, and what says when there may be more.
struct StreamDemand {
  std::uint64_t allowed = 0;
  ObjectRef<void> next;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(allowed, next);
  }
};

// The generator's end of a stream.
//
// Thread-safety: none; the thread that runs the call.
class StreamWriter {
 public:
  StreamWriter(Caller& caller, const StreamOrder& order);

  /// Ends `call` when nobody reads the stream any more.
  void end_with_reader(AsyncCall& call);
  /// The next item, or the error that ends the stream.
  void put(ObjectState::Outcome item);
  /// Null: there is room for more. Else: the object that becomes ready when there is.
  ObjectPtr wait_for_room(AsyncCall& call);
  /// After the last item, or instead of all.
  void end(const ObjectState::Outcome& outcome);
  BlockAllocator& allocator() { return caller_.allocator(); }

 private:
  void open_window();

  Caller& caller_;
  const std::uint64_t buffer_;
  ObjectPtr window_;  // To be fulfilled with the next window.
  ObjectPtr demand_;
  std::vector<ObjectPtr> items_;
  std::size_t next_ = 0;  // In items_.
  std::uint64_t count_ = 0;
  std::uint64_t allowed_;
};

// The caller's end.
//
// Thread-safety: none.
class StreamReader {
 public:
  using Make = std::function<Result<void>(std::span<const ObjectPtr> results, const StreamOrder& order)>;

  /// `make` makes the call; null `caller`: it only says why it cannot.
  StreamReader(std::shared_ptr<Caller> caller, int buffer, const Make& make);
  /// Ends the generator, if it has not ended.
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  /// What has to be ready before there is an item; null: the next item, or the end, is there.
  ObjectPtr pending();
  /// The next item, which is there; null: the stream has ended.
  ObjectPtr take();
  /// The item that take() gave was an error: there are no more.
  void end();

 private:
  void load_window();
  void demand_more();

  std::shared_ptr<Caller> caller_;
  std::uint64_t buffer_;
  ObjectPtr call_;    // Its result: when it is there, the generator has ended.
  ObjectPtr window_;  // The next one.
  std::vector<ObjectPtr> items_;
  std::size_t next_ = 0;  // In items_.
  std::uint64_t count_ = 0;
  std::uint64_t allowed_;
  Promise<StreamDemand> demand_;
  bool has_ended_ = false;
};

// Waits until an item can be taken. False: the time is over.
bool wait_for_item(StreamReader& reader, TimePoint deadline);

template <class T>
Result<std::optional<T>> take_item(StreamReader& reader) {
  const ObjectPtr item = reader.take();
  if (!item) return std::optional<T>();
  auto value = with_memory("the next value of a stream", [&] { return read<T>(item, TimePoint::max()); });
  if (value) return std::optional<T>(std::move(*value));
  reader.end();
  return std::move(value).error();
}

}  // namespace internal

/// The values of a remote Generator, in order, while it runs. Made by remote<f>(…) or call<&C::m>(…). In a coroutine,
/// `co_await stream` gives what next() gives, without keeping the thread. The end of the Stream ends the generator at
/// its next `co_yield`, or where it waits.
///
/// Thread-safety: none; one thread at a time.
template <class T>
class Stream {
 public:
  explicit Stream(std::unique_ptr<internal::StreamReader> reader) : reader_(std::move(reader)) {}
  /// Has this error only.
  explicit Stream(Error error) : error_(std::move(error)) {}

  /// Waits for the next value and returns it; none: the stream has ended. After an error it has.
  /// Errors: kTimeout: none within `timeout`, ask again; what remote<f>() says of its ref: kTaskFailed: the generator
  /// threw; kWorkerDied, kActorDied: its process ended, after what came before; kCancelled; kExhausted: no memory.
  Result<std::optional<T>> next(Duration timeout = kForever) {
    if (!reader_) return take_error();
    auto next = with_memory("the next value of a stream", [&]() -> Result<std::optional<T>> {
      if (!internal::wait_for_item(*reader_, internal::deadline_after(timeout)))
        return Error{ErrorCode::kTimeout, "the stream had no further value in time; the generator goes on"};
      return internal::take_item<T>(*reader_);
    });
    if (!next && next.error().code == ErrorCode::kExhausted) reader_->end();
    return next;
  }
  /// Ends it now; next() has nothing more.
  void cancel() { reader_.reset(); }

  class Iterator {
   public:
    explicit Iterator(Stream* stream) : stream_(stream) { ++*this; }
    Result<T>& operator*() { return *item_; }
    Iterator& operator++() {
      Result<std::optional<T>> next = stream_->next();
      item_.reset();
      if (!next) {
        item_.emplace(std::move(next).error());
      } else if (*next) {
        item_.emplace(std::move(**next));
      }
      return *this;
    }
    bool operator!=(std::nullptr_t) const { return item_.has_value(); }

   private:
    Stream* stream_;
    std::optional<Result<T>> item_;
  };
  /// `for (Result<T>& value : stream)`; an error is the last.
  Iterator begin() { return Iterator(this); }
  std::nullptr_t end() const { return nullptr; }

 private:
  template <class A>
  friend struct internal::Awaiting;
  Async<Result<std::optional<T>>> take_next() {
    if (!reader_) co_return take_error();
    for (ObjectPtr pending = reader_->pending(); pending; pending = reader_->pending()) {
      const internal::Readiness ready{std::move(pending)};
      co_await ready;
    }
    co_return internal::take_item<T>(*reader_);
  }
  Result<std::optional<T>> take_error() {
    if (!error_) return std::optional<T>();
    Error error = *std::move(error_);
    error_.reset();
    return error;
  }

  std::unique_ptr<internal::StreamReader> reader_;
  std::optional<Error> error_;  // Of a stream that could not be made.
};

namespace internal {

template <class T>
class GeneratorPromise final : public AsyncPromiseBase {
 public:
  Generator<T> get_return_object() {
    return Generator<T>(std::coroutine_handle<GeneratorPromise>::from_promise(*this));
  }
  void return_void() {}
  void take() const { rethrow(); }
  void write_to(StreamWriter& writer) { writer_ = &writer; }

  template <class V>
  auto yield_value(V&& value) {
    static_assert(std::is_convertible_v<V&&, T>, "co_yield gives another type than the Generator's");
    static_assert(std::is_lvalue_reference_v<V> || !std::is_aggregate_v<std::remove_cvref_t<V>> || may_have_temporaries,
                  "with g++ before 15, give what you yield a name first: its coroutines destroy some temporaries of a "
                  "co_yield twice");
    if constexpr (std::is_same_v<std::remove_cvref_t<V>, T>) {
      return yield_encoded(encode<T>(value, writer_->allocator()));
    } else {
      return yield_encoded(encode<T>(static_cast<T>(std::forward<V>(value)), writer_->allocator()));
    }
  }

 private:
  struct Awaiter {
    AsyncCall& call;
    ObjectPtr room;

    bool await_ready() const { return !room && !call.is_cancelled(); }
    void await_suspend(std::coroutine_handle<> awaiting) { call.wait_for(std::span(&room, 1), awaiting); }
    void await_resume() const {}
  };
  Awaiter yield_encoded(Result<EncodedValue> item) {
    if (!item) call().cancel();  // Its error is the last that comes.
    writer_->put(std::move(item));
    return {call(), writer_->wait_for_room(call())};
  }

  StreamWriter* writer_ = nullptr;
};

template <class T>
struct AsyncStart<Generator<T>> {
  class Running final : public AsyncCall {
   public:
    Running(Generator<T> generator, const StreamOrder& order)
        : AsyncCall(generator.handle_), promise_(generator.handle_.promise()), writer_(*current_caller(), order) {
      generator.handle_ = nullptr;
      promise_.belong_to(*this);
      promise_.write_to(writer_);
    }
    void settle(const CallContext& context) override { writer_.end(context.outcome); }

   private:
    void begin() override { writer_.end_with_reader(*this); }
    void take_outcome(CallContext&) override { promise_.take(); }

    GeneratorPromise<T>& promise_;
    StreamWriter writer_;
  };
  static std::shared_ptr<AsyncCall> make(Generator<T> generator, StreamOrder order) {
    return std::make_shared<Running>(std::move(generator), std::move(order));
  }
};

template <class T>
struct Awaiting<Generator<T>> {
  static constexpr bool is_defined = true;
  template <class G>
  static std::suspend_never make(AsyncCall&, G&&) {
    static_assert(!std::is_same_v<G, G>,
                  "a Generator runs as a remote call only: await the Stream that remote<f>(…) or call<&C::m>(…) gives");
    return {};
  }
};

template <class T>
struct Awaiting<Stream<T>> {
  static constexpr bool is_defined = true;
  static auto make(AsyncCall& call, Stream<T>& stream) {
    return Awaiting<Async<Result<std::optional<T>>>>::make(call, stream.take_next());
  }
};

// The stream of a call that is about to be made.
template <class T>
struct StreamStart {
  template <class Make>
  static Stream<T> open(const std::shared_ptr<Caller>& caller, std::string_view name, int buffer, const Make& make) {
    auto reader = with_memory(name, [&] { return std::make_unique<StreamReader>(caller, buffer, make); });
    return reader ? Stream<T>(std::move(*reader)) : Stream<T>(std::move(reader).error());
  }
};

}  // namespace internal
}  // namespace manta
