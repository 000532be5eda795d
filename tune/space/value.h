// SPDX-License-Identifier: Apache-2.0
// One hyperparameter's value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace manta {

/// A scalar of JSON without null. An int never compares equal to a double, even if they are numerically the same.
using Value = std::variant<bool, std::int64_t, double, std::string>;

/// Compact JSON text: `true`, `3`, `0.1` (shortest that reads back the same), `"relu"`. A non-finite double is `null`.
std::string to_json(const Value& value);

/// A number as a double, whichever way it is written; none for what is no number.
std::optional<double> number_of(const Value& value);

/// Equal, or the same number written in two ways: 1 and 1.0.
bool same_value(const Value& a, const Value& b);

}  // namespace manta
