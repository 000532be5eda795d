// SPDX-License-Identifier: Apache-2.0
// Reading through zlib, which passes a file that is not packed on as it is.
#include "integrations/torch/internal/read_file.h"

#include <zlib.h>

#include <cerrno>
#include <memory>

namespace manta::torch::internal {
namespace {

constexpr unsigned kChunkBytes = 1u << 20;

struct CloseFile {
  void operator()(gzFile file) const { ::gzclose(file); }
};
using OpenFile = std::unique_ptr<gzFile_s, CloseFile>;

Error failure(const std::filesystem::path& path, gzFile file) {
  const int errno_value = errno;
  int code = Z_OK;
  const std::string text = ::gzerror(file, &code);
  if (code == Z_ERRNO) return system_error(path.string() + ": read", errno_value);
  if (code == Z_BUF_ERROR) return {ErrorCode::kInvalidArgument, path.string() + ": the gzip file is cut short"};
  return {ErrorCode::kInvalidArgument, path.string() + ": the gzip file is damaged (" + text + ")"};
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  const OpenFile file(::gzopen(path.c_str(), "rbe"));
  if (!file && errno == ENOENT) return Error{ErrorCode::kNotFound, path.string() + ": there is no such file"};
  if (!file) return system_error(path.string() + ": open", errno);

  std::string content;
  int count = 0;
  do {
    const std::size_t size = content.size();
    content.resize(size + kChunkBytes);
    count = ::gzread(file.get(), content.data() + size, kChunkBytes);
    content.resize(size + static_cast<std::size_t>(count > 0 ? count : 0));
  } while (count > 0);

  // A file that was cut short also ends with a count of 0.
  int code = Z_OK;
  ::gzerror(file.get(), &code);
  if (count < 0 || code == Z_BUF_ERROR) return failure(path, file.get());
  return content;
}

}  // namespace manta::torch::internal
