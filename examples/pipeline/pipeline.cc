// SPDX-License-Identifier: Apache-2.0
// A chain of actors in which the slowest sets the pace: each stage has few calls pending on the next, and waits for
// room.
#include <manta/manta.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int kPending = 8;

// Calls that are not answered yet.
class Pending {
 public:
  void add(manta::ObjectRef<void> call) {
    calls_.push_back(std::move(call));
    std::erase_if(calls_, [](const auto& ref) { return ref.is_ready(); });
    most_ = std::max(most_, calls_.size());
  }
  std::size_t most() const { return most_; }

 private:
  std::vector<manta::ObjectRef<void>> calls_;
  std::size_t most_ = 0;
};

// The slow end.
class Writer {
 public:
  void write(const std::string& line) {
    ::usleep(500);
    bytes_ += line.size();
    ++lines_;
  }
  std::pair<int, std::size_t> total() const { return {lines_, bytes_}; }

 private:
  int lines_ = 0;
  std::size_t bytes_ = 0;
};

class Transformer {
 public:
  explicit Transformer(manta::Actor<Writer> next) : next_(std::move(next)) {}
  void transform(int number) {
    pending_.add(next_.call<&Writer::write>("line " + std::to_string(number)));  // Waits while eight are pending.
  }
  // Comes to the writer after all that it was sent from here.
  std::pair<int, std::size_t> finish() { return manta::get(next_.call<&Writer::total>()).value(); }
  std::size_t most_pending() const { return pending_.most(); }

 private:
  manta::Actor<Writer> next_;
  Pending pending_;
};

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): only for want of memory.
  const manta::Runtime runtime = manta::init(argc, argv).value();
  constexpr int kItems = 500;
  const auto writer = manta::actor<Writer>.with({.max_pending_calls = kPending})();
  const auto transformer = manta::actor<Transformer>.with({.max_pending_calls = kPending})(writer);
  Pending pending;
  for (int i = 0; i < kItems; ++i) pending.add(transformer.call<&Transformer::transform>(i));
  const auto [lines, bytes] = manta::get(transformer.call<&Transformer::finish>()).value();
  const std::size_t most_written = manta::get(transformer.call<&Transformer::most_pending>()).value();
  std::printf("%d lines, %zu bytes; at most %zu calls pending on the transformer, %zu on the writer\n", lines, bytes,
              pending.most(), most_written);
}
