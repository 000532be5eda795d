// SPDX-License-Identifier: Apache-2.0
// Checkpoints as files of one folder.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/trial/trial_id.h"

namespace manta {

/// Which checkpoint.
struct CheckpointName {
  TrialId trial;
  int attempt = 1;
  std::int64_t iteration = 0;
  /// Tells apart those of one attempt at one iteration: a trial's own, and one that it took over from another trial.
  int revision = 0;
  friend auto operator<=>(const CheckpointName&, const CheckpointName&) = default;
};

/// "trial 3, attempt 1, iteration 20".
std::string to_string(const CheckpointName& name);

/// One file per checkpoint: `<trial>/<attempt>-<iteration>.ckpt` (`….<revision>.ckpt` after the first). A file is there
/// whole or not at all, whatever dies while it is written; it says whose it is and carries a CRC-32C, so one that was
/// cut, changed or swapped with another is refused.
///
/// Thread-safety: const methods from any thread; the others from one thread of one process.
class CheckpointStore {
 public:
  /// Takes over `folder`, which is made if it is missing, and removes what an interrupted write left in it.
  /// Errors: kStorage: names the path and the reason.
  static Result<CheckpointStore> open(const std::filesystem::path& folder);

  /// For reading only: touches nothing.
  explicit CheckpointStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Writes the file and returns once it is on disk. A file of that name is replaced.
  /// Errors: kStorage: disk full or failing; the message has the path, the reason and the free space. Files that were
  /// there are as they were.
  Result<void> write(const CheckpointName& name, const Checkpoint& checkpoint);

  /// Errors: kNotFound: there is no such file; kStorage: it is damaged or of another checkpoint, or cannot be read.
  Result<Checkpoint> read(const CheckpointName& name) const;

  bool exists(const CheckpointName& name) const;

  /// Removes a file; one that is missing is no error.
  /// Errors: kStorage: names the path and the reason.
  Result<void> remove(const CheckpointName& name);

  /// Removes every checkpoint that is not in `names`. Other files stay.
  /// Errors: kStorage: names the path and the reason.
  Result<void> retain(const std::set<CheckpointName>& names);

  std::filesystem::path path_of(const CheckpointName& name) const { return folder_ / file_of(name); }
  /// The path below the folder.
  static std::string file_of(const CheckpointName& name);

 private:
  std::filesystem::path folder_;
};

}  // namespace manta
