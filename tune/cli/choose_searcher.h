// SPDX-License-Identifier: Apache-2.0
// Searchers of every origin: Manta's, the program's own, a plugin's, another program.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "tune/cli/tune_options.h"
#include "tune/searcher.h"
#include "tune/searcher_entry.h"
#include "tune/space/space.h"

namespace manta {

/// What `options`, of which goals_of() can be read, tell a searcher over `space`, which must outlive its use.
SearcherSetup searcher_setup(const TuneOptions& options, const Space& space);

/// The searcher that `options` ask for: one of make_searcher(); "Name" or "Name:options" of MANTA_SEARCHER in this
/// program, "./libx.so:Name" or "./libx.so:Name:options" of a plugin, which is loaded here; "exec:COMMAND", which is
/// started. All but the grid begin with the first points of the space.
/// Errors: those of make_searcher(), load_plugin_searcher() and ExternalSearcher::start(); kInvalidArgument: a name
/// that is Manta's and the program's, or nobody's (the message lists all), an exec: without a command.
Result<std::unique_ptr<Searcher>> choose_searcher(const TuneOptions& options, const Space& space);

/// The searchers that learn, for messages: "auto, gp, …".
std::string learning_searchers();

}  // namespace manta
