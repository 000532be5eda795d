// SPDX-License-Identifier: Apache-2.0
// Objects whose bytes are lost: made anew where that is possible, else explained.
#include <algorithm>

#include "core/base/byte_text.h"
#include "core/node/node.h"

namespace manta {
namespace {

// Which of the blocks of an object `lost` is; none: it is none of them.
std::optional<std::size_t> place_of(const BlockPtr& lost, const ObjectState& object) {
  if (!object.is_ready() || !object.outcome()) return std::nullopt;
  const std::vector<BlockPtr> blocks = blocks_of(*object.outcome());
  const auto at = std::find(blocks.begin(), blocks.end(), lost);
  return at == blocks.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - blocks.begin()));
}

// Why an object of this origin cannot be made anew, if that is known from its origin.
std::string reason_of(const ObjectOrigin& origin, std::uint64_t limit) {
  switch (origin.maker) {
    case ObjectOrigin::Maker::kPut: return "what was put can only be put again";
    case ObjectOrigin::Maker::kActor: return "the results of actors are not made again";
    case ObjectOrigin::Maker::kTaskOnce: return "its task is not to be run again (recompute = false)";
    case ObjectOrigin::Maker::kTask: break;
  }
  return "how it was made is forgotten beyond " + byte_text(limit) + " of such (RuntimeOptions::lineage_bytes)";
}

}  // namespace

// A task has given its results, one of which lies in the store: it can be lost.
void Node::remember(const Call& call) {
  if (call.type != MessageType::kRunTask || !call.task->recompute) return;
  std::vector<ObjectPtr> results = {call.result};
  results.insert(results.end(), call.more_results.begin(), call.more_results.end());
  lineage_.remember(call, results);
}

ObjectOrigin Node::origin_of(const WorkerRecord& worker, const Call& call) {
  using Maker = ObjectOrigin::Maker;
  const Maker maker = call.type != MessageType::kRunTask ? Maker::kActor
                      : call.task->recompute             ? Maker::kTask
                                                         : Maker::kTaskOnce;
  return {.process = worker.id, .label = call.name, .maker = maker};
}

// No error: it is being made anew, and recover() follows.
Result<void> Node::on_lost(const BlockPtr& lost, const Error& why) {
  const MemoryReserve::Use reserve;
  Lineage::Plan plan;
  std::string what;
  std::optional<std::size_t> place;
  {
    const std::lock_guard lock(mutex_);
    const std::vector<ObjectTable::Row> rows = objects_.snapshot();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const ObjectTable::Row& each) {
      place = place_of(lost, *each.object);
      return place.has_value();
    });
    if (row == rows.end()) return why;
    const ObjectId& id = row->object->id();
    what = (id.number != 0 ? to_string(id) : "an object of " + to_string(ids_.node())) + " (" +
           std::string(row->origin.label) + ", " + std::to_string(row->bytes) + " bytes, made by process " +
           std::to_string(pid_of(row->origin.process)) + ") is lost: " + why.message;
    if (row->origin.maker != ObjectOrigin::Maker::kTask || !lineage_.knows(row->object))
      return Error{ErrorCode::kObjectLost, what + "; " + reason_of(row->origin, lineage_.limit())};
    Result<Lineage::Plan> planned = lineage_.plan(row->object);
    if (!planned) return Error{ErrorCode::kObjectLost, what + "; " + planned.error().message};
    plan = std::move(*planned);
  }
  plan.made->then([this, lost, at = *place, made = plan.made, what] { recover(lost, at, *made, what); });
  for (Call& call : plan.calls) submit(std::move(call));
  return {};
}

// `made` is what the task has given this time; its block `place` is to be that which was lost.
void Node::recover(const BlockPtr& lost, std::size_t place, const ObjectState& made, const std::string& what) {
  const MemoryReserve::Use reserve;
  const ObjectState::Outcome& outcome = made.outcome();
  const auto fail = [&](const std::string& because) {
    store_->recover(lost, Error{ErrorCode::kObjectLost, what + "; " + because});
  };
  if (!outcome) return fail("making it anew failed: " + outcome.error().message);
  const std::vector<BlockPtr> blocks = blocks_of(*outcome);
  const std::size_t size = place < blocks.size() ? blocks[place]->size() : outcome->inline_bytes.size();
  if (place >= blocks.size() || size != lost->size())
    return fail("made anew, it has " + std::to_string(size) + " bytes: its task does not give the same each time");
  store_->hold({blocks[place]}, [this, lost](Result<std::vector<BlockPtr>> held) {
    store_->recover(lost, held ? Result<BlockPtr>(std::move(held->front())) : std::move(held).error());
  });
}

}  // namespace manta
