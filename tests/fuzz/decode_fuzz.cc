// SPDX-License-Identifier: Apache-2.0
// Any bytes for a value of any type.
#include <iterator>

#include "core/base/check.h"
#include "core/objects/arena.h"
#include "core/objects/codec.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

enum class Colour : std::uint16_t { kRed, kBlue };

struct Reading {
  std::string name;
  std::optional<double> value;
  std::vector<std::pair<int, std::string>> notes;
  std::unique_ptr<std::vector<bool>> flags;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, value, notes, flags);
  }
};

struct Bundle {
  std::vector<SharedArray<std::int16_t>> arrays;
  std::optional<SharedArray<char>> last;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(arrays, last);
  }
};

Arena& arena() {
  static const std::shared_ptr<Arena> kArena = Arena::create(std::size_t{16} << 20, 0).value();
  return *kArena;
}

// What is a value travels on, and comes out as the same bytes ever after, if its elements have an order.
template <class T, bool kOrdered = true>
void decode_and_encode(const std::vector<std::byte>& bytes) {
  const auto value = decode<T>({bytes, nullptr});
  if (!value) return;
  const auto first = encode(*value, arena());
  MANTA_CHECK(first.has_value(), "a value that was read cannot be written");
  const auto again = decode<T>({first->bytes(), first->block, &first->references});
  MANTA_CHECK(again.has_value(), "a value that was written cannot be read");
  const auto second = encode(*again, arena());
  MANTA_CHECK(!kOrdered || std::ranges::equal(first->bytes(), second->bytes()),
              "a value differs when it is written again");
}

constexpr void (*kTypes[])(const std::vector<std::byte>&) = {
    decode_and_encode<bool>,
    decode_and_encode<std::int32_t>,
    decode_and_encode<double>,
    decode_and_encode<Colour>,
    decode_and_encode<std::string>,
    decode_and_encode<std::vector<double>>,
    decode_and_encode<std::vector<bool>>,
    decode_and_encode<std::vector<std::string>>,
    decode_and_encode<std::vector<std::vector<std::int32_t>>>,
    decode_and_encode<std::map<std::string, std::vector<std::int16_t>>>,
    decode_and_encode<std::unordered_map<std::string, std::unique_ptr<int>>, false>,
    decode_and_encode<std::set<std::pair<std::int32_t, char>>>,
    decode_and_encode<std::deque<std::optional<std::int32_t>>>,
    decode_and_encode<std::tuple<std::int32_t, std::string, bool>>,
    decode_and_encode<std::array<std::string, 3>>,
    decode_and_encode<std::variant<std::int32_t, std::string, std::vector<bool>>>,
    decode_and_encode<std::vector<std::shared_ptr<std::int32_t>>>,
    decode_and_encode<Reading>,
    decode_and_encode<std::vector<Reading>>,
    decode_and_encode<SharedArray<float>>,
    decode_and_encode<SharedArray<char>>,
    decode_and_encode<Bundle>,
};

}  // namespace

// For each type a row of small numbers, as counts and as contents, and the beginning of an array.
std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (std::size_t i = 0; i < std::size(kTypes); ++i) {
    const auto type = static_cast<std::uint8_t>(i);
    seeds.push_back(FuzzWriter().byte(type).input());
    seeds.push_back(FuzzWriter().byte(type).word(1).word(1).word('a').byte(1).input());
    seeds.push_back(FuzzWriter().byte(type).word(2).word(2).word(0).word(2).word(1).word(0).word(0).word(3).input());
    FuzzWriter array;
    array.byte(type).word(2).word(2).word(3);
    for (int j = 0; j < 8; ++j) array.word(0);
    seeds.push_back(array.input());
  }
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::FuzzReader input({data, size});
  const std::size_t type = input.byte() % std::size(manta::kTypes);
  manta::kTypes[type](input.rest());
  return 0;
}
