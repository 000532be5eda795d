// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/inverse_factor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/random.h"
#include "searchers/gp/dense.h"

namespace manta::gp::inverse_factor_test {
namespace {

using Matrix = std::vector<std::vector<double>>;

constexpr double kNoise = 1e-3;
const std::size_t kSizes[] = {1, 2, 5, 47, 48, 49, 97, 150};

// A positive definite matrix, whose entries fall with the distance.
Matrix some_covariance(std::size_t size) {
  RandomStream random(3, size);
  std::vector<double> at(size);
  for (double& x : at) x = 10 * random.uniform();
  Matrix matrix(size, std::vector<double>(size));
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) matrix[i][j] = std::exp(-std::abs(at[i] - at[j])) + (i == j ? kNoise : 0);
  }
  return matrix;
}

InverseFactor factor_of(const Matrix& matrix, std::size_t at_once) {
  RowMatrix upper(at_once);
  for (std::size_t i = 0; i < at_once; ++i) {
    for (std::size_t j = i; j < at_once; ++j) upper.row(i)[j] = matrix[i][j];
  }
  InverseFactor factor;
  factor.build(upper, at_once, kNoise);
  for (std::size_t i = at_once; i < matrix.size(); ++i) {
    std::vector<double> left(factor.padded_size());
    std::copy_n(matrix[i].begin(), i, left.begin());
    factor.append(left.data(), matrix[i][i], kNoise);
  }
  return factor;
}

std::vector<double> some_numbers(std::size_t count, std::size_t padded_count) {
  RandomStream random(4, count);
  std::vector<double> numbers(padded_count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = random.normal();
  return numbers;
}

// Of K^-1 x for numbers x, what K makes of it again.
void expect_solves(const InverseFactor& factor, const Matrix& matrix) {
  const std::vector<double> x = some_numbers(matrix.size(), factor.padded_size());
  std::vector<double> solved(factor.padded_size());
  const double square = factor.solve(x.data(), solved.data());
  double product = 0;
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    double again = 0;
    for (std::size_t j = 0; j < matrix.size(); ++j) again += matrix[i][j] * solved[j];
    EXPECT_NEAR(again, x[i], 1e-9) << i << " of " << matrix.size();
    product += x[i] * solved[i];
  }
  EXPECT_NEAR(square, product, 1e-9 * std::abs(product));
}

TEST(InverseFactorTest, ItSolves) {
  for (const std::size_t size : kSizes) expect_solves(factor_of(some_covariance(size), size), some_covariance(size));
}

TEST(InverseFactorTest, ItSolvesWhenItHasGrownByRows) {
  for (const std::size_t size : kSizes)
    expect_solves(factor_of(some_covariance(size), size / 2), some_covariance(size));
  expect_solves(factor_of(some_covariance(60), 0), some_covariance(60));
}

TEST(InverseFactorTest, WhatIsCutOffLeavesNothing) {
  const Matrix matrix = some_covariance(90);
  InverseFactor factor = factor_of(matrix, 40);
  factor.truncate(53);
  Matrix rest(matrix.begin(), matrix.begin() + 53);
  for (std::vector<double>& row : rest) row.resize(53);
  const InverseFactor never_grown = factor_of(rest, 40);
  const std::vector<double> x = some_numbers(53, factor.padded_size());
  std::vector<double> solved(factor.padded_size());
  std::vector<double> expected(factor.padded_size());

  EXPECT_EQ(factor.solve(x.data(), solved.data()), never_grown.solve(x.data(), expected.data()));

  EXPECT_EQ(solved, expected) << "to the last bit";
}

TEST(InverseFactorTest, SquaresOfManyAreThoseOfEach) {
  const InverseFactor factor = factor_of(some_covariance(101), 80);
  constexpr std::size_t kColumns = 29;
  const std::vector<double> rows = some_numbers(101 * kColumns, 101 * kColumns);
  std::vector<double> squares(kColumns);

  factor.square(rows.data(), kColumns, squares.data());

  std::vector<double> column(factor.padded_size());
  std::vector<double> solved(factor.padded_size());
  for (std::size_t j = 0; j < kColumns; ++j) {
    for (std::size_t i = 0; i < 101; ++i) column[i] = rows[i * kColumns + j];
    const double square = factor.solve(column.data(), solved.data());
    EXPECT_NEAR(squares[j], square, 1e-9 * square);
  }
}

TEST(InverseFactorTest, TheInverseItselfAndItsDeterminant) {
  for (const std::size_t size : kSizes) {
    const Matrix matrix = some_covariance(size);
    const InverseFactor factor = factor_of(matrix, size);
    RowMatrix lower(size);
    const std::vector<double> a = some_numbers(size, factor.padded_size());
    factor.subtract_from_inverse(a.data(), lower);
    const std::vector<double> precisions = factor.precisions();
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_NEAR(precisions[i], lower.row(i)[i] + a[i] * a[i], 1e-8 * precisions[i]);
      double one = 0;
      for (std::size_t k = 0; k < size; ++k) {
        const double entry = lower.row(std::max(i, k))[std::min(i, k)] + a[i] * a[k];
        one += entry * matrix[k][i];
      }
      EXPECT_NEAR(one, 1, 1e-8);
    }
  }
  const InverseFactor two = factor_of({{2, 1}, {1, 3}}, 1);
  EXPECT_NEAR(two.half_log_determinant(), 0.5 * std::log(5), 1e-12);
}

TEST(InverseFactorTest, RowsThatAreTheSameAreToldApartByTheNoise) {
  const Matrix same(50, std::vector<double>(50, 1.0));
  Matrix noisy = same;
  for (std::size_t i = 0; i < 50; ++i) noisy[i][i] += kNoise;

  expect_solves(factor_of(noisy, 25), noisy);
  const InverseFactor without = factor_of(same, 25);

  EXPECT_TRUE(std::isfinite(without.half_log_determinant())) << "the noise takes the place of pivots that are none";
}

TEST(DenseTest, ProductsOfAnyShapeAreThoseOfTheirEntries) {
  RandomStream random(1, 2);
  for (const std::size_t rows : {1u, 4u, 50u, 97u}) {
    for (const std::size_t inner : {1u, 127u, 130u}) {
      for (const std::size_t columns : {1u, 12u, 25u}) {
        std::vector<double> a(rows * inner);
        std::vector<double> b(inner * columns);
        for (double& entry : a) entry = random.normal();
        for (double& entry : b) entry = random.normal();
        std::vector<double> c(rows * columns, 1.0);
        add_product({.sign = -1,
                     .a = a.data(),
                     .a_inner = rows,
                     .b = b.data(),
                     .b_row = columns,
                     .c = c.data(),
                     .c_row = columns,
                     .rows = rows,
                     .inner = inner,
                     .columns = columns});
        double worst = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            double expected = 1;
            for (std::size_t k = 0; k < inner; ++k) expected -= a[k * rows + i] * b[k * columns + j];
            worst = std::max(worst, std::abs(c[i * columns + j] - expected));
          }
        }
        EXPECT_LT(worst, 1e-11) << rows << " " << inner << " " << columns;
      }
    }
  }
}

}  // namespace
}  // namespace manta::gp::inverse_factor_test
