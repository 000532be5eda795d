// SPDX-License-Identifier: Apache-2.0
// The inverse of a Cholesky factor, which grows by rows.
#pragma once

#include <cstddef>
#include <vector>

namespace manta::gp {

/// A square matrix by rows with room to grow: rows are padded to whole lanes, with zeros, and lie apart by an odd
/// number of cache lines, so that a column does not fall onto a few places of the cache.
class RowMatrix {
 public:
  RowMatrix() = default;
  /// Of zeros.
  explicit RowMatrix(std::size_t rows);
  /// Makes all of it zeros.
  void clear();

  std::size_t capacity() const { return capacity_; }  ///< Rows, and columns at least.
  std::size_t step() const { return step_; }          ///< From a row to the next.
  double* row(std::size_t index) { return numbers_.data() + index * step_; }
  const double* row(std::size_t index) const { return numbers_.data() + index * step_; }

 private:
  std::size_t capacity_ = 0;
  std::size_t step_ = 0;
  std::vector<double> numbers_;
};

/// W = L^-1 of a positive definite matrix K = L L^T, which is never kept itself. With W a solution is one pass over its
/// rows in which nothing waits for what came before, what many points have in common with the observations is a product
/// of matrices, and one more row of K costs O(n^2).
///
/// K is a covariance with `noise` on its diagonal, so no square of a pivot is below it but by rounding; where one is,
/// the noise takes its place, and nothing here can fail. The same rows in the same calls give the same numbers, to the
/// last bit. Thread-safety: const methods from any thread.
class InverseFactor {
 public:
  std::size_t size() const { return size_; }
  /// Numbers in a vector that is handed in or written: size(), padded with zeros to whole lanes.
  std::size_t padded_size() const;

  /// Takes K [size, size], of whose rows the part from the diagonal on is read, and leaves nothing of use in it.
  /// O(n^3).
  void build(RowMatrix& upper, std::size_t size, double noise);
  /// Adds a row of K: what it has left of the diagonal, padded, and its diagonal. O(n^2).
  void append(const double* left, double diagonal, double noise);
  /// Back to the first `size` rows.
  void truncate(std::size_t size);

  /// solved = K^-1 x. Returns x^T K^-1 x. O(n^2).
  double solve(const double* x, double* solved) const;
  /// squares[j] = x_j^T K^-1 x_j for the columns x_j of `rows` [size(), columns], by rows without padding. O(n^2
  /// columns)
  void square(const double* rows, std::size_t columns, double* squares) const;
  /// The lower triangle of K^-1 - a a^T, into `lower`; what is above the diagonal is not of use. O(n^3)
  void subtract_from_inverse(const double* a, RowMatrix& lower) const;
  /// Diagonal of K^-1.
  std::vector<double> precisions() const;
  /// ln det K / 2.
  double half_log_determinant() const;

 private:
  void reserve(std::size_t size);

  RowMatrix rows_;  // Zeros outside of the lower triangle of the first size_ rows.
  std::size_t size_ = 0;
};

}  // namespace manta::gp
