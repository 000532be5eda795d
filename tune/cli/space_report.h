// SPDX-License-Identifier: Apache-2.0
// What "check" says about a space.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "tune/cli/tune_options.h"
#include "tune/space/space.h"

namespace manta {

/// A table of the parameters, five samples as JSON lines, the number of grid points and of trials; with constraints,
/// the share of the space that keeps them all and what each of them takes.
/// Errors: kInvalidArgument: the searcher does not fit the space, or no draw keeps the constraints.
Result<std::string> space_report(const Space& space, const TuneOptions& options);

/// A warning where constraints leave less than a hundredth of the space; "" else.
std::string feasibility_note(const Space& space, std::uint64_t seed);

/// "float [0.0001, 0.1] log": a domain in words.
std::string domain_text(const Domain& domain);

}  // namespace manta
