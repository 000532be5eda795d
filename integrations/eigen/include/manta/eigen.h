// SPDX-License-Identifier: Apache-2.0
// Eigen's vectors and matrices over arrays in the object store, without a copy; link manta::eigen.
//
//   manta::Result<manta::SharedArray<double>> gram(const manta::SharedArray<double>& array) {
//     MANTA_ASSIGN_OR_RETURN(const auto x, manta::eigen::as_matrix(array));
//     return manta::eigen::to_array(x.transpose() * x);
//   }
//
// All of it is row-major, as SharedArray is.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>
#include <utility>

#include "core/api/make_array.h"
#include "core/base/result.h"
#include "core/objects/shared_array.h"

namespace manta::eigen {

template <class T>
using Vector = ::Eigen::Matrix<T, ::Eigen::Dynamic, 1>;
template <class T>
using Matrix = ::Eigen::Matrix<T, ::Eigen::Dynamic, ::Eigen::Dynamic, ::Eigen::RowMajor>;
/// Views: what they view must outlive them.
template <class T>
using VectorView = ::Eigen::Map<const Vector<T>>;
template <class T>
using MatrixView = ::Eigen::Map<const Matrix<T>>;

/// All elements of `array`, which must outlive the view, as a column.
template <class T>
VectorView<T> as_vector(const SharedArray<T>& array) {
  return VectorView<T>(array.data(), static_cast<::Eigen::Index>(array.size()));
}
template <class T>
VectorView<T> as_vector(SharedArray<T>&&) = delete;  // It would view what is gone.

/// The elements of `array`, which must outlive the view, as a matrix of its shape.
/// Errors: kInvalidArgument: it has not two dimensions.
template <class T>
Result<MatrixView<T>> as_matrix(const SharedArray<T>& array) {
  if (array.shape().size() != 2)
    return Error{ErrorCode::kInvalidArgument,
                 "a matrix has 2 dimensions, this array " + std::to_string(array.shape().size())};
  return MatrixView<T>(array.data(), static_cast<::Eigen::Index>(array.shape()[0]),
                       static_cast<::Eigen::Index>(array.shape()[1]));
}
template <class T>
Result<MatrixView<T>> as_matrix(SharedArray<T>&&) = delete;  // It would view what is gone.

/// A matrix in the store while it is being filled, by `matrix() = …` or element by element.
///
/// Thread-safety: none.
template <class T>
class MatrixBuilder {
 public:
  ::Eigen::Map<Matrix<T>> matrix() { return ::Eigen::Map<Matrix<T>>(array_.data(), rows_, columns_); }
  /// Makes it immutable, to be returned or passed without a copy. Its shape is {rows, columns}.
  SharedArray<T> seal() && { return std::move(array_).seal(); }

 private:
  template <class U>
  friend Result<MatrixBuilder<U>> make_matrix(::Eigen::Index rows, ::Eigen::Index columns);
  MatrixBuilder(ArrayBuilder<T> array, ::Eigen::Index rows, ::Eigen::Index columns)
      : array_(std::move(array)), rows_(rows), columns_(columns) {}

  ArrayBuilder<T> array_;
  ::Eigen::Index rows_;
  ::Eigen::Index columns_;
};

/// Room for a matrix in the store; its contents are unspecified.
/// Errors: as make_array(); kInvalidArgument: an extent below 0.
template <class T>
Result<MatrixBuilder<T>> make_matrix(::Eigen::Index rows, ::Eigen::Index columns) {
  if (rows < 0 || columns < 0) return Error{ErrorCode::kInvalidArgument, "a matrix has no extents below 0"};
  MANTA_ASSIGN_OR_RETURN(auto array,
                         make_array<T>({static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)}));
  return MatrixBuilder<T>(std::move(array), rows, columns);
}

/// Evaluates `expression` into the store, once. A vector becomes a matrix of one row or one column.
/// Errors: as make_array().
template <class Derived>
Result<SharedArray<typename Derived::Scalar>> to_array(const ::Eigen::MatrixBase<Derived>& expression) {
  MANTA_ASSIGN_OR_RETURN(auto builder, make_matrix<typename Derived::Scalar>(expression.rows(), expression.cols()));
  builder.matrix().noalias() = expression;  // The room is new: nothing in the expression is there.
  return std::move(builder).seal();
}

}  // namespace manta::eigen
