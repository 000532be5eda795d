// SPDX-License-Identifier: Apache-2.0
// Writes the manual pages and the completions into a directory, for the installation, or the pages of docs/reference.
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tune/cli/completion.h"
#include "tune/cli/manual.h"
#include "tune/cli/reference.h"

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;  // Names and texts.

Files installed_files() {
  return {
      {"manta.1", manta::manta_manual()},
      {"tune_run.1", manta::tune_run_manual()},
      {"manta.bash", manta::completion_script("bash").value()},
      {"_manta", manta::completion_script("zsh").value()},
      {"manta.fish", manta::completion_script("fish").value()},
  };
}

Files reference_files() {
  Files files;
  for (manta::ReferencePage& page : manta::reference_pages()) {
    files.emplace_back(std::move(page.file), std::move(page.text));
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_reference = argc == 3 && std::string_view(argv[1]) == "--reference";
  if (argc != 2 && !is_reference) return std::fputs("usage: manta_pages [--reference] DIRECTORY\n", stderr), 2;
  for (const auto& [name, text] : is_reference ? reference_files() : installed_files()) {
    const std::string path = std::string(argv[argc - 1]) + "/" + name;
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file) return std::fprintf(stderr, "cannot write %s\n", path.c_str()), 1;
  }
  return 0;
}
