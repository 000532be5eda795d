// SPDX-License-Identifier: Apache-2.0
// One configuration: what a trial is given.
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/result.h"
#include "tune/space/value.h"

namespace manta {

/// A key that is not there, or a value of another type. Thrown only by Config's accessors, which run in user code: a
/// trainable that asks for what its space does not have fails with this message (docs/adr/0004).
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Values by name; nested names are joined by '/' ("model/act").
///
/// Thread-safety: as a value.
class Config {
 public:
  /// A place in a configuration: a value, or the prefix of some. Valid while its Config lives unchanged.
  class Entry {
   public:
    /// config["model"]["act"] is config["model/act"].
    Entry operator[](std::string_view name) const { return {*config_, path_ + "/" + std::string(name)}; }
    /// True if a value stands here.
    bool exists() const { return config_->values_.contains(path_); }
    /// The value as bool, an integer, a floating-point number or std::string. An int is also a double; a double that
    /// is a whole number is also an int.
    /// Throws ConfigError when the value is missing, of another type, or out of T's range; the message names it.
    template <class T>
    T as() const;
    /// As as<T>(), or `fallback` when nothing stands here.
    template <class T>
    T value_or(T fallback) const {
      return exists() ? as<T>() : fallback;
    }

   private:
    friend class Config;
    Entry(const Config& config, std::string path) : config_(&config), path_(std::move(path)) {}

    const Config* config_;
    std::string path_;
  };

  Config() = default;
  Config(std::initializer_list<std::pair<const std::string, Value>> values) : values_(values) {}

  Entry operator[](std::string_view name) const { return {*this, std::string(name)}; }
  void set(std::string name, Value value) { values_.insert_or_assign(std::move(name), std::move(value)); }
  /// All values, sorted by name.
  const std::map<std::string, Value>& values() const { return values_; }

  /// Compact JSON, nested again at each '/'; keys sorted.
  std::string to_json() const;
  /// Reads what to_json() wrote, or any JSON object of scalars and objects.
  /// Errors: kInvalidArgument: not such an object; the message has the path.
  static Result<Config> from_json(std::string_view json);

  friend bool operator==(const Config&, const Config&) = default;

 private:
  const Value& require(const std::string& path) const;  // Throws ConfigError.
  static bool to_bool(const std::string& path, const Value& value);
  static std::int64_t to_int(const std::string& path, const Value& value);
  static double to_double(const std::string& path, const Value& value);
  static const std::string& to_text(const std::string& path, const Value& value);
  [[noreturn]] static void throw_out_of_range(const std::string& path, const Value& value);

  std::map<std::string, Value> values_;
};

template <class T>
T Config::Entry::as() const {
  const Value& value = config_->require(path_);
  if constexpr (std::same_as<T, bool>) {
    return to_bool(path_, value);
  } else if constexpr (std::integral<T>) {
    const std::int64_t wide = to_int(path_, value);
    if (!std::in_range<T>(wide)) throw_out_of_range(path_, value);
    return static_cast<T>(wide);
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(to_double(path_, value));
  } else {
    static_assert(std::same_as<T, std::string>,
                  "a Config holds bool, integers, floating-point numbers and std::string");
    return to_text(path_, value);
  }
}

}  // namespace manta
