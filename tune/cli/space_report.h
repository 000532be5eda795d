// SPDX-License-Identifier: Apache-2.0
// What "check" says about a space.
#pragma once

#include <string>

#include "core/base/result.h"
#include "tune/cli/tune_options.h"
#include "tune/space/space.h"

namespace manta {

/// A table of the parameters, five samples as JSON lines, the number of grid points and of trials.
/// Errors: kInvalidArgument: the searcher does not fit the space.
Result<std::string> space_report(const Space& space, const TuneOptions& options);

/// "float [0.0001, 0.1] log": a domain in words.
std::string domain_text(const Domain& domain);

}  // namespace manta
