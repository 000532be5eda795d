// SPDX-License-Identifier: Apache-2.0
// The file that keeps what one worker prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/unique_fd.h"

namespace manta {

/// Keeps the beginning and the end, `limit` bytes in all, and says between them how much is left out. The file is made
/// with the first line and takes the first half. What comes then goes to two files beside it, each of up to a quarter,
/// of which the older is replaced again and again; end() puts them behind the first half. So whoever looks at a log
/// that still grows finds its end in "<path>.tail.2", and in "<path>.tail.1" what stands before that.
///
/// Thread-safety: none.
class WorkerLog {
 public:
  static constexpr std::uint64_t kLimit = std::uint64_t{100} << 20;

  /// `limit`: in bytes; it may be exceeded by a line.
  explicit WorkerLog(std::string path, std::uint64_t limit = kLimit) : path_(std::move(path)), limit_(limit) {}
  ~WorkerLog();  // NOLINT(bugprone-exception-escape): no memory for the text of a line is beyond help.
  WorkerLog(const WorkerLog&) = delete;
  WorkerLog& operator=(const WorkerLog&) = delete;

  const std::string& path() const { return path_; }
  /// Appends whole lines. What the disk does not take is left out, and counted where it would have been, should the
  /// disk take something again. Gives the error of the disk, once.
  std::optional<Error> append(std::string_view lines);
  /// Nothing comes any more: makes one file of it. As append() of the error.
  std::optional<Error> end();

  /// "<driver>-<worker>-<label>.log" in `directory`, with what a file's name may not have replaced.
  static std::string path_of(const std::string& directory, int driver, std::uint64_t worker, std::string_view label);

 private:
  struct Amount {
    std::uint64_t bytes = 0;
    std::uint64_t lines = 0;
    void add(std::string_view text);
    void add(const Amount& other) { bytes += other.bytes, lines += other.lines; }
  };
  // One of the two files behind the first half.
  struct Piece {
    UniqueFd fd;
    Amount kept;
  };

  std::string tail_path(int piece) const { return path_ + ".tail." + std::to_string(piece); }
  void append_to_tail(std::string_view lines);
  void start_tail();
  void turn_over();
  void write(const UniqueFd& fd, Amount& kept, std::string_view lines);
  static bool write_gap(int fd, Amount& kept, const Amount& gap, const std::string& why);
  bool write_refused(int fd, Amount& kept);
  void fail(std::string_view lines);
  void move_behind_head(Piece& piece, int number);
  std::optional<Error> take_error();

  const std::string path_;
  const std::uint64_t limit_;
  UniqueFd head_fd_;
  Amount head_;
  std::uint64_t head_begin_ = 0;  // Where in the file: a log of another process with this number may stand before.
  bool has_tail_ = false;
  bool has_ended_ = false;
  Piece older_;
  Piece newer_;
  Amount left_out_;        // Between the first half and the older piece.
  Amount refused_;         // By the disk, behind all that was written.
  std::string error_;      // Of the disk, not told yet.
  bool has_told_ = false;  // Of an error.
};

}  // namespace manta
