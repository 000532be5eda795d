// SPDX-License-Identifier: Apache-2.0
#include "tune/results/internal/change_writer.h"

#include <cmath>
#include <string>
#include <type_traits>
#include <variant>

#include "tune/results/internal/event_kind.h"

namespace manta::internal {

namespace {

std::int64_t to_us(WallTime time) { return time.time_since_epoch().count(); }

bool is_nan(const std::optional<double>& value) { return value && std::isnan(*value); }

/// What `params.number` holds.
std::optional<double> number_of(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::optional<double> {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(held)>>)
          return static_cast<double>(held);
        else
          return std::nullopt;
      },
      value);
}

}  // namespace

Result<void> ChangeWriter::write(const TrialChanged& change) {
  const TrialStatus& trial = change.trial;
  standings_.erase(trial.id);  // The row below includes every report so far.
  const std::string config = trial.config.to_json();
  MANTA_ASSIGN_OR_RETURN(Query known, database_.query("SELECT config FROM trials WHERE trial = ?", trial.id.number));
  MANTA_ASSIGN_OR_RETURN(const bool is_known, known.step());
  if (is_known && known.text(0) != config)
    MANTA_RETURN_IF_ERROR(database_.run("DELETE FROM params WHERE trial = ?", trial.id.number));
  if (!is_known || known.text(0) != config) MANTA_RETURN_IF_ERROR(write_params(trial.id, trial.config));

  const std::optional<std::int64_t> ended =
      is_ended(trial.state) ? std::optional(to_us(change.when)) : std::optional<std::int64_t>();
  MANTA_RETURN_IF_ERROR(database_.run(
      "INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (trial) DO UPDATE SET"
      " state = excluded.state, cause = excluded.cause, attempts = excluded.attempts, iteration = excluded.iteration,"
      " seconds = excluded.seconds, value = excluded.value, value_is_nan = excluded.value_is_nan,"
      " best_value = excluded.best_value, ended_us = excluded.ended_us, config = excluded.config,"
      " retried = excluded.retried",
      trial.id.number, to_string(trial.state), trial.cause, trial.attempt, trial.iteration, trial.seconds, trial.value,
      is_nan(trial.value), trial.best_value, ended, config, trial.by_hand, trial.retried));
  return database_.run("INSERT INTO trial_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", next_id_++, trial.id.number,
                       trial.attempt, to_string(trial.state), trial.iteration, trial.value, is_nan(trial.value),
                       to_us(change.when), config, trial.retried);
}

Result<void> ChangeWriter::write_params(TrialId trial, const Config& config) {
  for (const auto& [name, value] : config.values()) {
    MANTA_RETURN_IF_ERROR(database_.run("INSERT INTO params VALUES (?, ?, ?, ?)", trial.number, name,
                                        manta::to_json(value), number_of(value)));
  }
  return {};
}

Result<void> ChangeWriter::write(const AttemptStarted& change) {
  return database_.run("INSERT INTO attempts VALUES (?, ?, 'running', '', ?, ?, NULL, ?)", change.trial.number,
                       change.attempt, change.from_iteration, to_us(change.when), change.slots);
}

Result<void> ChangeWriter::write(const AttemptEnded& change) {
  return database_.run("UPDATE attempts SET state = ?, cause = ?, ended_us = ? WHERE trial = ? AND attempt = ?",
                       to_string(change.state), change.cause, to_us(change.when), change.trial.number, change.attempt);
}

Result<void> ChangeWriter::write(const Reported& change) {
  const Report& report = change.report;
  MANTA_RETURN_IF_ERROR(database_.run("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", next_id_,
                                      report.trial.number, report.attempt, report.iteration, report.seconds,
                                      to_us(change.when)));
  if (database_.changes() == 0) return {};  // It was recorded before; the first one counts.
  for (const auto& [metric, value] : report.metrics) {
    MANTA_RETURN_IF_ERROR(database_.run("INSERT INTO metrics VALUES (?, ?, ?)", next_id_, metric, value));
  }
  ++next_id_;

  Standing& standing = standings_[report.trial];
  standing.iteration = report.iteration;
  standing.seconds = report.seconds;
  standing.value = report.metrics.find(objective_.metric);
  if (standing.value && std::isfinite(*standing.value) && further_.are_kept(report.metrics) &&
      (!standing.best || objective_.score(*standing.value) > objective_.score(*standing.best))) {
    standing.best = standing.value;
  }
  return {};
}

Result<void> ChangeWriter::write(const SnapshotsSaved& change) {
  // What came before is in the snapshots, but for what live trials are: a scheduler may ask for that when it is
  // replayed.
  MANTA_RETURN_IF_ERROR(
      database_.run("DELETE FROM trial_changes WHERE state IN ('completed', 'stopped', 'failed', 'infeasible')"
                    " OR id NOT IN (SELECT max(id) FROM trial_changes GROUP BY trial)"));
  MANTA_RETURN_IF_ERROR(database_.run("DELETE FROM snapshots"));
  MANTA_RETURN_IF_ERROR(database_.run("DELETE FROM suggestions"));
  MANTA_RETURN_IF_ERROR(database_.run("INSERT INTO snapshots VALUES (?, ?, ?)", next_id_++, change.searcher.json,
                                      change.scheduler.json));
  for (const Suggestion& ahead : change.ahead) {
    MANTA_RETURN_IF_ERROR(database_.run("INSERT INTO suggestions VALUES (?, ?, ?)", next_id_++, ahead.trial.number,
                                        ahead.config.to_json()));
  }
  return {};
}

Result<void> ChangeWriter::write(const SuggestionAsked& change) {
  return database_.run("INSERT INTO suggestions VALUES (?, ?, ?)", next_id_++, change.trial.number,
                       std::optional<std::string>());
}

Result<void> ChangeWriter::write(const SpecChanged& change) {
  return database_.run("UPDATE experiment SET spec = ?", change.json);
}

Result<void> ChangeWriter::write(const NoteAdded& change) {
  const std::optional<std::int64_t> trial =
      change.trial ? std::optional(change.trial->number) : std::optional<std::int64_t>();
  return database_.run("INSERT INTO notes (trial, noted_us, text) VALUES (?, ?, ?)", trial, to_us(change.when),
                       change.text);
}

// A Stepped leaves its metrics to the report that came of it.
Result<void> ChangeWriter::write(const EventHandled& change) {
  constexpr std::string_view kInsert =
      "INSERT INTO events (kind, iteration, trial, attempt, seconds, code, message) VALUES (?, ?, ?, ?, ?, ?, ?)";
  const std::string kind(kind_of(change.event));
  if (!change.event) {
    return database_.run(kInsert, kind, change.iteration, std::optional<std::int64_t>(), std::optional<std::int64_t>(),
                         std::optional<double>(), std::optional<std::int64_t>(), std::optional<std::string>());
  }
  const Event& event = *change.event;
  const auto* const stepped = std::get_if<Stepped>(&event.what);
  const auto* const failed = std::get_if<AttemptFailed>(&event.what);
  return database_.run(kInsert, kind, change.iteration, event.trial.number, event.attempt,
                       stepped != nullptr ? std::optional(stepped->seconds) : std::nullopt,
                       failed != nullptr ? std::optional(static_cast<std::int64_t>(failed->error.code)) : std::nullopt,
                       failed != nullptr ? std::optional(failed->error.message) : std::nullopt);
}

Result<void> ChangeWriter::write(const CheckpointSaved& change, const CheckpointName& name) {
  with_new_checkpoint_.insert(change.trial);
  return database_.run(
      "INSERT INTO checkpoints (trial, attempt, iteration, revision, seconds, bytes, saved_us, file)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      name.trial.number, name.attempt, name.iteration, name.revision, change.checkpoint.seconds,
      change.checkpoint.bytes.size(), to_us(change.when), CheckpointStore::file_of(name));
}

Result<std::vector<CheckpointName>> ChangeWriter::finish(const Retention& retention) {
  for (const auto& [trial, standing] : standings_) MANTA_RETURN_IF_ERROR(write_standing(trial, standing));
  std::vector<CheckpointName> forgotten;
  for (const TrialId trial : with_new_checkpoint_) {
    MANTA_RETURN_IF_ERROR(forget_checkpoints(trial, retention, forgotten));
  }
  return forgotten;
}

Result<void> ChangeWriter::write_standing(TrialId trial, const Standing& standing) {
  constexpr std::string_view kSmaller =
      "UPDATE trials SET iteration = ?1, seconds = ?2, value = ?3, value_is_nan = ?4, best_value ="
      " min(coalesce(best_value, ?5), coalesce(?5, best_value)) WHERE trial = ?6";
  constexpr std::string_view kLarger =
      "UPDATE trials SET iteration = ?1, seconds = ?2, value = ?3, value_is_nan = ?4, best_value ="
      " max(coalesce(best_value, ?5), coalesce(?5, best_value)) WHERE trial = ?6";
  return database_.run(objective_.mode == Mode::kMin ? kSmaller : kLarger, standing.iteration, standing.seconds,
                       standing.value, is_nan(standing.value), standing.best, trial.number);
}

// How good a checkpoint is says the report of its iteration.
Result<void> ChangeWriter::forget_checkpoints(TrialId trial, const Retention& retention,
                                              std::vector<CheckpointName>& forgotten) {
  const std::string best =
      "SELECT c.id FROM checkpoints AS c JOIN results AS r USING (trial, attempt, iteration)"
      " JOIN metrics AS m ON m.result = r.id AND m.metric = ?3 WHERE c.trial = ?1 AND m.value IS NOT NULL"
      " ORDER BY m.value " +
      std::string(objective_.mode == Mode::kMin ? "ASC" : "DESC") + ", c.id LIMIT ?4";
  MANTA_ASSIGN_OR_RETURN(
      Query old,
      database_.query("SELECT id, attempt, iteration, revision FROM checkpoints WHERE trial = ?1"
                      " AND id NOT IN (SELECT id FROM checkpoints WHERE trial = ?1 ORDER BY id DESC LIMIT ?2)"
                      " AND id NOT IN (" +
                          best + ")",
                      trial.number, retention.newest, objective_.metric, retention.best));
  std::vector<std::int64_t> ids;
  for (;;) {
    MANTA_ASSIGN_OR_RETURN(const bool has_row, old.step());
    if (!has_row) break;
    ids.push_back(old.integer(0));
    forgotten.push_back({.trial = trial,
                         .attempt = static_cast<int>(old.integer(1)),
                         .iteration = old.integer(2),
                         .revision = static_cast<int>(old.integer(3))});
  }
  for (const std::int64_t id : ids) MANTA_RETURN_IF_ERROR(database_.run("DELETE FROM checkpoints WHERE id = ?", id));
  return {};
}

}  // namespace manta::internal
