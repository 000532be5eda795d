// SPDX-License-Identifier: Apache-2.0
// Tables of measured configurations: every valid one has a row, so the rank of what was found is known.
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "core/base/random.h"
#include "searchers/pareto/hypervolume.h"
#include "tests/quality/quality_task.h"

namespace manta::quality {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One column that a searcher may choose. Levels are compared as numbers where they are numbers, because a table and
// its manifest round differently.
struct Axis {
  std::string name;
  std::vector<Value> levels;
  std::vector<std::optional<double>> numbers;
  std::vector<std::string> texts;

  std::optional<std::size_t> level_of(const std::string& text) const {
    if (const auto same = std::ranges::find(texts, text); same != texts.end()) {
      return static_cast<std::size_t>(same - texts.begin());
    }
    const std::optional<double> number = number_of(text);
    for (std::size_t i = 0; number && i < numbers.size(); ++i) {
      if (numbers[i] && std::abs(*numbers[i] - *number) <= 1e-5 * std::abs(*number)) return i;
    }
    return std::nullopt;
  }
};

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// Numbers are levels in rising order, whatever their distance; texts, and what the manifest calls categorical or bool,
// have no order.
Axis make_axis(const std::string& name, const std::string& kind, std::vector<Json> values) {
  const bool is_numeric = std::ranges::all_of(values, [](const Json& value) { return value.is_number(); });
  if (is_numeric && kind != "categorical") {
    std::ranges::sort(values, {}, [](const Json& value) { return value.get<double>(); });
  }
  Axis axis{.name = name, .levels = {}, .numbers = {}, .texts = {}};
  for (const Json& value : values) {
    axis.texts.push_back(text_of(value));
    axis.numbers.push_back(value.is_number() ? std::optional(value.get<double>()) : std::nullopt);
    if (value.is_boolean()) {
      axis.levels.emplace_back(value.get<bool>());
    } else if (value.is_number_integer()) {
      axis.levels.emplace_back(value.get<std::int64_t>());
    } else if (value.is_number()) {
      axis.levels.emplace_back(value.get<double>());
    } else {
      axis.levels.emplace_back(text_of(value));
    }
  }
  return axis;
}

Domain domain_of(const Axis& axis, const std::string& kind) {
  const bool is_numeric = std::ranges::all_of(axis.numbers, [](const auto& number) { return number.has_value(); });
  if (is_numeric && kind != "categorical" && kind != "bool") return OrdinalDomain{axis.levels};
  return ChoiceDomain{axis.levels};
}

struct Row {
  std::vector<double> repeats;  // Empty: it failed.
  double mean = std::numeric_limits<double>::quiet_NaN();
  double seconds = 1;
  double compile_ms = std::numeric_limits<double>::quiet_NaN();
};

// The value that three quarters of all are not above.
double third_quartile(std::vector<double> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 3 / 4);
  std::ranges::nth_element(values, at);
  return *at;
}

class QualityTable final : public QualityTask {
 public:
  QualityTable(std::string name, Mode mode, bool noisy) : name_(std::move(name)), mode_(mode), noisy_(noisy) {
    family_ = name_.substr(0, name_.find('_'));
  }

  void add_axis(Axis axis, Domain domain) {
    std::vector<Parameter> parameters = space_.parameters();
    parameters.push_back({axis.name, std::move(domain)});
    space_ = Space(std::move(parameters));
    axes_.push_back(std::move(axis));
  }
  const std::vector<Axis>& axes() const { return axes_; }
  void add_row(std::uint64_t code, Row row) { rows_.insert_or_assign(code, std::move(row)); }
  void finish() {
    double seconds = 0;
    for (const auto& [code, row] : rows_) {
      if (!row.repeats.empty()) sorted_.push_back(cost(row.mean));
      seconds += row.seconds;
    }
    mean_seconds_ = seconds / static_cast<double>(rows_.size());
    std::ranges::sort(sorted_);
  }
  std::size_t valid() const { return sorted_.size(); }
  // From here on the time of the compiler is an objective too. False: it is not known.
  bool take_compile_time() {
    std::vector<double> values;
    std::vector<double> times;
    LossTable all(2);
    for (const auto& [code, row] : rows_) {
      if (row.repeats.empty()) continue;
      if (std::isnan(row.compile_ms)) return false;
      values.push_back(cost(row.mean));
      times.push_back(row.compile_ms);
      all.add(std::vector<double>{values.back(), times.back()});
    }
    reference_ = {third_quartile(std::move(values)), third_quartile(std::move(times))};
    best_volume_ = hypervolume(all, reference_);
    return true;
  }

  const std::string& name() const override { return name_; }
  const std::string& family() const override { return family_; }
  const Space& space() const override { return space_; }
  Mode mode() const override { return mode_; }

  Evaluation evaluate(const Config& config, std::uint64_t draw) const override {
    std::uint64_t code = 0;
    for (const Axis& axis : axes_) {
      const auto level = std::ranges::find(axis.levels, config.values().at(axis.name));
      code = code * axis.levels.size() + static_cast<std::uint64_t>(level - axis.levels.begin());
    }
    const auto found = rows_.find(code);
    if (found == rows_.end()) return {.kind = Evaluation::Kind::kForbidden};
    const Row& row = found->second;
    if (row.repeats.empty()) return {.kind = Evaluation::Kind::kFailed, .seconds = row.seconds};
    const double told = noisy_ ? row.repeats[RandomStream(draw, code).below(row.repeats.size())] : row.mean;
    if (reference_.empty()) return {Evaluation::Kind::kOk, told, row.mean, row.seconds};
    return {
        Evaluation::Kind::kOk, told, row.mean, row.seconds, {{"value", told}, {"compile_ms", row.compile_ms}}};
  }

  Judgement judge(double score) const override {
    const auto better = static_cast<double>(std::ranges::lower_bound(sorted_, cost(score)) - sorted_.begin());
    const std::size_t half = sorted_.size() / 2;
    const double median = sorted_.size() % 2 == 1 ? sorted_[half] : (sorted_[half - 1] + sorted_[half]) / 2;
    const double range = median - sorted_.front();
    return {.quantile = better / static_cast<double>(sorted_.size()),
            .norm_regret = range > 0 ? std::min(1.0, (cost(score) - sorted_.front()) / range) : 0};
  }

  double mean_seconds() const override { return mean_seconds_; }
  FurtherGoals further() const override {
    return reference_.empty() ? FurtherGoals{} : FurtherGoals{.objectives = {{"compile_ms"}}, .constraints = {}};
  }
  Judgement judge_front(const LossTable& losses) const override {
    return missing_volume(losses, reference_, best_volume_);
  }

 private:
  double cost(double score) const { return mode_ == Mode::kMin ? score : -score; }

  std::string name_;
  std::string family_;
  Mode mode_;
  bool noisy_;
  Space space_;
  std::vector<Axis> axes_;
  std::unordered_map<std::uint64_t, Row> rows_;
  double mean_seconds_ = 1;
  std::vector<double> sorted_;     // Costs of all valid rows, rising.
  std::vector<double> reference_;  // Of value and time of the compiler; empty: the value is the only goal.
  double best_volume_ = 0;         // Of all rows, below it.
};

Error unreadable(const fs::path& file, const std::string& why) {
  return {ErrorCode::kInvalidArgument, file.string() + ": " + why};
}

Result<std::string> read_gzip(const fs::path& file) {
  const gzFile stream = gzopen(file.c_str(), "rb");  // Reads plain text too.
  if (stream == nullptr) return unreadable(file, "cannot be opened");
  std::string text;
  char buffer[1 << 16];
  int count = 0;
  while ((count = gzread(stream, buffer, sizeof buffer)) > 0) text.append(buffer, static_cast<std::size_t>(count));
  gzclose(stream);
  if (count < 0) return unreadable(file, "is damaged");
  return text;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  if (!cells.empty() && cells.back().ends_with('\r')) cells.back().pop_back();
  return cells;
}

// The manifest's path names folders that a copy may lack.
std::optional<fs::path> find_file(const fs::path& folder, const fs::path& listed) {
  for (fs::path rest = listed; !rest.empty();) {
    if (fs::exists(folder / rest)) return folder / rest;
    fs::path shorter;
    for (auto part = std::next(rest.begin()); part != rest.end(); ++part) shorter /= *part;
    rest = shorter;
  }
  return std::nullopt;
}

// Which columns are the objective: the repeats "…seed0", "…seed1", … of a trained network; else "time" or "y"; else the
// first that is no parameter.
std::vector<std::size_t> value_columns(const std::vector<std::string>& header, const std::vector<bool>& is_parameter) {
  std::vector<std::size_t> seeds;
  std::optional<std::size_t> named;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (is_parameter[i] || header[i] == "status") continue;
    if (!first) first = i;
    if (header[i].find("seed") != std::string::npos) seeds.push_back(i);
    if (!named && (header[i] == "time" || header[i] == "y")) named = i;
  }
  if (!seeds.empty()) return seeds;
  if (named) return {*named};
  if (first) return {*first};
  return {};
}

struct Columns {
  std::vector<std::size_t> axes;  // In the order of the table's axes.
  std::vector<std::size_t> values;
  std::vector<std::size_t> repeats;  // "t0", "t1", …: what a noisy trial may show.
  std::vector<std::size_t> costs;    // "…_ms": they add up to what a trial takes.
  std::optional<std::size_t> status;
  std::optional<std::size_t> compile_ms;
  bool is_time = false;  // What is measured is what the trial takes.
};

Result<Columns> read_header(const fs::path& file, const std::vector<std::string>& header, const QualityTable& table) {
  Columns columns;
  std::vector<bool> is_parameter(header.size(), false);
  for (const Axis& axis : table.axes()) {
    const auto found = std::ranges::find(header, axis.name);
    if (found == header.end()) return unreadable(file, "has no column \"" + axis.name + "\"");
    columns.axes.push_back(static_cast<std::size_t>(found - header.begin()));
    is_parameter[columns.axes.back()] = true;
  }
  columns.values = value_columns(header, is_parameter);
  if (columns.values.empty()) return unreadable(file, "has no column of values");
  columns.is_time = header[columns.values.front()] == "y";
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (header[i] == "status" && !is_parameter[i]) columns.status = i;
    if (header[i].ends_with("_ms") && !is_parameter[i]) columns.costs.push_back(i);
    if (header[i] == "compile_ms" && !is_parameter[i]) columns.compile_ms = i;
    if (!is_parameter[i] && header[i].size() > 1 && header[i][0] == 't' && number_of(header[i].substr(1))) {
      columns.repeats.push_back(i);
    }
  }
  return columns;
}

// Where nothing tells it, a trial takes a second; where what is measured is called "y", it is a time.
double read_seconds(const std::vector<std::string>& cells, const Columns& columns) {
  double milliseconds = 0;
  for (const std::size_t column : columns.costs) {
    const std::optional<double> value = column < cells.size() ? number_of(cells[column]) : std::nullopt;
    if (value && std::isfinite(*value)) milliseconds += *value;
  }
  return milliseconds > 0 ? milliseconds / 1e3 : 1;
}

Row read_row(const std::vector<std::string>& cells, const Columns& columns) {
  Row row;
  row.seconds = read_seconds(cells, columns);
  if (columns.status && cells[*columns.status] != "ok") return row;
  double sum = 0;
  for (const std::size_t column : columns.values) {
    const std::optional<double> value = column < cells.size() ? number_of(cells[column]) : std::nullopt;
    if (!value || !std::isfinite(*value)) continue;
    row.repeats.push_back(*value);
    sum += *value;
  }
  if (row.repeats.empty()) return row;
  row.mean = sum / static_cast<double>(row.repeats.size());
  if (columns.is_time && row.mean > 0) row.seconds = row.mean;
  if (columns.compile_ms && *columns.compile_ms < cells.size())
    row.compile_ms = number_of(cells[*columns.compile_ms]).value_or(row.compile_ms);
  std::vector<double> repeats;
  for (const std::size_t column : columns.repeats) {
    const std::optional<double> value = column < cells.size() ? number_of(cells[column]) : std::nullopt;
    if (value && std::isfinite(*value)) repeats.push_back(*value);
  }
  if (!repeats.empty()) row.repeats = std::move(repeats);
  return row;
}

Result<void> read_rows(const fs::path& file, QualityTable& table) {
  MANTA_ASSIGN_OR_RETURN(const std::string text, read_gzip(file));
  std::stringstream stream(text);
  std::string line;
  if (!std::getline(stream, line)) return unreadable(file, "is empty");
  MANTA_ASSIGN_OR_RETURN(const Columns columns, read_header(file, split(line), table));
  while (std::getline(stream, line)) {
    const std::vector<std::string> cells = split(line);
    if (cells.empty()) continue;
    std::uint64_t code = 0;
    for (std::size_t i = 0; i < table.axes().size(); ++i) {
      const Axis& axis = table.axes()[i];
      const std::string& cell = columns.axes[i] < cells.size() ? cells[columns.axes[i]] : line;
      const std::optional<std::size_t> level = axis.level_of(cell);
      if (!level) return unreadable(file, "\"" + cell + "\" is no value of " + axis.name + " in the manifest");
      code = code * axis.levels.size() + *level;
    }
    table.add_row(code, read_row(cells, columns));
  }
  table.finish();
  if (table.valid() == 0) return unreadable(file, "has no valid row");
  return {};
}

Result<std::unique_ptr<QualityTable>> load_table(const fs::path& folder, const Json& entry, bool noisy) {
  const std::string name = entry.at("task").get<std::string>();
  const std::string listed = entry.at("file").get<std::string>();
  const std::optional<fs::path> file = find_file(folder, listed);
  if (!file) return unreadable(folder / listed, "is not there");
  auto table = std::make_unique<QualityTable>(
      name, entry.value("direction", "min") == "max" ? Mode::kMax : Mode::kMin, noisy);
  const auto add = [&table](const std::string& axis_name, const std::string& kind, const Json& values) {
    Axis axis = make_axis(axis_name, kind, values.get<std::vector<Json>>());
    Domain domain = domain_of(axis, kind);
    table->add_axis(std::move(axis), std::move(domain));
  };
  if (entry.contains("space")) {
    for (const Json& axis : entry["space"]) add(axis.at("name"), axis.value("kind", ""), axis.at("values"));
  } else {
    for (const auto& [axis_name, values] : entry.at("params").items()) add(axis_name, "", values);
  }
  MANTA_RETURN_IF_ERROR(read_rows(*file, *table));
  return table;
}

Result<std::vector<std::unique_ptr<QualityTable>>> load_manifest(const std::string& folder, bool noisy) {
  const fs::path path = fs::path(folder) / "manifest.json";
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kNotFound, path.string() + ": there is no manifest"};
  std::vector<std::unique_ptr<QualityTable>> tables;
  try {
    for (const Json& entry : Json::parse(file)) {
      if (!entry.contains("space") && !entry.contains("params")) continue;
      MANTA_ASSIGN_OR_RETURN(std::unique_ptr<QualityTable> table, load_table(folder, entry, noisy));
      tables.push_back(std::move(table));
    }
  } catch (const Json::exception& error) {
    return unreadable(path, error.what());
  }
  return tables;
}

}  // namespace

Result<std::vector<std::unique_ptr<QualityTask>>> load_tables(const std::string& folder, bool noisy) {
  MANTA_ASSIGN_OR_RETURN(auto tables, load_manifest(folder, noisy));
  std::vector<std::unique_ptr<QualityTask>> tasks;
  for (auto& table : tables) tasks.push_back(std::move(table));
  return tasks;
}

Result<std::vector<std::unique_ptr<QualityTask>>> load_kernel_tables(const std::string& folder) {
  MANTA_ASSIGN_OR_RETURN(auto tables, load_manifest(folder, /*noisy=*/false));
  std::vector<std::unique_ptr<QualityTask>> tasks;
  for (auto& table : tables) {
    if (table->family() == "convolution" && table->take_compile_time()) tasks.push_back(std::move(table));
  }
  return tasks;
}

}  // namespace manta::quality
