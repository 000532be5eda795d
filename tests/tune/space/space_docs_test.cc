// SPDX-License-Identifier: Apache-2.0
// docs/space.md and docs/space.schema.json against what the program reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "schedulers/make_scheduler.h"
#include "searchers/make_searcher.h"
#include "tune/cli/option_table.h"
#include "tune/space/space.h"

namespace manta::space_docs_test {
namespace {

std::string read_doc(const std::string& name) {
  std::ifstream file(MANTA_DOCS_DIR "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << "cannot read docs/" << name;
  return text.str();
}

// The blocks of a page that are marked as JSON.
std::vector<std::string> json_blocks(const std::string& page) {
  const std::string text = read_doc(page);
  const std::string opening = "\n```json\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(opening); at != std::string::npos; at = text.find(opening, at + 1)) {
    const std::size_t begin = at + opening.size();
    blocks.push_back(text.substr(begin, text.find("\n```", begin) - begin));
  }
  return blocks;
}

nlohmann::json schema() { return nlohmann::json::parse(read_doc("space.schema.json")); }

TEST(SpaceDocsTest, EverySpaceOfTheGuideIsRead) {
  for (const char* page : {"space.md", "guides/spaces.md"}) {
    const std::vector<std::string> blocks = json_blocks(page);
    ASSERT_FALSE(blocks.empty());
    for (const std::string& block : blocks) {
      const Result<Space> space = parse_space(block);
      ASSERT_TRUE(space.has_value()) << space.error().message << "\n" << block;
      EXPECT_TRUE(sample(*space, 1, 0).has_value()) << block;
    }
  }
}

TEST(SpaceDocsTest, TheSchemaKnowsEveryKeyOfAnExperimentAndNoOther) {
  const nlohmann::json document = schema();
  std::set<std::string> documented;
  for (const auto& [key, value] : document["$defs"]["experiment"]["properties"].items()) documented.insert(key);
  std::set<std::string> read{"$schema", "space"};
  for (const OptionSpec& option : option_table()) {
    if (option.in_document) read.insert(document_name(option));
  }

  EXPECT_EQ(documented, read);
}

TEST(SpaceDocsTest, TheSchemaKnowsEverySearcherAndNoOther) {
  std::set<nlohmann::json> known{nullptr};
  for (const SearcherKind& kind : searcher_kinds()) known.insert(kind.name);

  const nlohmann::json documented = schema()["$defs"]["experiment"]["properties"]["searcher"]["anyOf"][0]["enum"];

  EXPECT_EQ(std::set<nlohmann::json>(documented.begin(), documented.end()), known);
}

TEST(SpaceDocsTest, TheSchemaTakesTheSchedulersThatTheProgramTakes) {
  const std::string text = schema()["$defs"]["experiment"]["properties"]["scheduler"]["pattern"];
  const std::regex pattern(text, std::regex::ECMAScript);
  const auto takes = [&pattern](const std::string& scheduler) { return std::regex_match(scheduler, pattern); };

  for (const SchedulerKind& kind : scheduler_kinds()) {
    const std::string name(kind.name);
    EXPECT_TRUE(takes(name)) << name;
    EXPECT_TRUE(takes(name + ":a=0.5,b_c=x/y + median")) << name;
    EXPECT_EQ(takes("fifo + " + name + ":a=1"), kind.only_stops) << name;
    EXPECT_FALSE(takes(name + "x")) << name;
  }
}

TEST(SpaceDocsTest, TheSchemaKnowsEveryKindThatTheProgramReads) {
  const nlohmann::json definitions = schema()["$defs"];

  ASSERT_EQ(definitions["parameter"]["oneOf"].size(), 6u);
  for (const char* kind : {"float", "int", "grid", "choice", "ordinal", "normal"}) {
    ASSERT_TRUE(definitions.contains(kind)) << kind;
    const std::string document = std::string("{\"x\":{\"") + kind + "\":[1,2]}}";
    EXPECT_TRUE(parse_space(document).has_value()) << kind;
    for (const char* key : {kind, "when", "default", "confidence"}) {
      EXPECT_TRUE(definitions[kind]["properties"].contains(key)) << kind << " " << key;
    }
  }
}

TEST(SpaceDocsTest, EveryReferenceInTheSchemaLeadsSomewhere) {
  const nlohmann::json document = schema();
  const nlohmann::json flat = document.flatten();
  int references = 0;
  for (const auto& [path, value] : flat.items()) {
    if (!path.ends_with("/$ref")) continue;
    ++references;
    EXPECT_TRUE(document.contains(nlohmann::json::json_pointer(value.get<std::string>().substr(1)))) << value;
  }

  EXPECT_GT(references, 10);
}

}  // namespace
}  // namespace manta::space_docs_test
