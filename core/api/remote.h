// SPDX-License-Identifier: Apache-2.0
// Functions as tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/api/function_traits.h"
#include "core/net/function_table.h"

namespace manta {

struct TaskOptions {
  double cpus = 1;           ///< That the task keeps busy; a fraction is allowed.
  double gpus = 0;           ///< Devices it uses, in CUDA_VISIBLE_DEVICES; a fraction shares one.
  std::uint64_t memory = 0;  ///< Bytes that it may use at most; 0: it is not counted.
  Amounts resources = {};    ///< Of those that RuntimeOptions::resources names.
  /// How often it is run again after an error of `retry_on`. A task that is retried may run more than once; its result
  /// is taken once. The default, never, is right for what must not happen twice.
  int max_retries = 0;
  /// kTaskFailed: also when it throws. A Generator is run again only if it has not yielded anything.
  std::vector<ErrorCode> retry_on{ErrorCode::kWorkerDied};
  /// After running so long its process is killed, and the task ends with kTimeout; 0: never. Each try has its own.
  Duration timeout{0};
  /// Run it again when its result, in a spill file, is damaged or gone: then it has run more than once. False: such a
  /// loss is kObjectLost.
  bool recompute = true;
  std::string name = {};   ///< Shown by ps and in messages; default: the function's.
  int stream_buffer = 16;  ///< Of a Generator: values that may wait unread before it waits; at least 1.
};

namespace internal {

// Errors: kInvalidArgument: `value` of the option `name` is less than `least`.
Result<void> check_at_least(std::string_view name, std::int64_t value, std::int64_t least);
// Errors: kInvalidArgument: names what is below what it may be.
Result<void> check(const TaskOptions& options);

template <auto F>
struct Task {
  static_assert(!std::is_member_function_pointer_v<decltype(F)>,
                "remote<f> runs a function; a method needs an object: actor<C>(…).call<&C::m>(…)");
  using Traits = FunctionTraits<decltype(F)>;
  using Parameters = typename Traits::Parameters;
  using Returned = typename Traits::Returned;

  static void invoke(CallContext& context) {
    run_function<Returned, Parameters>(
        context, [](auto&&... values) -> decltype(auto) { return F(std::forward<decltype(values)>(values)...); });
  }
  // Naming the function is enough: this registers it before main().
  static inline const std::uint64_t id = register_function(&invoke, name_of<F>(), kind_of<Returned>);
};

/// What `remote<f>` is: call it, or give it options first.
template <auto F>
class RemoteFunction {
 public:
  explicit RemoteFunction(const TaskOptions& options = {})
      : checked_(with_memory("the options of a task", [&] {
          spec_ = make_spec(options);
          return check(options);
        })),
        stream_buffer_(options.stream_buffer) {}

  RemoteFunction with(const TaskOptions& options) const { return RemoteFunction(options); }

  template <class... A>
  auto operator()(const A&... arguments) const {
    using T = Task<F>;
    const std::shared_ptr<Caller> caller = current_caller();
    using Parameters = typename WireParameters<typename T::Returned, typename T::Parameters>::type;
    const auto make = [&](std::span<const ObjectPtr> results, const auto&... order) -> Result<void> {
      if (!caller) return no_runtime_error();
      MANTA_RETURN_IF_ERROR(checked_);
      Call call = start_call(MessageType::kRunTask, T::id, name_of<F>(), results);
      MANTA_RETURN_IF_ERROR(add_arguments_of<Parameters>(call, *caller, order..., arguments...));
      call.task = spec_;
      caller->submit(std::move(call));
      return {};
    };
    return refs_of_call<typename T::Returned>(caller, name_of<F>(), stream_buffer_, make);
  }

 private:
  static std::shared_ptr<const TaskSpec> make_spec(const TaskOptions& options) {
    auto spec = std::make_shared<TaskSpec>();
    spec->resources = {
        .cpus = options.cpus, .gpus = options.gpus, .memory = options.memory, .custom = options.resources};
    spec->label = options.name.empty() ? std::string(name_of<F>()) : options.name;
    spec->max_retries = options.max_retries;
    spec->timeout = options.timeout;
    spec->recompute = options.recompute;
    spec->retry_on = RetryCodes::of(options.retry_on);
    return spec;
  }

  std::shared_ptr<const TaskSpec> spec_;  // Null only if `checked_` is an error.
  Result<void> checked_;
  int stream_buffer_;
};

}  // namespace internal

/// `remote<f>(a, b)` runs f(a, b) in some worker and returns an ObjectRef of its result at once; an argument may be an
/// ObjectRef of the parameter's type. `remote<f>.with({.cpus = 2})(a, b)` says what it needs. If f returns a
/// std::tuple, it gives a tuple of refs, one of each element.
///
/// Errors (of the ref): kInvalidArgument: more resources than the machine has, or an option below its least;
/// kExhausted: the arguments do not fit the store; kTaskFailed: f threw; kWorkerDied: its process ended; kTimeout;
/// kCancelled; the error of an argument that failed. After retries: the last one.
template <auto F>
inline const internal::RemoteFunction<F> remote{};

}  // namespace manta
