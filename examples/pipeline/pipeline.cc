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
  void transform(int number) { next_.call<&Writer::write>("line " + std::to_string(number)); }
  std::pair<int, std::size_t> finish() { return manta::get(next_.call<&Writer::total>()).value(); }

 private:
  manta::Actor<Writer> next_;
};

}  // namespace

int main(int argc, char** argv) {
  const manta::Runtime runtime = manta::init(argc, argv).value();
  constexpr int kItems = 500;
  constexpr int kPending = 8;
  const auto writer = manta::actor<Writer>.with({.max_pending_calls = kPending})();
  const auto transformer = manta::actor<Transformer>.with({.max_pending_calls = kPending})(writer);
  std::vector<manta::ObjectRef<void>> pending;
  std::size_t most = 0;
  for (int i = 0; i < kItems; ++i) {
    pending.push_back(transformer.call<&Transformer::transform>(i));  // Waits while eight are pending.
    pending.erase(std::remove_if(pending.begin(), pending.end(), [](const auto& ref) { return ref.is_ready(); }),
                  pending.end());
    most = std::max(most, pending.size());
  }
  const auto [lines, bytes] = manta::get(transformer.call<&Transformer::finish>()).value();
  std::printf("%d lines, %zu bytes; never more than %d pending between two stages: %s\n", lines, bytes, kPending,
              most <= kPending ? "yes" : "no");
}
