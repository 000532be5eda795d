// SPDX-License-Identifier: Apache-2.0
// Tensors and arrays over the same memory, also that of the object store.
#include "integrations/torch/array_view.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/api/object_ref.h"
#include "core/api/remote.h"

namespace manta::array_view_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<SharedArray<float>> filled_by_a_tensor(std::size_t rows, std::size_t columns) {
  MANTA_ASSIGN_OR_RETURN(auto builder, make_array<float>({rows, columns}));
  torch::as_tensor(builder).fill_(2);
  return std::move(builder).seal();
}
float sum_of(const SharedArray<float>& array) { return torch::as_tensor(array).sum().item<float>(); }

TEST(ArrayViewTest, ATensorReadsTheArrayItselfAndKeepsIt) {
  at::Tensor tensor;
  const float* data = nullptr;
  {
    const SharedArray<float> array = get(remote<filled_by_a_tensor>(std::size_t{300}, std::size_t{200})).value();
    data = array.data();
    tensor = torch::as_tensor(array);
  }

  EXPECT_EQ(tensor.data_ptr<float>(), data);
  EXPECT_THAT(tensor.sizes(), ElementsAre(300, 200));
  EXPECT_EQ(tensor.sum().item<float>(), 120'000);
}

TEST(ArrayViewTest, AnArrayReadsTheTensorItselfAndKeepsIt) {
  SharedArray<double> array;
  const double* data = nullptr;
  {
    const at::Tensor tensor = at::arange(6, at::kDouble).reshape({2, 3});
    data = tensor.data_ptr<double>();
    array = torch::as_array<double>(tensor).value();
  }

  EXPECT_EQ(array.data(), data);
  EXPECT_THAT(array.shape(), ElementsAre(2, 3));
  EXPECT_EQ(array[5], 5);
}

TEST(ArrayViewTest, WhatCameFromTheStoreGoesBackWithoutACopy) {
  const SharedArray<float> array = get(remote<filled_by_a_tensor>(std::size_t{300}, std::size_t{200})).value();

  EXPECT_EQ(get(remote<sum_of>(array)).value(), 120'000);
  EXPECT_EQ(get(put(array)).value().data(), array.data());
}

TEST(ArrayViewTest, WhatCannotBeViewedIsRefusedWithWhatToCall) {
  const at::Tensor tensor = at::ones({2, 3});

  EXPECT_THAT(torch::as_array<double>(tensor).error().message, HasSubstr(".to()"));
  EXPECT_THAT(torch::as_array<float>(tensor.t()).error().message, HasSubstr(".contiguous()"));
}

}  // namespace
}  // namespace manta::array_view_test
