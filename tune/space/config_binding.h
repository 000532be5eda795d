// SPDX-License-Identifier: Apache-2.0
// A plain struct as a configuration: its fields by the names of parameters.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/space/config.h"
#include "tune/space/space.h"

namespace manta {

/// What a field can hold.
struct BoundField {
  enum class Kind { kBool, kInteger, kNumber, kText };

  std::string name;  ///< Of the parameter, whole: "model/act".
  Kind kind = Kind::kNumber;
  bool is_optional = false;  ///< Empty where the parameter is inactive.
  std::int64_t low = 0;      ///< Of a kInteger: what its type holds, as far as an int of a space goes.
  std::int64_t high = 0;
};

/// Whether a program whose configuration has these fields can run every trial of `space`.
/// Errors: kInvalidArgument, with all mistakes: a name that the space lacks, a field that cannot hold each value of its
/// parameter, a parameter with a condition whose field is no optional, a parameter that varies and has no field.
Result<void> check_fields(const std::vector<BoundField>& fields, const Space& space);
/// The same for a space as JSON. Errors also: those of parse_space().
Result<void> check_fields(const std::vector<BoundField>& fields, std::string_view space);

namespace internal {
template <class Field>
struct FieldType {
  using type = Field;
  static constexpr bool is_optional = false;
};
template <class Field>
struct FieldType<std::optional<Field>> {
  using type = Field;
  static constexpr bool is_optional = true;
};

template <class Field>
BoundField bound_field(const std::string& name) {
  using Type = typename FieldType<Field>::type;
  BoundField field{.name = name, .is_optional = FieldType<Field>::is_optional};
  if constexpr (std::same_as<Type, bool>) {
    field.kind = BoundField::Kind::kBool;
  } else if constexpr (std::integral<Type>) {
    using Wide = std::int64_t;
    using Limits = std::numeric_limits<Type>;
    field.kind = BoundField::Kind::kInteger;
    field.low = std::in_range<Wide>(Limits::min()) ? static_cast<Wide>(Limits::min()) : Wide{0};
    field.high =
        std::in_range<Wide>(Limits::max()) ? static_cast<Wide>(Limits::max()) : std::numeric_limits<Wide>::max();
  } else if constexpr (std::floating_point<Type>) {
    field.kind = BoundField::Kind::kNumber;
  } else {
    static_assert(std::same_as<Type, std::string>,
                  "a field is bool, an integer, a floating-point number or std::string, or an optional of these");
    field.kind = BoundField::Kind::kText;
  }
  return field;
}
}  // namespace internal

/// Which parameter goes into which field of `Struct`, which can be made without arguments:
///
///   struct Hyper {
///     double lr = 0;
///     std::optional<double> momentum;  // Has a condition in the space.
///     static manta::ConfigBinding<Hyper> binding() {
///       return manta::ConfigBinding<Hyper>().field("lr", &Hyper::lr).field("momentum", &Hyper::momentum);
///     }
///   };
///
/// Thread-safety: as a value.
template <class Struct>
class ConfigBinding {
 public:
  template <class Field>
  ConfigBinding& field(std::string name, Field Struct::*member) {
    using Type = typename internal::FieldType<Field>::type;
    readers_.push_back([name, member](const Config& config, Struct& out) {
      if constexpr (internal::FieldType<Field>::is_optional) {
        out.*member = config[name].exists() ? std::optional(config[name].template as<Type>()) : std::nullopt;
      } else {
        out.*member = config[name].template as<Type>();
      }
    });
    fields_.push_back(internal::bound_field<Field>(std::move(name)));
    return *this;
  }

  const std::vector<BoundField>& fields() const { return fields_; }
  /// Throws ConfigError, as Config's accessors, where `config` is of a space that check_fields() would refuse.
  Struct read(const Config& config) const {
    Struct out{};
    for (const auto& reader : readers_) reader(config, out);
    return out;
  }

 private:
  std::vector<BoundField> fields_;
  std::vector<std::function<void(const Config&, Struct&)>> readers_;
};

/// A struct that says how it is bound.
template <class Struct>
concept BoundStruct = requires {
  { Struct::binding() } -> std::same_as<ConfigBinding<Struct>>;
};

/// `config` as a `Struct`. Throws ConfigError, as ConfigBinding::read().
template <BoundStruct Struct>
Struct config_as(const Config& config) {
  return Struct::binding().read(config);
}

}  // namespace manta
