// SPDX-License-Identifier: Apache-2.0
// Calls that the code of a worker makes.
#include "core/net/actor_lease.h"
#include "core/net/wire_spec.h"
#include "core/objects/movable_block.h"
#include "core/worker/named_object.h"
#include "core/worker/worker_process.h"

namespace manta {

ObjectPtr WorkerProcess::new_object() {
  return make_object<NamedObject>(ObjectId{.process = id_, .number = next_number_.fetch_add(1)}, *this, 0);
}

// From now on the object is found by its name.
void WorkerProcess::list(const ObjectPtr& object) {
  const auto named = std::static_pointer_cast<NamedObject>(object);
  if (!std::exchange(named->is_listed_, true)) objects_[named->id()] = named;
}

void WorkerProcess::forget(NamedObject& object) {
  const MemoryReserve::Use reserve;
  if (!object.is_listed_) return;  // Nobody else has heard of it.
  if (is_forked_copy()) return;    // Another thread may have held the lock when the process was copied.
  std::uint64_t count = 0;
  {
    const std::lock_guard lock(names_mutex_);
    // The node may have sent the object again, when this one was no longer found.
    const auto it = objects_.find(object.id());
    if (it != objects_.end() && it->second.expired()) objects_.erase(it);
    count = object.count_;
  }
  const ObjectId& id = object.id();
  if (count > 0) link_.send({.type = MessageType::kDropObject, .call = id.number, .a = id.process, .b = count});
}

ObjectPtr WorkerProcess::import_object(const ObjectId& id) {
  const std::lock_guard lock(names_mutex_);
  std::weak_ptr<NamedObject>& known = objects_[id];
  std::shared_ptr<NamedObject> object = known.lock();
  if (object) {
    ++object->count_;
  } else {
    known = object = make_object<NamedObject>(id, *this, 1);
  }
  return object;
}

ActorPtr WorkerProcess::import_actor(std::uint64_t id) {
  const std::lock_guard lock(names_mutex_);
  std::weak_ptr<ActorLease>& known = actors_[id];
  ActorPtr lease = known.lock();
  if (lease) {
    lease->add();
  } else {
    known = lease = std::make_shared<ActorLease>(weak_from_this(), id);
  }
  return lease;
}

void WorkerProcess::watch(const ObjectId& id) {
  const MemoryReserve::Use reserve;
  std::shared_ptr<NamedObject> object;  // It may end here, but not while the mutex is held.
  {
    const std::lock_guard lock(names_mutex_);
    if (const auto it = objects_.find(id); it != objects_.end()) object = it->second.lock();
    if (!object || object->count_ == 0) return;  // The node does not know it: once it does, it is told who wants it.
  }
  link_.send({.type = MessageType::kWatch, .call = id.number, .a = id.process});
}

// The node gets to know an object that was made here: it goes out in a value for the first time.
void WorkerProcess::announce(const ObjectPtr& known) {
  auto& object = static_cast<NamedObject&>(*known);
  const auto is_known = [&] {
    const std::lock_guard lock(names_mutex_);
    return object.count_ > 0;
  };
  if (is_known()) return;
  const std::lock_guard order(
      announce_mutex_);  // Who finds that it is known must come behind the message that says so.
  if (is_known()) return;
  {
    const std::lock_guard lock(names_mutex_);
    if (!object.is_ready()) {
      // Sent before the lock is free, so that the outcome comes behind it.
      object.count_ = 1;
      object.is_awaited_ = true;
      list(known);
      const ObjectId& id = object.id();
      link_.send({.type = MessageType::kPromise,
                  .call = id.number,
                  .function = object.function_,
                  .a = object.is_direct() ? std::uint64_t{object.direct_slot_} + 1 : 0});
      if (object.is_wanted()) link_.send({.type = MessageType::kWatch, .call = id.number, .a = id.process});
      return;
    }
  }
  send_outcome(MessageType::kPut, object);
  const std::lock_guard lock(names_mutex_);
  object.count_ = 1;
  list(known);
}

void WorkerProcess::fulfil(const ObjectPtr& object, ObjectState::Outcome outcome) {
  const MemoryReserve::Use reserve;
  auto& named = static_cast<NamedObject&>(*object);
  // Until the node has been told: what is in memory stays there.
  const std::vector<BlockPtr> held = outcome ? blocks_of(*outcome) : std::vector<BlockPtr>();
  list_if(make_movable(outcome), object);
  named.complete(std::move(outcome));
  bool is_awaited = false;
  {
    const std::lock_guard lock(names_mutex_);
    is_awaited = std::exchange(named.is_awaited_, false);
  }
  if (is_awaited) send_outcome(MessageType::kFulfil, named);
  completion_.notify();
}

// The node knows whether the object has an outcome, and answers with what it is to be.
void WorkerProcess::give_up_on(const ObjectPtr& object, Error error) {
  const MemoryReserve::Use reserve;
  const bool is_awaited = [&] {
    const std::lock_guard lock(names_mutex_);
    return static_cast<NamedObject&>(*object).is_awaited_;
  }();
  if (!is_awaited) return fulfil(object, std::move(error));  // Nobody else has heard of it.
  link_.send([&](MessageBuilder& builder) {
    const ObjectId& id = object->id();
    builder.start({.type = MessageType::kFulfil,
                   .call = id.number,
                   .function = static_cast<std::uint64_t>(error.code) + 1,
                   .a = id.process});
    builder.add_text(error.message);
  });
}

void WorkerProcess::send_outcome(MessageType type, const NamedObject& object) {
  const ObjectState::Outcome& outcome = object.outcome();
  MessageHeader header{.type = type, .call = object.id().number, .a = object.id().process};
  if (!outcome) {
    link_.send([&](MessageBuilder& builder) {
      header.function = static_cast<std::uint64_t>(outcome.error().code) + 1;
      builder.start(header);
      builder.add_text(outcome.error().message);
    });
    return;
  }
  std::vector<BlockPtr> blocks = blocks_of(*outcome);
  for (BlockPtr& block : blocks) block = resident(block);  // What the node does not know is in memory.
  const std::vector<WireReference> names = names_of(outcome->references);
  link_.send([&](MessageBuilder& builder) {
    builder.start(header);
    builder.add(*outcome, names);
    // The object goes on viewing them, and so may user code when the object is gone.
    for (const BlockPtr& block : blocks) give_block(builder, block, 0);
  });
}

WireReference WorkerProcess::name_of(const Reference& reference) {
  const MemoryReserve::Use reserve;
  if (const auto* actor = std::get_if<ActorPtr>(&reference))
    return {.kind = WireReference::kActor, .id = {.process = 0, .number = (*actor)->id()}};
  if (const auto* block = std::get_if<BlockPtr>(&reference)) return WireReference::of_block(**block);
  const ObjectPtr& object = std::get<ObjectPtr>(reference);
  announce(object);
  return {.kind = WireReference::kObject, .id = object->id()};
}

// An object that the node was asked for is ready.
void WorkerProcess::take_outcome(const Message& message) {
  const ObjectId id{.process = message.header.a, .number = message.header.call};
  std::shared_ptr<NamedObject> object;
  {
    const std::lock_guard lock(names_mutex_);
    if (const auto it = objects_.find(id); it != objects_.end()) object = it->second.lock();
  }
  // Taken also when nobody wants it any more: what it holds is given back thereby.
  ObjectState::Outcome outcome = Error{static_cast<ErrorCode>(message.header.function), message.text()};
  if (message.header.type == MessageType::kReady)
    outcome = message.values.empty() ? EncodedValue{} : take_value(message.values.front());
  if (!object) return;
  if (object->is_ready()) return bring_back(*object, std::move(outcome));
  make_movable(outcome);
  object->complete(std::move(outcome));
}

void WorkerProcess::take_answer(const Message& message) {
  Request* request = nullptr;
  {
    const std::lock_guard lock(names_mutex_);
    const auto it = requests_.find(message.header.call);
    MANTA_CHECK(it != requests_.end(), "the node answered what was not asked");
    request = it->second;
    requests_.erase(it);
  }
  if (message.header.type == MessageType::kRefusal) {
    request->refusal = Error{static_cast<ErrorCode>(message.header.function), message.text()};
  } else if (!message.values.empty()) {
    request->value = take_value(message.values.front());
  }
  request->a = message.header.a;
  request->b = message.header.b;
  request->is_answered = true;  // From here on it may be gone.
}

// Has `send(number)` send a question, and waits for the answer, which goes to `request`.
Result<const WorkerProcess::Request*> WorkerProcess::ask(Request& request, const Sender& send) {
  const MemoryReserve::Use reserve;
  if (is_forked_copy()) return forked_copy_error();
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(names_mutex_);
    number = next_number_.fetch_add(1);
    requests_[number] = &request;
  }
  send(number);
  wait([&] { return request.is_answered.load(); }, TimePoint::max());
  if (request.refusal) return *request.refusal;
  return &request;
}

Result<ActorPtr> WorkerProcess::ask_for_actor(const Sender& send) {
  Request request;
  MANTA_ASSIGN_OR_RETURN(const Request* answer, ask(request, send));
  return import_actor(answer->a);
}

Result<WorkerStore::Range> WorkerProcess::request_chunk(std::size_t size) {
  const MemoryReserve::Use reserve;
  Request request;
  MANTA_ASSIGN_OR_RETURN(const Request* answer, ask(request, [&](std::uint64_t number) {
                           link_.send({.type = MessageType::kLendChunk, .call = number, .b = size});
                         }));
  return WorkerStore::Range{answer->a, answer->b};
}

// The message has `block`, which is the node's from now on; this process holds it if there are more than `passing`
// references to it.
void WorkerProcess::give_block(MessageBuilder& builder, const BlockPtr& block, long passing) {
  WorkerStore::give(block);
  if (WorkerStore::hold_if_used(block, passing)) builder.add_offset(block->offset());
}

// `first` starts the message and adds what stands before the arguments.
void WorkerProcess::send_call(const Call& call, const std::function<void(MessageBuilder&)>& first) {
  for (const Call::Late& argument : call.late) announce(argument.object);
  if (call.result) {
    const std::lock_guard lock(names_mutex_);
    const auto name = [this](const ObjectPtr& object) {
      static_cast<NamedObject&>(*object).count_ = 1;
      list(object);
    };
    name(call.result);
    for (const ObjectPtr& object : call.more_results) name(object);
  }
  link_.send([&](MessageBuilder& builder) {
    first(builder);
    call.write_arguments(builder, [](MessageBuilder& message, const ObjectPtr& object) {
      SmallBytes name;
      append_object(name, object->id());
      message.add_wire(name, 1);
    });
    for (const BlockPtr& block : call.blocks) give_block(builder, block, 1);
  });
}

std::vector<std::uint64_t> WorkerProcess::more_numbers(const Call& call) {
  std::vector<std::uint64_t> numbers;
  for (const ObjectPtr& object : call.more_results) numbers.push_back(object->id().number);
  return numbers;
}

void WorkerProcess::submit(Call&& call) {
  const MemoryReserve::Use reserve;
  const TaskSpec& task = *call.task;
  send_call(call, [&](MessageBuilder& builder) {
    builder.start({.type = MessageType::kSubmitTask, .call = call.result->id().number, .function = call.function});
    builder.add_raw(WireTaskSpec{.resources = without_custom(task.resources),
                                 .max_retries = task.max_retries,
                                 .retry_codes = task.retry_on.bits,
                                 .timeout_ns = task.timeout.count(),
                                 .recompute = task.recompute ? std::uint64_t{1} : 0});
    builder.add_text(task.label);
    builder.add_array(pack(task.resources.custom));
    builder.add_array(more_numbers(call));
  });
}

void WorkerProcess::call_actor(std::uint64_t actor, Call&& call) {
  const MemoryReserve::Use reserve;
  if (actor_id_.load(std::memory_order_relaxed) != 0) {
    call.result->set_callee(actor);
    for (const ObjectPtr& object : call.more_results) object->set_callee(actor);
  }
  if (!direct_.is_on() || is_forked_copy()) return call_by_node(actor, call);
  const std::lock_guard order(direct_.order());
  const auto on_its_way = [&](std::uint32_t slot) {
    static_cast<NamedObject&>(*call.result).set_direct(slot, call.function);
  };
  if (!direct_.send(actor, call, on_its_way)) call_by_node(actor, call);
}

void WorkerProcess::call_by_node(std::uint64_t actor, const Call& call) {
  if (actor == actor_id_.load(std::memory_order_relaxed)) {
    call.result->set_own_call();
    for (const ObjectPtr& object : call.more_results) object->set_own_call();
  }
  send_call(call, [&](MessageBuilder& builder) {
    builder.start(
        {.type = MessageType::kCallActor, .call = call.result->id().number, .function = call.function, .a = actor});
    builder.add_array(more_numbers(call));
  });
}

Result<ActorPtr> WorkerProcess::create_actor(Call constructor, ActorSpec spec) {
  const MemoryReserve::Use reserve;
  constructor.result = nullptr;  // The node has one of its own.
  const WireActorSpec wire{.resources = without_custom(spec.resources),
                           .max_restarts = spec.max_restarts,
                           .max_task_retries = spec.max_task_retries,
                           .max_concurrency = spec.max_concurrency,
                           .is_detached = spec.is_detached ? 1 : 0,
                           .retry_codes = spec.retry_on.bits,
                           .state_function = spec.state_function,
                           .checkpoint_every = spec.checkpoint_every,
                           .timeout_ns = spec.timeout.count()};
  return ask_for_actor([&](std::uint64_t number) {
    send_call(constructor, [&](MessageBuilder& builder) {
      builder.start({.type = MessageType::kMakeActor, .call = number, .function = constructor.function});
      builder.add_raw(wire);
      builder.add_text(spec.name);
      builder.add_text(spec.type);
      builder.add_array(pack(spec.resources.custom));
    });
  });
}

Result<ActorPtr> WorkerProcess::find_actor(const std::string& name, std::string_view type) {
  const MemoryReserve::Use reserve;
  return ask_for_actor([&](std::uint64_t number) {
    link_.send([&](MessageBuilder& builder) {
      builder.start({.type = MessageType::kFindActor, .call = number});
      builder.add_text(name);
      builder.add_text(type);
    });
  });
}

void WorkerProcess::stop_actor(std::uint64_t actor) {
  const MemoryReserve::Use reserve;
  if (is_forked_copy()) return;
  direct_.leave(actor);  // Later calls come behind it.
  link_.send({.type = MessageType::kStopActor, .a = actor});
}

void WorkerProcess::kill_actor(std::uint64_t actor) {
  const MemoryReserve::Use reserve;
  if (is_forked_copy()) return;
  direct_.leave(actor);
  link_.send({.type = MessageType::kKillActor, .a = actor});
}

void WorkerProcess::release_actor(std::uint64_t actor, std::uint64_t count) {
  const MemoryReserve::Use reserve;
  {
    const std::lock_guard lock(names_mutex_);
    const auto it = actors_.find(actor);
    if (it != actors_.end() && it->second.expired()) actors_.erase(it);
  }
  direct_.forget(actor);
  link_.send({.type = MessageType::kDropActor, .a = actor, .b = count});
}

Caller::ActorStatus WorkerProcess::actor_status(std::uint64_t actor) {
  const MemoryReserve::Use reserve;
  Request request;
  const auto answer = ask(request, [&](std::uint64_t number) {
    link_.send({.type = MessageType::kActorStatus, .call = number, .a = actor});
  });
  if (!answer) return {};
  return {.is_alive = (*answer)->a != 0, .pid = static_cast<int>((*answer)->b)};
}

ObjectPtr WorkerProcess::monitor_actor(std::uint64_t actor) {
  const MemoryReserve::Use reserve;
  ObjectPtr object = new_object();
  {
    const std::lock_guard lock(names_mutex_);
    static_cast<NamedObject&>(*object).count_ = 1;
    list(object);
  }
  link_.send({.type = MessageType::kMonitor, .call = object->id().number, .a = actor});
  return object;
}

void WorkerProcess::cancel(const ObjectPtr& object, bool force) {
  const MemoryReserve::Use reserve;
  if (object->is_ready() || is_forked_copy()) return;
  const ObjectId& id = object->id();
  if (const auto& named = static_cast<NamedObject&>(*object); named.is_direct()) {
    link_.send({.type = MessageType::kDirectCancel, .call = id.number, .a = named.direct_slot_});
    return fulfil(object, cancelled_error());
  }
  link_.send({.type = MessageType::kCancelCall, .call = id.number, .a = id.process, .b = force ? std::uint64_t{1} : 0});
}

Result<RuntimeStatus> WorkerProcess::status() {
  Request request;
  MANTA_RETURN_IF_ERROR(
      ask(request, [&](std::uint64_t number) { link_.send({.type = MessageType::kStatus, .call = number}); }));
  if (!request.value) return Error{ErrorCode::kInternal, "the node sent no status"};
  return decode<RuntimeStatus>({.bytes = request.value->bytes(), .owner = request.value->block});
}

bool WorkerProcess::wait(const std::function<bool()>& done, TimePoint deadline) {
  if (completion_.look(done)) return true;
  if (deadline <= now()) return false;
  const TraceSpan span(trace_.get(), {.kind = TraceEvent::Kind::kWait});
  count_waiting(1);
  const bool finished = completion_.wait(done, deadline);
  count_waiting(-1);
  return finished;
}

// While a thread waits, the node lends the CPUs of this process to others. The lock keeps the two messages in order.
void WorkerProcess::count_waiting(int change) {
  const MemoryReserve::Use reserve;
  const std::lock_guard lock(waiting_mutex_);
  const bool waited = threads_waiting_ > 0;
  threads_waiting_ += change;
  const bool waits = threads_waiting_ > 0;
  if (waits != waited) link_.send({.type = waits ? MessageType::kBlocked : MessageType::kUnblocked});
}

}  // namespace manta
