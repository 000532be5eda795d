// SPDX-License-Identifier: Apache-2.0
#include "core/node/trace_text.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/net/direct_link.h"
#include "core/net/function_table.h"

namespace manta {
namespace {

std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append(std::string& out, std::int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

// Nanoseconds as microseconds, with three digits behind the point.
void append_micros(std::string& out, std::int64_t ns) {
  if (ns < 0) ns = 0;
  append(out, ns / 1000);
  const auto rest = static_cast<int>(ns % 1000);
  const char digits[4] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                          static_cast<char>('0' + rest % 10)};
  out.append(digits, 4);
}

std::string_view name_of_kind(TraceEvent::Kind kind) {
  switch (kind) {
    case TraceEvent::Kind::kWait: return "\"wait\"";
    case TraceEvent::Kind::kPut: return "\"put\"";
    case TraceEvent::Kind::kSpill: return "\"spill\"";
    default: return "\"?\"";
  }
}

}  // namespace

const std::string& TraceText::name_of(std::uint64_t function) {
  std::string& name = names_[function];
  if (name.empty()) {
    const FunctionEntry* entry = find_function(function);
    name = quoted(entry != nullptr ? entry->name : "unknown function");
  }
  return name;
}

void TraceText::head(std::string& out, std::string_view phase, int pid, std::uint32_t thread, std::int64_t ns) const {
  out += "{\"ph\":\"";
  out += phase;
  out += "\",\"pid\":";
  append(out, pid);
  out += ",\"tid\":";
  append(out, thread);
  out += ",\"ts\":";
  append_micros(out, ns > zero_ns_ ? ns - zero_ns_ : 0);  // Before the beginning: a damaged worker's event.
}

// One end of the arrow from a call's sending to its run; it sticks to the slice around it.
void TraceText::flow(std::string& out, std::string_view phase, int pid, std::uint64_t worker,
                     const TraceEvent& event) const {
  head(out, phase, pid, event.thread, event.begin_ns);
  out += ",\"bp\":\"e\",\"cat\":\"call\",\"name\":\"call\",\"id\":\"";
  append(out, static_cast<std::int64_t>(worker));
  out += '.';
  append(out, static_cast<std::int64_t>(event.call));
  out += "\"},\n";
}

void TraceText::add(std::string& out, int pid, std::uint64_t worker, const TraceEvent& event) {
  const bool is_send = event.kind == TraceEvent::Kind::kSend;
  const bool is_call = event.kind == TraceEvent::Kind::kCall;
  head(out, "X", pid, event.thread, event.begin_ns);
  out += ",\"dur\":";
  append_micros(out, event.duration_ns);
  out += is_send   ? ",\"cat\":\"send\",\"name\":"
         : is_call ? ",\"cat\":\"call\",\"name\":"
                   : ",\"cat\":\"runtime\",\"name\":";
  out += is_send || is_call ? name_of(event.function) : name_of_kind(event.kind);
  if (event.bytes > 0) {
    out += ",\"args\":{\"bytes\":";
    append(out, static_cast<std::int64_t>(event.bytes));
    out += '}';
  }
  out += "},\n";
  if (is_send) flow(out, "s", pid, event.worker, event);
  // What came directly has no arrow: nobody has written of its sending.
  if (is_call && !DirectNumber::is(event.call)) flow(out, "f", pid, worker, event);
}

void TraceText::name_process(std::string& out, int pid, std::string_view name, int order) {
  const std::string number = std::to_string(pid);
  out += "{\"ph\":\"M\",\"pid\":" + number + ",\"name\":\"process_name\",\"args\":{\"name\":" + quoted(name) + "}},\n";
  out += "{\"ph\":\"M\",\"pid\":" + number +
         ",\"name\":\"process_sort_index\",\"args\":{\"sort_index\":" + std::to_string(order) + "}},\n";
}

void TraceText::mark(std::string& out, int pid, TimePoint when, std::string_view text) {
  head(out, "i", pid, static_cast<std::uint32_t>(pid), when.time_since_epoch().count());
  out += ",\"s\":\"p\",\"cat\":\"life\",\"name\":" + quoted(text) + "},\n";
}

void TraceText::close(std::string& out) { out += "{\"ph\":\"M\",\"pid\":0,\"name\":\"end\",\"args\":{}}\n]\n"; }

}  // namespace manta
