// SPDX-License-Identifier: Apache-2.0
// The process that workers are forked from.
#pragma once

namespace manta {

/// Serves the node that started this process (its settings are `variable`, the value of MANTA_FORK_SERVER) and never
/// returns: in the server itself until the node is gone, in each forked worker until that ends.
///
/// The process must have one thread and have touched neither gRPC nor CUDA. When the node goes, however it goes, the
/// server kills every worker with all that the worker started, and ends.
[[noreturn]] void run_fork_server(const char* variable);

}  // namespace manta
