// SPDX-License-Identifier: Apache-2.0
// What the compiler knows of remote functions: parameters, result, name; and the code that runs one in a worker.
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/api/object_ref.h"
#include "core/base/result.h"
#include "core/objects/codec.h"
#include "core/worker/call_context.h"

namespace manta::internal {

template <class F>
struct FunctionTraits;
template <class R, class... P>
struct FunctionTraits<R (*)(P...)> {
  using Returned = R;
  using Parameters = std::tuple<std::decay_t<P>...>;
  using Class = void;
};
template <class R, class... P>
struct FunctionTraits<R (*)(P...) noexcept> : FunctionTraits<R (*)(P...)> {};
template <class R, class C, class... P>
struct FunctionTraits<R (C::*)(P...)> : FunctionTraits<R (*)(P...)> {
  using Class = C;
};
template <class R, class C, class... P>
struct FunctionTraits<R (C::*)(P...) const> : FunctionTraits<R (C::*)(P...)> {};
template <class R, class C, class... P>
struct FunctionTraits<R (C::*)(P...) noexcept> : FunctionTraits<R (C::*)(P...)> {};
template <class R, class C, class... P>
struct FunctionTraits<R (C::*)(P...) const noexcept> : FunctionTraits<R (C::*)(P...)> {};

// A function that returns Result<T> gives an ObjectRef<T>: its error becomes the object's.
template <class R>
struct Value {
  using type = std::decay_t<R>;
};
template <class T>
struct Value<Result<T>> {
  using type = T;
};
template <class R>
using ValueOf = typename Value<std::remove_cv_t<R>>::type;

// "add" from what the compiler writes of pretty_name<&add>().
template <auto F>
constexpr std::string_view name_of() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::size_t begin = text.find("F = ") + 4;
  constexpr std::size_t end = text.find_first_of(";]", begin);
  constexpr std::size_t skip = text[begin] == '&' ? 1 : 0;
  return text.substr(begin + skip, end - begin - skip);
}
template <class T>
constexpr std::string_view name_of_type() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::size_t begin = text.find("T = ") + 4;
  return text.substr(begin, text.find_first_of(";]", begin) - begin);
}

// Reads the arguments of a call. Those before a failure are dropped.
template <class... P, std::size_t... I>
Result<std::tuple<P...>> decode_arguments(CallContext& context, std::tuple<P...>*, std::index_sequence<I...>) {
  if (context.arguments.size() != sizeof...(P)) return Error{ErrorCode::kInternal, "a call has the wrong arguments"};
  std::tuple<Result<P>...> decoded{decode<P>(context.arguments[I])...};
  const Error* error = nullptr;
  static_cast<void>(((std::get<I>(decoded) ? true : (error = &std::get<I>(decoded).error(), false)) && ...));
  if (error != nullptr) return *error;
  return std::tuple<P...>(std::move(std::get<I>(decoded)).value()...);
}
template <class Parameters>
Result<Parameters> decode_arguments(CallContext& context) {
  return decode_arguments(context, static_cast<Parameters*>(nullptr),
                          std::make_index_sequence<std::tuple_size_v<Parameters>>());
}

// Runs `function` and puts what it returns into the context.
template <class R, class Function>
void set_outcome(CallContext& context, Function&& function) {
  if constexpr (std::is_void_v<R>) {
    function();
  } else if constexpr (is_result<R>::value) {
    auto result = function();
    if (!result) {
      context.outcome = result.error();
    } else if constexpr (!std::is_void_v<typename R::value_type>) {
      context.outcome = encode(*result, context.allocator);
    }
  } else {
    context.outcome = encode<std::decay_t<R>>(function(), context.allocator);
  }
}

// The argument `argument` of a call, as its parameter's type P or a ref to one.
template <class P, class A>
Result<Argument> make_argument(const A& argument, BlockAllocator& allocator) {
  if constexpr (std::is_same_v<A, ObjectRef<P>>) {
    if (!argument.state()) return Error{ErrorCode::kFailedPrecondition, "an argument is an empty ref"};
    return Argument(argument.state());
  } else {
    static_assert(std::is_convertible_v<const A&, P>,
                  "an argument of this call has the wrong type: it must convert to the parameter's type, or be an "
                  "ObjectRef of exactly that type");
    if constexpr (std::is_same_v<A, P>) {
      MANTA_ASSIGN_OR_RETURN(EncodedValue value, encode<P>(argument, allocator));
      return Argument(std::move(value));
    } else {
      MANTA_ASSIGN_OR_RETURN(EncodedValue value, encode<P>(static_cast<P>(argument), allocator));
      return Argument(std::move(value));
    }
  }
}

template <class... P, class... A>
Result<std::vector<Argument>> make_arguments(BlockAllocator& allocator, std::tuple<P...>*, const A&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "this call has the wrong number of arguments");
  static_assert(sizeof...(P) <= 16, "a remote function has at most 16 parameters; pass a struct");
  std::vector<Argument> made;
  made.reserve(sizeof...(A));
  std::optional<Error> error;
  [[maybe_unused]] const auto add = [&](Result<Argument> argument) {  // Unused without parameters.
    if (argument) made.push_back(std::move(*argument));
    if (!argument && !error) error = argument.error();
  };
  (add(make_argument<P>(arguments, allocator)), ...);
  if (error) return *error;
  return made;
}

// Makes the call that `function` is to be called with, or completes its result with the error.
template <class Parameters, class... A>
std::optional<Call> make_call(Node& node, MessageType type, std::uint64_t function, std::string_view name,
                              const ObjectPtr& result, const A&... arguments) {
  auto made = make_arguments(node.arena(), static_cast<Parameters*>(nullptr), arguments...);
  if (!made) {
    result->complete(made.error());
    return std::nullopt;
  }
  return Call{.type = type, .function = function, .name = name, .arguments = std::move(*made), .result = result};
}

}  // namespace manta::internal
