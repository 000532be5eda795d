// SPDX-License-Identifier: Apache-2.0
// IDX: two zero bytes, the type, the number of dimensions; each dimension's size; the values. All big-endian.
#include "integrations/torch/read_idx.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "integrations/torch/internal/read_file.h"

namespace manta::torch {
namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kExtentBytes = 4;

std::uint8_t byte_at(const std::string& bytes, std::size_t place) { return static_cast<std::uint8_t>(bytes[place]); }

std::optional<c10::ScalarType> type_of(std::uint8_t code) {
  switch (code) {
    case 0x08: return c10::kByte;
    case 0x09: return c10::kChar;
    case 0x0B: return c10::kShort;
    case 0x0C: return c10::kInt;
    case 0x0D: return c10::kFloat;
    case 0x0E: return c10::kDouble;
    default: return std::nullopt;
  }
}

std::int64_t extent_at(const std::string& bytes, std::size_t place) {
  std::int64_t extent = 0;
  for (std::size_t i = 0; i < kExtentBytes; ++i) extent = extent << 8 | byte_at(bytes, place + i);
  return extent;
}

// The size of all values, or the largest number there is: more than any file has.
std::size_t payload_size(const std::vector<std::int64_t>& shape, std::size_t element_size) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  std::size_t size = element_size;
  for (const std::int64_t extent : shape)
    if (__builtin_mul_overflow(size, static_cast<std::size_t>(extent), &size))
      return std::numeric_limits<std::size_t>::max();
  return size;
}

void copy_values(const char* from, at::Tensor& to) {
  const auto element_size = static_cast<std::size_t>(to.element_size());
  auto* const target = static_cast<char*>(to.data_ptr());
  std::copy_n(from, to.nbytes(), target);
  if (element_size == 1 || std::endian::native == std::endian::big) return;
  for (std::size_t i = 0; i < to.nbytes(); i += element_size) std::reverse(target + i, target + i + element_size);
}

}  // namespace

Result<at::Tensor> read_idx(const std::filesystem::path& path) {
  MANTA_ASSIGN_OR_RETURN(const std::string bytes, internal::read_file(path));
  const auto invalid = [&path](const std::string& what) {
    return Error{ErrorCode::kInvalidArgument, path.string() + ": " + what};
  };

  const bool has_magic = bytes.size() >= kMagicBytes && bytes[0] == 0 && bytes[1] == 0 && bytes[3] != 0;
  const std::optional<c10::ScalarType> type = has_magic ? type_of(byte_at(bytes, 2)) : std::nullopt;
  if (!type)
    return invalid("not an IDX file: it does not begin with two zeros, a known type and a number of dimensions");

  const std::size_t head_size = kMagicBytes + kExtentBytes * byte_at(bytes, 3);
  if (bytes.size() < head_size) return invalid("cut short: it ends within its head");
  std::vector<std::int64_t> shape;
  for (std::size_t place = kMagicBytes; place < head_size; place += kExtentBytes)
    shape.push_back(extent_at(bytes, place));

  const std::size_t expected = payload_size(shape, c10::elementSize(*type));
  const std::size_t found = bytes.size() - head_size;
  if (found != expected)
    return invalid((found < expected ? "cut short: " : "too long: ") + std::to_string(found) +
                   " bytes of values, where its head says " + std::to_string(expected));

  at::Tensor values = at::empty(shape, *type);
  copy_values(bytes.data() + head_size, values);
  return values;
}

}  // namespace manta::torch
