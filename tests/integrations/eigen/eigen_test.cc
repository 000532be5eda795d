// SPDX-License-Identifier: Apache-2.0
// Eigen reads and fills arrays where they lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <manta/eigen.h>

#include "core/api/object_ref.h"
#include "core/api/remote.h"

namespace manta::eigen_test {
namespace {

using ::testing::ElementsAre;

SharedArray<double> ramp(std::size_t rows, std::size_t columns) {
  auto builder =
      eigen::make_matrix<double>(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns)).value();
  auto matrix = builder.matrix();
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = static_cast<double>(i);
  return std::move(builder).seal();
}
Result<SharedArray<double>> gram(const SharedArray<double>& array) {
  MANTA_ASSIGN_OR_RETURN(const auto x, eigen::as_matrix(array));
  return eigen::to_array(x.transpose() * x);
}

TEST(EigenTest, AViewReadsTheArrayItself) {
  const SharedArray<double> array = ramp(2, 3);

  const auto matrix = eigen::as_matrix(array).value();
  const auto vector = eigen::as_vector(array);

  EXPECT_EQ(matrix.data(), array.data());
  EXPECT_EQ(matrix(1, 0), 3);
  EXPECT_EQ(vector.data(), array.data());
  EXPECT_EQ(vector.sum(), 15);
}

TEST(EigenTest, AMatrixIsFilledInTheStoreAndTravelsWithoutACopy) {
  const auto ref = remote<ramp>(std::size_t{500}, std::size_t{400});

  const SharedArray<double> array = get(ref).value();

  EXPECT_THAT(array.shape(), ElementsAre(500, 400));
  EXPECT_NE(array.block(), nullptr);
  EXPECT_EQ(eigen::as_matrix(array).value()(499, 399), 199'999);
  EXPECT_EQ(put(array).state()->outcome()->block->data(), array.block()->data());
}

TEST(EigenTest, AnExpressionIsEvaluatedIntoTheStore) {
  const SharedArray<double> array = ramp(100, 3);

  const SharedArray<double> product = get(remote<gram>(array)).value();

  const Eigen::MatrixXd x = eigen::as_matrix(array).value();
  EXPECT_TRUE(eigen::as_matrix(product).value().isApprox(x.transpose() * x));
}

TEST(EigenTest, OtherDimensionsAreNoMatrix) {
  const SharedArray<double> line(std::vector<double>(4));
  EXPECT_EQ(eigen::as_matrix(line).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(eigen::make_matrix<float>(-1, 2).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(eigen::make_matrix<float>(0, 2).value().matrix().size(), 0);
}

}  // namespace
}  // namespace manta::eigen_test
