// SPDX-License-Identifier: Apache-2.0
#include "core/node/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "core/base/no_memory.h"
#include "core/base/node_id.h"
#include "core/base/start_thread.h"

namespace manta {
namespace {

constexpr auto kPause = std::chrono::milliseconds(10);        // In it a worker's ring must not fill.
constexpr std::size_t kMostEvents = std::size_t{1} << 18;     // Of the driver, that wait to be written.
constexpr std::size_t kPiece = std::size_t{1} << 20;          // Written at once.
constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 30;  // More than that no viewer opens.

}  // namespace

Result<std::unique_ptr<TraceFile>> TraceFile::open(const std::string& path, TimePoint zero) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return system_error("opening the trace file " + path, errno);
  std::unique_ptr<TraceFile> file(new TraceFile(std::move(fd), zero));
  MANTA_ASSIGN_OR_RETURN(file->thread_, start_thread([raw = file.get()] { raw->run(); }));
  return file;
}

TraceFile::TraceFile(UniqueFd fd, TimePoint zero) : fd_(std::move(fd)), pid_(::getpid()), text_(zero) {
  out_ = "[\n";
  text_.name_process(out_, pid_, "driver", 0);
}

TraceFile::~TraceFile() { finish(); }  // NOLINT(bugprone-exception-escape): as in the header.

void TraceFile::finish() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TraceFile::add(const TraceEvent& event) {
  const std::lock_guard lock(mutex_);
  const bool is_added = events_.size() < kMostEvents &&
                        with_memory("an event", [&] { events_.push_back(event); }).has_value();
  if (!is_added) ++lost_;
}

Result<void> TraceFile::add_worker(std::uint64_t worker, int link, std::string label) {
  // A mapping of its own: events are read while the node is at work, and after it has let go of the worker.
  UniqueFd fd(::fcntl(link, F_DUPFD_CLOEXEC, 0));
  if (!fd) return system_error("F_DUPFD_CLOEXEC", errno);
  MANTA_ASSIGN_OR_RETURN(SharedMemory memory,
                         SharedMemory::map(std::move(fd), LinkLayout::kTotalBytes, SharedMemory::Access::kReadWrite));
  auto* layout = layout_of<LinkLayout>(memory);
  layout->is_traced = true;
  RingConsumer ring(&layout->trace, layout->trace_data(), LinkLayout::kTraceBytes);
  const std::lock_guard lock(mutex_);
  new_sources_.push_back({.worker = worker, .label = std::move(label), .link = std::move(memory), .ring = ring});
  return {};
}

void TraceFile::end_worker(std::uint64_t worker, std::string_view cause) {
  const std::lock_guard lock(mutex_);
  ends_.push_back({.worker = worker, .when = std::chrono::steady_clock::now(), .cause = std::string(cause)});
}

void TraceFile::run() {
  const MemoryReserve::Use reserve;
  for (bool stop = false; !stop;) {
    {
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, kPause, [this] { return stop_; });
      stop = stop_;
    }
    write_round();
  }
  close();
}

void TraceFile::write_round() {
  std::vector<TraceEvent> events;
  std::vector<End> ends;
  {
    const std::lock_guard lock(mutex_);
    events.swap(events_);
    ends.swap(ends_);
    sources_.splice(sources_.end(), new_sources_);
  }
  for (const TraceEvent& event : events) {
    text_.add(out_, pid_, 0, event);
    if (out_.size() >= kPiece) flush();
  }
  for (Source& source : sources_) take(source);
  for (const End& ended : ends) end(ended);
  flush();
}

// The worker may have written anything into its ring: what has the wrong size is no event.
void TraceFile::take(Source& source) {
  auto* layout = layout_of<LinkLayout>(source.link);
  if (source.pid == 0 && (source.pid = layout->worker_pid.load()) != 0) {
    text_.name_process(out_, source.pid, source.label, static_cast<int>(GlobalId::local(source.worker)));
    text_.mark(out_, source.pid, std::chrono::steady_clock::now(), source.label + " started");
  }
  if (source.pid == 0) return;
  // No more than the ring holds: a worker that is quicker than this thread must not keep it for ever.
  for (std::size_t taken = 0; taken < LinkLayout::kTraceBytes / sizeof(TraceEvent); ++taken) {
    const auto bytes = source.ring.front();
    if (!bytes) return;
    TraceEvent event;
    if (bytes->size() == sizeof event) {
      __builtin_memcpy(&event, bytes->data(), sizeof event);
      text_.add(out_, source.pid, source.worker, event);
    }
    static_cast<void>(source.ring.pop());
    if (out_.size() >= kPiece) flush();
  }
}

void TraceFile::end(const End& end) {
  for (auto source = sources_.begin(); source != sources_.end(); ++source) {
    if (source->worker != end.worker) continue;
    if (source->pid != 0) text_.mark(out_, source->pid, end.when, source->label + " " + end.cause);
    const std::uint64_t lost = layout_of<LinkLayout>(source->link)->trace_lost.load();
    {
      const std::lock_guard lock(mutex_);
      lost_ += lost;
    }
    sources_.erase(source);
    return;
  }
}

void TraceFile::flush() {
  std::string_view rest = out_;
  is_full_ = is_full_ || bytes_ + rest.size() > kMostBytes;
  while (!rest.empty() && !is_full_) {
    const ssize_t count = ::write(fd_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    is_full_ = count <= 0;  // The disk, perhaps: what there is can be opened.
    if (!is_full_) rest.remove_prefix(static_cast<std::size_t>(count));
  }
  bytes_ += out_.size() - rest.size();
  out_.clear();
}

void TraceFile::close() {
  const std::lock_guard lock(mutex_);
  for (const Source& source : sources_) lost_ += layout_of<LinkLayout>(source.link)->trace_lost.load();
  if (lost_ > 0)
    text_.mark(out_, pid_, std::chrono::steady_clock::now(),
               std::to_string(lost_) + " events are left out: they came faster than they could be written");
  TraceText::close(out_);
  flush();
}

}  // namespace manta
