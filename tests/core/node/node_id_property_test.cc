// SPDX-License-Identifier: Apache-2.0
// Whatever two nodes name: no name of one is a name of the other, in numbers, in messages and in tables.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "core/base/node_id.h"
#include "core/control/actor_directory.h"
#include "core/net/message.h"
#include "core/node/worker_references.h"
#include "core/objects/object_state.h"

namespace manta::node_id_property_test {
namespace {

namespace gen = rc::gen;

constexpr std::uint64_t kStoreSize = 4096;

rc::Gen<NodeId> nodes() {
  return gen::map(gen::oneOf(gen::inRange<std::uint32_t>(1, 4), gen::inRange<std::uint32_t>(1, GlobalId::kNodeMax + 1)),
                  [](std::uint32_t number) { return NodeId{number}; });
}
rc::Gen<std::uint64_t> locals() {
  return gen::oneOf(gen::inRange<std::uint64_t>(0, 4), gen::inRange<std::uint64_t>(0, GlobalId::kLocalMax),
                    gen::just(GlobalId::kLocalMax));
}
rc::Gen<std::uint64_t> ids() { return gen::apply(GlobalId::of, nodes(), locals()); }
rc::Gen<ObjectId> objects() {
  return gen::apply([](std::uint64_t process, std::uint64_t number) { return ObjectId{process, number}; }, ids(),
                    gen::inRange<std::uint64_t>(1, 4));
}

RC_GTEST_PROP(NodeIdPropertyTest, EachNumberHasOneNodeAndOnePlaceThere, ()) {
  const NodeId node = *nodes();
  const std::uint64_t local = *locals();

  const std::uint64_t id = GlobalId::of(node, local);

  RC_ASSERT(GlobalId::node(id) == node);
  RC_ASSERT(GlobalId::local(id) == local);
  RC_ASSERT(GlobalIds(node).has(id));
  RC_ASSERT(id != 0u);
}

RC_GTEST_PROP(NodeIdPropertyTest, NodesGiveNothingTwice, ()) {
  const auto names = *gen::unique<std::vector<NodeId>>(nodes());
  std::map<std::uint64_t, NodeId> given;
  for (const NodeId node : names) {
    GlobalIds ids(node);
    for (int i = 0; i < 20; ++i) RC_ASSERT(given.emplace(ids.next(), node).second);
    RC_ASSERT(given.emplace(ids.self(), node).second);
  }
  for (const auto& [id, node] : given)
    for (const NodeId other : names) RC_ASSERT(GlobalIds(other).has(id) == (other == node));
}

RC_GTEST_PROP(NodeIdPropertyTest, AMessageCarriesTheNodeOfWhatItRefersTo, ()) {
  const auto objects_named = *gen::container<std::vector<ObjectId>>(objects());
  const std::uint64_t actor = *ids();
  std::vector<WireReference> names = {{.kind = WireReference::kActor, .id = {.process = 0, .number = actor}}};
  for (const ObjectId& id : objects_named) names.push_back({.kind = WireReference::kObject, .id = id});
  const ObjectId argument = *objects();

  SmallBytes wire;
  append_references(wire, names);
  append_inline(wire, {});
  append_object(wire, argument);
  MessageBuilder builder;
  builder.start({.type = MessageType::kCallActor, .a = actor});
  builder.add_wire(wire, 2);
  const auto message = Message::parse(builder.bytes(), kStoreSize);

  RC_ASSERT(message.has_value());
  RC_ASSERT(message->header.a == actor);
  RC_ASSERT(message->values.at(0).reference_count() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) RC_ASSERT(message->values[0].reference(i) == names[i]);
  RC_ASSERT(message->values.at(1).object == argument);
}

// Beside a list of what was given to the worker and how often.
RC_GTEST_PROP(NodeIdPropertyTest, AWorkersReferencesToObjectsOfSeveralNodesAreApart, ()) {
  WorkerReferences references;
  std::map<std::vector<std::uint64_t>, std::pair<ObjectPtr, std::uint64_t>> list;
  const auto key = [](const ObjectId& id) { return std::vector{id.process, id.number}; };
  for (const ObjectId& id : *gen::container<std::vector<ObjectId>>(objects())) {
    auto& [object, count] = list[key(id)];
    if (!object) object = make_object(id);
    references.add(id, object);
    ++count;
  }
  for (const ObjectId& id : *gen::container<std::vector<ObjectId>>(objects())) {
    const auto known = list.find(key(id));
    RC_ASSERT(references.object(id) == (known == list.end() ? nullptr : known->second.first));
    RC_ASSERT(references.drop_object(id, 1) == (known != list.end()));
    if (known != list.end() && --known->second.second == 0) list.erase(known);
  }
  RC_ASSERT(references.object_count() == list.size());
}

RC_GTEST_PROP(NodeIdPropertyTest, ANameLeadsToTheActorOfItsNodeAndIsGivenBackByThatOneOnly, ()) {
  const std::uint64_t local = *gen::inRange<std::uint64_t>(1, 5);
  const auto two = *gen::unique<std::vector<NodeId>>(2, nodes());
  ActorDirectory directory;
  RC_ASSERT(directory.add("counter", GlobalId::of(two[0], local)).has_value());

  RC_ASSERT(!directory.add("counter", GlobalId::of(two[1], local)).has_value());
  directory.remove("counter", GlobalId::of(two[1], local));

  RC_ASSERT(GlobalId::node(directory.find("counter")) == two[0]);
  directory.remove("counter", GlobalId::of(two[0], local));
  RC_ASSERT(directory.find("counter") == 0u);
}

}  // namespace
}  // namespace manta::node_id_property_test
