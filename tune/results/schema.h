// SPDX-License-Identifier: Apache-2.0
// The tables and views of an experiment's database.
#pragma once

#include <string>

namespace manta {

/// Of the database; a program reads those up to its own.
inline constexpr int kSchemaVersion = 6;

/// That the view pareto_front has columns for.
inline constexpr int kMostObjectives = 8;

/// SQL that makes all tables and views in an empty database. docs/schema.md explains each.
std::string schema();

/// SQL that makes a database of version `version` one of version `version` + 1; version is 1 at least, and below
/// kSchemaVersion.
std::string migration_from(int version);

}  // namespace manta
