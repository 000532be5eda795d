// SPDX-License-Identifier: Apache-2.0
// Classes as actors.
#pragma once

#include <string>

#include "core/api/function_traits.h"
#include "core/worker/function_table.h"

namespace manta {

struct ActorOptions {
  double cpus = 0;  ///< That the actor keeps for its life. The default, none, lets many idle actors share a machine.
  double gpus = 0;  ///< Devices it uses, in CUDA_VISIBLE_DEVICES; a fraction shares one.
  /// How often its process is started again when it died without being asked to: the constructor runs with the same
  /// arguments, and the calls that had not been sent follow.
  int max_restarts = 0;
  /// How often a call that died with the process is made again after a restart, before those behind it. Such a call may
  /// have had its effects already; the default, never, ends it with kActorDied.
  int max_task_retries = 0;
  std::string name;  ///< Unique among living actors; shown by ps and in messages. Default: the class's, not unique.
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

template <auto M>
struct Method {
  using Traits = FunctionTraits<decltype(M)>;
  using Class = typename Traits::Class;
  using Parameters = typename Traits::Parameters;
  using Returned = typename Traits::Returned;

  static void invoke(CallContext& context) {
    auto arguments = decode_arguments<Parameters>(context);
    if (!arguments) {
      context.outcome = arguments.error();
      return;
    }
    auto* self = static_cast<Class*>(context.actor.get());
    set_outcome<Returned>(context, [&]() -> decltype(auto) {
      return std::apply([&](auto&... values) -> decltype(auto) { return (self->*M)(std::move(values)...); },
                        *arguments);
    });
  }
  static inline const std::uint64_t id = register_function(&invoke, name_of<M>());
};

// Ends the actor with its last handle.
class ActorLease {
 public:
  ActorLease(std::weak_ptr<Node> node, std::uint64_t id, int max_task_retries)
      : node_(std::move(node)), id_(id), max_task_retries_(max_task_retries) {}
  explicit ActorLease(Error error) : error_(std::move(error)) {}
  ~ActorLease() {
    if (const auto node = node_.lock()) node->stop_actor(id_);
  }
  ActorLease(const ActorLease&) = delete;
  ActorLease& operator=(const ActorLease&) = delete;

  std::shared_ptr<Node> node() const { return node_.lock(); }
  std::uint64_t id() const { return id_; }
  /// For each call.
  RetryRule retry() const {
    return max_task_retries_ > 0 ? RetryRule{.left = max_task_retries_, .after = {ErrorCode::kActorDied}} : RetryRule{};
  }
  Error error() const { return error_ ? *error_ : no_runtime_error(); }

 private:
  std::weak_ptr<Node> node_;
  std::uint64_t id_ = 0;
  int max_task_retries_ = 0;
  std::optional<Error> error_;
};

}  // namespace internal

/// A handle to an object of class T that lives in a process of its own. The actor ends, after its pending calls, with
/// the last copy of its handle.
///
/// Thread-safety: any const method, from any thread; the calls of one thread arrive in order.
template <class T>
class Actor {
 public:
  Actor() = default;
  explicit Actor(std::shared_ptr<internal::ActorLease> lease) : lease_(std::move(lease)) {}

  /// `c.call<&T::m>(a, b)` runs m(a, b) on the actor, after the calls made before, and returns an ObjectRef of its
  /// result at once. An argument may be an ObjectRef of the parameter's type. Errors (of the ref): kActorDied: its
  /// process ended, with the cause; kTaskFailed: m threw, and the actor lives; kExhausted; what made the actor
  /// impossible.
  template <auto M, class... A>
  auto call(const A&... arguments) const {
    using Method = internal::Method<M>;
    static_assert(std::is_base_of_v<typename Method::Class, T>, "this is not a method of the actor's class");
    auto result = std::make_shared<ObjectState>();
    const std::shared_ptr<Node> node = lease_ ? lease_->node() : nullptr;
    if (!node) {
      result->complete(lease_ ? lease_->error() : Error{ErrorCode::kFailedPrecondition, "this actor handle is empty"});
    } else if (auto call = internal::make_call<typename Method::Parameters>(
                   *node, MessageType::kCallMethod, Method::id, internal::name_of<M>(), result, arguments...)) {
      call->retry = lease_->retry();
      node->call_actor(lease_->id(), std::move(*call));
    }
    return ObjectRef<internal::ValueOf<typename Method::Returned>>(std::move(result));
  }

  /// Ends the actor after the calls made so far; later ones end with kActorDied.
  void stop() const {
    if (const std::shared_ptr<Node> node = lease_ ? lease_->node() : nullptr) node->stop_actor(lease_->id());
  }
  /// Ends the actor now: its pending calls, and all later ones, end with kActorDied.
  void kill() const {
    if (const std::shared_ptr<Node> node = lease_ ? lease_->node() : nullptr) node->kill_actor(lease_->id());
  }

  /// False once its process has ended for good; true while it waits for resources or lives.
  bool is_alive() const {
    const std::shared_ptr<Node> node = lease_ ? lease_->node() : nullptr;
    return node && node->is_actor_alive(lease_->id());
  }
  /// The process it lives in; 0 while it waits for resources, or once it has ended.
  int pid() const {
    const std::shared_ptr<Node> node = lease_ ? lease_->node() : nullptr;
    return node ? node->actor_pid(lease_->id()) : 0;
  }

 private:
  std::shared_ptr<internal::ActorLease> lease_;
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
    static_assert(std::is_constructible_v<T, TravellingAs<A>...>,
                  "the actor's class has no constructor for these arguments");
    using New = Constructor<T, TravellingAs<A>...>;
    const std::shared_ptr<Node> node = current_node();
    if (!node) return failed(no_runtime_error());
    auto result = std::make_shared<ObjectState>();
    auto call = make_call<std::tuple<TravellingAs<A>...>>(*node, MessageType::kCreateActor, New::id, name_of_type<T>(),
                                                          result, arguments...);
    if (!call) return failed(result->outcome().error());
    auto id = node->create_actor(std::move(*call), {.cpus = options_.cpus, .gpus = options_.gpus},
                                 options_.max_restarts, options_.name);
    if (!id) return failed(id.error());
    return Actor<T>(std::make_shared<ActorLease>(node, *id, options_.max_task_retries));
  }

 private:
  static Actor<T> failed(Error error) { return Actor<T>(std::make_shared<ActorLease>(std::move(error))); }

  ActorOptions options_;
};

}  // namespace internal

/// `actor<T>(args…)` makes a T in a process of its own; an argument may be an ObjectRef of what the constructor takes.
/// `actor<T>.with({.gpus = 0.5})(args…)` says what it needs. What makes it impossible (kInvalidArgument: more than the
/// machine has; kAlreadyExists: the name is taken) is the error of every call on it.
template <class T>
inline const internal::ActorFactory<T> actor{};

}  // namespace manta
