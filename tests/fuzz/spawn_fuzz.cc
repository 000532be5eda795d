// SPDX-License-Identifier: Apache-2.0
// What a node and its fork server take from each other.
#include "core/net/spawn_request.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "core/base/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

template <class T>
FuzzInput input_of(const T& value) {
  FuzzWriter writer;
  writer.bytes(std::as_bytes(std::span(&value, 1)));
  return writer.input();
}

bool ends(std::span<const char> text) { return ::strnlen(text.data(), text.size()) < text.size(); }

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  using Kind = SpawnNotice::Kind;
  SpawnRequest request{.worker = 3, .memory_limit = 1 << 20, .use_cgroup = 1, .cpus = 2};
  std::strcpy(request.visible_devices, "0,1");
  std::strcpy(request.name, "name");
  SpawnRequest endless = request;
  std::memset(endless.name, 'x', sizeof endless.name);
  return {input_of(request), input_of(endless), input_of(SpawnNotice{.pid = 77, .worker = 3}),
          input_of(SpawnNotice{.kind = Kind::kExited, .pid = 77, .wait_status = 9, .worker = 3}),
          input_of(SpawnNotice{.pid = -1, .wait_status = 11, .worker = 3}), input_of(SpawnNotice{.pid = 1})};
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  const std::vector<std::byte> bytes = FuzzReader({data, size}).rest();
  if (const auto request = read_spawn_request(bytes)) {
    MANTA_CHECK(ends(request->name) && ends(request->visible_devices), "a text has no end");
    MANTA_CHECK(request->cpus > 0 && request->use_cgroup <= 1, "a number means nothing");
    MANTA_CHECK(std::memcmp(&*request, bytes.data(), sizeof *request) == 0, "it was changed");
  }
  if (const auto notice = read_spawn_notice(bytes)) {
    const bool has_started = notice->kind == SpawnNotice::Kind::kStarted;
    MANTA_CHECK(has_started || notice->kind == SpawnNotice::Kind::kExited, "there is no such kind");
    MANTA_CHECK(notice->pid > 1 || (has_started && notice->pid == -1), "to kill it would kill others");
  }
  return 0;
}
