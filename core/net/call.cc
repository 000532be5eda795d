// SPDX-License-Identifier: Apache-2.0
#include "core/net/call.h"

#include <algorithm>

namespace manta {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{32} << 20;

}  // namespace

Result<void> Call::add(const ObjectPtr& object) {
  if (!object) return Error{ErrorCode::kFailedPrecondition, "an argument is an empty ref"};
  if (object == no_memory_object()) return object->outcome().error();
  if (object->is_ready() && object->outcome()) {
    const EncodedValue& value = *object->outcome();
    if (!value.block && value.references.empty()) {
      add_bytes(value.inline_bytes);
      return {};
    }
  }
  late.push_back({.position = values.size(), .object = object});
  return {};
}

void Call::add(EncodedValue value, std::span<const WireReference> names) {
  append_value(values, value, names);
  ++value_count;
  if (value.block) blocks.push_back(std::move(value.block));
  for (Reference& reference : value.references) keep(std::move(reference));
}

void Call::keep(Reference reference) {
  if (auto* block = std::get_if<BlockPtr>(&reference)) {
    blocks.push_back(std::move(*block));
  } else {
    references.push_back(std::move(reference));
  }
}

Result<void> Call::check_size() const {
  if (values.size() + late.size() * kInlineLimit <= kMaxBytes) return {};
  return Error{ErrorCode::kInvalidArgument,
               "the arguments of " + std::string(name) + " take " + std::to_string(values.size()) +
                   " bytes with the references in them; at most " + std::to_string(kMaxBytes) +
                   " travel with a call. Put part of the refs into objects, and pass refs to those"};
}

const Error& cancelled_error() {
  static const Error error{ErrorCode::kCancelled, "the call was cancelled"};
  return error;
}

const Error& dropped_promise_error() {
  static const Error error{ErrorCode::kCancelled, "the promise was dropped before it was set"};
  return error;
}

bool Call::is_settled() const {
  return result && (result->is_ready() || std::any_of(more_results.begin(), more_results.end(),
                                                      [](const ObjectPtr& object) { return object->is_ready(); }));
}

ObjectPtr Call::pending_argument() const {
  for (const Late& argument : late)
    if (!argument.object->is_ready()) return argument.object;
  return nullptr;
}

const Error* Call::failed_argument() const {
  for (const Late& argument : late)
    if (!argument.object->outcome()) return &argument.object->outcome().error();
  return nullptr;
}

}  // namespace manta
