// SPDX-License-Identifier: Apache-2.0
// Reads the document and drops it.
#include "tune/space/json_check.h"

#include "tune/space/internal/json_document.h"

namespace manta {

Result<void> check_json(std::string_view json) {
  MANTA_RETURN_IF_ERROR(internal::check_json_size(json));
  MANTA_RETURN_IF_ERROR(internal::read_json(json));
  return {};
}

}  // namespace manta
