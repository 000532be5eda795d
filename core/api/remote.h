// SPDX-License-Identifier: Apache-2.0
// Functions as tasks.
#pragma once

#include <string>
#include <vector>

#include "core/api/function_traits.h"
#include "core/worker/function_table.h"

namespace manta {

struct TaskOptions {
  double cpus = 1;  ///< That the task keeps busy; a fraction is allowed.
  double gpus = 0;  ///< Devices it uses, in CUDA_VISIBLE_DEVICES; a fraction shares one.
  /// How often it is run again after an error of `retry_on`. A task that is retried may run more than once; its result
  /// is taken once. The default, never, is right for what must not happen twice.
  int max_retries = 0;
  std::vector<ErrorCode> retry_on{ErrorCode::kWorkerDied};  ///< kTaskFailed: also when it throws.
  std::string name;                                         ///< Shown by ps and in messages; default: the function's.
};

namespace internal {

template <auto F>
struct Task {
  using Traits = FunctionTraits<decltype(F)>;
  using Parameters = typename Traits::Parameters;
  using Returned = typename Traits::Returned;

  static void invoke(CallContext& context) {
    auto arguments = decode_arguments<Parameters>(context);
    if (!arguments) {
      context.outcome = arguments.error();
      return;
    }
    set_outcome<Returned>(context, [&]() -> decltype(auto) { return std::apply(F, std::move(*arguments)); });
  }
  // Naming the function is enough: this registers it before main().
  static inline const std::uint64_t id = register_function(&invoke, name_of<F>());
};

/// What `remote<f>` is: call it, or give it options first.
template <auto F>
class RemoteFunction {
 public:
  RemoteFunction() = default;
  explicit RemoteFunction(TaskOptions options) : options_(std::move(options)) {}

  RemoteFunction with(TaskOptions options) const { return RemoteFunction(std::move(options)); }

  template <class... A>
  auto operator()(const A&... arguments) const {
    using T = Task<F>;
    auto result = std::make_shared<ObjectState>();
    const std::shared_ptr<Node> node = current_node();
    if (!node) {
      result->complete(no_runtime_error());
    } else if (auto call = make_call<typename T::Parameters>(*node, MessageType::kRunTask, T::id, name_of<F>(), result,
                                                             arguments...)) {
      call->resources = {.cpus = options_.cpus, .gpus = options_.gpus};
      call->label = options_.name.empty() ? std::string(name_of<F>()) : options_.name;
      if (options_.max_retries > 0) call->retry = {.left = options_.max_retries, .after = options_.retry_on};
      node->submit(std::move(*call));
    }
    return ObjectRef<ValueOf<typename T::Returned>>(std::move(result));
  }

 private:
  TaskOptions options_;
};

}  // namespace internal

/// `remote<f>(a, b)` runs f(a, b) in some worker and returns an ObjectRef of its result at once; an argument may be an
/// ObjectRef of the parameter's type. `remote<f>.with({.cpus = 2})(a, b)` says what it needs.
///
/// Errors (of the ref): kInvalidArgument: more resources than the machine has; kExhausted: the arguments do not fit the
/// store; kTaskFailed: f threw; kWorkerDied: its process ended; the error of an argument that failed. After
/// retries: the last one.
template <auto F>
inline const internal::RemoteFunction<F> remote{};

}  // namespace manta
