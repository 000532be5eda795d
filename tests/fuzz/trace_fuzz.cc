// SPDX-License-Identifier: Apache-2.0
// Events that a worker has written, whatever they are, make a timeline that opens.
#include <nlohmann/json.hpp>

#include "core/base/check.h"
#include "core/node/trace_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {

std::vector<FuzzInput> fuzz_seeds() {
  constexpr std::uint64_t kWords[] = {0, 1, 1'000'000, std::uint64_t{1} << 63, ~std::uint64_t{0}};
  std::vector<FuzzInput> seeds;
  for (std::uint64_t kind = 0; kind < 7; ++kind) {
    for (const std::uint64_t word : kWords) {
      FuzzWriter seed;
      seed.word(kind);
      for (std::size_t i = sizeof kind; i < sizeof(TraceEvent); i += sizeof word) seed.word(word);
      seeds.push_back(seed.input());
    }
  }
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  TraceText text(TimePoint(std::chrono::hours(1)));
  std::string out = "[\n";
  for (; size >= sizeof(TraceEvent); data += sizeof(TraceEvent), size -= sizeof(TraceEvent)) {
    TraceEvent event;
    std::memcpy(static_cast<void*>(&event), data, sizeof event);
    text.add(out, 4711, 1, event);
  }
  text.name_process(out, 4711, {reinterpret_cast<const char*>(data), size}, 1);
  TraceText::close(out);
  MANTA_CHECK(nlohmann::json::accept(out), "the timeline is no JSON");
  return 0;
}
