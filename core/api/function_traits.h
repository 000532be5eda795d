// SPDX-License-Identifier: Apache-2.0
// What the compiler knows of remote functions: parameters, result, name; and the code that runs one in a worker.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/api/object_ref.h"
#include "core/base/result.h"
#include "core/net/call_context.h"
#include "core/net/caller.h"
#include "core/net/function_table.h"
#include "core/objects/codec.h"

namespace manta {

template <class T>
class Async;
template <class T>
class Generator;
template <class T>
class Stream;

namespace internal {

// How a function of return type R is started that goes on after it has returned: `make(R)` gives its AsyncCall.
template <class R>
struct AsyncStart;

template <class R>
struct is_coroutine : std::false_type {};
template <class T>
struct is_coroutine<Async<T>> : std::true_type {};
template <class T>
struct is_coroutine<Generator<T>> : std::true_type {};

// A generator gets an order of its reader's before its arguments, and gives a Stream.
struct StreamOrder;
template <class T>
struct StreamStart;
template <class R>
struct is_generator : std::false_type {};
template <class T>
struct is_generator<Generator<T>> : std::true_type {};
template <class R>
inline constexpr FunctionKind kind_of = is_generator<R>::value ? FunctionKind::kGenerator : FunctionKind::kPlain;
template <class R, class Parameters>
struct WireParameters {
  using type = Parameters;
};
template <class T, class... P>
struct WireParameters<Generator<T>, std::tuple<P...>> {
  using type = std::tuple<StreamOrder, P...>;
};

template <class F>
struct FunctionTraits {
  static_assert(!std::is_same_v<F, F>,
                "this is no remote function: remote<f> takes a function, a static member function or a lambda without "
                "captures; call<&C::m> takes a method of the actor's class");
};
template <class R, class... P>
struct FunctionTraits<R (*)(P...)> {
  static_assert(!is_coroutine<R>::value || (!std::is_reference_v<P> && ...),
                "a remote coroutine takes its parameters by value: a reference would dangle once it has waited");
  static_assert(
      (!(std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>)&&...),
      "a remote function gets copies of its arguments: take them by value or const&, and return what changed");
  static_assert(!std::is_pointer_v<std::decay_t<R>> && (!std::is_pointer_v<std::decay_t<P>> && ...),
                "a pointer cannot travel between processes: pass the value, a std::string or a SharedArray");
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
template <class R, class C, class... P>
struct FunctionTraits<R (C::*)(P...)&> : FunctionTraits<R (C::*)(P...)> {};
template <class R, class C, class... P>
struct FunctionTraits<R (C::*)(P...) const&> : FunctionTraits<R (C::*)(P...)> {};

template <class F>
inline constexpr bool has_one_call_operator = requires { &F::operator(); };

// A lambda without captures.
template <class F>
requires(std::is_class_v<F> && !has_one_call_operator<F>)
struct FunctionTraits<F> {
  static_assert(!std::is_same_v<F, F>,
                "a remote lambda says the types of its parameters: it takes nothing that is auto");
};
template <class F>
requires(std::is_class_v<F> && has_one_call_operator<F>)
struct FunctionTraits<F> : FunctionTraits<decltype(&F::operator())> {
  static_assert(std::is_empty_v<F>, "a remote lambda captures nothing: pass what it needs as arguments");
};

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
struct Value<Async<R>> : Value<R> {};
template <class R>
using ValueOf = typename Value<std::remove_cv_t<R>>::type;

// A function that returns a tuple gives a ref of each of its elements.
template <class V>
struct ResultRefs {
  using type = ObjectRef<V>;
  static constexpr std::size_t count = 1;
};
template <class... V>
struct ResultRefs<std::tuple<V...>> {
  static_assert(sizeof...(V) > 0, "a remote function that returns an empty tuple returns nothing: make it void");
  using type = std::tuple<ObjectRef<V>...>;
  static constexpr std::size_t count = sizeof...(V);
};
template <class Returned>
using RefsOf = typename ResultRefs<ValueOf<Returned>>::type;

template <class... V, std::size_t... I>
std::tuple<ObjectRef<V>...> make_refs(std::span<ObjectPtr> objects, std::tuple<ObjectRef<V>...>*,
                                      std::index_sequence<I...>) {
  return {ObjectRef<V>(std::move(objects[I]))...};
}
template <class V>
ObjectRef<V> make_refs(std::span<ObjectPtr> objects, ObjectRef<V>*, std::index_sequence<0>) {
  return ObjectRef<V>(std::move(objects[0]));
}

// The refs of a call of `name`, which ends with a zero, that is about to be made: call(result objects) makes it, or
// says why it cannot be.
template <class Returned, class Make>
RefsOf<Returned> object_refs_of_call(Caller* caller, std::string_view name, Make&& make) {
  constexpr std::size_t count = ResultRefs<ValueOf<Returned>>::count;
  std::array<ObjectPtr, count> objects;
  const auto made = with_memory(name, [&]() -> Result<void> {
    for (ObjectPtr& object : objects) {
      object = caller != nullptr ? caller->new_object() : make_object();
      object->set_call_name(name.data());
    }
    return make(std::span<const ObjectPtr>(objects));
  });
  if (!made) fail_objects(objects, caller, made.error());
  return make_refs(std::span<ObjectPtr>(objects), static_cast<RefsOf<Returned>*>(nullptr),
                   std::make_index_sequence<count>());
}
template <class Returned, class Make>
auto refs_of_call(const std::shared_ptr<Caller>& caller, std::string_view name, [[maybe_unused]] int stream_buffer,
                  Make&& make) {
  if constexpr (is_generator<Returned>::value) {
    return StreamStart<typename Returned::value_type>::open(caller, name, stream_buffer, make);
  } else {
    return object_refs_of_call<Returned>(caller.get(), name, std::forward<Make>(make));
  }
}

// A name without the marks that compilers put in place of anonymous namespaces.
template <std::size_t N>
struct ShortName {
  char text[N + 1] = {};
  std::size_t size = 0;

  constexpr explicit ShortName(std::string_view name) {
    while (!name.empty()) {
      bool is_mark = false;
      for (const std::string_view mark : {"{anonymous}::", "(anonymous namespace)::"}) {
        if (!name.starts_with(mark)) continue;
        name.remove_prefix(mark.size());
        is_mark = true;
      }
      if (is_mark) continue;
      text[size++] = name.front();
      name.remove_prefix(1);
    }
  }
};

// "add" from what the compiler writes of pretty_name<&add>().
template <auto F>
constexpr std::string_view full_name_of() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::size_t begin = text.find("F = ") + 4;
  constexpr std::size_t end = text.find_first_of(";]", begin);
  constexpr std::size_t skip = text[begin] == '&' ? 1 : 0;
  return text.substr(begin + skip, end - begin - skip);
}
template <class T>
constexpr std::string_view full_name_of_type() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::size_t begin = text.find("T = ") + 4;
  return text.substr(begin, text.find_first_of(";]", begin) - begin);
}

template <auto F>
struct FunctionName {
  static constexpr ShortName<full_name_of<F>().size()> value{full_name_of<F>()};
};
template <class T>
struct TypeName {
  static constexpr ShortName<full_name_of_type<T>().size()> value{full_name_of_type<T>()};
};
template <auto F>
constexpr std::string_view name_of() {
  if constexpr (std::is_class_v<decltype(F)>) return "lambda";
  return {FunctionName<F>::value.text, FunctionName<F>::value.size};
}
template <class T>
constexpr std::string_view name_of_type() {
  return {TypeName<T>::value.text, TypeName<T>::value.size};
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

// Puts a value into the context: as the first one, or as the next.
template <class V>
void add_value(CallContext& context, bool is_first, const V& value) {
  if (!context.outcome) return;
  Result<EncodedValue> encoded = encode<V>(value, context.allocator);
  if (is_first || !encoded) {
    context.outcome = std::move(encoded);
  } else {
    context.more_values.push_back(std::move(*encoded));
  }
}
// Puts a value, or each of a tuple's, into the context.
template <class V>
void set_values(CallContext& context, const V& value) {
  add_value(context, true, value);
}
template <class... V>
void set_values(CallContext& context, const std::tuple<V...>& values) {
  bool is_first = true;
  const auto add = [&](const auto& value) { add_value(context, std::exchange(is_first, false), value); };
  std::apply([&](const V&... each) { (add(each), ...); }, values);
}

// Runs `function` and puts what it returns into the context.
template <class R, class Function>
void set_outcome(CallContext& context, Function&& function) {
  if constexpr (is_coroutine<R>::value && !is_generator<R>::value) {
    context.async = AsyncStart<R>::make(function());
  } else if constexpr (std::is_void_v<R>) {
    function();
  } else if constexpr (is_result<R>::value) {
    auto result = function();
    if (!result) {
      context.outcome = result.error();
    } else if constexpr (!std::is_void_v<typename R::value_type>) {
      set_values(context, *result);
    }
  } else {
    set_values(context, function());
  }
}

// Runs `function(arguments…)`, whose arguments are those of the call.
template <class Returned, class Parameters, class Function>
void run_function(CallContext& context, Function&& function) {
  auto arguments = decode_arguments<typename WireParameters<Returned, Parameters>::type>(context);
  if (!arguments) {
    context.outcome = arguments.error();
  } else if constexpr (is_generator<Returned>::value) {
    const auto start = [&](auto& order, auto&... values) {
      return AsyncStart<Returned>::make(function(std::move(values)...), std::move(order));
    };
    context.async = std::apply(start, *arguments);
  } else {
    set_outcome<Returned>(context, [&]() -> decltype(auto) {
      return std::apply([&](auto&... values) -> decltype(auto) { return function(std::move(values)...); }, *arguments);
    });
  }
}

// Adds `argument` to the call, as its parameter's type P or a ref to one.
template <class P, class A>
Result<void> add_argument(Call& call, Caller& caller, const A& argument) {
  if constexpr (std::is_same_v<A, ObjectRef<P>>) {
    return call.add(argument.state());
  } else {
    static_assert(std::is_same_v<A, P> || std::is_convertible_v<const A&, P>,
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
  [[maybe_unused]] const auto note = [&](const Result<void>& added) {  // Unused without parameters.
    if (!added && !error) error = added.error();
  };
  (note(add_argument<P>(call, caller, arguments)), ...);
  if (error) return *error;
  return call.check_size();
}

// A call of `function`, still without its arguments.
inline Call start_call(MessageType type, std::uint64_t function, std::string_view name,
                       std::span<const ObjectPtr> results) {
  Call call;
  call.type = type;
  call.function = function;
  call.name = name;
  call.result = results.front();
  call.more_results.assign(results.begin() + 1, results.end());
  return call;
}
// Errors: what makes the call impossible.
template <class Parameters, class... A>
Result<void> add_arguments_of(Call& call, Caller& caller, const A&... arguments) {
  return add_arguments(call, caller, static_cast<Parameters*>(nullptr), arguments...);
}

}  // namespace internal
}  // namespace manta
