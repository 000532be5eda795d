// SPDX-License-Identifier: Apache-2.0
// Pi by throwing darts, in tasks; their counts are added up by a tree of tasks, whose inner results nobody fetches.
#include <manta/manta.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

using Count = std::int64_t;

Count throw_darts(std::uint64_t seed, Count darts) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> place(0, 1);
  Count inside = 0;
  for (Count i = 0; i < darts; ++i) {
    const double x = place(random);
    const double y = place(random);
    inside += x * x + y * y < 1 ? 1 : 0;
  }
  return inside;
}

Count add(Count a, Count b) { return a + b; }

// Joins neighbours until one is left. The tasks wait for their arguments; this program waits for the last one only.
manta::ObjectRef<Count> sum(std::vector<manta::ObjectRef<Count>> counts) {
  while (counts.size() > 1) {
    std::vector<manta::ObjectRef<Count>> sums;
    for (std::size_t i = 0; i + 1 < counts.size(); i += 2) sums.push_back(manta::remote<add>(counts[i], counts[i + 1]));
    if (counts.size() % 2 == 1) sums.push_back(counts.back());
    counts = std::move(sums);
  }
  return counts.front();
}

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): only for want of memory.
  const manta::Runtime runtime = manta::init(argc, argv).value();
  const int tasks = argc > 1 ? std::max(1, std::atoi(argv[1])) : 64;
  constexpr Count kDarts = 250'000;
  std::vector<manta::ObjectRef<Count>> counts;
  for (int i = 0; i < tasks; ++i) counts.push_back(manta::remote<throw_darts>(static_cast<std::uint64_t>(i), kDarts));
  const auto inside = manta::get(sum(std::move(counts)));
  if (!inside) {
    std::fprintf(stderr, "%s\n", to_string(inside.error()).c_str());
    return 1;
  }
  std::printf("pi is about %.4f\n", 4.0 * static_cast<double>(*inside) / static_cast<double>(tasks * kDarts));
}
