// SPDX-License-Identifier: Apache-2.0
// Writes the manual pages and the completions into a directory, for the installation.
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tune/cli/completion.h"
#include "tune/cli/manual.h"

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: manta_pages DIRECTORY\n", stderr), 2;
  const std::vector<std::pair<std::string, std::string>> files{
      {"manta.1", manta::manta_manual()},
      {"tune_run.1", manta::tune_run_manual()},
      {"manta.bash", manta::completion_script("bash").value()},
      {"_manta", manta::completion_script("zsh").value()},
      {"manta.fish", manta::completion_script("fish").value()},
  };
  for (const auto& [name, text] : files) {
    const std::string path = std::string(argv[1]) + "/" + name;
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file) return std::fprintf(stderr, "cannot write %s\n", path.c_str()), 1;
  }
  return 0;
}
