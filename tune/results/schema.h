// SPDX-License-Identifier: Apache-2.0
// The tables and views of an experiment's database.
#pragma once

namespace manta {

/// Of the database; a program reads those up to its own.
inline constexpr int kSchemaVersion = 4;

/// SQL that makes all tables and views in an empty database. docs/schema.md explains each.
extern const char* const kSchema;

/// SQL that makes a database of version `version` one of version `version` + 1; version is 1 at least, and below
/// kSchemaVersion.
const char* migration_from(int version);

}  // namespace manta
