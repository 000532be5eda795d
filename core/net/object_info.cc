// SPDX-License-Identifier: Apache-2.0
#include "core/net/object_info.h"

namespace manta {

std::string to_string(const std::vector<ObjectHolder>& holders) {
  std::string text;
  for (const ObjectHolder& holder : holders) {
    if (!text.empty()) text += ", ";
    text += holder.kind;
    if (holder.kind == "worker") text += " " + std::to_string(holder.pid) + " (" + holder.name + ")";
    if (holder.kind == "argument" || holder.kind == "value") text += " of " + holder.name;
    if (holder.count > 1) text += " x" + std::to_string(holder.count);
  }
  return text;
}

}  // namespace manta
