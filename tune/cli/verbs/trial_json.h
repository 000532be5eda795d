// SPDX-License-Identifier: Apache-2.0
// Trials and reports as JSON objects: for --json and for exports.
#pragma once

#include <string>

#include "tune/cli/verbs/trial_fields.h"

namespace manta::verbs {

/// One object on one line. Numbers that JSON does not have stand as the texts "nan", "inf" and "-inf".
std::string trial_json(const TrialFields& fields, const TrialRecord& trial);
std::string report_json(const Report& report, WallTime when);

/// A value as a cell of CSV (RFC 4180): quoted where it has to be; "" for none.
std::string csv_cell(const std::optional<Value>& value);

}  // namespace manta::verbs
