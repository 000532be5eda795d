// SPDX-License-Identifier: Apache-2.0
// The parts of docs/space.schema.json that are written from the tables of schedulers and searchers.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace manta {

/// `schema`, a JSON Schema, with its definitions "scheduler" and "searcher" as the tables have them now; all else stays
/// as it is, byte for byte. Each begins with a line such as `    "scheduler": {` and ends with the next line that is
/// indented as far and begins with a brace.
/// Errors: kNotFound: a definition has no place in `schema`.
Result<std::string> with_named_requests(std::string_view schema);

}  // namespace manta
