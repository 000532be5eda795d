// SPDX-License-Identifier: Apache-2.0
#include "core/node/metrics_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <utility>

#include "core/base/no_memory.h"
#include "core/base/start_thread.h"
#include "core/base/unique_fd.h"

namespace manta {
namespace {

// Beside the file, then in its place.
Result<void> replace_file(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return system_error("opening " + beside, errno);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(fd.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return system_error("writing " + beside, errno);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return system_error("renaming " + beside, errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<MetricsExport>> MetricsExport::start(Options options, std::function<std::string()> text) {
  if (options.interval < std::chrono::milliseconds(1))
    return Error{ErrorCode::kInvalidArgument, "the interval of metrics must be at least a millisecond"};
  std::unique_ptr<MetricsExport> made(new MetricsExport(std::move(options), std::move(text)));
  MANTA_RETURN_IF_ERROR(made->export_now());
  MANTA_ASSIGN_OR_RETURN(made->thread_, start_thread([raw = made.get()] { raw->run(); }));
  return made;
}

MetricsExport::~MetricsExport() {  // NOLINT(bugprone-exception-escape): as in the header.
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  join_or_leave(thread_);
}

void MetricsExport::run() {
  for (bool stop = false; !stop;) {
    {
      std::unique_lock lock(mutex_);
      stop = stopped_.wait_for(lock, options_.interval, [this] { return stop_; });
    }
    static_cast<void>(with_memory("metrics", [this] { return export_now(); }));  // Next time there may be room again.
  }
}

Result<void> MetricsExport::export_now() const {
  const std::string text = text_();
  if (options_.callback) options_.callback(text);
  return options_.file.empty() ? Result<void>() : replace_file(options_.file, text);
}

}  // namespace manta
