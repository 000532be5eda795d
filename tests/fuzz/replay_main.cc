// SPDX-License-Identifier: Apache-2.0
// The main() of fuzz targets without libFuzzer: runs a target's seeds, the files that are named, and mutations of both.
// The same numbers bring the same inputs, so that a test can run it.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <optional>
#include <string>

#include "core/base/random.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

constexpr const char* kUsage = R"(NAME_fuzz_replay [options] [FILE…]

Runs the seeds and the files, then mutations of them. An input that stops the target is written to a file.

  --mutations N      how many; 0 if not said
  --seed S           other mutations; 1 if not said
  --write-seeds DIR  only writes the seeds to files there: a corpus for libFuzzer to begin with

Exit code: 0 the target survived all · 1 it did not · 2 wrong usage or no such file
)";

constexpr std::size_t kInputMax = 4096;
constexpr unsigned kSecondsMax = 100;  // For all inputs: a target that hangs is reported, too.

struct Options {
  std::uint64_t mutations = 0;
  std::uint64_t seed = 1;
  std::string seeds_folder;
  std::vector<std::string> files;
};

// One change somewhere in `input`. `other` is an input to take a part from.
void mutate(FuzzInput& input, const FuzzInput& other, RandomStream& random) {
  constexpr std::uint64_t kWords[] = {0,
                                      1,
                                      2,
                                      7,
                                      8,
                                      63,
                                      64,
                                      65,
                                      255,
                                      4096,
                                      0xffffffff,
                                      std::uint64_t{1} << 40,
                                      std::uint64_t{1} << 63,
                                      ~std::uint64_t{7},
                                      ~std::uint64_t{0} - 1,
                                      ~std::uint64_t{0}};
  const std::size_t at = random.below(input.size() + 1);
  const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
  const auto some = static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(17, input.size() - at + 1)));
  switch (random.below(7)) {
    case 0:
      if (place != input.end()) *place ^= static_cast<std::uint8_t>(1u << random.below(8));
      break;
    case 1:
      if (place != input.end()) *place = static_cast<std::uint8_t>(random.below(256));
      break;
    case 2: {
      const std::uint64_t word = kWords[random.below(std::size(kWords))];
      if (input.size() - at < sizeof word) input.resize(at + sizeof word);
      std::memcpy(input.data() + at, &word, sizeof word);
      break;
    }
    case 3: input.insert(place, random.below(9), static_cast<std::uint8_t>(random.below(4))); break;
    case 4: input.erase(place, place + some); break;
    case 5: input.resize(at); break;
    default: {
      const auto from = other.begin() + static_cast<std::ptrdiff_t>(random.below(other.size() + 1));
      input.insert(place, from, other.end());
      break;
    }
  }
  if (input.size() > kInputMax) input.resize(kInputMax);
}

// Input `number`: one of `corpus`, and behind these a mutation that is a function of seed and number.
FuzzInput input_of(std::uint64_t number, const std::vector<FuzzInput>& corpus, std::uint64_t seed) {
  if (number < corpus.size()) return corpus[number];
  RandomStream random(seed, number);
  FuzzInput input = corpus[random.below(corpus.size())];
  for (std::uint64_t changes = 1 + random.below(6); changes > 0; --changes)
    mutate(input, corpus[random.below(corpus.size())], random);
  return input;
}

bool write_file(const std::filesystem::path& path, const FuzzInput& input) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  return static_cast<bool>(file.flush());
}

int write_seeds(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::size_t number = 0;
  for (const FuzzInput& seed : fuzz_seeds())
    if (!write_file(folder / ("seed-" + std::to_string(number++)), seed)) return 2;
  return 0;
}

// Runs all inputs in a child, which may die of one; `number` says of which.
bool survives_all(const std::vector<FuzzInput>& corpus, const Options& options, std::atomic<std::uint64_t>& number) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kSecondsMax);
    for (number = 0; number < corpus.size() + options.mutations; ++number) {
      const FuzzInput input = input_of(number, corpus, options.seed);
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int run(const Options& options, const std::string& name) {
  std::vector<FuzzInput> corpus = fuzz_seeds();
  for (const std::string& path : options.files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::cerr << path << ": cannot be read\n";
      return 2;
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  void* shared =
      ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  auto& number = *new (shared) std::atomic<std::uint64_t>(0);
  if (survives_all(corpus, options, number)) {
    std::cout << "survived " << number << " inputs\n";
    return 0;
  }
  const std::string path = name + "-failed-" + std::to_string(number);
  const bool written =
      number < corpus.size() + options.mutations && write_file(path, input_of(number, corpus, options.seed));
  std::cerr << "input " << number << " of seed " << options.seed << " stopped it"
            << (written ? "; to repeat it, name the file " + path : std::string()) << "\n";
  return 1;
}

// None: wrong usage.
std::optional<Options> parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with("--")) {
      options.files.push_back(argument);
      continue;
    }
    if (++i == arguments.size()) return std::nullopt;
    if (argument == "--write-seeds") {
      options.seeds_folder = arguments[i];
      continue;
    }
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(arguments[i].c_str(), &end, 10);
    if (*end != '\0' || arguments[i].empty()) return std::nullopt;
    if (argument == "--mutations")
      options.mutations = value;
    else if (argument == "--seed")
      options.seed = value;
    else
      return std::nullopt;
  }
  return options;
}

}  // namespace
}  // namespace manta

int main(int argc, char** argv) {
  const auto options = manta::parse({argv + 1, argv + argc});
  if (!options) {
    std::cerr << manta::kUsage;
    return 2;
  }
  if (!options->seeds_folder.empty()) return manta::write_seeds(options->seeds_folder);
  return manta::run(*options, std::filesystem::path(argv[0]).filename());
}
