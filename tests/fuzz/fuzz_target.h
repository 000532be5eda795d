// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is, and how it reads its input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

/// Survives any input and returns 0; stops the process where a promise is broken. Each target defines it; libFuzzer, or
/// replay_main.cc, calls it.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace manta {

using FuzzInput = std::vector<std::uint8_t>;

/// Inputs to begin with, each target's own: they lead a mutation behind the first checks.
std::vector<FuzzInput> fuzz_seeds();

/// Takes numbers from the front of an input; zeros when it has ended.
class FuzzReader {
 public:
  explicit FuzzReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() { return take<std::uint8_t>(); }
  std::uint64_t word() { return take<std::uint64_t>(); }
  /// What is left, in memory that is exactly as long: AddressSanitizer sees each step outside.
  std::vector<std::byte> rest() const {
    const auto bytes = std::as_bytes(bytes_);
    return {bytes.begin(), bytes.end()};
  }

 private:
  template <class T>
  T take() {
    T value = 0;
    const std::size_t size = std::min(sizeof value, bytes_.size());
    if (size > 0) std::memcpy(&value, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return value;
  }

  std::span<const std::uint8_t> bytes_;
};

/// Puts together what FuzzReader takes apart.
class FuzzWriter {
 public:
  FuzzWriter& byte(std::uint8_t value) {
    input_.push_back(value);
    return *this;
  }
  FuzzWriter& word(std::uint64_t value) {
    const std::size_t at = input_.size();
    input_.resize(at + sizeof value);
    std::memcpy(input_.data() + at, &value, sizeof value);
    return *this;
  }
  FuzzWriter& bytes(std::span<const std::byte> more) {
    for (const std::byte b : more) input_.push_back(static_cast<std::uint8_t>(b));
    return *this;
  }
  const FuzzInput& input() const { return input_; }

 private:
  FuzzInput input_;
};

}  // namespace manta
