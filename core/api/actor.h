// SPDX-License-Identifier: Apache-2.0
// Classes as actors.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "core/api/actor_state.h"
#include "core/api/function_traits.h"
#include "core/net/actor_lease.h"
#include "core/net/function_table.h"

namespace manta {

/// How long an actor lives that nobody stops.
enum class ActorLifetime {
  kHandles,   ///< As long as a handle to it, and no longer than the process that made it.
  kDetached,  ///< As long as the runtime.
};

/// What a call does that finds as many pending as there may be.
enum class WhenFull {
  kWait,  ///< Until one of them is answered; kExhausted at once where that cannot be, because actors wait in a circle.
  kFail,  ///< The ref gets kExhausted.
};

struct ActorOptions {
  double cpus = 0;  ///< That the actor keeps for its life. The default, none, lets many idle actors share a machine.
  double gpus = 0;  ///< Devices it uses, in CUDA_VISIBLE_DEVICES; a fraction shares one.
  std::uint64_t memory = 0;  ///< Bytes that its process may use at most; 0: it is not counted.
  Amounts resources = {};    ///< Of those that RuntimeOptions::resources names.
  /// How often its process is started again when it died without being asked to, at least 0: the constructor runs with
  /// the same arguments, and the calls that had not been sent follow.
  int max_restarts = 0;
  /// How often a call is made again after an error of `retry_on`. Such a call may have had its effects already; the
  /// default, never, ends it with that error.
  int max_task_retries = 0;
  /// kActorDied: when the process died and was started again, before the calls behind it. kTaskFailed: also when the
  /// method throws; other codes: when it returns such an error. The actor lives on then, and calls that it had been
  /// sent already come first. A Generator is made again only if it has not yielded anything.
  std::vector<ErrorCode> retry_on{ErrorCode::kActorDied};
  /// After how many calls the actor's state is saved, so that a restart begins with it: the constructor runs with the
  /// same arguments, and then the state is loaded, with the class' `serialize`. With 1, the effects of a call and its
  /// answer are both there or both not, whenever the process dies. The default: only by manta::checkpoint().
  int checkpoint_every = 0;
  /// Unique among living actors; get_actor() finds it; shown by ps and in messages. Default: the class's, not unique.
  std::string name = {};
  ActorLifetime lifetime = ActorLifetime::kHandles;
  /// Threads that run its calls; above 1, calls overlap and may begin in another order than they were made in. The
  /// class must allow it.
  int max_concurrency = 1;
  /// After one call, or the constructor, has run so long, its waits counted, the process is killed: the actor has died,
  /// unless it is started again, and its calls end as max_task_retries says; 0: never. A coroutine runs until it first
  /// waits. How long a call lies in the queue does not count.
  Duration timeout{0};
  /// Calls that one process may have pending on it; 0: any number.
  int max_pending_calls = 0;
  WhenFull when_full = WhenFull::kWait;
};

namespace internal {

// As what an argument of a constructor travels: a literal as a string, a ref as its value.
template <class A>
struct Travelling {
  using type = std::decay_t<A>;
};
template <std::size_t N>
struct Travelling<char[N]> {
  using type = std::string;
};
template <>
struct Travelling<const char*> {
  using type = std::string;
};
template <class V>
struct Travelling<ObjectRef<V>> {
  using type = V;
};
template <class A>
using TravellingAs = typename Travelling<A>::type;

template <class T, class... P>
struct Constructor {
  static void invoke(CallContext& context) {
    auto arguments = decode_arguments<std::tuple<P...>>(context);
    if (!arguments) {
      context.outcome = arguments.error();
      return;
    }
    context.actor = std::apply([](P&... values) { return std::make_shared<T>(std::move(values)...); }, *arguments);
  }
  static inline const std::uint64_t id = register_function(&invoke, name_of_type<Constructor>());
};

// The class is a parameter for g++'s sake: with M alone, it takes the methods of two classes of one name, each in an
// anonymous namespace of its own file, for one and the same, and calls would reach the wrong one.
// It is the actor's own class, from which the way to a base is known.
template <auto M, class C>
struct Method {
  using Traits = FunctionTraits<decltype(M)>;
  using Parameters = typename Traits::Parameters;
  using Returned = typename Traits::Returned;

  static void invoke(CallContext& context) {
    auto* self = static_cast<C*>(context.actor.get());
    run_function<Returned, Parameters>(context, [self](auto&&... values) -> decltype(auto) {
      return (self->*M)(std::forward<decltype(values)>(values)...);
    });
  }
  static inline const std::uint64_t id = register_function(&invoke, name_of<M>(), kind_of<Returned>);
};

// Errors: kInvalidArgument: names what is below what it may be.
Result<void> check(const ActorOptions& options);
// What a call ends with on a handle that leads nowhere.
Error unreachable_error(const ActorPtr& lease);
// The death of an actor that never was.
ObjectPtr dead_actor(const ActorPtr& lease);
// The handle of an actor that could not be made.
ActorPtr failed_actor(Error error) noexcept;
// Waits until there may be one call more, of `method`.
// Errors: kExhausted: not to wait was asked for, or it would be for ever: the actor waits for this one, or is it.
Result<void> wait_for_room(Caller& caller, const ActorLease& lease, std::string_view method);
// What a handle inside a value becomes.
std::uint64_t write_reference(const ActorPtr& lease);
ActorPtr read_actor(std::uint64_t place);

}  // namespace internal

/// A handle to an object of class T that lives in a process of its own. The actor ends, after its pending calls, with
/// the last copy of its handle in any process; and with the process that made it, unless it is detached. A handle can
/// be an argument or a result, also inside structs and containers.
///
/// Thread-safety: any const method, from any thread; the calls of one thread arrive in order.
template <class T>
class Actor {
 public:
  Actor() = default;
  explicit Actor(ActorPtr lease) : lease_(std::move(lease)) {}

  /// `c.call<&T::m>(a, b)` runs m(a, b) on the actor, after the calls made before, and returns an ObjectRef of its
  /// result at once. An argument may be an ObjectRef of the parameter's type. Errors (of the ref): kActorDied: its
  /// process ended, with the cause; kTaskFailed: m threw, and the actor lives; kExhausted; kCancelled; what
  /// made the actor impossible. If m returns a std::tuple, the result is a tuple of refs.
  template <auto M, class... A>
  auto call(const A&... arguments) const {
    static_assert(std::is_member_function_pointer_v<decltype(M)>,
                  "call<&C::m> takes a method of the actor's class; a function runs by remote<f>");
    static_assert(std::is_base_of_v<typename internal::FunctionTraits<decltype(M)>::Class, T>,
                  "this is not a method of the actor's class");
    using Method = internal::Method<M, T>;
    const std::shared_ptr<Caller> caller = lease_ ? lease_->caller() : nullptr;
    using Parameters = typename internal::WireParameters<typename Method::Returned, typename Method::Parameters>::type;
    const auto make = [&](std::span<const ObjectPtr> results, const auto&... order) -> Result<void> {
      if (!caller) return internal::unreachable_error(lease_);
      MANTA_RETURN_IF_ERROR(internal::wait_for_room(*caller, *lease_, internal::name_of<M>()));
      Call call = internal::start_call(MessageType::kCallMethod, Method::id, internal::name_of<M>(), results);
      MANTA_RETURN_IF_ERROR(internal::add_arguments_of<Parameters>(call, *caller, order..., arguments...));
      caller->call_actor(lease_->id(), std::move(call));
      ActorLease::count_pending(lease_, results.front());
      return {};
    };
    return internal::refs_of_call<typename Method::Returned>(caller, internal::name_of<M>(), stream_buffer_, make);
  }

  /// The same actor; of what its Generator methods yield, `count` values may wait unread by way of this handle.
  Actor with_stream_buffer(int count) const {
    Actor same = *this;
    same.stream_buffer_ = count;
    return same;
  }

  /// Ends the actor after the calls made so far; later ones end with kActorDied.
  void stop() const {
    if (const std::shared_ptr<Caller> caller = lease_ ? lease_->caller() : nullptr) caller->stop_actor(lease_->id());
  }
  /// Ends the actor now: its pending calls, and all later ones, end with kActorDied.
  void kill() const {
    if (const std::shared_ptr<Caller> caller = lease_ ? lease_->caller() : nullptr) caller->kill_actor(lease_->id());
  }

  /// Becomes ready when the actor has ended for good, with the cause; an actor that is restarted has not.
  ObjectRef<ActorDeath> monitor() const {
    const std::shared_ptr<Caller> caller = lease_ ? lease_->caller() : nullptr;
    ObjectPtr object;
    const auto made = with_memory("a monitor", [&] {
      object = caller ? caller->monitor_actor(lease_->id()) : internal::dead_actor(lease_);
    });
    if (!made) internal::fail_objects(std::span(&object, 1), caller.get(), made.error());
    return ObjectRef<ActorDeath>(std::move(object));
  }

  /// False once its process has ended for good; true while it waits for resources or lives.
  bool is_alive() const { return status().is_alive; }
  /// The process it lives in; 0 while it waits for resources, or once it has ended.
  int pid() const { return status().pid; }

  template <class Archive>
  void save(Archive& archive) const {
    archive(internal::write_reference(lease_), lease_ ? lease_->max_pending() : 0, lease_ && lease_->fails_when_full());
  }
  template <class Archive>
  void load(Archive& archive) {
    std::uint64_t place = 0;
    int max_pending = 0;
    bool fails_when_full = false;
    archive(place, max_pending, fails_when_full);
    lease_ = internal::read_actor(place);
    if (lease_) lease_->limit_pending(max_pending, fails_when_full);
  }

 private:
  Caller::ActorStatus status() const {
    const std::shared_ptr<Caller> caller = lease_ ? lease_->caller() : nullptr;
    return caller ? caller->actor_status(lease_->id()) : Caller::ActorStatus{};
  }

  ActorPtr lease_;
  int stream_buffer_ = 16;
};

template <class T>
void kill(const Actor<T>& actor) {
  actor.kill();
}

namespace internal {

/// What `actor<T>` is: call it with the constructor's arguments, or give it options first.
template <class T>
class ActorFactory {
 public:
  ActorFactory() = default;
  explicit ActorFactory(ActorOptions options) : options_(std::move(options)) {}

  ActorFactory with(ActorOptions options) const { return ActorFactory(std::move(options)); }

  template <class... A>
  Actor<T> operator()(const A&... arguments) const {
    static_assert(std::is_class_v<T>, "an actor is an object of a class: this is none");
    static_assert(!std::is_abstract_v<T>, "an abstract class cannot be an actor: name the class that is to be made");
    static_assert(std::is_abstract_v<T> || std::is_constructible_v<T, TravellingAs<A>...>,
                  "the actor's class has no constructor for these arguments: it gets copies of them, to be taken by "
                  "value or const&");
    using New = Constructor<T, TravellingAs<A>...>;
    const std::shared_ptr<Caller> caller = current_caller();
    auto made = with_memory(name_of_type<T>(), [&]() -> Result<ActorPtr> {
      if (!caller) return no_runtime_error();
      MANTA_RETURN_IF_ERROR(check(options_));
      const ObjectPtr result = make_object();
      Call call = start_call(MessageType::kCreateActor, New::id, name_of_type<T>(), std::span(&result, 1));
      MANTA_RETURN_IF_ERROR((add_arguments_of<std::tuple<TravellingAs<A>...>>(call, *caller, arguments...)));
      MANTA_ASSIGN_OR_RETURN(const std::uint64_t state,
                             choose_state_function(state_function<T>(), options_.checkpoint_every,
                                                   options_.max_restarts, options_.max_concurrency));
      return caller->create_actor(std::move(call), {.resources = {.cpus = options_.cpus,
                                                                  .gpus = options_.gpus,
                                                                  .memory = options_.memory,
                                                                  .custom = options_.resources},
                                                    .name = options_.name,
                                                    .type = std::string(name_of_type<T>()),
                                                    .max_restarts = options_.max_restarts,
                                                    .max_task_retries = options_.max_task_retries,
                                                    .retry_on = RetryCodes::of(options_.retry_on),
                                                    .max_concurrency = options_.max_concurrency,
                                                    .timeout = options_.timeout,
                                                    .state_function = state,
                                                    .checkpoint_every = options_.checkpoint_every,
                                                    .is_detached = options_.lifetime == ActorLifetime::kDetached});
    });
    if (!made) return Actor<T>(failed_actor(std::move(made).error()));
    (*made)->limit_pending(options_.max_pending_calls, options_.when_full == WhenFull::kFail);
    return Actor<T>(std::move(*made));
  }

 private:
  ActorOptions options_;
};

}  // namespace internal

/// `actor<T>(args…)` makes a T in a process of its own; an argument may be an ObjectRef of what the constructor takes.
/// `actor<T>.with({.gpus = 0.5})(args…)` says what it needs. What makes it impossible (kInvalidArgument: more than the
/// machine has, or an option below its least; kAlreadyExists: the name is taken) is the error of every call on it.
template <class T>
inline const internal::ActorFactory<T> actor{};

/// A handle to the living actor with this name (ActorOptions::name), whoever made it.
/// Errors: kNotFound; kInvalidArgument: it is of another class than T; kFailedPrecondition: no runtime.
template <class T>
Result<Actor<T>> get_actor(const std::string& name) {
  const std::shared_ptr<Caller> caller = internal::current_caller();
  if (!caller) return internal::no_runtime_error();
  return with_memory("get_actor()", [&]() -> Result<Actor<T>> {
    MANTA_ASSIGN_OR_RETURN(ActorPtr lease, caller->find_actor(name, internal::name_of_type<T>()));
    return Actor<T>(std::move(lease));
  });
}

}  // namespace manta
