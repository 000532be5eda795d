// SPDX-License-Identifier: Apache-2.0
#include "tune/results/schema.h"

#include <array>

#include "core/base/check.h"

namespace manta {

namespace {

// Times are in microseconds since 1970, UTC. SQLite has no NaN and stores it as NULL: in `metrics` NULL therefore is
// NaN, and in `trials` value_is_nan tells it from a trial without a value. The references document; they are not
// enforced, as that would cost a lookup for each row of results.
const char* const kTables = R"sql(
CREATE TABLE experiment (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  name TEXT NOT NULL,
  created_us INTEGER NOT NULL,
  metric TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('min', 'max')),
  spec TEXT NOT NULL,
  manta_version TEXT NOT NULL,
  schema_version INTEGER NOT NULL
) STRICT;

CREATE TABLE objectives (
  place INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('min', 'max'))
) STRICT;

CREATE TABLE metric_constraints (
  place INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  comparison TEXT NOT NULL CHECK (comparison IN ('<', '<=', '>', '>=')),
  threshold REAL NOT NULL
) STRICT;

CREATE TABLE epoch (
  epoch INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  opened_us INTEGER NOT NULL,
  seconds REAL NOT NULL
) STRICT;

CREATE TABLE trials (
  trial INTEGER PRIMARY KEY,
  state TEXT NOT NULL,
  cause TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  iteration INTEGER NOT NULL,
  seconds REAL NOT NULL,
  value REAL,
  value_is_nan INTEGER NOT NULL,
  best_value REAL,
  ended_us INTEGER,
  config TEXT NOT NULL,
  by_hand INTEGER NOT NULL DEFAULT 0,
  retried INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE params (
  trial INTEGER NOT NULL REFERENCES trials,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  number REAL,
  PRIMARY KEY (trial, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  cause TEXT NOT NULL,
  from_iteration INTEGER NOT NULL,
  started_us INTEGER NOT NULL,
  ended_us INTEGER,
  slots INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (trial, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
  id INTEGER PRIMARY KEY,
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  iteration INTEGER NOT NULL,
  seconds REAL NOT NULL,
  reported_us INTEGER NOT NULL,
  UNIQUE (trial, attempt, iteration)
) STRICT;

CREATE TABLE metrics (
  result INTEGER NOT NULL REFERENCES results,
  metric TEXT NOT NULL,
  value REAL,
  PRIMARY KEY (result, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  id INTEGER PRIMARY KEY,
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  iteration INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  seconds REAL NOT NULL,
  bytes INTEGER NOT NULL,
  saved_us INTEGER NOT NULL,
  file TEXT NOT NULL,
  UNIQUE (trial, attempt, iteration, revision)
) STRICT;

CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY,
  searcher TEXT NOT NULL,
  scheduler TEXT NOT NULL
) STRICT;

CREATE TABLE suggestions (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  config TEXT
) STRICT;

CREATE TABLE trial_changes (
  id INTEGER PRIMARY KEY,
  trial INTEGER NOT NULL REFERENCES trials,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL,
  iteration INTEGER NOT NULL,
  value REAL,
  value_is_nan INTEGER NOT NULL,
  changed_us INTEGER NOT NULL,
  config TEXT NOT NULL,
  retried INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  trial INTEGER REFERENCES trials,
  noted_us INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  trial INTEGER REFERENCES trials,
  attempt INTEGER,
  kind TEXT NOT NULL,
  iteration INTEGER,
  seconds REAL,
  code INTEGER,
  message TEXT
) STRICT;

CREATE VIEW best_trials AS
SELECT
  row_number() OVER (
    ORDER BY best_value IS NULL, CASE mode WHEN 'max' THEN -best_value ELSE best_value END, trial
  ) AS rank,
  trial, best_value AS value, state, iteration AS iterations, seconds, config
FROM trials, experiment
ORDER BY rank;

CREATE VIEW trial_summary AS
SELECT
  trial, state, cause, attempts, iteration AS iterations, value, best_value,
  (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', min(started_us) / 1e6, 'unixepoch')
   FROM attempts WHERE attempts.trial = trials.trial) AS started,
  strftime('%Y-%m-%dT%H:%M:%fZ', ended_us / 1e6, 'unixepoch') AS ended,
  seconds, config,
  CASE
    WHEN value_is_nan THEN 'nan'
    WHEN value = 9e999 THEN 'inf'
    WHEN value = -9e999 THEN '-inf'
    WHEN value IS NOT NULL THEN 'finite'
  END AS value_kind
FROM trials
ORDER BY trial;

CREATE VIEW learning_curves AS
SELECT
  trial, attempt, iteration, seconds, metric, value,
  CASE
    WHEN value IS NULL THEN 'nan'
    WHEN value = 9e999 THEN 'inf'
    WHEN value = -9e999 THEN '-inf'
    ELSE 'finite'
  END AS value_kind
FROM results JOIN metrics ON metrics.result = results.id
ORDER BY trial, attempt, iteration, metric;
)sql";

// Losses have columns, kMostObjectives of them, so that two points are compared in one step.
const char* const kParetoFront = R"sql(
CREATE VIEW pareto_front AS
WITH last_results AS (
  SELECT results.trial AS trial, max(results.id) AS result
  FROM results JOIN metrics ON metrics.result = results.id, experiment
  WHERE metrics.metric = experiment.metric
  GROUP BY results.trial
),
feasible AS (
  SELECT trial, result FROM last_results JOIN trials USING (trial)
  WHERE trials.state <> 'infeasible' AND NOT EXISTS (
    SELECT 1
    FROM metric_constraints AS wanted
    LEFT JOIN metrics AS found ON found.result = last_results.result AND found.metric = wanted.metric
    WHERE NOT coalesce(
      CASE wanted.comparison
        WHEN '<' THEN found.value < wanted.threshold
        WHEN '<=' THEN found.value <= wanted.threshold
        WHEN '>' THEN found.value > wanted.threshold
        ELSE found.value >= wanted.threshold
      END, 0)
  )
),
losses AS (
  SELECT feasible.trial AS trial, place, metrics.metric AS metric, metrics.value AS value,
    CASE mode WHEN 'max' THEN -value ELSE value END AS loss
  FROM feasible, objectives
  JOIN metrics ON metrics.result = feasible.result AND metrics.metric = objectives.metric
  WHERE metrics.value > -9e999 AND metrics.value < 9e999
  ORDER BY feasible.trial, place
),
points AS (
  SELECT trial, json_group_object(metric, value) AS objectives,
    max(CASE place WHEN 0 THEN loss END) AS loss_0,
    max(CASE place WHEN 1 THEN loss END) AS loss_1,
    max(CASE place WHEN 2 THEN loss END) AS loss_2,
    max(CASE place WHEN 3 THEN loss END) AS loss_3,
    max(CASE place WHEN 4 THEN loss END) AS loss_4,
    max(CASE place WHEN 5 THEN loss END) AS loss_5,
    max(CASE place WHEN 6 THEN loss END) AS loss_6,
    max(CASE place WHEN 7 THEN loss END) AS loss_7
  FROM losses
  GROUP BY trial
  HAVING count(*) = (SELECT count(*) FROM objectives)
  ORDER BY loss_0
)
SELECT trial, objectives, state, iteration AS iterations, seconds, config
FROM points AS point JOIN trials USING (trial)
WHERE NOT EXISTS (
  SELECT 1 FROM points AS other
  WHERE other.loss_0 <= point.loss_0
    AND coalesce(other.loss_1 <= point.loss_1, 1)
    AND coalesce(other.loss_2 <= point.loss_2, 1)
    AND coalesce(other.loss_3 <= point.loss_3, 1)
    AND coalesce(other.loss_4 <= point.loss_4, 1)
    AND coalesce(other.loss_5 <= point.loss_5, 1)
    AND coalesce(other.loss_6 <= point.loss_6, 1)
    AND coalesce(other.loss_7 <= point.loss_7, 1)
    AND (other.loss_0 < point.loss_0
      OR other.loss_1 < point.loss_1
      OR other.loss_2 < point.loss_2
      OR other.loss_3 < point.loss_3
      OR other.loss_4 < point.loss_4
      OR other.loss_5 < point.loss_5
      OR other.loss_6 < point.loss_6
      OR other.loss_7 < point.loss_7)
)
ORDER BY loss_0, trial;
)sql";

const char* const kFrom1 = R"sql(
ALTER TABLE trials ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trials ADD COLUMN retried INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial_changes ADD COLUMN retried INTEGER NOT NULL DEFAULT 0;
CREATE TABLE notes (
  id INTEGER PRIMARY KEY,
  trial INTEGER REFERENCES trials,
  noted_us INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
UPDATE experiment SET schema_version = 2;
PRAGMA user_version = 2;
)sql";

const char* const kFrom2 = R"sql(
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  trial INTEGER REFERENCES trials,
  attempt INTEGER,
  kind TEXT NOT NULL,
  iteration INTEGER,
  seconds REAL,
  code INTEGER,
  message TEXT
) STRICT;
UPDATE experiment SET schema_version = 3;
PRAGMA user_version = 3;
)sql";

const char* const kFrom3 = R"sql(
ALTER TABLE attempts ADD COLUMN slots INTEGER NOT NULL DEFAULT 1;
UPDATE experiment SET schema_version = 4;
PRAGMA user_version = 4;
)sql";

const char* const kFrom4 = R"sql(
CREATE TABLE objectives (
  place INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('min', 'max'))
) STRICT;

CREATE TABLE metric_constraints (
  place INTEGER PRIMARY KEY,
  metric TEXT NOT NULL,
  comparison TEXT NOT NULL CHECK (comparison IN ('<', '<=', '>', '>=')),
  threshold REAL NOT NULL
) STRICT;
INSERT INTO objectives SELECT 0, metric, mode FROM experiment;
UPDATE experiment SET schema_version = 5;
PRAGMA user_version = 5;
)sql";

const char* const kFrom5 = R"sql(
CREATE TABLE suggestions (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL,
  config TEXT
) STRICT;
UPDATE experiment SET schema_version = 6;
PRAGMA user_version = 6;
)sql";

const std::array<const char*, kSchemaVersion - 1> kMigrations{kFrom1, kFrom2, kFrom3, kFrom4, kFrom5};

}  // namespace

std::string schema() { return std::string(kTables) + kParetoFront; }

std::string migration_from(int version) {
  MANTA_CHECK(version >= 1 && version < kSchemaVersion, "there is no such migration");
  return std::string(kMigrations[static_cast<std::size_t>(version) - 1]) + (version == 4 ? kParetoFront : "");
}

}  // namespace manta
