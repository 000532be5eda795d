// SPDX-License-Identifier: Apache-2.0
// Memory cgroups for processes with a limit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace manta {

/// Makes cgroups below the one that this process is in (version 1, or version 2 where that one passes the memory
/// controller on), one for each limited process. The kernel kills what exceeds its group's limit.
///
/// Groups bear the name "manta-OWNER-NUMBER". Who ends in order removes its own; what an owner has left that was killed
/// is removed by abandoned().
///
/// Thread-safety: none.
class MemoryGroups {
 public:
  struct Usage {
    std::uint64_t peak = 0;       ///< Bytes; 0: the kernel does not say.
    std::uint64_t oom_kills = 0;  ///< Processes of the group that the kernel has killed.
  };

  /// None where groups cannot be made: no permission, a read-only tree, or a version 2 group that has processes and
  /// therefore no controllers for its children. `membership` is the text of /proc/self/cgroup, `root` where cgroups
  /// are mounted.
  static std::optional<MemoryGroups> find(std::string_view membership, const std::string& root = "/sys/fs/cgroup");
  /// For this process.
  static std::optional<MemoryGroups> find();

  /// Makes the group `number` of `owner`. False: the kernel refuses.
  bool make(pid_t owner, std::uint64_t number, std::uint64_t limit_bytes);
  /// Puts the calling process, and all that it starts, there.
  bool join(pid_t owner, std::uint64_t number) const;
  Usage usage(pid_t owner, std::uint64_t number) const;
  /// Kills what is left in the group, and removes it now, or when its last process has been reaped.
  void remove(pid_t owner, std::uint64_t number);
  /// Goes on with what remove() could not do. True: nothing is left of it.
  bool remove_rest();
  /// Removes all groups of `owner`, and those of owners that are no more.
  void remove_all_of(pid_t owner);

 private:
  enum class Version { kOne, kTwo };

  MemoryGroups(std::string folder, Version version) : folder_(std::move(folder)), version_(version) {}

  std::string path(pid_t owner, std::uint64_t number) const;
  bool remove_group(const std::string& group) const;

  std::string folder_;  // Of the group that this process is in.
  Version version_;
  std::vector<std::string> unremoved_;
};

}  // namespace manta
