// SPDX-License-Identifier: Apache-2.0
// A disk that fails at its first, second, third … call: what was acknowledged is there, and nothing is acknowledged
// that is not.
#include <gmock/gmock.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>

#include "core/base/random.h"
#include "tests/support/disk_faults.h"
#include "tests/tune/results/results_fixture.h"

namespace manta::testing::results_disk_test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBatches = 6;
constexpr std::int64_t kReportsInEach = 2;

std::vector<Change> batch(std::int64_t number) {
  std::vector<Change> changes;
  if (number == 1) changes = {trial_changed(0, TrialState::kRunning), attempt_started(0)};
  const std::int64_t last = number * kReportsInEach;
  for (std::int64_t iteration = last - kReportsInEach + 1; iteration <= last; ++iteration)
    changes.push_back(reported(0, iteration, {{"accuracy", 0.5}, {"loss", 1}}));
  if (number % 2 == 0) changes.push_back(checkpoint_saved(0, last, std::string(5000, 'w')));
  if (number % 3 == 0) changes.push_back(SnapshotsSaved{{"[\"searcher\"]"}, {"[\"scheduler\"]"}});
  return changes;
}

void flip(const fs::path& path, std::uintmax_t at, int bit = 2) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ (1 << bit)));
}

// Its size but for the zeros at its end: room for what comes next.
std::uintmax_t used_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return bytes.find_last_not_of('\0') + 1;
}

struct Script {
  bool is_created = false;
  std::int64_t acknowledged = 0;    // Batches.
  std::optional<Error> failure;     // Other than a full disk.
  int times_full = 0;
  std::int64_t late_calls = 0;      // Of the disk, after that failure.
  std::vector<std::string> warnings;
};

class ResultsDiskTest : public ResultsFixture {
 protected:
  void SetUp() override {
    if (!kCanFailDisks) GTEST_SKIP() << "the sanitizer has these functions";
  }

  // A small log, so that it is moved into the database now and then.
  ResultStoreOptions store_options(Script& script) {
    return {.wal_limit_bytes = 30'000,
            .on_warning = [&script](const std::string& warning) { script.warnings.push_back(warning); }};
  }

  // Makes an experiment, applies all batches and closes, over a disk that fails. Where it is full, there is space once
  // somebody has been told twice.
  Script play(const DiskFault& fault) {
    fs::remove_all(directory_);
    Script script;
    arm_disk_fault(fault);
    Result<ResultStore> store = ResultStore::create(directory_, spec_, store_options(script));
    if (store) {
      script.is_created = true;
      for (std::int64_t number = 1; number <= kBatches && apply(*store, number, script); ++number) {
      }
      static_cast<void>(store->close());
    } else {
      script.failure = store.error();
    }
    disarm_disk_fault();
    return script;
  }

  static bool apply(ResultStore& store, std::int64_t number, Script& script) {
    const std::vector<Change> changes = batch(number);
    Result<void> applied = store.apply(changes);
    for (int tries = 1; !applied && applied.error().code == ErrorCode::kExhausted && tries < 5; ++tries) {
      ++script.times_full;
      if (tries >= 2) disarm_disk_fault();
      applied = store.apply(changes);
    }
    if (applied) {
      script.acknowledged = number;
      return true;
    }
    script.failure = applied.error();
    // What may be on the disk is not known: so it is left alone, also by what comes after.
    disarm_disk_fault();
    const std::int64_t before = disk_calls(DiskCall::kWrite) + disk_calls(DiskCall::kSync);
    for (std::int64_t later = number; later < number + 3; ++later) EXPECT_FALSE(store.apply(batch(later)));
    script.late_calls = disk_calls(DiskCall::kWrite) + disk_calls(DiskCall::kSync) - before;
    return false;
  }

  // What a healthy disk has afterwards.
  void expect_all_acknowledged(const Script& script) {
    if (!script.is_created) {
      EXPECT_TRUE(ResultStore::create(directory_, spec_)) << "a second try makes it";
      return;
    }
    Result<ResultStore> store = ResultStore::open(directory_);
    ASSERT_TRUE(store) << to_string(store.error());
    {
      Viewer viewer(database());
      EXPECT_EQ(viewer.value("PRAGMA quick_check"), "ok");
      EXPECT_GE(std::stoll(viewer.value("SELECT count(*) FROM results")), script.acknowledged * kReportsInEach);
      EXPECT_EQ(viewer.value("SELECT count(*) % 2 FROM results"), "0") << "a batch is there whole or not at all";
      EXPECT_EQ(viewer.value("SELECT count(*) FROM results LEFT JOIN metrics ON result = id WHERE metric IS NULL"), "0");
    }
    const Result<StoredExperiment> loaded = store->load();
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    EXPECT_EQ(loaded->warnings, std::vector<std::string>());
  }

  // Once for each call that there is, or each `step`-th, until a run meets the fault no more.
  void fail_each_call(DiskFault fault, int step, const std::function<void(const Script&)>& check) {
    std::int64_t met = 0;
    for (fault.at = 1;; fault.at += step) {
      SCOPED_TRACE("call " + std::to_string(fault.at));
      const Script script = play(fault);
      if (disk_calls(fault.call) < fault.at) break;
      ++met;
      EXPECT_EQ(script.late_calls, 0);
      if (script.failure) {
        EXPECT_NE(script.failure->message.find(directory_.string()), std::string::npos) << script.failure->message;
      }
      check(script);
      expect_all_acknowledged(script);
      if (HasFailure()) return;
    }
    EXPECT_GT(met, 10) << "the test has met the disk";
  }
};

TEST_F(ResultsDiskTest, ADiskThatIsFullForAMomentCostsNothing) {
  fail_each_call({.call = DiskCall::kWrite, .error = ENOSPC}, 1, [](const Script& script) {
    if (!script.is_created) return;
    EXPECT_EQ(script.acknowledged, kBatches);
    EXPECT_FALSE(script.failure);
  });
}

TEST_F(ResultsDiskTest, ADiskThatIsFullForLongIsWaitedForAndLosesNothing) {
  fail_each_call({.call = DiskCall::kWrite, .error = ENOSPC, .lasts = true}, 3, [](const Script& script) {
    if (!script.is_created) return;
    EXPECT_EQ(script.acknowledged, kBatches);
    EXPECT_FALSE(script.failure);
  });
}

TEST_F(ResultsDiskTest, AWriteThatFailsIsNamedAndWhatWasAcknowledgedIsKept) {
  fail_each_call({.call = DiskCall::kWrite, .error = EIO}, 1, [](const Script& script) {
    if (script.failure) {
      EXPECT_NE(script.failure->message.find("failing"), std::string::npos) << script.failure->message;
    }
  });
}

TEST_F(ResultsDiskTest, ADiskThatTakesNoWriteAnyMoreEndsItWithAllThatWasAcknowledged) {
  fail_each_call({.call = DiskCall::kWrite, .error = EIO, .lasts = true}, 3, [](const Script& script) {
    if (script.acknowledged < kBatches) {
      EXPECT_TRUE(script.failure);
    }
  });
}

// The kernel says so once, and drops what it could not write: a second try would succeed and keep nothing.
TEST_F(ResultsDiskTest, ASyncThatFailsIsNotTriedAgainAndNothingIsAcknowledgedAfterIt) {
  fail_each_call({.call = DiskCall::kSync, .error = EIO}, 1, [](const Script& script) {
    if (script.failure) {
      EXPECT_NE(script.failure->message.find("failing"), std::string::npos) << script.failure->message;
    } else {  // That of a checkpoint, which is left out, or of the log's way into the database at the very end.
      EXPECT_TRUE(script.acknowledged == kBatches);
    }
  });
}

TEST_F(ResultsDiskTest, ACheckpointThatCannotBeSyncedIsLeftOutWithAWarning) {
  Script script;
  ResultStore store = ResultStore::create(directory_, spec_, store_options(script)).value();
  const std::vector<Change> first{trial_changed(0, TrialState::kRunning), attempt_started(0), checkpoint_saved(0, 1, "old")};
  ASSERT_TRUE(store.apply(first));

  arm_disk_fault({.call = DiskCall::kSync, .error = EIO});
  const Result<void> applied = store.apply(std::vector<Change>{checkpoint_saved(0, 2, "new")});
  disarm_disk_fault();

  EXPECT_TRUE(applied);
  ASSERT_EQ(script.warnings.size(), 1u);
  EXPECT_NE(script.warnings.front().find("is not kept"), std::string::npos) << script.warnings.front();
  ASSERT_TRUE(store.close());
  const StoredExperiment loaded = open().load().value();
  EXPECT_EQ(text_of(loaded.state.checkpoints.at(TrialId{0})), "old");
}

// SQLite has no sums over its pages: a bit of a value may change unseen, but nothing worse comes of it.
TEST_F(ResultsDiskTest, ADatabaseWhoseBitsFlipWhileItIsUsedIsNamedOrWorks) {
  RandomStream random(/*seed=*/20260202, /*stream=*/0);
  int named = 0;
  for (int round = 0; round < 60; ++round) {
    fs::remove_all(directory_);
    Script script;
    Result<ResultStore> store = ResultStore::create(directory_, spec_, store_options(script));
    for (std::int64_t number = 1; number <= kBatches / 2; ++number) ASSERT_TRUE(apply(*store, number, script));
    const std::uintmax_t at = random.below(fs::file_size(database()));
    flip(database(), at, static_cast<int>(random.below(8)));
    SCOPED_TRACE("byte " + std::to_string(at));

    for (std::int64_t number = kBatches / 2 + 1; number <= kBatches && apply(*store, number, script); ++number) {
    }
    static_cast<void>(store->close());
    const Result<ResultStore> again = ResultStore::open(directory_);

    const std::optional<Error> error = script.failure ? script.failure : again ? std::nullopt : std::optional(again.error());
    if (!error) continue;
    ++named;
    EXPECT_NE(error->message.find("experiment.db"), std::string::npos) << error->message;
  }
  EXPECT_GT(named, 0);
}

/// What a driver that was killed leaves, in its state of then.
class DamagedLogTest : public ResultsFixture {
 protected:
  DamagedLogTest() {
    EXPECT_TRUE(create().close());
    ResultStore store = open();
    for (std::int64_t number = 1; number <= kBatches; ++number) {
      if (number == kBatches) last_begins_ = used_of(log());
      EXPECT_TRUE(store.apply(batch(number)));
    }
    fs::copy(directory_, root_ / "killed", fs::copy_options::recursive);
    EXPECT_TRUE(store.close());
  }

  fs::path log() const { return directory_ / "experiment.db-wal"; }
  void bring_back() {
    fs::remove_all(directory_);
    fs::copy(root_ / "killed", directory_, fs::copy_options::recursive);
  }
  /// How many reports there are, and what was said.
  std::int64_t reports_after_opening(std::vector<std::string>& warnings) {
    ResultStore store = open({.on_warning = [&](const std::string& warning) { warnings.push_back(warning); }});
    return std::stoll(Viewer(database()).value("SELECT count(*) FROM results"));
  }

  std::uintmax_t last_begins_ = 0;
};

TEST_F(DamagedLogTest, ALogThatIsWholeOrCutAnywhereIsNotDamaged) {
  std::int64_t most = kBatches * kReportsInEach;
  for (std::uintmax_t size = fs::file_size(root_ / "killed/experiment.db-wal");; size -= std::min<std::uintmax_t>(size, 997)) {
    bring_back();
    fs::resize_file(log(), size);
    std::vector<std::string> warnings;
    const std::int64_t reports = reports_after_opening(warnings);
    EXPECT_LE(reports, most);
    EXPECT_EQ(warnings, std::vector<std::string>()) << size;
    most = reports;
    if (size == 0) break;
  }
  EXPECT_EQ(most, 0);
}

TEST_F(DamagedLogTest, WhatAFlippedBitHasCostIsSaidAndTheLogIsKept) {
  bring_back();
  const std::uintmax_t size = fs::file_size(log());
  int damaged = 0;
  for (std::uintmax_t at = 32; at < last_begins_; at += 1709) {
    bring_back();
    flip(log(), at);
    std::vector<std::string> warnings;

    const std::int64_t reports = reports_after_opening(warnings);

    if (reports == kBatches * kReportsInEach) continue;  // A place that means nothing.
    ++damaged;
    ASSERT_EQ(warnings.size(), 1u) << at;
    EXPECT_NE(warnings.front().find("experiment.db-wal is damaged: what was recorded last is lost"), std::string::npos);
    EXPECT_EQ(fs::file_size(directory_ / "experiment.db-wal.damaged"), size);
  }
  EXPECT_GT(damaged, 10);
}

TEST_F(DamagedLogTest, ADamagedHeadIsSaidBeforeItIsLost) {
  bring_back();
  flip(log(), 17);
  std::vector<std::string> warnings;

  EXPECT_EQ(reports_after_opening(warnings), 0);

  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_TRUE(fs::exists(directory_ / "experiment.db-wal.damaged"));
}

}  // namespace
}  // namespace manta::testing::results_disk_test
