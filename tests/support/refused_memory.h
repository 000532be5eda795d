// SPDX-License-Identifier: Apache-2.0
// A system that gives no more memory: an operator new that refuses, for programs that link refused_memory.cc.
#pragma once

namespace manta {

/// Whose allocations may be refused: of the thread that says so, of the process' others, or of all.
enum class Whose { kThisThread, kOtherThreads, kAllThreads };

/// Refuses the allocation number `first`, counted from 0; if `and_all_after`, those behind it too, but as far as a
/// new-handler gives memory back.
void refuse_memory(Whose whose, int first, bool and_all_after);
/// Ends that. Whether any was refused.
bool grant_memory();

}  // namespace manta
