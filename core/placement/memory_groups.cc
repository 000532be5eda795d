// SPDX-License-Identifier: Apache-2.0
#include "core/placement/memory_groups.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/unique_fd.h"
#include "core/placement/cgroup_membership.h"

namespace manta {
namespace {

constexpr std::string_view kPrefix = "manta-";

// One write, as the kernel wants it.
bool write_text(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::uint64_t read_number(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  file >> value;
  return value;
}

// The number after the word `name` in a file of such pairs; 0: none.
std::uint64_t read_number_of(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  std::uint64_t value = 0;
  while (file >> word)
    if (word == name && file >> value) return value;
  return 0;
}

bool has_word(const std::string& text, std::string_view word) {
  std::istringstream words(text);
  for (std::string each; words >> each;)
    if (each == word) return true;
  return false;
}

// The owner in the name of a group; 0: it is no name of ours.
pid_t owner_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  pid_t owner = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), owner);
  return error == std::errc() && end != name.data() + name.size() && *end == '-' ? owner : 0;
}

}  // namespace

std::optional<MemoryGroups> MemoryGroups::find(std::string_view membership, const std::string& root) {
  std::optional<MemoryGroups> found;
  for (const CgroupMembership& group : parse_memberships(membership)) {
    if (group.has("memory")) {
      found = MemoryGroups(root + "/memory" + group.path, Version::kOne);
      break;
    }
    if (group.controllers.empty()) found = MemoryGroups(root + group.path, Version::kTwo);
  }
  if (!found || ::access(found->folder_.c_str(), W_OK) != 0) return std::nullopt;
  if (found->version_ == Version::kOne) return found;
  std::ifstream file(found->folder_ + "/cgroup.subtree_control");
  std::string passed_on;
  std::getline(file, passed_on);
  return has_word(passed_on, "memory") ? found : std::nullopt;
}

std::optional<MemoryGroups> MemoryGroups::find() { return find(own_memberships()); }

std::string MemoryGroups::path(pid_t owner, std::uint64_t number) const {
  return folder_ + "/" + std::string(kPrefix) + std::to_string(owner) + "-" + std::to_string(number);
}

bool MemoryGroups::make(pid_t owner, std::uint64_t number, std::uint64_t limit_bytes) {
  const std::string group = path(owner, number);
  if (::mkdir(group.c_str(), 0755) != 0) return false;
  const std::string limit = std::to_string(limit_bytes);
  const bool limited =
      write_text(group + (version_ == Version::kOne ? "/memory.limit_in_bytes" : "/memory.max"), limit);
  if (!limited) {
    remove(owner, number);
    return false;
  }
  // What does not fit must not go to swap instead. A kernel without swap accounting lacks these files.
  if (version_ == Version::kOne) {
    static_cast<void>(write_text(group + "/memory.memsw.limit_in_bytes", limit));
  } else {
    static_cast<void>(write_text(group + "/memory.swap.max", "0"));
    static_cast<void>(write_text(group + "/memory.oom.group", "1"));
  }
  return true;
}

bool MemoryGroups::join(pid_t owner, std::uint64_t number) const {
  return write_text(path(owner, number) + "/cgroup.procs", "0");
}

MemoryGroups::Usage MemoryGroups::usage(pid_t owner, std::uint64_t number) const {
  const std::string group = path(owner, number);
  if (version_ == Version::kOne)
    return {.peak = read_number(group + "/memory.max_usage_in_bytes"),
            .oom_kills = read_number_of(group + "/memory.oom_control", "oom_kill")};
  return {.peak = read_number(group + "/memory.peak"),
          .oom_kills = read_number_of(group + "/memory.events", "oom_kill")};
}

// True: it is gone.
bool MemoryGroups::remove_group(const std::string& group) const {
  std::ifstream members(group + "/cgroup.procs");
  for (pid_t pid = 0; members >> pid;)
    if (pid > 0) ::kill(pid, SIGKILL);
  return ::rmdir(group.c_str()) == 0 || errno == ENOENT;
}

void MemoryGroups::remove(pid_t owner, std::uint64_t number) {
  std::string group = path(owner, number);
  if (!remove_group(group)) unremoved_.push_back(std::move(group));
}

bool MemoryGroups::remove_rest() {
  std::erase_if(unremoved_, [this](const std::string& group) { return remove_group(group); });
  return unremoved_.empty();
}

void MemoryGroups::remove_all_of(pid_t owner) {
  std::error_code error;
  std::vector<std::string> groups;
  for (std::filesystem::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    const pid_t other = owner_of(it->path().filename().string());
    if (other == owner || (other > 0 && ::kill(other, 0) != 0 && errno == ESRCH)) groups.push_back(it->path().string());
  }
  for (std::string& group : groups)
    if (!remove_group(group)) unremoved_.push_back(std::move(group));
}

}  // namespace manta
