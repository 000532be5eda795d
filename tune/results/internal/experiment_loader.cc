// SPDX-License-Identifier: Apache-2.0
#include "tune/results/internal/experiment_loader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace manta::internal {

namespace {

WallTime to_time(std::int64_t us) { return WallTime(std::chrono::microseconds(us)); }

Error senseless(const Database& database, const std::string& what) {
  return {ErrorCode::kStorage, database.path().string() + " was changed by something else: " + what};
}

/// Calls `take(query)` for each row; it returns Result<void>.
template <class Take>
Result<void> for_each_row(Query query, Take take) {
  for (;;) {
    MANTA_ASSIGN_OR_RETURN(const bool has_row, query.step());
    if (!has_row) return {};
    MANTA_RETURN_IF_ERROR(take(query));
  }
}

std::optional<double> optional_real(const Query& query, int column) {
  return query.is_null(column) ? std::nullopt : std::optional(query.real(column));
}

std::optional<double> value_of(const Query& query, int value_column, int is_nan_column) {
  if (query.integer(is_nan_column) != 0) return std::numeric_limits<double>::quiet_NaN();
  return optional_real(query, value_column);
}

/// State and config of a row of trials or trial_changes.
Result<void> read_standing(const Database& database, const std::string& state, const std::string& config,
                           TrialStatus& status) {
  const std::optional<TrialState> known = trial_state_from_string(state);
  if (!known) return senseless(database, "trial " + to_string(status.id) + " has the state \"" + state + "\"");
  Result<Config> parsed = Config::from_json(config);
  if (!parsed) return senseless(database, "config of trial " + to_string(status.id) + ": " + parsed.error().message);
  status.state = *known;
  status.config = std::move(parsed).value();
  return {};
}

/// Loads one experiment; the methods in the order in which they run.
class Loader {
 public:
  Loader(Database& database, const CheckpointStore& checkpoints) : database_(database), checkpoints_(checkpoints) {}

  Result<StoredExperiment> load() && {
    MANTA_ASSIGN_OR_RETURN(loaded_.spec, load_spec(database_));
    MANTA_ASSIGN_OR_RETURN(loaded_.manta_version, database_.ask("SELECT manta_version FROM experiment"));
    MANTA_ASSIGN_OR_RETURN(Query version, database_.query("PRAGMA user_version"));
    MANTA_RETURN_IF_ERROR(version.step());
    version_ = version.integer(0);
    MANTA_RETURN_IF_ERROR(load_trials());
    MANTA_RETURN_IF_ERROR(load_failures());
    MANTA_RETURN_IF_ERROR(load_checkpoints());
    MANTA_RETURN_IF_ERROR(load_snapshots());
    MANTA_RETURN_IF_ERROR(load_changes());
    MANTA_RETURN_IF_ERROR(load_events());
    MANTA_ASSIGN_OR_RETURN(Query seconds, database_.query("SELECT total(seconds) FROM epoch"));
    MANTA_RETURN_IF_ERROR(seconds.step());
    loaded_.elapsed_seconds = seconds.real(0);
    return std::move(loaded_);
  }

 private:
  Result<void> load_trials() {
    const std::string marks = version_ > 1 ? ", by_hand, retried" : ", 0, 0";
    MANTA_ASSIGN_OR_RETURN(
        Query trials, database_.query("SELECT trial, state, cause, attempts, iteration, seconds, value, value_is_nan,"
                                      " best_value, config" +
                                      marks + " FROM trials ORDER BY trial"));
    return for_each_row(std::move(trials), [this](const Query& row) -> Result<void> {
      TrialStatus status;
      status.id = {row.integer(0)};
      if (status.id.number != static_cast<std::int64_t>(loaded_.state.trials.size())) {
        return senseless(database_, "there is no trial " + std::to_string(loaded_.state.trials.size()));
      }
      MANTA_RETURN_IF_ERROR(read_standing(database_, row.text(1), row.text(9), status));
      if (!is_ended(status.state) && status.state != TrialState::kHeld) status.state = TrialState::kPending;
      status.by_hand = row.integer(10) != 0;
      status.retried = row.integer(11) != 0;
      status.cause = row.text(2);
      status.attempt = static_cast<int>(row.integer(3));
      status.iteration = row.integer(4);
      status.seconds = row.real(5);
      status.value = value_of(row, 6, 7);
      status.best_value = optional_real(row, 8);
      loaded_.state.trials.push_back(std::move(status));
      return {};
    });
  }

  Result<void> load_failures() {
    MANTA_ASSIGN_OR_RETURN(
        Query failures, database_.query("SELECT trial, count(*) FROM attempts WHERE state = 'failed' GROUP BY trial"));
    return for_each_row(std::move(failures), [this](const Query& row) -> Result<void> {
      loaded_.state.failures[TrialId{row.integer(0)}] = static_cast<int>(row.integer(1));
      return {};
    });
  }

  // The newest come first; a trial that has one already skips the older.
  Result<void> load_checkpoints() {
    MANTA_ASSIGN_OR_RETURN(
        Query rows, database_.query("SELECT trial, attempt, iteration, revision FROM checkpoints WHERE trial IN"
                                    " (SELECT trial FROM trials WHERE state NOT IN ('completed', 'stopped', 'failed',"
                                    " 'infeasible'))"
                                    " ORDER BY trial, id DESC"));
    std::optional<TrialId> without;  // The trial of the rows before, if none of them could be read.
    MANTA_RETURN_IF_ERROR(for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
      const CheckpointName name = {.trial = {row.integer(0)},
                                   .attempt = static_cast<int>(row.integer(1)),
                                   .iteration = row.integer(2),
                                   .revision = static_cast<int>(row.integer(3))};
      if (without && *without != name.trial) warn_of_lost(*std::exchange(without, std::nullopt));
      if (loaded_.state.checkpoints.contains(name.trial)) return {};
      Result<Checkpoint> checkpoint = checkpoints_.read(name);
      if (checkpoint) {
        loaded_.state.checkpoints.emplace(name.trial, std::move(checkpoint).value());
        without.reset();
      } else {
        loaded_.warnings.push_back(checkpoint.error().message + "; using the one before");
        without = name.trial;
      }
      return {};
    }));
    if (without) warn_of_lost(*without);
    return {};
  }

  void warn_of_lost(TrialId trial) {
    loaded_.warnings.push_back("trial " + to_string(trial) + " has no readable checkpoint left: it starts again from" +
                               " its beginning");
  }

  Result<void> load_snapshots() {
    MANTA_ASSIGN_OR_RETURN(Query snapshots, database_.query("SELECT id, searcher, scheduler FROM snapshots"));
    return for_each_row(std::move(snapshots), [this](const Query& row) -> Result<void> {
      snapshot_id_ = row.integer(0);
      numbered_.emplace_back(snapshot_id_, SnapshotsSaved{.searcher = {row.text(1)}, .scheduler = {row.text(2)}});
      return {};
    });
  }

  // All four tables draw their ids from one sequence.
  Result<void> load_changes() {
    MANTA_RETURN_IF_ERROR(load_suggestions());
    MANTA_RETURN_IF_ERROR(load_reports());
    MANTA_RETURN_IF_ERROR(load_trial_changes());
    std::stable_sort(numbered_.begin(), numbered_.end(),
                     [](const Numbered& one, const Numbered& other) { return one.first < other.first; });
    for (Numbered& numbered : numbered_) loaded_.changes.push_back(std::move(numbered.second));
    return {};
  }

  // Those that have been made belong to the snapshot, which stands before them.
  Result<void> load_suggestions() {
    if (version_ < 6) return {};
    MANTA_ASSIGN_OR_RETURN(Query rows, database_.query("SELECT id, number, config FROM suggestions ORDER BY id"));
    return for_each_row(std::move(rows), [this](const Query& row) -> Result<void> {
      const TrialId trial{row.integer(1)};
      if (row.is_null(2)) {
        numbered_.emplace_back(row.integer(0), SuggestionAsked{trial});
        return {};
      }
      Result<Config> config = Config::from_json(row.text(2));
      if (!config || snapshot_id_ == 0) return senseless(database_, "suggestion " + to_string(trial));
      std::get<SnapshotsSaved>(numbered_.front().second).ahead.push_back({trial, std::move(config).value()});
      return {};
    });
  }

  Result<void> load_reports() {
    MANTA_ASSIGN_OR_RETURN(Query rows,
                           database_.query("SELECT id, trial, attempt, iteration, seconds, reported_us, metric, value"
                                           " FROM results LEFT JOIN metrics ON metrics.result = results.id WHERE id > ?"
                                           " ORDER BY id, metric",
                                           snapshot_id_));
    return for_each_row(std::move(rows), [this](const Query& row) -> Result<void> {
      if (numbered_.empty() || numbered_.back().first != row.integer(0)) {
        numbered_.emplace_back(row.integer(0), Reported{.report = {.trial = {row.integer(1)},
                                                                   .attempt = static_cast<int>(row.integer(2)),
                                                                   .iteration = row.integer(3),
                                                                   .seconds = row.real(4)},
                                                        .when = to_time(row.integer(5))});
      }
      if (row.is_null(6)) return {};  // A report without metrics.
      const double value = optional_real(row, 7).value_or(std::numeric_limits<double>::quiet_NaN());
      std::get<Reported>(numbered_.back().second).report.metrics.set(row.text(6), value);
      return {};
    });
  }

  Result<void> load_trial_changes() {
    const std::string mark = version_ > 1 ? ", retried" : ", 0";
    MANTA_ASSIGN_OR_RETURN(
        Query rows,
        database_.query("SELECT id, trial, attempt, state, iteration, value, value_is_nan, changed_us, config" + mark +
                        " FROM trial_changes ORDER BY id"));
    return for_each_row(std::move(rows), [this](const Query& row) -> Result<void> {
      TrialStatus status;
      status.id = {row.integer(1)};
      status.attempt = static_cast<int>(row.integer(2));
      MANTA_RETURN_IF_ERROR(read_standing(database_, row.text(3), row.text(8), status));
      status.iteration = row.integer(4);
      status.value = value_of(row, 5, 6);
      const auto number = static_cast<std::size_t>(status.id.number);
      status.by_hand = number < loaded_.state.trials.size() && loaded_.state.trials[number].by_hand;
      status.retried = row.integer(9) != 0;
      numbered_.emplace_back(row.integer(0), TrialChanged{std::move(status), to_time(row.integer(7))});
      return {};
    });
  }

  // Metrics stand where the reports are; the rows of one report follow each other.
  Result<void> load_events() {
    if (version_ < 3) return {};
    MANTA_ASSIGN_OR_RETURN(
        Query rows, database_.query("SELECT events.id, events.trial, events.attempt, kind, events.iteration,"
                                    " events.seconds, code, message, metric, value FROM events"
                                    " LEFT JOIN results ON kind IN ('stepped', 'stepped last') AND"
                                    " results.trial = events.trial AND results.attempt = events.attempt AND"
                                    " results.iteration = events.iteration"
                                    " LEFT JOIN metrics ON metrics.result = results.id ORDER BY events.id, metric"));
    std::int64_t last = -1;
    return for_each_row(std::move(rows), [&](const Query& row) -> Result<void> {
      if (row.integer(0) != last) {
        last = row.integer(0);
        MANTA_ASSIGN_OR_RETURN(EventHandled event, read_event(row));
        loaded_.events.push_back(std::move(event));
      }
      if (row.is_null(8)) return {};
      const double value = optional_real(row, 9).value_or(std::numeric_limits<double>::quiet_NaN());
      std::get<Stepped>(loaded_.events.back().event->what).metrics.set(row.text(8), value);
      return {};
    });
  }

  Result<EventHandled> read_event(const Query& row) {
    const std::string kind = row.text(3);
    EventHandled handled{.event = std::nullopt, .iteration = row.integer(4)};
    if (kind == "begun") return handled;
    Event event{.trial = {row.integer(1)}, .attempt = static_cast<int>(row.integer(2)), .what = Launched{}};
    if (kind == "stepped" || kind == "stepped last" || kind == "finished") {
      event.what = Stepped{.metrics = {}, .seconds = row.real(5), .finished = kind != "stepped"};
    } else if (kind == "saved" || kind == "saved nothing") {
      event.what = Saved{SharedArray<std::byte>(std::vector<std::byte>(kind == "saved" ? 1 : 0))};
    } else if (kind == "failed" || kind == "infeasible") {
      event.what = AttemptFailed{{static_cast<ErrorCode>(row.integer(6)), row.text(7)}, kind == "infeasible"};
    } else if (kind == "stopped") {
      event.what = AttemptStopped{};
    } else if (kind == "relaunched") {
      event.what = Relaunched{row.integer(4)};
    } else if (kind != "launched") {
      return senseless(database_, "event " + std::to_string(row.integer(0)) + " is \"" + kind + "\"");
    }
    handled.event = std::move(event);
    return handled;
  }

  using Numbered = std::pair<std::int64_t, Change>;

  Database& database_;
  const CheckpointStore& checkpoints_;
  StoredExperiment loaded_;
  std::int64_t version_ = 0;  // Of the tables: one that is only read may be of an older one.
  std::int64_t snapshot_id_ = 0;
  std::vector<Numbered> numbered_;
};

// Of a database that has their tables.
Result<FurtherGoals> load_further_goals(Database& database) {
  FurtherGoals further;
  MANTA_ASSIGN_OR_RETURN(const std::string tables,
                         database.ask("SELECT count(*) FROM sqlite_master WHERE name = 'metric_constraints'"));
  if (tables == "0") return further;  // An older version.
  MANTA_ASSIGN_OR_RETURN(Query objectives,
                         database.query("SELECT metric, mode FROM objectives WHERE place > 0 ORDER BY place"));
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(objectives), [&](const Query& row) -> Result<void> {
    further.objectives.push_back({row.text(0), row.text(1) == "max" ? Mode::kMax : Mode::kMin});
    return {};
  }));
  MANTA_ASSIGN_OR_RETURN(
      Query constraints,
      database.query("SELECT metric, comparison, threshold FROM metric_constraints ORDER BY place"));
  MANTA_RETURN_IF_ERROR(for_each_row(std::move(constraints), [&](const Query& row) -> Result<void> {
    // A name is not read again: it may hold anything.
    Result<MetricCondition> constraint = MetricCondition::parse("m" + row.text(1) + "0");
    if (!constraint) return senseless(database, constraint.error().message);
    constraint->metric = row.text(0);
    constraint->threshold = row.real(2);
    further.constraints.push_back(*std::move(constraint));
    return {};
  }));
  return further;
}

}  // namespace

Result<ExperimentSpec> load_spec(Database& database) {
  MANTA_ASSIGN_OR_RETURN(Query row, database.query("SELECT name, created_us, metric, mode, spec FROM experiment"));
  MANTA_ASSIGN_OR_RETURN(const bool has_row, row.step());
  if (!has_row) return senseless(database, "the table experiment is empty");
  MANTA_ASSIGN_OR_RETURN(FurtherGoals further, load_further_goals(database));
  return ExperimentSpec{.name = row.text(0),
                        .objective = {.metric = row.text(2), .mode = row.text(3) == "max" ? Mode::kMax : Mode::kMin},
                        .json = row.text(4),
                        .created = to_time(row.integer(1)),
                        .further = std::move(further)};
}

Result<StoredExperiment> load_experiment(Database& database, const CheckpointStore& checkpoints) {
  return Loader(database, checkpoints).load();
}

}  // namespace manta::internal
