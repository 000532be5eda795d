// SPDX-License-Identifier: Apache-2.0
// Tensors over arrays in the object store, and arrays over tensors, without a copy.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/api/make_array.h"
#include "core/base/result.h"
#include "core/objects/shared_array.h"

namespace manta::torch {

namespace internal {

inline std::vector<std::int64_t> sizes_of(const std::vector<std::size_t>& shape) {
  return {shape.begin(), shape.end()};
}

}  // namespace internal

/// A tensor of the array's elements and shape, on the CPU. It keeps the array while it, or a view of it, lives. It is
/// for reading: what writes into it (add_, a training step) writes into memory that processes share, for which a worker
/// is ended by SIGSEGV; clone() it first.
template <class T>
at::Tensor as_tensor(const SharedArray<T>& array) {
  return at::from_blob(
      const_cast<T*>(array.data()), internal::sizes_of(array.shape()), [array](void*) {},
      at::TensorOptions(c10::CppTypeToScalarType<T>::value));
}

/// A tensor to fill an array by, before it is sealed. It must not be used after that.
template <class T>
at::Tensor as_tensor(ArrayBuilder<T>& builder) {
  return at::from_blob(builder.data(), internal::sizes_of(builder.shape()),
                       at::TensorOptions(c10::CppTypeToScalarType<T>::value));
}

/// The tensor's elements as an array that keeps the tensor. Nothing is copied here; when it is put, passed or returned,
/// it is copied into the store once. What is to lie there from the beginning is filled by as_tensor(ArrayBuilder&).
/// Errors: kInvalidArgument: it is not on the CPU, not contiguous, or not of T; the message says what to call first.
template <class T>
Result<SharedArray<T>> as_array(const at::Tensor& tensor) {
  if (!tensor.device().is_cpu())
    return Error{ErrorCode::kInvalidArgument, "the tensor is on " + tensor.device().str() + "; call .cpu() first"};
  if (!tensor.is_contiguous())
    return Error{ErrorCode::kInvalidArgument, "the tensor is not contiguous; call .contiguous() first"};
  if (tensor.scalar_type() != c10::CppTypeToScalarType<T>::value)
    return Error{ErrorCode::kInvalidArgument, "the tensor holds " + std::string(c10::toString(tensor.scalar_type())) +
                                                  ", not " + c10::toString(c10::CppTypeToScalarType<T>::value) +
                                                  "; call .to() first"};
  const at::Tensor plain = tensor.detach();
  std::vector<std::size_t> shape(plain.sizes().begin(), plain.sizes().end());
  auto owner = std::make_shared<const at::Tensor>(plain);
  return SharedArray<T>(plain.data_ptr<T>(), std::move(shape), std::move(owner));
}

}  // namespace manta::torch
