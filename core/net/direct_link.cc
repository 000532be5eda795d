// SPDX-License-Identifier: Apache-2.0
#include "core/net/direct_link.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace manta {

Result<SharedMemory> DirectSlots::map(const SharedMemory& page, std::uint32_t slot) {
  if (slot >= kCount) return Error{ErrorCode::kInternal, "there is no such slot"};
  UniqueFd fd(::fcntl(page.fd(), F_DUPFD_CLOEXEC, 0));
  if (!fd) return system_error("a further descriptor of the node page", errno);
  MANTA_ASSIGN_OR_RETURN(SharedMemory memory, SharedMemory::map(std::move(fd), DirectLayout::kTotalBytes,
                                                                SharedMemory::Access::kReadWrite, offset_of(slot)));
  memory.close_fd();
  return memory;
}

}  // namespace manta
