// SPDX-License-Identifier: Apache-2.0
// Large arrays inside structs and containers: they lie in the store, and are read where they lie, in any process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/api/actor.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/objects/object_store.h"

namespace manta::nested_array_test {
namespace {

constexpr std::size_t kLarge = 500'000;  // 4 MB of doubles.
constexpr std::size_t kChunk = std::size_t{1} << 20;

using Array = SharedArray<double>;

struct Frame {
  int number = 0;
  Array pixels;
  std::vector<Array> layers;
  std::map<std::string, std::optional<Array>> extras;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(number, pixels, layers, extras);
  }
};

Array filled(double value) {
  auto array = make_array<double>({kLarge}).value();
  std::fill(array.begin(), array.end(), value);
  return std::move(array).seal();
}
Frame make_frame(int number) {
  return {.number = number,
          .pixels = filled(number),
          .layers = {filled(number + 1), Array(std::vector<double>{0.5})},
          .extras = {{"heap", Array(std::vector<double>(kLarge, number + 2))}, {"none", std::nullopt}}};
}
double sum_of(const Array& array) { return std::accumulate(array.begin(), array.end(), 0.0); }
double total_of(const Frame& frame) {
  double total = sum_of(frame.pixels);
  for (const Array& layer : frame.layers) total += sum_of(layer);
  for (const auto& [name, extra] : frame.extras) total += extra ? sum_of(*extra) : 0;
  return total;
}
constexpr double total_of_number(int number) { return kLarge * (3.0 * number + 3) + 0.5; }

Frame pass_on(Frame frame) { return frame; }
Frame renumbered(Frame frame) {
  frame.number += 100;
  frame.layers.push_back(frame.pixels);  // The same array twice.
  return frame;
}
std::tuple<Frame, Array, Array> share_out(const Frame& frame) { return {frame, frame.pixels, frame.layers[0]}; }
std::tuple<Array, Array> twice() {
  const Array array = filled(3);
  return {array, array};
}
double sum_of_both(const Array& first, const Array& second) { return sum_of(first) + sum_of(second); }

Arena& store() { return *static_cast<ObjectStore&>(internal::current_caller()->allocator()).arena(); }

class Keeper {
 public:
  void keep(Frame frame) { kept_ = std::move(frame); }
  void keep_a_layer(const Frame& frame) { layer_ = frame.layers[0]; }
  double total() const { return total_of(kept_); }
  double layer() const { return sum_of(layer_); }
  Frame give() const { return kept_; }
  Frame make_and_keep(int number) { return kept_ = make_frame(number); }
  void drop() {
    kept_ = {};
    layer_ = {};
  }

 private:
  Frame kept_;
  Array layer_;
};

TEST(NestedArrayTest, AStructThatATaskMakesIsReadInTheStore) {
  const auto ref = remote<make_frame>(5);

  const Frame frame = get(ref).value();

  EXPECT_EQ(total_of(frame), total_of_number(5));
  for (const Array* array : {&frame.pixels, &frame.layers[0], &*frame.extras.at("heap")})
    EXPECT_NE(store().block_of(array->data(), array->block()), nullptr);
  EXPECT_EQ(get(ref)->pixels.data(), frame.pixels.data()) << "each get sees the same bytes";
}

TEST(NestedArrayTest, AnArrayOfTheHeapIsPlacedOnceAndReadByAll) {
  const std::size_t before = store().used();
  const auto ref = put(Frame{.pixels = Array(std::vector<double>(kLarge, 2.0))});
  const std::size_t one = kLarge * sizeof(double) + 1024;
  EXPECT_LE(store().used(), before + one);

  const auto same = get(remote<pass_on>(ref)).value();

  EXPECT_EQ(same.pixels.data(), get(ref)->pixels.data());
  EXPECT_LE(store().used(), before + one + 4 * kChunk) << "workers may keep the rests of chunks, and no copy";
}

TEST(NestedArrayTest, WhatIsPassedOnStaysWhereItIs) {
  const Frame frame = make_frame(1);

  const Frame back = get(remote<renumbered>(remote<pass_on>(frame))).value();

  EXPECT_EQ(back.number, 101);
  EXPECT_EQ(back.pixels.data(), frame.pixels.data());
  EXPECT_EQ(back.layers[0].data(), frame.layers[0].data());
  EXPECT_EQ(back.layers[2].data(), frame.pixels.data());
}

TEST(NestedArrayTest, OneArrayMayBeInSeveralResults) {
  const Frame frame = make_frame(2);

  const auto [whole, pixels, layer] = remote<share_out>(frame);
  const auto [first, second] = remote<twice>();

  EXPECT_EQ(get(whole)->pixels.data(), get(pixels)->data());
  EXPECT_EQ(get(layer)->data(), frame.layers[0].data());
  EXPECT_EQ(get(first)->data(), get(second)->data());
  EXPECT_EQ(sum_of(get(second).value()), 3.0 * kLarge);
}

TEST(NestedArrayTest, AnArrayOutlivesTheStructItCameIn) {
  auto ref = remote<make_frame>(4);
  const Array layer = get(ref)->layers[0];

  ref = {};
  const auto other = put(make_frame(9));  // Whoever got the same bytes would now have written into them.

  EXPECT_EQ(sum_of(layer), 5.0 * kLarge);
}

TEST(NestedArrayTest, AnActorKeepsWhatItsArgumentsContain) {
  const std::size_t before = store().used();
  {
    const auto keeper = actor<Keeper>();
    ASSERT_TRUE(get(keeper.call<&Keeper::keep>(make_frame(6))));
    ASSERT_TRUE(get(keeper.call<&Keeper::keep_a_layer>(make_frame(7))));
    const auto other = put(make_frame(9));

    EXPECT_EQ(get(keeper.call<&Keeper::total>()).value(), total_of_number(6));
    EXPECT_EQ(get(keeper.call<&Keeper::layer>()).value(), 8.0 * kLarge);
    EXPECT_EQ(get(keeper.call<&Keeper::give>())->number, 6);
    ASSERT_TRUE(get(keeper.call<&Keeper::drop>()));
    EXPECT_LE(store().used(), before + 3 * (kLarge * sizeof(double) + 1024) + 4 * kChunk) << "only `other` is left";
  }
}

TEST(NestedArrayTest, WhatAnActorMakesAndKeepsIsOneObject) {
  const auto keeper = actor<Keeper>();
  auto made = get(keeper.call<&Keeper::make_and_keep>(3)).value();
  const double* pixels = made.pixels.data();
  made = {};
  const auto other = put(make_frame(9));

  EXPECT_EQ(get(keeper.call<&Keeper::total>()).value(), total_of_number(3));
  EXPECT_EQ(get(keeper.call<&Keeper::give>())->pixels.data(), pixels);
}

// In a worker: what it makes travels from there as from the driver.
double call_with_what_it_made() {
  const Frame frame = make_frame(8);
  const auto ref = put(frame);
  const double by_value = total_of(get(remote<pass_on>(frame)).value());
  const double by_ref = total_of(get(remote<pass_on>(ref)).value());
  const double same = get(remote<sum_of_both>(frame.pixels, frame.pixels)).value();
  return by_value + by_ref + same;
}
double call_with_new_arrays() {
  const auto both = [](const Array& array) { return remote<sum_of_both>(array, array); };
  return get(both(filled(2))).value();
}
// Gets an array out of an object that others know, and lets go of the object.
double keep_the_array_only() {
  auto ref = put(make_frame(5));
  auto other = remote<pass_on>(ref);
  const Array pixels = get(ref)->pixels;
  if (!get(other)) return -1;
  ref = {};
  other = {};
  const auto next = put(make_frame(9));
  return get(remote<pass_on>(next)) ? sum_of(pixels) : -1;
}
double keep_the_whole_array_only() {
  auto ref = put(filled(5));
  auto sum = remote<sum_of_both>(ref, ref);
  if (!get(sum)) return -1;
  const Array array = get(ref).value();
  ref = {};
  sum = {};
  const auto next = put(filled(9));
  return get(remote<sum_of_both>(next, next)) ? sum_of(array) : -1;
}

TEST(NestedArrayTest, WorkersCallWithThemToo) {
  EXPECT_EQ(get(remote<call_with_what_it_made>()).value(), 2 * total_of_number(8) + 16.0 * kLarge);
  EXPECT_EQ(get(remote<call_with_new_arrays>()).value(), 4.0 * kLarge);
}

TEST(NestedArrayTest, AnArrayOutlivesItsObjectInAWorker) {
  EXPECT_EQ(get(remote<keep_the_array_only>()).value(), 5.0 * kLarge);
  EXPECT_EQ(get(remote<keep_the_whole_array_only>()).value(), 5.0 * kLarge);
}

TEST(NestedArrayTest, NothingIsLeftOfWhatWasPassedAround) {
  const std::size_t before = store().used();
  for (int i = 0; i < 30; ++i) ASSERT_EQ(get(remote<pass_on>(remote<make_frame>(i)))->number, i);

  EXPECT_LE(store().used(), before + 40 * kChunk) << "idle workers may keep the rest of a chunk each";
}

}  // namespace
}  // namespace manta::nested_array_test
