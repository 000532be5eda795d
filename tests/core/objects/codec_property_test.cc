// SPDX-License-Identifier: Apache-2.0
// Any value to bytes and back, and any bytes to a value or an error.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <climits>
#include <numeric>

#include "core/objects/arena.h"
#include "core/objects/codec.h"

namespace gen = rc::gen;

namespace manta::codec_property_test {
namespace {

enum class Colour : std::uint16_t { kRed, kBlue = 700 };

// A struct of a user.
struct Reading {
  std::string name;
  std::optional<double> value;
  std::vector<std::pair<int, std::string>> notes;
  bool is_last = false;

  bool operator==(const Reading&) const = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, value, notes, is_last);
  }
};
std::ostream& operator<<(std::ostream& out, const Reading& reading) {
  return out << "Reading " << rc::toString(std::tie(reading.name, reading.notes, reading.is_last)) << " "
             << (reading.value ? std::to_string(*reading.value) : "none");
}

using Choice = std::variant<int, std::string, std::vector<bool>>;

}  // namespace
}  // namespace manta::codec_property_test

namespace rc {

template <>
struct Arbitrary<manta::codec_property_test::Colour> {
  static Gen<manta::codec_property_test::Colour> arbitrary() { return gen::element(manta::codec_property_test::Colour::kRed, manta::codec_property_test::Colour::kBlue); }
};

template <class T>
struct Arbitrary<std::optional<T>> {
  static Gen<std::optional<T>> arbitrary() {
    return gen::map(gen::maybe(gen::arbitrary<T>()),
                    [](const Maybe<T>& value) { return value ? std::optional<T>(*value) : std::nullopt; });
  }
};

template <>
struct Arbitrary<manta::codec_property_test::Choice> {
  static Gen<manta::codec_property_test::Choice> arbitrary() {
    return gen::oneOf(gen::cast<manta::codec_property_test::Choice>(gen::arbitrary<int>()),
                      gen::cast<manta::codec_property_test::Choice>(gen::arbitrary<std::string>()),
                      gen::cast<manta::codec_property_test::Choice>(gen::arbitrary<std::vector<bool>>()));
  }
};

template <>
struct Arbitrary<manta::codec_property_test::Reading> {
  static Gen<manta::codec_property_test::Reading> arbitrary() {
    return gen::build<manta::codec_property_test::Reading>(
        gen::set(&manta::codec_property_test::Reading::name), gen::set(&manta::codec_property_test::Reading::value),
        gen::set(&manta::codec_property_test::Reading::notes, gen::scale(0.2, gen::arbitrary<std::vector<std::pair<int, std::string>>>())),
        gen::set(&manta::codec_property_test::Reading::is_last));
  }
};

}  // namespace rc

namespace manta::codec_property_test {
namespace {

// The same value by its bytes, where == would say that a NaN differs from itself.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::is_arithmetic_v<T>)
    return std::ranges::equal(std::as_bytes(std::span(&a, 1)), std::as_bytes(std::span(&b, 1)));
  else
    return a == b;
}

std::shared_ptr<Arena> make_arena() { return Arena::create(std::size_t{1} << 20, 0).value(); }

// A copy that is exactly as long, so that AddressSanitizer sees each step outside.
std::vector<std::byte> bytes_of(const EncodedValue& encoded) {
  return std::vector<std::byte>(encoded.bytes().begin(), encoded.bytes().end());
}

template <class T>
void comes_back() {
  const auto value = *gen::arbitrary<T>();
  const auto arena = make_arena();
  const auto encoded = encode(value, *arena);
  RC_ASSERT(encoded.has_value());

  const auto shared = decode<T>({encoded->bytes(), encoded->block});
  const auto copied = decode<T>({bytes_of(*encoded), nullptr});

  RC_ASSERT(shared.has_value());
  RC_ASSERT(copied.has_value());
  RC_ASSERT(same(*shared, value));
  RC_ASSERT(same(*copied, value));
}

// What becomes of bytes on a way where everything happens: cut, overwritten, put together anew.
std::vector<std::byte> damaged(std::vector<std::byte> bytes) {
  const auto words = gen::oneOf(gen::inRange<std::uint64_t>(0, 20), gen::arbitrary<std::uint64_t>(),
                                gen::map(gen::inRange(0, 64), [](int bit) { return std::uint64_t{1} << bit; }),
                                gen::map(gen::inRange<std::uint64_t>(0, 9), [](std::uint64_t n) { return ~n; }));
  const int times = *gen::inRange(0, 4);
  for (int i = 0; i < times; ++i) {
    const std::size_t at = *gen::inRange<std::size_t>(0, bytes.size() + 1);
    const std::uint64_t word = *words;
    const std::size_t size = *gen::element<std::size_t>(1, 4, 8);
    if (bytes.size() - at < size) bytes.resize(at + size);
    std::memcpy(bytes.data() + at, &word, size);
  }
  if (*gen::arbitrary<bool>()) bytes.resize(*gen::inRange<std::size_t>(0, bytes.size() + 1));
  return {bytes.begin(), bytes.end()};
}

// A value or an error; and what is a value is one that can travel on.
template <class T>
void is_value_or_error(const std::vector<std::byte>& bytes) {
  const auto value = decode<T>({bytes, nullptr});
  if (!value) return RC_ASSERT(value.error().code == ErrorCode::kInternal);
  const auto arena = make_arena();
  const auto encoded = encode(*value, *arena);
  RC_ASSERT(encoded.has_value());
  RC_ASSERT(decode<T>({encoded->bytes(), encoded->block}).has_value());
}

template <class T>
void survives_damage() {
  const auto arena = make_arena();
  const bool from_value = *gen::arbitrary<bool>();
  const auto encoded = from_value ? encode(*gen::arbitrary<T>(), *arena).value() : EncodedValue{};
  is_value_or_error<T>(damaged(bytes_of(encoded)));
}

// The properties for each of many types.
struct Type {
  const char* name;
  void (*comes_back)();
  void (*survives_damage)();
};
#define TYPE(...) \
  Type { #__VA_ARGS__, comes_back < __VA_ARGS__>, survives_damage < __VA_ARGS__> }
const Type kTypes[] = {
    TYPE(bool),
    TYPE(char),
    TYPE(std::int8_t),
    TYPE(std::uint16_t),
    TYPE(int),
    TYPE(std::uint64_t),
    TYPE(float),
    TYPE(double),
    TYPE(Colour),
    TYPE(std::string),
    TYPE(std::vector<char>),
    TYPE(std::vector<double>),
    TYPE(std::vector<bool>),
    TYPE(std::vector<Colour>),
    TYPE(std::vector<std::string>),
    TYPE(std::vector<std::vector<int>>),
    TYPE(std::map<std::string, std::vector<bool>>),
    TYPE(std::unordered_map<int, std::string>),
    TYPE(std::set<std::pair<int, char>>),
    TYPE(std::deque<std::optional<int>>),
    TYPE(std::optional<std::string>),
    TYPE(std::optional<std::vector<std::optional<bool>>>),
    TYPE(std::tuple<int, std::string, bool>),
    TYPE(std::array<std::string, 3>),
    TYPE(std::array<std::int64_t, 3>),
    TYPE(Choice),
    TYPE(Reading),
    TYPE(std::vector<Reading>),
    TYPE(std::map<int, Reading>),
};
#undef TYPE

const Type& any_type() {
  const Type& type = kTypes[*gen::inRange<std::size_t>(0, std::size(kTypes))];
  RC_LOG() << "type: " << type.name << std::endl;
  return type;
}

RC_GTEST_PROP(CodecPropertyTest, AValueOfAnyTypeComesBackAsItWas, ()) { any_type().comes_back(); }

RC_GTEST_PROP(CodecPropertyTest, DamagedBytesAreAValueOrAnErrorForAnyType, ()) { any_type().survives_damage(); }

RC_GTEST_PROP(CodecPropertyTest, NumbersTravelBitByBit, (std::uint64_t bits)) {
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  const auto arena = make_arena();

  RC_ASSERT(same(decode<double>({encode(number, *arena)->bytes(), nullptr}).value(), number));
}

RC_GTEST_PROP(CodecPropertyTest, ValuesOfAnySizeComeBackInlineOrInTheStore, ()) {
  const auto size = *gen::oneOf(gen::inRange<std::size_t>(kInlineLimit - 20, kInlineLimit + 20),
                                gen::inRange<std::size_t>(0, 3 * kInlineLimit));
  std::vector<char> flat(size);
  std::iota(flat.begin(), flat.end(), '\0');
  const std::string text(flat.begin(), flat.end());
  const auto arena = make_arena();

  const auto flat_encoded = encode(flat, *arena).value();
  const auto text_encoded = encode(text, *arena).value();

  for (const EncodedValue* encoded : {&flat_encoded, &text_encoded})
    RC_ASSERT((encoded->block != nullptr) == (encoded->bytes().size() > kInlineLimit));
  RC_ASSERT(decode<std::vector<char>>({flat_encoded.bytes(), flat_encoded.block}).value() == flat);
  RC_ASSERT(decode<std::string>({text_encoded.bytes(), text_encoded.block}).value() == text);
}

// Shapes of few elements, or of none.
rc::Gen<std::vector<std::size_t>> shapes() {
  const auto few = gen::mapcat(gen::inRange<std::size_t>(0, 8), [](std::size_t dimensions) {
    return gen::container<std::vector<std::size_t>>(dimensions, gen::inRange<std::size_t>(1, 5));
  });
  const auto none =
      gen::map(gen::container<std::vector<std::size_t>>(6, gen::arbitrary<std::size_t>()), [](auto shape) {
        shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(shape[0] % 7), 0);
        return shape;
      });
  return gen::weightedOneOf<std::vector<std::size_t>>({{4, few}, {1, none}});
}

template <class T>
void array_comes_back(const std::vector<std::size_t>& shape) {
  const std::size_t size = SharedArray<T>(nullptr, shape, nullptr).size();
  const auto elements = std::make_shared<std::vector<T>>(size);
  std::iota(elements->begin(), elements->end(), T{});
  const SharedArray<T> array(elements->data(), shape, elements);
  const auto arena = make_arena();
  const auto encoded = encode(array, *arena).value();

  const auto shared = decode<SharedArray<T>>({encoded.bytes(), encoded.block});
  const auto copied = decode<SharedArray<T>>({bytes_of(encoded), nullptr});

  for (const auto* back : {&shared, &copied}) {
    RC_ASSERT(back->has_value());
    RC_ASSERT((*back)->shape() == shape);
    RC_ASSERT(std::equal((*back)->begin(), (*back)->end(), elements->begin(), elements->end()));
  }
  const bool shares = shared->owner() == encoded.block;
  RC_ASSERT(shares == (encoded.block != nullptr));
}

RC_GTEST_PROP(CodecPropertyTest, AnArrayOfAnyShapeComesBackWithIt, ()) {
  const auto shape = *shapes();
  array_comes_back<char>(shape);
  array_comes_back<float>(shape);
  array_comes_back<std::int64_t>(shape);
}

// Arrays in a container, some of which go by reference.
RC_GTEST_PROP(CodecPropertyTest, ArraysInsideAValueComeBack, ()) {
  const auto sizes = *gen::container<std::vector<std::size_t>>(*gen::inRange<std::size_t>(0, 10),
                                                               gen::inRange<std::size_t>(0, 2 * kInlineLimit));
  std::vector<std::pair<int, SharedArray<char>>> arrays;
  for (const std::size_t size : sizes)
    arrays.emplace_back(static_cast<int>(size), SharedArray<char>(std::vector<char>(size, static_cast<char>(size))));
  const auto arena = make_arena();
  const auto encoded = encode(arrays, *arena).value();

  const auto back = decode<decltype(arrays)>({encoded.bytes(), encoded.block, &encoded.references}).value();

  const auto large = std::count_if(sizes.begin(), sizes.end(), [](std::size_t size) { return size > kInlineLimit; });
  RC_ASSERT(encoded.references.size() == static_cast<std::size_t>(large));
  RC_ASSERT(back.size() == arrays.size());
  for (std::size_t i = 0; i < back.size(); ++i) {
    RC_ASSERT(back[i].first == arrays[i].first);
    RC_ASSERT(back[i].second.shape() == arrays[i].second.shape());
    RC_ASSERT(std::ranges::equal(back[i].second.span(), arrays[i].second.span()));
  }
}

RC_GTEST_PROP(CodecPropertyTest, ADamagedValueWithArraysIsAnErrorOrAValue, ()) {
  const auto arena = make_arena();
  const std::vector<SharedArray<int>> arrays = {SharedArray<int>(std::vector<int>(3, 1)),
                                                SharedArray<int>(std::vector<int>(kInlineLimit, 2)),
                                                SharedArray<int>()};
  const auto encoded = encode(arrays, *arena).value();
  const auto bytes = damaged(bytes_of(encoded));

  const auto back = decode<std::vector<SharedArray<int>>>({bytes, nullptr, &encoded.references});

  if (!back) return RC_ASSERT(back.error().code == ErrorCode::kInternal);
  for (const SharedArray<int>& array : *back)
    RC_ASSERT(std::accumulate(array.begin(), array.end(), 0L) < LONG_MAX);  // Reads each.
}

RC_GTEST_PROP(CodecPropertyTest, AnArrayOfDamagedBytesReachesNotBeyondThem, ()) {
  const auto shape = *shapes();
  const std::size_t size = SharedArray<int>(nullptr, shape, nullptr).size();
  const auto elements = std::make_shared<std::vector<int>>(size);
  const auto arena = make_arena();
  const auto bytes = damaged(bytes_of(encode(SharedArray<int>(elements->data(), shape, elements), *arena).value()));

  const auto array = decode<SharedArray<int>>({bytes, nullptr});

  if (!array) return RC_ASSERT(array.error().code == ErrorCode::kInternal);
  RC_ASSERT(array->size() * sizeof(int) + sizeof(internal::ArrayHeader) <= bytes.size());
  RC_ASSERT(std::accumulate(array->begin(), array->end(), 0L) < LONG_MAX);  // Reads each.
}

}  // namespace
}  // namespace manta::codec_property_test
