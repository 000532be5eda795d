// SPDX-License-Identifier: Apache-2.0
// All of Manta's public interface but LibTorch's part (<manta/torch.h>).
#pragma once

// The runtime: tasks, actors, objects.
#include "core/api/actor.h"
#include "core/api/actor_state.h"
#include "core/api/as_completed.h"
#include "core/api/async.h"
#include "core/api/make_array.h"
#include "core/api/object_ref.h"
#include "core/api/promise.h"
#include "core/api/remote.h"
#include "core/api/runtime.h"
#include "core/api/stream.h"
#include "core/api/supervision.h"
#include "core/base/result.h"

// Tuning: trainables, and experiments as a function.
#include "tune/cli/tune_main.h"
#include "tune/cli/tune_run.h"
#include "tune/function_trainable.h"
#include "tune/searcher_entry.h"
#include "tune/space/space_builder.h"
#include "tune/trainable.h"
#include "tune/typed_trainable.h"
