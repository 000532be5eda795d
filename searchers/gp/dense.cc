// SPDX-License-Identifier: Apache-2.0
#include "searchers/gp/dense.h"

#include <cmath>

#include "searchers/gp/simd.h"

namespace manta::gp {

namespace {

// A tile of the product is kept in 12 registers of 4 numbers, of the 16 that there are: 4 rows, 3 times 4 columns.
constexpr std::size_t kTileRows = 4;
constexpr std::size_t kTileColumns = 3 * kLanes;
constexpr std::size_t kDepth = 128;  // Of the panels that are copied together: 48 KiB and 12 KiB.

static_assert(kBlock % kTileRows == 0 && kBlock % kLanes == 0);

// Rows `height` of a, as tiles: of each, the numbers of its rows for one k lie together. Zeros fill the last.
MANTA_INLINE void pack_left(const double* a, std::size_t a_row, std::size_t a_inner, std::size_t height,
                            std::size_t depth, double* packed) {
  for (std::size_t i = 0; i < height; i += kTileRows) {
    const std::size_t rows = height - i < kTileRows ? height - i : kTileRows;
    for (std::size_t k = 0; k < depth; ++k, packed += kTileRows) {
      const double* from = a + i * a_row + k * a_inner;
      for (std::size_t r = 0; r < kTileRows; ++r) packed[r] = r < rows ? from[r * a_row] : 0.0;
    }
  }
}

MANTA_INLINE void pack_right(const double* b, std::size_t b_row, std::size_t depth, std::size_t width, double* packed) {
  for (std::size_t k = 0; k < depth; ++k, b += b_row, packed += kTileColumns) {
    if (width == kTileColumns) {
      __builtin_memcpy(packed, b, kTileColumns * sizeof(double));
    } else {
      for (std::size_t j = 0; j < kTileColumns; ++j) packed[j] = j < width ? b[j] : 0.0;
    }
  }
}

// The sums are spelt out, because arrays of them would not be kept in registers by every compiler.
MANTA_INLINE void multiply_tile(const double* a, const double* b, std::size_t depth, double* tile) {
  Lanes s00{}, s01{}, s02{}, s10{}, s11{}, s12{}, s20{}, s21{}, s22{}, s30{}, s31{}, s32{};
  for (std::size_t k = 0; k < depth; ++k, a += kTileRows, b += kTileColumns) {
    Lanes b0, b1, b2, left;
    load(b0, b);
    load(b1, b + kLanes);
    load(b2, b + 2 * kLanes);
    fill(left, a[0]);
    s00 += left * b0, s01 += left * b1, s02 += left * b2;
    fill(left, a[1]);
    s10 += left * b0, s11 += left * b1, s12 += left * b2;
    fill(left, a[2]);
    s20 += left * b0, s21 += left * b1, s22 += left * b2;
    fill(left, a[3]);
    s30 += left * b0, s31 += left * b1, s32 += left * b2;
  }
  store(tile, s00), store(tile + kLanes, s01), store(tile + 2 * kLanes, s02), tile += kTileColumns;
  store(tile, s10), store(tile + kLanes, s11), store(tile + 2 * kLanes, s12), tile += kTileColumns;
  store(tile, s20), store(tile + kLanes, s21), store(tile + 2 * kLanes, s22), tile += kTileColumns;
  store(tile, s30), store(tile + kLanes, s31), store(tile + 2 * kLanes, s32);
}

MANTA_INLINE void add_tile(const double* tile, double sign, std::size_t rows, std::size_t columns, double* c,
                           std::size_t c_row) {
  for (std::size_t i = 0; i < rows; ++i, tile += kTileColumns, c += c_row) {
    for (std::size_t j = 0; j < columns; ++j) c[j] += sign * tile[j];
  }
}

// Columns `wide` times the lanes of c, divided.
template <std::size_t wide>
MANTA_INLINE void divide_columns(const double* u, std::size_t u_row, std::size_t size, double* c, std::size_t c_row) {
  for (std::size_t s = 0; s < size; ++s) {
    double* const row = c + s * c_row;
    Lanes sums[wide];
    for (std::size_t l = 0; l < wide; ++l) load(sums[l], row + l * kLanes);
    for (std::size_t r = 0; r < s; ++r) {
      Lanes factor, above;
      fill(factor, u[r * u_row + s]);
      for (std::size_t l = 0; l < wide; ++l) {
        load(above, c + r * c_row + l * kLanes);
        sums[l] -= factor * above;
      }
    }
    Lanes scale;
    fill(scale, 1.0 / u[s * u_row + s]);
    for (std::size_t l = 0; l < wide; ++l) {
      sums[l] *= scale;
      store(row + l * kLanes, sums[l]);
    }
  }
}

MANTA_MULTIVERSION void add_product_of(const Product& product) {
  alignas(32) double left[kBlock * kDepth];
  alignas(32) double right[kTileColumns * kDepth];
  alignas(32) double tile[kTileRows * kTileColumns];
  const Product p = product;
  for (std::size_t k = 0; k < p.inner; k += kDepth) {
    const std::size_t depth = p.inner - k < kDepth ? p.inner - k : kDepth;
    for (std::size_t i = 0; i < p.rows; i += kBlock) {
      const std::size_t height = p.rows - i < kBlock ? p.rows - i : kBlock;
      pack_left(p.a + i * p.a_row + k * p.a_inner, p.a_row, p.a_inner, height, depth, left);
      for (std::size_t j = 0; j < p.columns; j += kTileColumns) {
        const std::size_t width = p.columns - j < kTileColumns ? p.columns - j : kTileColumns;
        pack_right(p.b + k * p.b_row + j, p.b_row, depth, width, right);
        for (std::size_t r = 0; r < height; r += kTileRows) {
          multiply_tile(left + r * depth, right, depth, tile);
          add_tile(tile, p.sign, height - r < kTileRows ? height - r : kTileRows, width, p.c + (i + r) * p.c_row + j,
                   p.c_row);
        }
      }
    }
  }
}

MANTA_MULTIVERSION void divide_by(const Division& division) {
  const Division d = division;
  std::size_t j = 0;
  for (; j + 4 * kLanes <= d.columns; j += 4 * kLanes) divide_columns<4>(d.u, d.u_row, d.size, d.c + j, d.c_row);
  for (; j < d.columns; j += kLanes) divide_columns<1>(d.u, d.u_row, d.size, d.c + j, d.c_row);
}

MANTA_MULTIVERSION void factor_rows(double* matrix, std::size_t row, std::size_t size, double least) {
  for (std::size_t r = 0; r < size; ++r) {
    double* const above = matrix + r * row;
    const double pivot = std::sqrt(above[r] > least ? above[r] : least);
    above[r] = pivot;
    for (std::size_t c = r + 1; c < size; ++c) above[c] /= pivot;
    for (std::size_t s = r + 1; s < size; ++s) {
      double* const below = matrix + s * row;
      const double factor = above[s];
      for (std::size_t c = s; c < size; ++c) below[c] -= factor * above[c];
    }
  }
}

MANTA_MULTIVERSION double solve_by_rows(const double* w, std::size_t w_row, std::size_t size, const double* x,
                                        double* solved) {
  for (std::size_t j = 0; j < size; ++j) solved[j] = 0;
  double squares = 0;
  // Four rows at a time, while they are in the cache for both products.
  for (std::size_t i = 0; i < size; i += kLanes) {
    const double* const w0 = w + i * w_row;
    const double* const w1 = w0 + w_row;
    const double* const w2 = w1 + w_row;
    const double* const w3 = w2 + w_row;
    Lanes s0{}, s1{}, s2{}, s3{}, from, entry;
    for (std::size_t j = 0; j < i + kLanes; j += kLanes) {
      load(from, x + j);
      load(entry, w0 + j), s0 += entry * from;
      load(entry, w1 + j), s1 += entry * from;
      load(entry, w2 + j), s2 += entry * from;
      load(entry, w3 + j), s3 += entry * from;
    }
    const double v0 = sum_of(s0);
    const double v1 = sum_of(s1);
    const double v2 = sum_of(s2);
    const double v3 = sum_of(s3);
    squares += v0 * v0 + v1 * v1 + v2 * v2 + v3 * v3;
    fill(s0, v0), fill(s1, v1), fill(s2, v2), fill(s3, v3);
    for (std::size_t j = 0; j < i + kLanes; j += kLanes) {
      load(from, solved + j);
      load(entry, w0 + j), from += s0 * entry;
      load(entry, w1 + j), from += s1 * entry;
      load(entry, w2 + j), from += s2 * entry;
      load(entry, w3 + j), from += s3 * entry;
      store(solved + j, from);
    }
  }
  return squares;
}

}  // namespace

void add_product(const Product& product) { add_product_of(product); }

void divide(const Division& division) { divide_by(division); }

void factor_block(double* matrix, std::size_t row, std::size_t size, double least) {
  factor_rows(matrix, row, size, least);
}

double solve_by_inverse(const double* w, std::size_t w_row, std::size_t size, const double* x, double* solved) {
  return solve_by_rows(w, w_row, size, x, solved);
}

}  // namespace manta::gp
