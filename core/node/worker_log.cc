// SPDX-License-Identifier: Apache-2.0
#include "core/node/worker_log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

#include "core/base/byte_text.h"

namespace manta {
namespace {

constexpr int kLogFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kLogMode = 0640;

// False: errno says why; `text` is what was not written.
bool write_all(int fd, std::string_view& text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Whole lines of at most `room` bytes.
std::string_view lines_within(std::string_view lines, std::uint64_t room) {
  if (lines.size() <= room) return lines;
  return lines.substr(0, lines.substr(0, room).rfind('\n') + 1);
}

}  // namespace

void WorkerLog::Amount::add(std::string_view text) {
  bytes += text.size();
  lines += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

// NOLINTNEXTLINE(bugprone-exception-escape): as in the header.
WorkerLog::~WorkerLog() { end(); }

std::string WorkerLog::path_of(const std::string& directory, int driver, std::uint64_t worker, std::string_view label) {
  constexpr std::size_t kMost = 100;
  std::string name(label.substr(0, kMost));
  std::replace_if(
      name.begin(), name.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.'; }, '_');
  return directory + "/" + std::to_string(driver) + "-" + std::to_string(worker) + "-" + name + ".log";
}

std::optional<Error> WorkerLog::append(std::string_view lines) {
  if (!head_fd_) {
    head_fd_.reset(::open(path_.c_str(), kLogFlags, kLogMode));
    if (head_fd_) head_begin_ = static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(head_fd_.get(), 0, SEEK_END)));
  }
  if (!has_tail_) {
    const std::uint64_t room = limit_ / 2 - std::min(limit_ / 2, head_.bytes);
    const std::string_view fits = lines_within(lines, room);
    write(head_fd_, head_, fits);
    lines.remove_prefix(fits.size());
    if (!lines.empty()) start_tail();
  }
  if (!lines.empty()) append_to_tail(lines);
  return take_error();
}

void WorkerLog::start_tail() {
  has_tail_ = true;
  std::string_view note = "[the log goes on in the files .tail.1 and .tail.2 beside this one until the process ends]\n";
  if (head_fd_) static_cast<void>(write_all(head_fd_.get(), note));  // end() takes it away.
}

void WorkerLog::append_to_tail(std::string_view lines) {
  const std::uint64_t most = limit_ / 4;
  while (!lines.empty()) {
    std::string_view fits = lines_within(lines, most - std::min(most, newer_.kept.bytes));
    if (fits.empty() && newer_.kept.bytes > 0) {
      turn_over();
      continue;
    }
    if (fits.empty()) fits = lines.substr(0, std::min(lines.find('\n'), lines.size() - 1) + 1);
    if (!newer_.fd) newer_.fd.reset(::open(tail_path(2).c_str(), kLogFlags | O_TRUNC, kLogMode));
    write(newer_.fd, newer_.kept, fits);
    lines.remove_prefix(fits.size());
  }
}

// The newer piece is full and becomes the older one, in place of that.
void WorkerLog::turn_over() {
  left_out_.add(older_.kept);
  ::rename(tail_path(2).c_str(), tail_path(1).c_str());
  older_ = std::exchange(newer_, Piece());
}

void WorkerLog::write(const UniqueFd& fd, Amount& kept, std::string_view lines) {
  if (lines.empty()) return;
  if (!fd) return fail(lines);
  if (refused_.bytes > 0 && !write_refused(fd.get(), kept)) return fail(lines);
  std::string_view rest = lines;
  const bool is_written = write_all(fd.get(), rest);
  kept.add(lines.substr(0, lines.size() - rest.size()));
  if (!is_written) fail(rest);
}

// Counts as kept what it writes, so that the length of the file is known.
bool WorkerLog::write_gap(int fd, Amount& kept, const Amount& gap, const std::string& why) {
  const std::string text = "[" + std::to_string(gap.bytes) + " bytes in " + std::to_string(gap.lines) +
                           " lines are left out here: " + why + "]\n";
  std::string_view rest = text;
  const bool is_written = write_all(fd, rest);
  kept.add(std::string_view(text).substr(0, text.size() - rest.size()));
  return is_written;
}

bool WorkerLog::write_refused(int fd, Amount& kept) {
  if (!write_gap(fd, kept, refused_, "the disk did not take them")) return false;
  refused_ = {};
  return true;
}

void WorkerLog::fail(std::string_view lines) {
  if (!has_told_) error_ = "cannot write the log " + path_ + ": " + ::strerror(errno);
  refused_.add(lines);
}

std::optional<Error> WorkerLog::take_error() {
  if (error_.empty() || std::exchange(has_told_, true)) return std::nullopt;
  return Error{ErrorCode::kStorage, std::exchange(error_, {})};
}

std::optional<Error> WorkerLog::end() {
  if (std::exchange(has_ended_, true) || !head_fd_) return std::nullopt;
  if (!has_tail_) {
    if (refused_.bytes > 0) write_refused(head_fd_.get(), head_);
    return std::nullopt;
  }
  const auto here = static_cast<off_t>(head_begin_ + head_.bytes);
  if (::ftruncate(head_fd_.get(), here) == 0) ::lseek(head_fd_.get(), here, SEEK_SET);
  if (left_out_.bytes > 0 && !write_gap(head_fd_.get(), head_, left_out_, "a log takes " + byte_text(limit_))) fail("");
  move_behind_head(older_, 1);
  move_behind_head(newer_, 2);
  if (refused_.bytes > 0) write_refused(head_fd_.get(), head_);
  return take_error();
}

// Where the disk has no room for that, the piece stays where it is.
void WorkerLog::move_behind_head(Piece& piece, int number) {
  if (!piece.fd || !error_.empty()) return;
  ::lseek(piece.fd.get(), 0, SEEK_SET);
  std::string buffer(std::size_t{256} << 10, '\0');
  for (;;) {
    const ssize_t count = ::read(piece.fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) break;
    std::string_view rest(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 || !write_all(head_fd_.get(), rest)) {
      error_ = "cannot write the log " + path_ + ": " + ::strerror(errno) + "; its end is in " + tail_path(number);
      return;
    }
  }
  ::unlink(tail_path(number).c_str());
  piece.fd.reset();
}

}  // namespace manta
