// SPDX-License-Identifier: Apache-2.0
// From the newest snapshots to the newest report: how a resumed run gets its searcher and scheduler back.
#pragma once

#include <span>

#include "core/base/result.h"
#include "tune/loop/loop_options.h"
#include "tune/loop/results_sink.h"
#include "tune/loop/tune_loop.h"

namespace manta {

/// Brings a new `searcher` and a new `scheduler` to where they stood after `changes`, which are changes of one
/// experiment in the order in which they were recorded: all of them, or those from any SnapshotsSaved on with, before
/// it, the newest TrialChanged of each trial that had not ended. Restores from
/// the last SnapshotsSaved, then repeats what the loop told both afterwards.
///
/// Orders that the scheduler gives while this happens and that `changes` do not show to be carried out are added to
/// `state.orders`: the run ended between a report and its consequence. Suggestions that were asked for and became no
/// trials are `state.suggestions`. The scheduler sees every trial's configuration,
/// state, attempt and last report as they were then, as far as `changes` tell; best values and causes as of
/// `state.trials`. Errors: kInvalidArgument: a snapshot is of another searcher or scheduler; whatever Searcher::ask()
/// fails with. Both are then in no useful state.
Result<void> replay(std::span<const Change> changes, const LoopOptions& options, Searcher& searcher,
                    TrialScheduler& scheduler, LoopState& state);

}  // namespace manta
