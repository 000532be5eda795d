// SPDX-License-Identifier: Apache-2.0
#include "core/node/lineage.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/base/no_memory.h"

namespace manta {
namespace {

// The blocks of `call` that its values name by their places; those of arguments that are refs are not among them.
std::vector<std::weak_ptr<const StoreBlock>> named_blocks(const Call& call) {
  std::vector<std::weak_ptr<const StoreBlock>> named;
  if (call.blocks.empty()) return named;
  MessageBuilder builder;
  builder.start({});
  builder.add_wire(call.values, call.value_count);
  const auto message = Message::parse(builder.bytes(), std::numeric_limits<std::uint64_t>::max());
  const auto name = [&](std::uint64_t offset, std::uint64_t size) {
    const auto block = std::find_if(call.blocks.begin(), call.blocks.end(), [&](const BlockPtr& each) {
      return each->offset() == offset && each->size() == size;
    });
    named.push_back(block == call.blocks.end() ? BlockPtr() : *block);
  };
  if (!message) return {BlockPtr()};
  for (const MessageValue& value : message->values) {
    if (value.kind == MessageValue::Kind::kStored) name(value.offset, value.size);
    for (std::size_t i = 0; i < value.reference_count(); ++i)
      if (const WireReference reference = value.reference(i); reference.kind == WireReference::kBlock)
        name(reference.id.process, reference.id.number);
  }
  return named;
}

Error cannot_be_made(const Call& call, const std::string& because) {
  return {ErrorCode::kObjectLost,
          "it was made by " + std::string(call.name) + ", which cannot be run again: " + because};
}

}  // namespace

Lineage::Maker Lineage::maker_of(const ObjectPtr& object) const {
  const auto known = makers_.find(object.get());
  if (known == makers_.end()) return {};
  const auto entry = entries_.find(known->second.id);
  // Where an object was that is gone, this one may be.
  const bool is_it = entry != entries_.end() && entry->second.results[known->second.index].lock() == object;
  return is_it ? known->second : Maker{};
}

void Lineage::remember(const Call& call, std::span<const ObjectPtr> results) {
  if (limit_ == 0) return;
  if (entries_.size() >= forget_at_) forget_gone();
  auto noted = with_memory(call.name, [&] { return note(call, results); });
  if (!noted) return;  // It is as if it had been forgotten.
  Entry& entry = *noted;
  const Id id = next_id_++;
  for (const Argument& argument : entry.arguments)
    if (argument.maker.id != 0) ++entries_.at(argument.maker.id).children;
  for (std::size_t i = 0; i < results.size(); ++i)
    makers_.insert_or_assign(results[i].get(), Maker{.id = id, .index = i});
  bytes_ += entry.bytes;
  entries_.emplace(id, std::move(entry));
  if (bytes_ > limit_) forget_oldest();
}

// What is to be remembered of the call.
Lineage::Entry Lineage::note(const Call& call, std::span<const ObjectPtr> results) const {
  Entry entry{.call = {.type = call.type,
                       .value_count = call.value_count,
                       .function = call.function,
                       .name = call.name,
                       .values = call.values,
                       .threads = call.threads,
                       .task = call.task}};
  for (const Call::Late& late : call.late) {
    entry.arguments.push_back({.position = late.position, .object = late.object, .maker = maker_of(late.object)});
  }
  for (const Reference& reference : call.references) {
    if (const auto* object = std::get_if<ObjectPtr>(&reference)) entry.references.emplace_back(WeakObject(*object));
    if (const auto* actor = std::get_if<ActorPtr>(&reference))
      entry.references.emplace_back(std::weak_ptr<ActorLease>(*actor));
  }
  entry.blocks = named_blocks(call);
  entry.results.assign(results.begin(), results.end());
  entry.bytes = sizeof(Entry) + call.values.size() + entry.arguments.size() * sizeof(Argument) +
                entry.references.size() * sizeof(WeakReference) + results.size() * 4 * sizeof(WeakObject);
  return entry;
}

Result<Lineage::Plan> Lineage::plan(const ObjectPtr& object) {
  const Maker root = maker_of(object);
  if (root.id == 0) return Error{ErrorCode::kObjectLost, "nobody remembers how it was made"};
  MANTA_ASSIGN_OR_RETURN(auto needed, collect(root.id));
  Plan plan;
  std::map<Id, std::vector<ObjectPtr>> made;
  for (auto& [id, arguments] : needed) {  // By ascending id: arguments are made before they are needed.
    Entry& entry = entries_.at(id);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (!arguments[i]) arguments[i] = made.at(entry.arguments[i].maker.id)[entry.arguments[i].maker.index];
    MANTA_ASSIGN_OR_RETURN(Call call, remake(entry, std::move(arguments), made[id]));
    plan.calls.push_back(std::move(call));
  }
  for (const auto& [id, results] : made) entries_.at(id).remade.assign(results.begin(), results.end());
  plan.made = made.at(root.id)[root.index];
  return plan;
}

// Which calls are to be made again for that of `root`, and what their arguments are.
Result<std::map<Lineage::Id, Lineage::Arguments>> Lineage::collect(Id root) {
  std::map<Id, Arguments> needed;
  std::vector<Id> open = {root};
  while (!open.empty()) {
    const Id id = open.back();
    open.pop_back();
    if (needed.contains(id)) continue;
    const Entry& entry = entries_.at(id);
    Arguments& arguments = needed[id];
    for (const Argument& argument : entry.arguments) {
      const auto maker = entries_.find(argument.maker.id);
      arguments.push_back(argument.object.lock());
      if (arguments.back()) continue;
      if (maker == entries_.end())
        return cannot_be_made(entry.call, "an argument is gone, and nobody remembers how it was made");
      if (!maker->second.remade.empty()) arguments.back() = maker->second.remade[argument.maker.index].lock();
      if (!arguments.back()) open.push_back(maker->first);
    }
  }
  return needed;
}

Result<Call> Lineage::remake(Entry& entry, Arguments arguments, std::vector<ObjectPtr>& results) {
  Call call = entry.call;
  call.comes_first = true;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    call.late.push_back({.position = entry.arguments[i].position, .object = std::move(arguments[i])});
  for (const WeakReference& weak : entry.references) {
    Reference reference = std::visit([](const auto& each) { return Reference(each.lock()); }, weak);
    if (std::visit([](const auto& each) { return each == nullptr; }, reference))
      return cannot_be_made(entry.call, "a ref or a handle in its arguments is gone");
    call.references.push_back(std::move(reference));
  }
  for (const auto& weak : entry.blocks) {
    BlockPtr block = weak.lock();
    if (!block) return cannot_be_made(entry.call, "an array among its arguments is gone; put() it, and pass the ref");
    call.blocks.push_back(std::move(block));
  }
  for (std::size_t i = 0; i < entry.results.size(); ++i) results.push_back(make_object());
  call.result = results.front();
  for (std::size_t i = 1; i < results.size(); ++i) call.more_results.push_back(results[i]);
  return call;
}

void Lineage::erase(Id id) {
  const auto it = entries_.find(id);
  for (const Argument& argument : it->second.arguments)
    if (const auto maker = entries_.find(argument.maker.id); maker != entries_.end()) --maker->second.children;
  bytes_ -= it->second.bytes;
  entries_.erase(it);
}

// Latest first: who made an argument of one that is forgotten comes after it. Each look at all of them is paid for by
// as many that were remembered since.
void Lineage::forget_gone() {
  std::vector<Id> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    const Entry& entry = entries_.at(*id);
    const auto& results = entry.results;
    const bool is_gone = std::all_of(results.begin(), results.end(), [](const auto& weak) { return weak.expired(); });
    if (is_gone && entry.children == 0) erase(*id);
  }
  std::erase_if(makers_, [this](const auto& known) {
    const auto entry = entries_.find(known.second.id);
    return entry == entries_.end() || entry->second.results[known.second.index].expired();
  });
  constexpr std::size_t kLeast = 64;
  forget_at_ = std::max(kLeast, 2 * entries_.size());
}

// First those that nobody can ask for, then the oldest, and a few more than needed, so that not every task comes here.
void Lineage::forget_oldest() {
  forget_gone();
  while (bytes_ > limit_ / 8 * 7 && !entries_.empty()) erase(entries_.begin()->first);
}

}  // namespace manta
