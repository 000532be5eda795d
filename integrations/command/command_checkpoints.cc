// SPDX-License-Identifier: Apache-2.0
#include "integrations/command/command_checkpoints.h"

#include <fstream>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace manta {

namespace {

namespace fs = std::filesystem;

// Entries of a checkpoint: the one file, or those below a directory by their paths in it.
constexpr std::string_view kFile = "file";
constexpr std::string_view kInDirectory = "directory/";
constexpr std::string_view kEnding = ".checkpoints";

Error storage_error(const fs::path& path, const std::string& what) {
  return {ErrorCode::kStorage, "checkpoint of a command, " + path.string() + ": " + what};
}

Result<void> read_into(const fs::path& path, const std::string& entry, CheckpointWriter& out) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad()) return storage_error(path, "it cannot be read");
  out.write_bytes(entry, std::as_bytes(std::span(bytes)));
  return {};
}

Result<void> write_out(const fs::path& path, std::span<const std::byte> bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) return storage_error(path, "it cannot be written");
  return {};
}

// Whether a name of an entry leads below the directory that it is put into.
bool stays_below(const fs::path& relative) {
  const fs::path plain = relative.lexically_normal();
  return !plain.empty() && plain.is_relative() && *plain.begin() != "..";
}

}  // namespace

Result<std::unique_ptr<CommandCheckpoints>> CommandCheckpoints::create(fs::path directory,
                                                                       std::unique_ptr<CommandCheckpoints> former) {
  const bool is_there = former != nullptr && former->hand_over(directory);
  former.reset();
  std::error_code error;
  for (const auto& beside : fs::directory_iterator(directory.parent_path(), error)) {
    std::error_code ignored;
    const bool is_old = beside.path().extension() == kEnding && !(is_there && beside.path() == directory);
    if (is_old) fs::remove_all(beside.path(), ignored);
  }
  error.clear();
  if (!is_there) fs::create_directories(directory, error);
  if (error) return storage_error(directory, error.message());
  return std::unique_ptr<CommandCheckpoints>(new CommandCheckpoints(std::move(directory)));
}

// A new name costs less than an end and a beginning: a file system looks long for room where much was just removed.
bool CommandCheckpoints::hand_over(const fs::path& place) {
  std::error_code error;
  if (!fs::is_empty(directory_, error) || error) return false;
  fs::rename(directory_, place, error);
  if (!error) directory_.clear();
  return !error;
}

CommandCheckpoints::~CommandCheckpoints() {
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

void CommandCheckpoints::renew_directory() {
  std::error_code error;
  if (fs::exists(directory_, error)) return;
  fs::create_directories(directory_, error);
  was_deleted_ = true;
  current_.reset();
}

Result<void> CommandCheckpoints::reported(const std::optional<std::string>& name) {
  renew_directory();
  std::optional<fs::path> next;
  if (name) {
    const bool is_plain = !name->empty() && *name != "." && *name != ".." && name->find('/') == std::string::npos;
    if (is_plain) next = directory_ / *name;
    std::error_code error;
    const fs::file_status status = next ? fs::symlink_status(*next, error) : fs::file_status();
    const bool is_there = next && (fs::is_regular_file(status) || fs::is_directory(status));
    if (!is_there && !(next && was_deleted_)) {
      return Error{ErrorCode::kInvalidArgument, "a report names the checkpoint \"" + *name +
                                                    "\", which is no file or directory in MANTA_CHECKPOINT_DIR"};
    }
    if (!is_there) next.reset();
    was_deleted_ = was_deleted_ && !is_there;
  }
  // What was restored may still be in use.
  std::error_code ignored;
  if (current_ && current_ != next && current_ != restored_) fs::remove_all(*current_, ignored);
  current_ = std::move(next);
  return {};
}

Result<void> CommandCheckpoints::save(CheckpointWriter& out) const {
  std::error_code error;
  if (!current_ || !fs::exists(directory_, error)) return {};
  if (!fs::is_directory(*current_, error)) return read_into(*current_, std::string(kFile), out);
  for (const auto& found : fs::recursive_directory_iterator(*current_, error)) {
    if (!found.is_regular_file(error) || found.is_symlink(error)) continue;
    const std::string relative = found.path().lexically_relative(*current_).string();
    MANTA_RETURN_IF_ERROR(read_into(found.path(), std::string(kInDirectory) + relative, out));
  }
  if (error) return storage_error(*current_, error.message());
  return {};
}

Result<void> CommandCheckpoints::restore(const CheckpointReader& in) {
  const fs::path place = directory_ / "restored";
  for (const auto& [name, bytes] : in.entries()) {
    if (name == kFile) {
      MANTA_RETURN_IF_ERROR(write_out(place, bytes));
    } else if (name.starts_with(kInDirectory) && stays_below(name.substr(kInDirectory.size()))) {
      MANTA_RETURN_IF_ERROR(write_out(place / name.substr(kInDirectory.size()), bytes));
    }
  }
  restored_ = current_ = place;
  return {};
}

}  // namespace manta
