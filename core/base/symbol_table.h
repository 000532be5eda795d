// SPDX-License-Identifier: Apache-2.0
// The function names of a program's file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/result.h"

namespace manta {

/// Reads .symtab of an ELF file, which has also the functions that no other object may call. The file stays mapped for
/// the life of the process.
///
/// Thread-safety: any method, from any thread, and from a signal handler: find() neither allocates nor locks.
class SymbolTable {
 public:
  struct Symbol {
    const char* name = "";      ///< Mangled.
    std::uintptr_t offset = 0;  ///< Of the address from where the function begins.
  };

  /// `load_address` is where the file's first byte would lie in memory (dl_iterate_phdr's dlpi_addr).
  /// Errors: kSystem: it cannot be mapped; kInvalidArgument: it is no ELF file of 64 bits; kNotFound: it was stripped.
  static Result<SymbolTable> open(const char* path, std::uintptr_t load_address);

  /// The function that `address` lies in; none if none of this file does.
  std::optional<Symbol> find(std::uintptr_t address) const;

 private:
  SymbolTable(std::span<const std::byte> symbols, std::span<const char> names, std::uintptr_t load_address)
      : symbols_(symbols), names_(names), load_address_(load_address) {}

  std::span<const std::byte> symbols_;  // Elf64_Sym, one after the other.
  std::span<const char> names_;         // Ends with a zero.
  std::uintptr_t load_address_ = 0;
};

}  // namespace manta
