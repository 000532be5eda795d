// SPDX-License-Identifier: Apache-2.0
// Every option once: its name on the command line and in a document, its values, its place in a RunRequest.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "tune/cli/run_request.h"

namespace manta {

/// What a value looks like in a JSON document; on the command line all are text.
enum class OptionKind {
  kText,
  kTexts,
  kMetrics,    ///< A text, or an object that has a mode for each name.
  kScheduler,  ///< A text, an object with its options, or a list of these.
  kSearcher,   ///< A text, or an object with its options.
  kInteger,
  kNumber,
  kDuration,
  kFlag
};

struct OptionSpec {
  std::string_view name;  ///< "max-iterations"; in a document "max_iterations".
  OptionKind kind;
  std::string_view value_name;  ///< "N": for --help; "" of a flag.
  std::string_view group;
  std::string_view help;
  bool in_document = true;  ///< May stand in a document.
  bool is_stored = true;    ///< Belongs to the experiment, so it is kept in its database.
  bool may_change = false;  ///< May differ when the experiment is resumed.
  bool steers = true;       ///< Decisions depend on it; a deterministic experiment keeps it.
  /// Sets the option. `values` is not empty; only a kTexts has more than one.
  /// Errors: kInvalidArgument: says what is expected; without the option's name.
  Result<void> (*set)(RunRequest& request, std::span<const std::string> values);
  /// The value as JSON text; "null" when there is none.
  std::string (*get)(const RunRequest& request);
};

std::span<const OptionSpec> option_table();

/// By its command line name. Null: none such.
const OptionSpec* find_option(std::string_view name);

/// "max_iterations" for "max-iterations".
std::string document_name(const OptionSpec& spec);

/// Reads "90", "90s", "5m", "1.5h", "2d". Seconds.
/// Errors: kInvalidArgument: the forms expected.
Result<double> parse_duration_seconds(std::string_view text);

}  // namespace manta
