// SPDX-License-Identifier: Apache-2.0
// manta ls: the experiments below a directory.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::string path;
  std::string state;  // "unreadable", with `error`.
  std::string error;
  std::string name;
  Objective objective;
  std::optional<double> best;
  TrialCounts counts;
  std::string created;
};

Result<Row> read_row(const std::filesystem::path& directory) {
  MANTA_ASSIGN_OR_RETURN(ExperimentView view, ExperimentView::open(directory));
  MANTA_ASSIGN_OR_RETURN(const ExperimentSpec spec, view.spec());
  MANTA_ASSIGN_OR_RETURN(const std::vector<TrialRecord> trials, view.trials());
  Row row;
  row.state = standing(trials, experiment_owner(directory).has_value());
  row.name = spec.name;
  row.objective = spec.objective;
  row.counts = count_records(trials);
  row.created = time_text(spec.created);
  if (const auto best = best_index(trials, spec.objective)) row.best = trials[*best].status.best_value;
  return row;
}

Row row_of(const std::filesystem::path& directory) {
  Result<Row> read = read_row(directory);
  Row row = read ? std::move(read).value() : Row{.state = "unreadable", .error = read.error().message};
  row.path = directory.lexically_normal().string();
  return row;
}

std::string text_of(const std::vector<Row>& rows, const TextStyle& style) {
  int width = 10;
  for (const Row& row : rows) width = std::max(width, std::min(display_width(escape_control(row.path)), 60));
  const auto cell = [&](const std::string& text, int columns, bool right = false) {
    return padded(escape_control(text), columns, style.utf8, right);
  };
  std::string text = cell("experiment", width) + "  state        trials  ended  failed  best\n";
  for (const Row& row : rows) {
    text += cell(row.path, width) + "  " + cell(row.state, 11) + "  ";
    if (!row.error.empty()) {
      text += escape_control(row.error) + "\n";
      continue;
    }
    text += cell(std::to_string(row.counts.total()), 6, true) + "  " +
            cell(std::to_string(row.counts.ended()), 5, true) + "  " +
            cell(std::to_string(row.counts.failed), 6, true) + "  " +
            (row.best ? escape_control(row.objective.metric) + " " + metric_text(*row.best) : "-") + "\n";
  }
  return text;
}

std::string json_of(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    Json json{{"experiment", row.path}, {"state", row.state}};
    if (!row.error.empty()) {
      json["error"] = row.error;
    } else {
      json.update({{"name", row.name},
                   {"created", row.created},
                   {"metric", row.objective.metric},
                   {"mode", row.objective.mode == Mode::kMax ? "max" : "min"},
                   {"best_value", row.best ? Json(*row.best) : Json()},
                   {"trials", row.counts.total()},
                   {"ended", row.counts.ended()},
                   {"failed", row.counts.failed}});
    }
    list.push_back(std::move(json));
  }
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<ExitCode> list(const VerbWords& words) {
  const std::string root = words.has("DIR") ? words.value("DIR") : ".";
  std::error_code error;
  if (!std::filesystem::is_directory(root, error)) {
    return Error{ErrorCode::kNotFound, escape_control(root) + " is no directory; manta ls DIR lists those below DIR"};
  }
  std::vector<Row> rows;
  for (const std::filesystem::path& directory : find_experiments(root)) rows.push_back(row_of(directory));
  if (words.has("json")) {
    MANTA_RETURN_IF_ERROR(print(json_of(rows)));
  } else if (rows.empty()) {
    MANTA_RETURN_IF_ERROR(print("no experiments below " + escape_control(root) + "\n"));
  } else {
    MANTA_RETURN_IF_ERROR(print(text_of(rows, output_style())));
  }
  return kExitOk;
}

}  // namespace manta::verbs
