// SPDX-License-Identifier: Apache-2.0
// The lines between an experiment and a searcher program: JSON objects, one to a line.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "tune/searcher.h"
#include "tune/searcher_entry.h"

namespace manta {

/// Version of what is said here; raised whenever a program for one would misunderstand another.
inline constexpr int kSearcherProtocol = 1;

/// {"type":"start","protocol":1,"parameters":[{"name":"lr","float":[0.1,1.0]},…],"constraints":[…],
///  "objective":{"metric":"loss","mode":"min"},"seed":0,"samples":100,"max_iterations":27}
/// Constants are left out: no searcher has a choice there. Where there are further goals, also
/// "further_objectives":[{"metric":"ms","mode":"min"}] and "metric_constraints":["ms <= 20"].
std::string start_message(const SearcherSetup& setup);

/// {"type":"ask","trial":3}; with "config" where it is asked again, because a new process is told what went before: the
/// answer of then.
std::string ask_message(TrialId trial, const std::optional<Config>& answered);

/// {"type":"tell","trial":3,"config":{…},"state":"completed","iteration":5,"value":0.3,"seconds":1.5}; a value that is
/// missing, NaN or infinite is null. Names of nested parameters are whole: "model/act".
/// `further`, names of metrics: {…,"metrics":{"ms":12}} where the outcome has a report; null where it lacks one.
std::string tell_message(const Outcome& outcome, std::span<const std::string> further = {});

/// The metrics that further goals of `setup` are about.
std::vector<std::string> further_metrics(const SearcherSetup& setup);

/// What a program answers to "ask".
struct SearcherAnswer {
  enum class Kind {
    kConfig,  ///< {"config":{…}}
    kWait,    ///< {"wait":true}: it needs more results first.
    kEnd,     ///< {"end":true}: there are no more.
  };
  Kind kind = Kind::kConfig;
  Config config;
};

/// Errors: kInvalidArgument: quotes what it said and says what was expected; kSystem: {"error":"…"}, the program's
/// words.
Result<SearcherAnswer> read_answer(std::string_view line);

/// Reads the answer to the start: {"ready":true}. Errors: as of read_answer().
Result<void> read_ready(std::string_view line);

/// `proposed` with the constants, and without what takes no part in it: a program need know nothing of conditions.
Config whole_config(const Space& space, const Config& proposed);

/// Whether all parameters of `config` are there, and all values in their domains. Errors: kInvalidArgument: names the
/// parameter.
Result<void> check_values(const Space& space, const Config& config);
/// Whether `config`, which passes check_values(), keeps the constraints.
bool keeps_constraints(const Space& space, const Config& config);

}  // namespace manta
