// SPDX-License-Identifier: Apache-2.0
// A cache in front of something slow: one actor with one thread, thousands of requests that wait in it at the same
// time, and each page is loaded once.
#include <manta/manta.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace {

// Stands for a disk or a service far away.
std::string load(const std::string& name) {
  ::usleep(20'000);
  return "the text of " + name;
}

struct Counts {
  int loads = 0, most_waiting = 0;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(loads, most_waiting);
  }
};

class Cache {
 public:
  manta::Async<manta::Result<std::string>> page(std::string name) {
    auto [place, is_missing] = pages_.try_emplace(name);
    if (is_missing) {
      ++counts_.loads;
      place->second = manta::remote<load>(name);
    }
    const manta::ObjectRef<std::string> page = place->second;
    counts_.most_waiting = std::max(counts_.most_waiting, ++waiting_);
    manta::Result<std::string> text = co_await page;  // Here the others go on, and may change all that is the actor's.
    --waiting_;
    if (!text) pages_.erase(name);  // Whoever asks next tries again.
    co_return text;
  }
  Counts counts() const { return counts_; }

 private:
  std::map<std::string, manta::ObjectRef<std::string>> pages_;
  Counts counts_;
  int waiting_ = 0;
};

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): an error ends the program.
  const manta::Runtime runtime = manta::init(argc, argv).value();
  constexpr int kRequests = 5'000;
  constexpr int kPages = 50;
  const auto cache = manta::actor<Cache>();
  std::vector<manta::ObjectRef<std::string>> requests;
  for (int i = 0; i < kRequests; ++i)
    requests.push_back(cache.call<&Cache::page>("page " + std::to_string(i % kPages)));
  int right = 0;
  for (int i = 0; i < kRequests; ++i)
    right += manta::get(requests[i]).value() == "the text of page " + std::to_string(i % kPages);
  const Counts counts = manta::get(cache.call<&Cache::counts>()).value();
  std::printf("%d of %d requests answered right, %d loads, up to %d requests waiting at a time\n", right, kRequests,
              counts.loads, counts.most_waiting);
}
