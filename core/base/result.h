// SPDX-License-Identifier: Apache-2.0
// A value or an Error: the subset of std::expected<T, Error> that g++ 12 lacks.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/base/error.h"

namespace manta {

/// Holds a T, or the Error that kept it from being made. Thread-safety: as a value.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: a value is a Result.
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: so is an Error.

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// The value. Stops the process with the error's text when there is none: ask has_value() first, or mean it.
  T& value() & { return check(), std::get<0>(state_); }
  const T& value() const& { return check(), std::get<0>(state_); }
  /// Of a temporary, by value: `for (x : get(refs).value())` is safe.
  T value() && { return check(), std::get<0>(std::move(state_)); }
  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? std::get<0>(state_) : static_cast<T>(std::forward<U>(other));
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The error. Only when !has_value().
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  void check() const { MANTA_CHECK(has_value(), to_string(std::get<1>(state_))); }

  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: an Error is a Result.

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const { MANTA_CHECK(has_value(), to_string(*error_)); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<Result<T>> : std::true_type {};

}  // namespace manta

/// Leaves the function with the error of `expression`, if it has one.
#define MANTA_RETURN_IF_ERROR(expression)                                                                           \
  do {                                                                                                              \
    if (auto manta_result_ = (expression); !manta_result_) return ::manta::Error(std::move(manta_result_).error()); \
  } while (false)

#define MANTA_CONCAT_INNER_(a, b) a##b
#define MANTA_CONCAT_(a, b) MANTA_CONCAT_INNER_(a, b)
/// Declares `declaration` with the value of `expression`, or leaves the function with its error.
#define MANTA_ASSIGN_OR_RETURN(declaration, expression)                               \
  auto MANTA_CONCAT_(manta_result_, __LINE__) = (expression);                         \
  if (!MANTA_CONCAT_(manta_result_, __LINE__))                                        \
    return ::manta::Error(std::move(MANTA_CONCAT_(manta_result_, __LINE__)).error()); \
  declaration = std::move(MANTA_CONCAT_(manta_result_, __LINE__)).value()
