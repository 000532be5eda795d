// SPDX-License-Identifier: Apache-2.0
#include "tests/quality/curve_tasks.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace manta::quality {

namespace {

namespace fs = std::filesystem;

constexpr const char* kTaskSet[] = {"GRU128",  "IRNN64_relu_avg", "LSTM128_E128",
                                    "LSTM128", "VRNN128_tanh",    "VRNN64_relu_avg"};
constexpr const char* kLcBench[] = {"3945", "7593"};
// On these a factor counts, not a difference.
constexpr std::string_view kLogScaled[] = {"learning_rate", "epsilon",           "l1",         "l2",
                                           "linear_decay",  "exponential_decay", "batch_size", "max_units",
                                           "beta1",         "beta2"};

// A table of numbers with a header and a column of row numbers, which is left out.
struct NumberTable {
  std::vector<std::string> names;
  std::vector<std::vector<double>> rows;
};

Result<NumberTable> read_numbers(const fs::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(::gzopen(path.c_str(), "rb"), ::gzclose);
  if (!file) return Error{ErrorCode::kNotFound, path.string() + " is not there"};
  std::string text;
  char buffer[65536];
  for (int count = 0; (count = ::gzread(file.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  NumberTable table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string cell;
    std::getline(cells, cell, ',');
    const bool is_header = table.names.empty();
    if (!is_header) table.rows.emplace_back();
    while (std::getline(cells, cell, ',')) {
      if (is_header) {
        table.names.push_back(cell);
      } else {
        table.rows.back().push_back(std::strtod(cell.c_str(), nullptr));  // "nan" is a value.
      }
    }
    if (!is_header && table.rows.back().size() != table.names.size())
      return Error{ErrorCode::kInvalidArgument, path.string() + ": a row of another length than the header"};
  }
  return table;
}

bool is_log_scaled(std::string_view name) {
  return std::ranges::find(kLogScaled, name) != std::ranges::end(kLogScaled);
}

// What is near one (beta1, beta2) counts by its distance from it.
double column_value(std::string_view name, double value) { return name.starts_with("beta") ? 1 - value : value; }

Result<Space> space_of(const NumberTable& configs) {
  std::ostringstream json;
  json.precision(17);
  for (std::size_t column = 0; column < configs.names.size(); ++column) {
    const std::string& name = configs.names[column];
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const std::vector<double>& row : configs.rows) {
      low = std::min(low, column_value(name, row[column]));
      high = std::max(high, column_value(name, row[column]));
    }
    json << (column == 0 ? "{" : ", ") << '"' << name << R"(": {"float": [)" << low << ", " << high << "]"
         << (is_log_scaled(name) ? R"(, "log": true})" : "}");
  }
  json << "}";
  return parse_space(json.str());
}

Config config_of(const NumberTable& configs, std::size_t row) {
  Config config;
  for (std::size_t column = 0; column < configs.names.size(); ++column) {
    config.set(configs.names[column], column_value(configs.names[column], configs.rows[row][column]));
  }
  return config;
}

double middle_of(std::vector<double> numbers) {
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::ranges::nth_element(numbers, middle);
  return *middle;
}

// `losses` and `seconds`, [configurations, iterations]; seconds are those of the trial up to there.
Result<CurveTask> make_task(std::string name, const NumberTable& configs, const std::vector<std::vector<double>>& losses,
                            const std::vector<std::vector<double>>& seconds) {
  MANTA_ASSIGN_OR_RETURN(Space space, space_of(configs));
  CurveTask task{.name = std::move(name), .space = std::move(space), .trials = {}};
  task.best = std::numeric_limits<double>::infinity();
  std::vector<double> ends, times;
  for (std::size_t row = 0; row < losses.size(); ++row) {
    RecordedTrial trial;
    trial.config = config_of(configs, row);
    for (std::size_t i = 0; i < losses[row].size(); ++i) {
      const double loss = losses[row][i];
      trial.iterations.push_back({seconds[row][i] - (i > 0 ? seconds[row][i - 1] : 0), {{"loss", loss}}});
      if (std::isfinite(loss)) task.best = std::min(task.best, loss);
    }
    const double end = losses[row].back();
    ends.push_back(std::isfinite(end) ? end : std::numeric_limits<double>::infinity());
    times.push_back(seconds[row].back());
    task.trials.push_back(std::move(trial));
  }
  task.median = middle_of(std::move(ends));
  task.full_seconds = middle_of(std::move(times));
  return task;
}

Result<CurveTask> load_taskset(const fs::path& folder, const std::string& name, const NumberTable& configs) {
  MANTA_ASSIGN_OR_RETURN(NumberTable curves, read_numbers(folder / ("patch32_" + name + "_bs128.valid.csv.gz")));
  std::vector<std::vector<double>> seconds;
  for (std::vector<double>& row : curves.rows) {
    row.erase(row.begin());  // Before the first iteration.
    seconds.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) seconds.back().push_back(static_cast<double>(i + 1));
  }
  return make_task(name, configs, curves.rows, seconds);
}

Result<CurveTask> load_lcbench(const fs::path& folder, const std::string& name, const NumberTable& configs) {
  MANTA_ASSIGN_OR_RETURN(NumberTable curves, read_numbers(folder / ("pool_" + name + ".val_accuracy.csv.gz")));
  MANTA_ASSIGN_OR_RETURN(const NumberTable seconds, read_numbers(folder / ("pool_" + name + ".time.csv.gz")));
  for (std::vector<double>& row : curves.rows) {
    for (double& value : row) value = 100 - value;
  }
  return make_task("lcbench_" + name, configs, curves.rows, seconds.rows);
}

}  // namespace

double CurveTask::regret(double loss) const { return std::min(1.0, (loss - best) / (median - best)); }

Result<std::vector<CurveTask>> load_curve_tasks(const std::string& folder) {
  std::vector<CurveTask> tasks;
  const fs::path taskset = fs::path(folder) / "taskset", lcbench = fs::path(folder) / "lcbench_surrogate";
  MANTA_ASSIGN_OR_RETURN(const NumberTable adam, read_numbers(taskset / "configs.csv.gz"));
  for (const char* const name : kTaskSet) {
    MANTA_ASSIGN_OR_RETURN(CurveTask task, load_taskset(taskset, name, adam));
    tasks.push_back(std::move(task));
  }
  MANTA_ASSIGN_OR_RETURN(const NumberTable nets, read_numbers(lcbench / "pool_configs.csv.gz"));
  for (const char* const name : kLcBench) {
    MANTA_ASSIGN_OR_RETURN(CurveTask task, load_lcbench(lcbench, name, nets));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

}  // namespace manta::quality
