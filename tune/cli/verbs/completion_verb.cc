// SPDX-License-Identifier: Apache-2.0
// manta completion: what a shell needs for its Tab key.
#include "tune/cli/completion.h"
#include "tune/cli/verbs/experiment_words.h"
#include "tune/cli/verbs/verbs.h"

namespace manta::verbs {

Result<ExitCode> completion(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(const std::string script, completion_script(words.value("SHELL")));
  MANTA_RETURN_IF_ERROR(print(script));
  return kExitOk;
}

}  // namespace manta::verbs
