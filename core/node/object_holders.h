// SPDX-License-Identifier: Apache-2.0
// Who keeps which objects of the store.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/net/call.h"
#include "core/net/object_info.h"
#include "core/objects/object_table.h"

namespace manta {

/// Counts the references to some objects: first everybody who has any is shown to it, then it says who keeps what. What
/// nobody was shown to have, the driver has.
///
/// Thread-safety: none.
class ObjectHolders {
 public:
  /// Of the objects of `rows`, which must outlive this.
  explicit ObjectHolders(const std::vector<ObjectTable::Row>& rows);

  /// A worker has references to `object`.
  void add_worker(int pid, std::string_view label, const ObjectPtr& object, std::uint64_t count);
  /// A call has arguments, and will have results.
  void add_call(const Call& call);
  /// Those of `object`, which is that of a row. `driver`: the driver's process.
  std::vector<ObjectHolder> of(const ObjectPtr& object, int driver) const;

 private:
  struct Known {
    long pointers = 0;  // To it that are accounted for.
    std::vector<ObjectHolder> holders;
  };

  void add(const Reference& reference, std::string_view kind, std::string_view name);
  void add(const ObjectState* object, ObjectHolder holder, long pointers);

  std::unordered_map<const ObjectState*, Known> known_;
};

}  // namespace manta
