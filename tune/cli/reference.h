// SPDX-License-Identifier: Apache-2.0
// The pages of docs/reference, from the tables that the programs themselves read.
#pragma once

#include <string>
#include <vector>

namespace manta {

struct ReferencePage {
  std::string file;  ///< "tune_run.md"
  std::string text;  ///< Markdown.
};

/// The options of tune_run, the verbs of manta, the schedulers and the searchers.
std::vector<ReferencePage> reference_pages();

}  // namespace manta
