// SPDX-License-Identifier: Apache-2.0
// Writes the manual pages and the completions into a directory, for the installation, or the pages of docs/reference and
// what docs/space.schema.json has of schedulers and searchers.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tune/cli/completion.h"
#include "tune/cli/document_schema.h"
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

int write_all(const std::string& directory, const Files& files) {
  for (const auto& [name, text] : files) {
    const std::string path = directory + name;
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file) return std::fprintf(stderr, "cannot write %s\n", path.c_str()), 1;
  }
  return 0;
}

int write_schema(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const manta::Result<std::string> after = manta::with_named_requests(before);
  if (!after) return std::fprintf(stderr, "%s: %s\n", path.c_str(), after.error().message.c_str()), 1;
  return write_all("", {{path, *after}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (what == "--schema") return write_schema(argv[2]);
  if (argc != 2 && what != "--reference")
    return std::fputs("usage: manta_pages [--reference] DIRECTORY | --schema FILE\n", stderr), 2;
  return write_all(std::string(argv[argc - 1]) + "/", what == "--reference" ? reference_files() : installed_files());
}
