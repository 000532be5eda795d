// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/status_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <numeric>
#include <string_view>
#include <vector>

#include "core/base/node_id.h"

namespace manta {

namespace {

constexpr const char* kBold = "\x1b[1m";
constexpr const char* kReset = "\x1b[0m";

// Lines of cells. Columns are as wide as their widest cell; the last one takes what is left of the line.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{std::move(head)} {}

  void add(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = escape_control(cell);
    rows_.push_back(std::move(cells));
  }

  // `text_columns` are aligned to the left, the others to the right.
  std::string text(const TextStyle& style, const std::vector<std::size_t>& text_columns) const {
    std::vector<int> widths(rows_.front().size());
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
    shrink(widths, style.width);
    std::string out;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const bool is_text = std::find(text_columns.begin(), text_columns.end(), i) != text_columns.end();
        line += "  " + padded(row[i], widths[i], style.utf8, !is_text);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      line = fit(line, style.width, style.utf8);
      if (&row == &rows_.front() && style.color) line = kBold + line + kReset;
      out += line + "\n";
    }
    return out;
  }

 private:
  // The widest column gives, as long as it has more than it needs to be of use.
  static void shrink(std::vector<int>& widths, int line) {
    constexpr int kUseful = 12;
    int total = std::accumulate(widths.begin(), widths.end(), 2 * static_cast<int>(widths.size()));
    while (total > line) {
      const auto widest = std::max_element(widths.begin(), widths.end());
      if (*widest <= kUseful) return;
      --*widest;
      --total;
    }
  }

  std::vector<std::vector<std::string>> rows_;
};

std::string count_text(std::uint64_t count) { return std::to_string(count); }

std::string pid_text(int pid) { return pid > 0 ? std::to_string(pid) : "-"; }

std::string named(std::uint64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

// `text` cut to the line.
std::string line_of(const std::string& text, const TextStyle& style) {
  return fit(text, style.width, style.utf8) + "\n";
}

// The first rows of `items`; what is left out is said.
template <class Item, class Add>
std::string add_rows(const std::vector<const Item*>& items, const StatusView& view, Add&& add) {
  const std::size_t shown = view.all ? items.size() : std::min(items.size(), view.rows);
  for (std::size_t i = 0; i < shown; ++i) add(*items[i]);
  return shown == items.size() ? "" : "  and " + std::to_string(items.size() - shown) + " more (--all shows them)\n";
}

// Pointers to the items, those with the largest `key(item)` first.
template <class Item, class Key>
std::vector<const Item*> sorted(const std::vector<Item>& items, Key&& key) {
  std::vector<const Item*> pointers;
  for (const Item& item : items) pointers.push_back(&item);
  std::stable_sort(pointers.begin(), pointers.end(), [&](const Item* a, const Item* b) { return key(*a) > key(*b); });
  return pointers;
}

std::string totals(const RuntimeStatus& status, const TextStyle& style) {
  char cpus[32];
  std::snprintf(cpus, sizeof cpus, "%g", status.cpus);
  const std::string program = escape_control(status.program) + " (pid " + std::to_string(status.pid) + ")";
  const std::string node = status.node != 0 ? ", " + to_string(NodeId{status.node}) : "";
  std::string first = program + ", up " + uptime_text(status.uptime_seconds) + node + ", " + cpus + " CPUs, " +
                      named(status.gpus, "GPU");
  first = fit(first, style.width, style.utf8);
  if (style.color) first = kBold + first + kReset;
  std::string out = first + "\n";
  std::string store =
      "object store: " + bytes_text(status.store_bytes_used) + " of " + bytes_text(status.store_bytes_capacity);
  if (status.store_bytes_spilled > 0) store += ", " + bytes_text(status.store_bytes_spilled) + " on disk";
  if (status.store_waiting > 0) store += ", " + std::to_string(status.store_waiting) + " wait for room";
  out += line_of(store, style);
  return out + line_of("queued tasks: " + std::to_string(status.queued_tasks), style);
}

struct ClassTotals {
  std::map<std::string, std::uint64_t> states;
  std::uint64_t calls = 0;
};

std::string actor_classes(const RuntimeStatus& status, const StatusView& view, const TextStyle& style) {
  std::map<std::string, ClassTotals> classes;
  for (const ActorInfo& actor : status.actors) {
    ++classes[actor.type].states[actor.state];
    classes[actor.type].calls += actor.queued_calls;
  }
  std::vector<std::pair<std::string, ClassTotals>> list(classes.begin(), classes.end());
  const auto rows = sorted(list, [](const auto& entry) { return entry.second.calls; });
  Table table({"alive", "pending", "dead", "queued", "class"});
  const std::string rest = add_rows(rows, view, [&](const auto& entry) {
    auto& states = classes[entry.first].states;
    table.add({count_text(states["alive"]), count_text(states["pending"]), count_text(states["dead"]),
               count_text(entry.second.calls), entry.first});
  });
  return table.text(style, {4}) + rest;
}

std::string actors(const RuntimeStatus& status, const StatusView& view, const TextStyle& style) {
  std::string out = "\n" + line_of("actors: " + std::to_string(status.actors.size()), style);
  if (status.actors.empty()) return out;
  out += actor_classes(status, view, style) + "\n";
  const auto rows = sorted(status.actors, [](const ActorInfo& actor) { return actor.queued_calls; });
  Table table({"pid", "state", "queued", "owner", "name", "running"});
  const std::string rest = add_rows(rows, view, [&](const ActorInfo& actor) {
    table.add({pid_text(actor.pid), actor.state, count_text(actor.queued_calls),
               actor.owner_pid == 0 ? "driver" : std::to_string(actor.owner_pid),
               actor.name == actor.type ? actor.name : actor.name + " (" + actor.type + ")", actor.running});
  });
  return out + table.text(style, {1, 3, 4, 5}) + rest;
}

std::string workers(const RuntimeStatus& status, const StatusView& view, const TextStyle& style) {
  std::map<std::string, std::uint64_t> states;
  for (const WorkerStatus& worker : status.workers) ++states[worker.state];
  std::string summary;
  for (const auto& [state, count] : states)
    summary += (summary.empty() ? " (" : ", ") + std::to_string(count) + " " + state;
  if (!summary.empty()) summary += ")";
  std::string out = "\n" + line_of("workers: " + std::to_string(status.workers.size()) + summary, style);
  if (status.workers.empty()) return out;
  const auto rows =
      sorted(status.workers, [](const WorkerStatus& worker) { return worker.calls + worker.unsent_messages; });
  Table table({"pid", "state", "calls", "objects", "unsent", "label", "running"});
  const std::string rest = add_rows(rows, view, [&](const WorkerStatus& worker) {
    table.add({pid_text(worker.pid), worker.state, count_text(worker.calls), count_text(worker.objects),
               count_text(worker.unsent_messages), worker.label, worker.running});
  });
  return out + table.text(style, {1, 5, 6}) + rest;
}

std::string objects(const RuntimeStatus& status, const StatusView& view, const TextStyle& style) {
  std::string out = "\n" + line_of("objects in the store: " + std::to_string(status.object_count), style);
  if (status.objects.empty()) return out;
  const auto rows = sorted(status.objects, [](const ObjectInfo& object) { return object.bytes; });
  Table table({"size", "owner", "age", "made by", "held by"});
  std::string rest = add_rows(rows, view, [&](const ObjectInfo& object) {
    const std::string owner = object.owner_pid == status.pid ? "driver" : pid_text(object.owner_pid);
    table.add(
        {bytes_text(object.bytes), owner, uptime_text(object.age_seconds), object.label, to_string(object.holders)});
  });
  const bool is_cut = view.all && status.object_count > status.objects.size();
  if (is_cut) rest = "  and " + std::to_string(status.object_count - status.objects.size()) + " smaller ones\n";
  return out + table.text(style, {1, 3, 4}) + rest;
}

}  // namespace

std::string uptime_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(0.0, seconds));
  const auto join = [](std::int64_t a, const char* unit, std::int64_t b, const char* smaller) {
    return std::to_string(a) + " " + unit + " " + std::to_string(b) + " " + smaller;
  };
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return join(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return join(whole / 3600, "h", whole / 60 % 60, "min");
  return join(whole / 86400, "d", whole / 3600 % 24, "h");
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

std::string status_text(const RuntimeStatus& status, const StatusView& view, const TextStyle& style) {
  return totals(status, style) + actors(status, view, style) + workers(status, view, style) +
         objects(status, view, style);
}

}  // namespace manta
