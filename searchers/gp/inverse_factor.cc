// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/inverse_factor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "searchers/gp/dense.h"
#include "searchers/gp/simd.h"

namespace manta::gp {

namespace {

constexpr std::size_t kLine = 8;           // Numbers in a cache line.
constexpr std::size_t kWide = 2 * kBlock;  // Columns between which the zeros above a diagonal are left out.
constexpr std::size_t kLeastGrowth = 32;   // Rows.

// K = U^T U, U in the place of K. The rows of a block lack what the blocks above have in common with them.
void factor(RowMatrix& upper, std::size_t size, double noise) {
  const std::size_t step = upper.step();
  const std::size_t end = padded(size);
  for (std::size_t i = 0; i < size; i += kBlock) {
    const std::size_t height = std::min(kBlock, size - i);
    double* const diagonal = upper.row(i) + i;
    add_product({.sign = -1,
                 .a = upper.row(0) + i,
                 .a_inner = step,
                 .b = upper.row(0) + i,
                 .b_row = step,
                 .c = diagonal,
                 .c_row = step,
                 .rows = height,
                 .inner = i,
                 .columns = end - i});
    factor_block(diagonal, step, height, noise);
    if (i + height < size) divide({diagonal, step, height, diagonal + height, step, end - i - height});
  }
}

}  // namespace

RowMatrix::RowMatrix(std::size_t rows)
    : capacity_(padded(rows)), step_((((capacity_ + kLine - 1) / kLine) | 1) * kLine), numbers_(capacity_ * step_) {}

void RowMatrix::clear() { std::ranges::fill(numbers_, 0.0); }

std::size_t InverseFactor::padded_size() const { return padded(size_); }

void InverseFactor::build(RowMatrix& upper, std::size_t size, double noise) {
  factor(upper, size, noise);
  if (rows_.capacity() == padded(size)) {
    rows_.clear();
  } else {
    rows_ = RowMatrix(size);
  }
  size_ = size;
  const std::size_t step = rows_.step();
  // Block by block U^T W = 1.
  for (std::size_t i = 0; i < size; i += kBlock) {
    const std::size_t height = std::min(kBlock, size - i);
    for (std::size_t j = 0; j < i; j += kWide) {
      add_product({.sign = -1,
                   .a = upper.row(j) + i,
                   .a_inner = upper.step(),
                   .b = rows_.row(j) + j,
                   .b_row = step,
                   .c = rows_.row(i) + j,
                   .c_row = step,
                   .rows = height,
                   .inner = i - j,
                   .columns = std::min(kWide, i - j)});
    }
    for (std::size_t r = i; r < i + height; ++r) rows_.row(r)[r] = 1;
    divide({upper.row(i) + i, upper.step(), height, rows_.row(i), step, padded(i + height)});
  }
}

void InverseFactor::reserve(std::size_t size) {
  if (size <= rows_.capacity()) return;
  RowMatrix grown(std::max(size, size_ + std::max(kLeastGrowth, size_ / 8)));
  for (std::size_t i = 0; i < size_; ++i) std::copy_n(rows_.row(i), padded(size_), grown.row(i));
  rows_ = std::move(grown);
}

void InverseFactor::append(const double* left, double diagonal, double noise) {
  std::vector<double> solved(padded_size());
  const double explained = solve(left, solved.data());
  const double pivot = std::sqrt(std::max(diagonal - explained, noise));
  reserve(size_ + 1);
  double* const row = rows_.row(size_);
  for (std::size_t j = 0; j < size_; ++j) row[j] = -solved[j] / pivot;
  row[size_] = 1 / pivot;
  ++size_;
}

void InverseFactor::truncate(std::size_t size) {
  for (std::size_t i = size; i < size_; ++i) std::fill_n(rows_.row(i), i + 1, 0.0);
  size_ = std::min(size, size_);
}

double InverseFactor::solve(const double* x, double* solved) const {
  return size_ > 0 ? solve_by_inverse(rows_.row(0), rows_.step(), padded_size(), x, solved) : 0;
}

void InverseFactor::square(const double* rows, std::size_t columns, double* squares) const {
  std::fill_n(squares, columns, 0.0);
  std::vector<double> whitened(kBlock * columns);
  for (std::size_t i = 0; i < size_; i += kBlock) {
    const std::size_t height = std::min(kBlock, size_ - i);
    std::ranges::fill(whitened, 0.0);
    add_product({.sign = 1,
                 .a = rows_.row(i),
                 .a_row = rows_.step(),
                 .b = rows,
                 .b_row = columns,
                 .c = whitened.data(),
                 .c_row = columns,
                 .rows = height,
                 .inner = i + height,
                 .columns = columns});
    const double* entry = whitened.data();
    for (std::size_t r = 0; r < height; ++r) {
      for (std::size_t j = 0; j < columns; ++j, ++entry) squares[j] += *entry * *entry;
    }
  }
}

void InverseFactor::subtract_from_inverse(const double* a, RowMatrix& lower) const {
  for (std::size_t i = 0; i < size_; i += kBlock) {
    const std::size_t height = std::min(kBlock, size_ - i);
    for (std::size_t r = i; r < i + height; ++r) {
      for (std::size_t j = 0; j < i + height; ++j) lower.row(r)[j] = -a[r] * a[j];
    }
    add_product({.sign = 1,
                 .a = rows_.row(i) + i,
                 .a_inner = rows_.step(),
                 .b = rows_.row(i),
                 .b_row = rows_.step(),
                 .c = lower.row(i),
                 .c_row = lower.step(),
                 .rows = height,
                 .inner = size_ - i,
                 .columns = i + height});
  }
}

std::vector<double> InverseFactor::precisions() const {
  std::vector<double> sums(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    const double* const row = rows_.row(i);
    for (std::size_t j = 0; j <= i; ++j) sums[j] += row[j] * row[j];
  }
  return sums;
}

double InverseFactor::half_log_determinant() const {
  double sum = 0;
  for (std::size_t i = 0; i < size_; ++i) sum -= std::log(rows_.row(i)[i]);
  return sum;
}

}  // namespace manta::gp
