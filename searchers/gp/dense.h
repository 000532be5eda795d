// SPDX-License-Identifier: Apache-2.0
// Products and divisions of matrices, by blocks, in the processor's widest registers.
#pragma once

#include <cstddef>

namespace manta::gp {

/// Rows that blocked algorithms take at once; a multiple of the lanes.
constexpr std::size_t kBlock = 48;

/// c += sign * a b. Matrices lie by rows, and `…_row` says how far apart their rows are; a alone may lie by columns
/// too.
struct Product {
  double sign = 1;
  const double* a = nullptr;  ///< [rows, inner]: entry (i, k) is a[i * a_row + k * a_inner].
  std::size_t a_row = 1;      ///< Either this or
  std::size_t a_inner = 1;    ///< this is 1.
  const double* b = nullptr;  ///< [inner, columns].
  std::size_t b_row = 0;
  double* c = nullptr;  ///< [rows, columns]; does not overlap a and b.
  std::size_t c_row = 0;
  std::size_t rows = 0;
  std::size_t inner = 0;
  std::size_t columns = 0;
};
void add_product(const Product& product);

/// An upper triangle u and a matrix c, both by rows.
struct Division {
  const double* u = nullptr;  ///< [size, size], its lower triangle is not read.
  std::size_t u_row = 0;
  std::size_t size = 0;  ///< kBlock at most.
  double* c = nullptr;   ///< [size, columns].
  std::size_t c_row = 0;
  std::size_t columns = 0;  ///< A multiple of the lanes.
};
/// c = u^-T c.
void divide(const Division& division);

/// Makes of the upper triangle of a symmetric positive definite matrix [size, size] its factor u, with u^T u the
/// matrix. No square of a pivot falls below `least`.
void factor_block(double* matrix, std::size_t row, std::size_t size, double least);

/// One pass over a lower triangle w: solved = w^T w x. Returns the squared length of w x. All rows, x and solved have
/// `size` numbers, a multiple of the lanes, and zeros where there is nothing.
double solve_by_inverse(const double* w, std::size_t w_row, std::size_t size, const double* x, double* solved);

}  // namespace manta::gp
