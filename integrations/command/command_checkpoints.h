// SPDX-License-Identifier: Apache-2.0
// Where a command leaves its checkpoints, and finds the one to go on from.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tune/checkpoint/checkpoint_reader.h"
#include "tune/checkpoint/checkpoint_writer.h"

namespace manta {

/// A directory of one attempt. The program makes a file or a directory in it and names that in a report; from then on
/// it belongs to this, which removes it after the next report. So the program never overwrites what is still wanted,
/// however far it runs ahead.
///
/// Thread-safety: none.
class CommandCheckpoints {
 public:
  /// Makes `directory`, empty, and removes those that earlier attempts of the trial left beside it. `former`: of the
  /// attempt before, which has ended; its directory becomes this one if there is nothing in it, and is removed if not.
  /// Errors: kStorage.
  static Result<std::unique_ptr<CommandCheckpoints>> create(std::filesystem::path directory,
                                                            std::unique_ptr<CommandCheckpoints> former = nullptr);
  CommandCheckpoints(const CommandCheckpoints&) = delete;
  CommandCheckpoints& operator=(const CommandCheckpoints&) = delete;
  ~CommandCheckpoints();  ///< Removes it with all that is in it.

  const std::filesystem::path& directory() const { return directory_; }

  /// A report came, which names a checkpoint or none: that is the state now, and the one before is removed. If somebody
  /// has deleted the directory, it is made anew, and a name that is not found is none until one is found again.
  /// Errors: kInvalidArgument: no plain name, or there is no file or directory of that name.
  Result<void> reported(const std::optional<std::string>& name);
  /// Writes the state as of the last report; nothing if that named none, or somebody has deleted it with the directory.
  /// Errors: kStorage: it cannot be read.
  Result<void> save(CheckpointWriter& out) const;
  /// Puts what save() wrote into the directory. Until the first report that is the state.
  /// Errors: kStorage: it cannot be written.
  Result<void> restore(const CheckpointReader& in);
  /// The file or directory that restore() made; none: there was none to go on from.
  const std::optional<std::filesystem::path>& restored() const { return restored_; }

 private:
  void renew_directory();
  explicit CommandCheckpoints(std::filesystem::path directory) : directory_(std::move(directory)) {}
  // Makes an empty directory another one's; false: it stays.
  bool hand_over(const std::filesystem::path& place);

  std::filesystem::path directory_;  // Empty once it is another one's.
  std::optional<std::filesystem::path> restored_;
  std::optional<std::filesystem::path> current_;
  bool was_deleted_ = false;  // The directory, and no checkpoint has come since.
};

}  // namespace manta
