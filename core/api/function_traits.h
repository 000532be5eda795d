// SPDX-License-Identifier: Apache-2.0
// What the compiler knows of remote functions: parameters, result, name; and the code that runs one in a worker.
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/api/object_ref.h"
#include "core/base/result.h"
#include "core/net/call_context.h"
#include "core/net/caller.h"
#include "core/objects/codec.h"

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

// Adds `argument` to the call, as its parameter's type P or a ref to one.
template <class P, class A>
Result<void> add_argument(Call& call, Caller& caller, const A& argument) {
  if constexpr (std::is_same_v<A, ObjectRef<P>>) {
    return call.add(argument.state());
  } else {
    static_assert(std::is_convertible_v<const A&, P>,
                  "an argument of this call has the wrong type: it must convert to the parameter's type, or be an "
                  "ObjectRef of exactly that type");
    if constexpr (is_flat<P>) {
      const P value = static_cast<P>(argument);
      call.add_bytes(std::as_bytes(std::span(&value, 1)));
      return {};
    } else if constexpr (std::is_same_v<A, P>) {
      return add_encoded(call, caller, encode<P>(argument, caller.allocator()));
    } else {
      return add_encoded(call, caller, encode<P>(static_cast<P>(argument), caller.allocator()));
    }
  }
}

template <class... P, class... A>
Result<void> add_arguments(Call& call, Caller& caller, std::tuple<P...>*, const A&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "this call has the wrong number of arguments");
  static_assert(sizeof...(P) <= 16, "a remote function has at most 16 parameters; pass a struct");
  std::optional<Error> error;
  [[maybe_unused]] const auto note = [&](Result<void> added) {  // Unused without parameters.
    if (!added && !error) error = std::move(added).error();
  };
  (note(add_argument<P>(call, caller, arguments)), ...);
  if (error) return *error;
  return call.check_size();
}

// The call of `function` with these arguments, or what makes it impossible.
template <class Parameters, class... A>
Result<Call> make_call(Caller& caller, MessageType type, std::uint64_t function, std::string_view name,
                       const A&... arguments) {
  Call call{.type = type, .function = function, .name = name};
  MANTA_RETURN_IF_ERROR(add_arguments(call, caller, static_cast<Parameters*>(nullptr), arguments...));
  return call;
}

}  // namespace manta::internal
