// SPDX-License-Identifier: Apache-2.0
// Checkpoints of which repeated events speak.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint.h"
#include "tune/trial/trial_id.h"

namespace manta::internal {

/// The loop hands checkpoints around that were made before its process began. Most of them are gone, and nobody needs
/// their bytes any more; so it is given stand-ins, and the bytes of those that are needed after all are found here.
///
/// Thread-safety: none.
class RecordedCheckpoints {
 public:
  /// Reads the newest one of a trial that has ended, which another one may have been about to go on from. None: it has
  /// none that is readable.
  using ReadOfEnded = std::function<std::optional<Checkpoint>(TrialId)>;

  /// `newest`: the newest readable one of each trial that has not ended.
  RecordedCheckpoints(std::map<TrialId, Checkpoint> newest, ReadOfEnded read_of_ended)
      : newest_(std::move(newest)), read_of_ended_(std::move(read_of_ended)) {}

  /// Bytes that stand for those of a checkpoint.
  SharedArray<std::byte> stand_in() {
    SharedArray<std::byte> bytes(std::vector<std::byte>(1));
    stand_ins_.emplace(bytes.data(), StandIn{bytes, {}});
    return bytes;
  }
  /// The run recorded `checkpoint`, a stand-in, as one that `trial` goes on from: its own, or that of another trial.
  void recorded(TrialId trial, const Checkpoint& checkpoint) {
    const auto stand_in = stand_ins_.find(checkpoint.bytes.data());
    if (stand_in != stand_ins_.end())
      stand_in->second.records.push_back({trial, checkpoint.iteration, checkpoint.seconds});
  }

  /// `checkpoint` with its real bytes.
  /// Errors: kSystem: they are gone.
  Result<Checkpoint> find(const Checkpoint& checkpoint) const {
    const auto stand_in = stand_ins_.find(checkpoint.bytes.data());
    if (stand_in == stand_ins_.end()) return checkpoint;
    for (const Record& record : stand_in->second.records) {
      const auto place = newest_.find(record.trial);
      std::optional<Checkpoint> newest;
      if (place != newest_.end()) newest = place->second;
      if (!newest && read_of_ended_) newest = read_of_ended_(record.trial);
      // Where the newest file was damaged, it is an older one.
      if (newest && newest->iteration == record.iteration && newest->seconds == record.seconds) return *newest;
    }
    return Error{ErrorCode::kSystem, "it cannot go on: its checkpoint of iteration " +
                                         std::to_string(checkpoint.iteration) + " is gone or damaged"};
  }

 private:
  struct Record {
    TrialId trial;
    std::int64_t iteration = 0;
    double seconds = 0;
  };
  struct StandIn {
    SharedArray<std::byte> bytes;  // So that nothing else gets its address.
    std::vector<Record> records;
  };

  const std::map<TrialId, Checkpoint> newest_;
  const ReadOfEnded read_of_ended_;
  std::map<const std::byte*, StandIn> stand_ins_;
};

}  // namespace manta::internal
