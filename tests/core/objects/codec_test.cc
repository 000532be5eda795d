// SPDX-License-Identifier: Apache-2.0
// Values to bytes and back.
#include "core/objects/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cereal/types/polymorphic.hpp>
#include <map>
#include <optional>
#include <stdexcept>

#include "core/objects/arena.h"
#include "core/objects/object_state.h"

namespace manta::codec_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class Colour : std::uint8_t { kRed, kBlue };

struct Pair {
  int number = 0;
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(number, text);
  }
};

struct Unwilling {
  template <class Archive>
  void serialize(Archive&) {
    throw std::runtime_error("not me");
  }
};

struct Hungry {
  template <class Archive>
  void serialize(Archive&) {
    throw std::bad_alloc();
  }
};

struct Sample {
  std::vector<double> numbers;
  std::string text;
  std::vector<std::vector<int>> rows;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(numbers, text, rows);
  }
};

// Counts how often it was made.
struct Counted {
  Counted() { ++made; }
  std::string text;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(text);
  }
  static inline int made = 0;
};

struct Empty {
  template <class Archive>
  void serialize(Archive&) {}
};

struct Shape {
  virtual ~Shape() = default;
  virtual int corners() const { return 0; }
  template <class Archive>
  void serialize(Archive&) {}
};

struct Polygon : Shape {
  int count = 0;
  int corners() const override { return count; }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cereal::base_class<Shape>(this), count);
  }
};

class CodecTest : public ::testing::Test {
 protected:
  template <class T>
  Result<T> there_and_back(const T& value) {
    const auto encoded = encode(value, *arena_);
    if (!encoded) return encoded.error();
    return decode<T>({encoded->bytes(), encoded->block});
  }

  std::shared_ptr<Arena> arena_ = Arena::create(std::size_t{1} << 20, 0).value();
};

TEST_F(CodecTest, ValuesComeBackAsTheyWere) {
  EXPECT_EQ(there_and_back(-7).value(), -7);
  EXPECT_EQ(there_and_back(true).value(), true);
  EXPECT_EQ(there_and_back(0.1).value(), 0.1);
  EXPECT_EQ(there_and_back(Colour::kBlue).value(), Colour::kBlue);
  EXPECT_EQ(there_and_back(std::string()).value(), "");
  EXPECT_EQ(there_and_back(std::string("a\0b", 3)).value(), std::string("a\0b", 3));
  EXPECT_EQ(there_and_back(std::vector<double>{}).value(), std::vector<double>{});
  EXPECT_EQ(there_and_back(std::vector<int>{1, 2}).value(), (std::vector<int>{1, 2}));
  EXPECT_EQ(there_and_back(std::vector<bool>{true, false}).value(), (std::vector<bool>{true, false}));
  EXPECT_EQ(there_and_back(std::optional<int>()).value(), std::nullopt);
  EXPECT_EQ((there_and_back(std::map<std::string, int>{{"a", 1}}).value()), (std::map<std::string, int>{{"a", 1}}));
}

TEST_F(CodecTest, UserTypesTravelThroughCereal) {
  const Pair pair = there_and_back(Pair{3, "three"}).value();

  EXPECT_EQ(pair.number, 3);
  EXPECT_EQ(pair.text, "three");
}

TEST_F(CodecTest, APointerToABaseClassPointsToWhatItDid) {
  auto polygon = std::make_shared<Polygon>();
  polygon->count = 5;
  const std::vector<std::shared_ptr<Shape>> shapes = {polygon, nullptr, polygon};

  const auto back = there_and_back(shapes).value();

  EXPECT_EQ(back[0]->corners(), 5);
  EXPECT_EQ(back[1], nullptr);
  EXPECT_EQ(back[2], back[0]);
}

TEST_F(CodecTest, ValuesUpToTheLimitTravelInlineAndLargerOnesInTheStore) {
  const auto at_limit = encode(std::vector<char>(kInlineLimit), *arena_);
  const auto beyond = encode(std::vector<char>(kInlineLimit + 1), *arena_);
  const auto large_text = encode(std::string(kInlineLimit, 'x'), *arena_);  // With its length, beyond.

  EXPECT_EQ(at_limit->block, nullptr);
  ASSERT_NE(beyond->block, nullptr);
  EXPECT_EQ(beyond->block->size(), kInlineLimit + 1);
  EXPECT_NE(large_text->block, nullptr);
  EXPECT_EQ(decode<std::string>({large_text->bytes(), large_text->block})->size(), kInlineLimit);
}

TEST_F(CodecTest, AFullStoreIsAnError) {
  const auto encoded = encode(std::vector<char>(2 * arena_->capacity()), *arena_);

  EXPECT_EQ(encoded.error().code, ErrorCode::kExhausted);
}

TEST_F(CodecTest, ATypeThatThrowsWhenWrittenIsAnError) {
  const auto encoded = encode(Unwilling{}, *arena_);

  EXPECT_EQ(encoded.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(encoded.error().message, HasSubstr("not me"));
}

TEST_F(CodecTest, RefusedMemoryIsNotTheTypesFault) {
  EXPECT_EQ(encode(Hungry{}, *arena_).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(decode<Hungry>({}).error().code, ErrorCode::kExhausted);
}

TEST_F(CodecTest, LargeVectorsAndStringsGoStraightToBlocksOfTheirOwn) {
  constexpr std::size_t kMany = internal::kPieceMax / sizeof(double) + 1;
  const Sample sample{.numbers = std::vector<double>(kMany, 1.5),
                      .text = std::string(internal::kPieceMax + 1, 't'),
                      .rows = {std::vector<int>(2 * kMany, 7), {1, 2}}};

  const auto encoded = encode(sample, *arena_);

  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->block, nullptr);
  EXPECT_LT(encoded->inline_bytes.size(), 200u);
  ASSERT_EQ(encoded->references.size(), 3u);
  EXPECT_EQ(std::get<BlockPtr>(encoded->references[0])->size(), kMany * sizeof(double));
  const auto back = decode<Sample>({.bytes = encoded->bytes(), .references = &encoded->references});
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->numbers, sample.numbers);
  EXPECT_EQ(back->text, sample.text);
  EXPECT_EQ(back->rows, sample.rows);
}

TEST_F(CodecTest, APieceUpToTheLimitIsWrittenAmongTheRest) {
  const auto encoded =
      encode(Sample{.numbers = std::vector<double>(internal::kPieceMax / sizeof(double), 2.5)}, *arena_);

  ASSERT_TRUE(encoded);
  EXPECT_TRUE(encoded->references.empty());
  EXPECT_NE(encoded->block, nullptr);
}

TEST_F(CodecTest, APieceWhoseBlockIsNotThereOrOfAnotherSizeIsRefused) {
  const auto encoded = encode(Sample{.text = std::string(internal::kPieceMax + 1, 't')}, *arena_);
  const std::vector<Reference> none;
  const std::vector<Reference> smaller = {arena_->allocate(internal::kPieceMax).value()};
  const std::vector<Reference> larger = {arena_->allocate(2 * internal::kPieceMax).value()};

  for (const auto* references : {&none, &smaller, &larger})
    EXPECT_EQ(decode<Sample>({.bytes = encoded->bytes(), .references = references}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(decode<Sample>({.bytes = encoded->bytes()}).error().code, ErrorCode::kInternal);
}

TEST_F(CodecTest, AStoreWithoutRoomForAPieceIsAnError) {
  EXPECT_EQ(encode(Sample{.numbers = std::vector<double>(arena_->capacity())}, *arena_).error().code,
            ErrorCode::kExhausted);
}

TEST_F(CodecTest, ASmallArrayComesBackWithItsShape) {
  const auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4, 5, 6});

  const auto array = there_and_back(SharedArray<float>(owner->data(), {2, 3}, owner)).value();

  EXPECT_THAT(array.shape(), ElementsAre(2, 3));
  EXPECT_THAT(std::vector<float>(array.begin(), array.end()), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(CodecTest, ALargeArrayIsReadWhereItLiesAndPinsIt) {
  auto encoded = encode(SharedArray<int>(std::vector<int>(10'000, 7)), *arena_);
  auto array = decode<SharedArray<int>>({encoded->bytes(), encoded->block});
  const std::byte* begin = encoded->block->data();

  encoded->block.reset();

  EXPECT_EQ(reinterpret_cast<const std::byte*>(array->data()), begin + sizeof(internal::ArrayHeader));
  EXPECT_EQ((*array)[9'999], 7);
  EXPECT_GT(arena_->used(), 0u);
  array = SharedArray<int>();
  EXPECT_EQ(arena_->used(), 0u);
}

TEST_F(CodecTest, AnArrayOfTheStoreIsNotCopiedWhenItTravelsOn) {
  const auto first = encode(SharedArray<int>(std::vector<int>(10'000, 7)), *arena_);
  const auto array = decode<SharedArray<int>>({first->bytes(), first->block});

  const auto second = encode(*array, *arena_);

  EXPECT_EQ(second->block, first->block);
}

TEST_F(CodecTest, APartOfAnArrayOfTheStoreIsCopied) {
  const auto first = encode(SharedArray<int>(std::vector<int>(10'000, 7)), *arena_);
  const auto array = decode<SharedArray<int>>({first->bytes(), first->block});

  const SharedArray<int> part(array->data(), {5'000}, array->owner());
  const auto second = encode(part, *arena_);

  EXPECT_NE(second->block, first->block);
  EXPECT_EQ(decode<SharedArray<int>>({second->bytes(), second->block})->size(), 5'000u);
}

// A struct of a user, with arrays wherever they can be.
struct Bundle {
  std::string name;
  SharedArray<double> values;
  std::vector<SharedArray<int>> parts;
  std::map<std::string, std::optional<SharedArray<float>>> by_name;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, values, parts, by_name);
  }
};
Bundle make_bundle(std::size_t size) {
  return {.name = "b",
          .values = SharedArray<double>(std::vector<double>(size, 1.5)),
          .parts = {SharedArray<int>(std::vector<int>(size, 2)), SharedArray<int>(std::vector<int>{7})},
          .by_name = {{"none", std::nullopt}, {"x", SharedArray<float>(std::vector<float>(size, 3))}}};
}
ValueView view_of(const EncodedValue& encoded) {
  return {.bytes = encoded.bytes(), .owner = encoded.block, .references = &encoded.references};
}

TEST_F(CodecTest, LargeArraysInsideAValueLieInTheStoreAndSmallOnesInItsBytes) {
  const auto encoded = encode(make_bundle(10'000), *arena_).value();

  EXPECT_FALSE(encoded.block);
  EXPECT_LT(encoded.bytes().size(), 300u);
  EXPECT_EQ(encoded.references.size(), 3u);
  const std::size_t used = arena_->used();
  const auto back = decode<Bundle>(view_of(encoded)).value();
  EXPECT_EQ(arena_->used(), used) << "nothing was copied";
  EXPECT_EQ(back.values.block(), std::get<BlockPtr>(encoded.references[0]));
  EXPECT_EQ(back.values.span().back(), 1.5);
  EXPECT_EQ(back.parts[0].span().back(), 2);
  EXPECT_EQ(back.parts[1].span().back(), 7);
  EXPECT_EQ(back.by_name.at("x")->span().back(), 3);
  EXPECT_FALSE(back.by_name.at("none"));
}

TEST_F(CodecTest, ArraysInsideAValueTravelOnWithoutACopy) {
  const auto first = encode(make_bundle(10'000), *arena_).value();
  const std::size_t used = arena_->used();

  const auto second = encode(decode<Bundle>(view_of(first)).value(), *arena_).value();

  EXPECT_EQ(arena_->used(), used);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(std::get<BlockPtr>(second.references[i]), std::get<BlockPtr>(first.references[i]));
}

TEST_F(CodecTest, AnArrayInsideAValueKeepsItsBytes) {
  auto encoded = encode(make_bundle(10'000), *arena_).value();
  auto values = decode<Bundle>(view_of(encoded))->values;

  encoded = {};

  EXPECT_EQ(arena_->used(), values.block()->size());
  EXPECT_EQ(values.span().back(), 1.5);
  values = {};
  EXPECT_EQ(arena_->used(), 0u);
}

TEST_F(CodecTest, AFullStoreIsTheErrorOfAValueWithArrays) {
  const auto encoded = encode(make_bundle(100'000), *arena_);

  EXPECT_EQ(encoded.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(arena_->used(), 0u) << "what was placed before is given back";
}

TEST_F(CodecTest, AnArrayThatNamesWhatIsNotThereIsRefused) {
  const auto encoded = encode(make_bundle(10'000), *arena_).value();
  const std::vector<Reference> others = {std::make_shared<ObjectState>(), BlockPtr(), encoded.references[2]};

  EXPECT_FALSE(decode<Bundle>({.bytes = encoded.bytes()}));
  EXPECT_FALSE(decode<Bundle>({.bytes = encoded.bytes(), .references = &others}));
}

TEST_F(CodecTest, EmptyAndDefaultArraysTravel) {
  EXPECT_TRUE(there_and_back(SharedArray<int>()).value().empty());
  EXPECT_TRUE(there_and_back(SharedArray<int>(std::vector<int>())).value().empty());
}

TEST_F(CodecTest, AnEmptyArrayKeepsItsShape) {
  const auto owner = std::make_shared<int>(5);
  for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{0, 5}, {5, 0}, {2, 0, 1'000'000'000}}) {
    const auto array = there_and_back(SharedArray<int>(owner.get(), shape, owner));
    ASSERT_TRUE(array.has_value());
    EXPECT_EQ(array->shape(), shape);
  }
}

TEST_F(CodecTest, SevenDimensionsTravelAndEightAreRefused) {
  const auto owner = std::make_shared<int>(5);

  EXPECT_EQ(there_and_back(SharedArray<int>(owner.get(), std::vector<std::size_t>(7, 1), owner)).value()[0], 5);
  const auto eight = encode(SharedArray<int>(owner.get(), std::vector<std::size_t>(8, 1), owner), *arena_);

  EXPECT_EQ(eight.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(eight.error().message, HasSubstr("8"));
}

TEST_F(CodecTest, BytesOfTheWrongSizeAreNoNumberAndNoVector) {
  const std::vector<std::byte> three(3);

  EXPECT_EQ(decode<int>({three, nullptr}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(decode<std::vector<int>>({three, nullptr}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(decode<SharedArray<int>>({three, nullptr}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(decode<std::string>({three, nullptr}).error().code, ErrorCode::kInternal);
}

TEST_F(CodecTest, NoTruncatedUserTypeIsRead) {
  const auto encoded = encode(Pair{3, "three"}, *arena_);
  const auto bytes = encoded->bytes();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(decode<Pair>({cut, nullptr})) << length;
  }
}

TEST_F(CodecTest, AByteThatIsNoBoolIsRefusedAloneAndInAnotherType) {
  const std::vector<std::byte> seven(1, std::byte{7});

  EXPECT_EQ(decode<bool>({seven, nullptr}).error().code, ErrorCode::kInternal);
  EXPECT_EQ(decode<std::optional<int>>({seven, nullptr}).error().code, ErrorCode::kInternal);
}

TEST_F(CodecTest, ACountBeyondTheBytesIsRefusedBeforeRoomIsMade) {
  std::vector<std::byte> bytes(64);
  const auto decodes = [&](std::uint64_t count) {
    std::memcpy(bytes.data(), &count, sizeof count);
    return decode<std::vector<Counted>>({bytes, nullptr}).has_value();
  };

  EXPECT_TRUE(decodes(7));
  EXPECT_EQ(Counted::made, 7);
  for (const std::uint64_t count : {std::uint64_t{1} << 20, std::uint64_t{1} << 40, ~std::uint64_t{0}})
    EXPECT_FALSE(decodes(count)) << count;
  EXPECT_EQ(Counted::made, 7);
}

TEST_F(CodecTest, ElementsWithoutBytesTravelUpToALimit) {
  EXPECT_EQ(there_and_back(std::vector<Empty>(8192)).value().size(), 8192u);
  EXPECT_EQ(there_and_back(std::vector<Empty>(8193)).error().code, ErrorCode::kInternal);
}

TEST_F(CodecTest, AShapeBeyondTheBytesIsRefusedAlsoWhenItsProductOverflows) {
  const auto decodes = [&](std::vector<std::uint64_t> shape) {
    internal::ArrayHeader header;
    header.dimensions = shape.size();
    std::copy(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(7, shape.size())),
              header.shape);
    std::vector<std::byte> bytes(sizeof header + 4 * sizeof(int));
    std::memcpy(bytes.data(), &header, sizeof header);
    return decode<SharedArray<int>>({bytes, nullptr}).has_value();
  };

  EXPECT_TRUE(decodes({4}));
  EXPECT_TRUE(decodes({2, 2}));
  EXPECT_FALSE(decodes({5}));
  EXPECT_FALSE(decodes({2, 3}));
  EXPECT_FALSE(decodes({std::uint64_t{1} << 63, 2}));
  EXPECT_FALSE(decodes({4, std::uint64_t{1} << 62}));
  EXPECT_FALSE(decodes({1, 1, 1, 1, 1, 1, 1, 1}));
}

}  // namespace
}  // namespace manta::codec_test

CEREAL_REGISTER_TYPE(manta::codec_test::Polygon)
