// SPDX-License-Identifier: Apache-2.0
// A program that puts more than its object store holds, for store_test.py:
//   store_program fill SPILL_DIRECTORY STORE_MIB PIECES [FILE_LIMIT_KIB]
//     puts pieces of 1 MiB until there are as many, or no room, then reads all that were put, here and in tasks. Prints
//     "put N, right N, spilled BYTES", and the error if there was one.
//   store_program hold SPILL_DIRECTORY
//     spills, starts a worker, prints "ready", and waits to be killed.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/objects/shared_array.h"

namespace {

using Array = manta::SharedArray<char>;
constexpr std::size_t kPiece = std::size_t{1} << 20;

int value_of(const Array& array) {
  const bool is_even = std::all_of(array.begin(), array.end(), [&](char c) { return c == array[0]; });
  return array.size() == kPiece && is_even ? array[0] : -1;
}

manta::ObjectRef<Array> put_piece(int number) {
  return manta::put(Array(std::vector<char>(kPiece, static_cast<char>(number % 100))));
}

int fill(int pieces, int file_limit) {
  if (file_limit > 0) {
    // Memory that is shared is a file, too: the worker that will read is started before.
    if (!manta::get(manta::remote<value_of>(put_piece(0)))) return 2;
    const rlimit limit{static_cast<rlim_t>(file_limit) << 10, static_cast<rlim_t>(file_limit) << 10};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  }
  std::vector<manta::ObjectRef<Array>> refs;
  std::string error;
  while (static_cast<int>(refs.size()) < pieces && error.empty()) {
    auto ref = put_piece(static_cast<int>(refs.size()));
    if (const auto there = manta::get(ref); !there) {
      error = to_string(there.error());
    } else {
      refs.push_back(std::move(ref));
    }
  }
  int right = 0;
  for (std::size_t i = 0; i < refs.size(); ++i) {
    const auto here = manta::get(refs[i]);
    const int expected = static_cast<int>(i % 100);
    right += here && value_of(*here) == expected && manta::get(manta::remote<value_of>(refs[i])).value() == expected;
  }
  const auto status = manta::status();
  std::printf("put %zu, right %d, spilled %llu\n%s\n", refs.size(), right,
              static_cast<unsigned long long>(status->store_bytes_spilled), error.c_str());
  return right == static_cast<int>(refs.size()) ? 0 : 1;
}

int hold() {
  std::vector<manta::ObjectRef<Array>> refs;
  for (int i = 0; i < 16; ++i) refs.push_back(put_piece(i));
  if (manta::get(manta::remote<value_of>(refs[0])).value() != 0) return 1;
  std::puts("ready");
  std::fflush(stdout);
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  const bool fills = argc >= 5 && arguments[1] == "fill";
  const std::size_t store_mib = fills ? std::strtoul(argv[3], nullptr, 10) : 4;
  const auto runtime = manta::init(argc, argv,
                                   {.cpus = 2,
                                    .object_store_bytes = store_mib << 20,
                                    .spill_directory = argc >= 3 ? arguments[2] : std::string(),
                                    .put_timeout = std::chrono::seconds(2)});
  if (!runtime) {
    std::fprintf(stderr, "%s\n", to_string(runtime.error()).c_str());
    return 2;
  }
  if (fills) return fill(std::atoi(argv[4]), argc > 5 ? std::atoi(argv[5]) : 0);
  return hold();
}
