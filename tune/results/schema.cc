// SPDX-License-Identifier: Apache-2.0
#include "tune/results/schema.h"

#include <array>

#include "core/base/check.h"

namespace manta {

// Times are in microseconds since 1970, UTC. SQLite has no NaN and stores it as NULL: in `metrics` NULL therefore is
// NaN, and in `trials` value_is_nan tells it from a trial without a value. The references document; they are not
// enforced, as that would cost a lookup for each row of results.
const char* const kSchema = R"sql(
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

namespace {

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

const std::array<const char*, kSchemaVersion - 1> kMigrations{kFrom1, kFrom2, kFrom3};

}  // namespace

const char* migration_from(int version) {
  MANTA_CHECK(version >= 1 && version < kSchemaVersion, "there is no such migration");
  return kMigrations[static_cast<std::size_t>(version) - 1];
}

}  // namespace manta
