// SPDX-License-Identifier: Apache-2.0
#include "core/base/symbol_table.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/base/unique_fd.h"

namespace manta {
namespace {

using Bytes = std::span<const std::byte>;

// Part of the file; empty if it is not inside.
Bytes part(Bytes file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return {};
  return file.subspan(offset, size);
}

template <class T>
bool read(Bytes file, std::uint64_t offset, T& value) {
  const Bytes bytes = part(file, offset, sizeof(T));
  if (bytes.size() != sizeof(T)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return true;
}

Result<Bytes> map_file(const char* path) {
  const UniqueFd fd(::open(path, O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return system_error(std::string("opening ") + path, errno);
  const auto size = static_cast<std::size_t>(info.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) return system_error(std::string("mapping ") + path, errno);
  return Bytes(static_cast<const std::byte*>(data), size);
}

}  // namespace

Result<SymbolTable> SymbolTable::open(const char* path, std::uintptr_t load_address) {
  MANTA_ASSIGN_OR_RETURN(const Bytes file, map_file(path));
  Elf64_Ehdr header;
  if (!read(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64)
    return Error{ErrorCode::kInvalidArgument, std::string(path) + " is no ELF file of 64 bits"};
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    Elf64_Shdr strings;
    if (!read(file, header.e_shoff + i * sizeof section, section) || section.sh_type != SHT_SYMTAB) continue;
    if (!read(file, header.e_shoff + section.sh_link * sizeof strings, strings)) continue;
    const Bytes symbols = part(file, section.sh_offset, section.sh_size);
    const Bytes names = part(file, strings.sh_offset, strings.sh_size);
    if (symbols.empty() || names.empty() || names.back() != std::byte{0}) continue;
    return SymbolTable(symbols, {reinterpret_cast<const char*>(names.data()), names.size()}, load_address);
  }
  return Error{ErrorCode::kNotFound, std::string(path) + " has no symbols: it was stripped"};
}

std::optional<SymbolTable::Symbol> SymbolTable::find(std::uintptr_t address) const {
  const std::uintptr_t wanted = address - load_address_;
  for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols_.size(); at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, symbols_.data() + at, sizeof symbol);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_name >= names_.size()) continue;
    if (wanted < symbol.st_value || wanted - symbol.st_value >= symbol.st_size) continue;
    return Symbol{names_.data() + symbol.st_name, wanted - symbol.st_value};
  }
  return std::nullopt;
}

}  // namespace manta
