// SPDX-License-Identifier: Apache-2.0
// Whether this process is a copy, made by fork(), of one that uses the runtime.
#pragma once

#include "core/base/error.h"

namespace manta {

/// Makes processes that are forked from this one, by whatever code, know that they are copies. Called once in each
/// process that uses the runtime; more calls do nothing.
void guard_forks();

/// True in such a copy, as long as it has not executed a program: the shared memory that it sees, and what it refers to
/// through it, are its parent's, for which it must not speak. One load.
bool is_forked_copy();

/// What a copy is told that wants something of the runtime. kFailedPrecondition.
Error forked_copy_error();

}  // namespace manta
