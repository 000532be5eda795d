// SPDX-License-Identifier: Apache-2.0
#include "core/net/wire_spec.h"

#include <cstring>
#include <string>
#include <utility>

namespace manta {
namespace {

// Stands before the letters of each name.
struct AmountHeader {
  double amount = 0;
  std::uint64_t name_size = 0;
};

}  // namespace

WireResources without_custom(const Resources& resources) {
  return {.cpus = resources.cpus, .gpus = resources.gpus, .memory = resources.memory};
}

std::vector<std::byte> pack(const Amounts& amounts) {
  std::vector<std::byte> packed;
  for (const auto& [name, amount] : amounts) {
    const AmountHeader header{.amount = amount, .name_size = name.size()};
    const auto header_bytes = std::as_bytes(std::span(&header, 1));
    const auto letters = std::as_bytes(std::span(name));
    packed.insert(packed.end(), header_bytes.begin(), header_bytes.end());
    packed.insert(packed.end(), letters.begin(), letters.end());
  }
  return packed;
}

std::optional<Resources> unpack(const WireResources& flat, std::span<const std::byte> packed) {
  Resources resources{.cpus = flat.cpus, .gpus = flat.gpus, .memory = flat.memory};
  while (!packed.empty()) {
    AmountHeader header;
    if (packed.size() < sizeof header) return std::nullopt;
    std::memcpy(&header, packed.data(), sizeof header);
    packed = packed.subspan(sizeof header);
    if (header.name_size > packed.size()) return std::nullopt;
    std::string name(reinterpret_cast<const char*>(packed.data()), header.name_size);
    packed = packed.subspan(header.name_size);
    resources.custom[std::move(name)] = header.amount;
  }
  return resources;
}

}  // namespace manta
