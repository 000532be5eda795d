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
#include "tune/cli/document_schema.h"
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
  std::set<nlohmann::json> known;
  for (const SearcherKind& kind : searcher_kinds()) known.insert(kind.name);

  const nlohmann::json documented = schema()["$defs"]["searcher"]["then"]["anyOf"][0]["enum"];

  EXPECT_EQ(std::set<nlohmann::json>(documented.begin(), documented.end()), known);
}

TEST(SpaceDocsTest, TheSchemaTakesTheSchedulersThatTheProgramTakes) {
  const std::string text = schema()["$defs"]["scheduler"]["pattern"];
  const std::regex pattern(text, std::regex::ECMAScript);
  const auto takes = [&pattern](const std::string& scheduler) { return std::regex_match(scheduler, pattern); };

  for (const SchedulerKind& kind : scheduler_kinds()) {
    const std::string name(kind.name);
    EXPECT_TRUE(takes(name)) << name;
    EXPECT_FALSE(takes(name + "x")) << name;
    EXPECT_FALSE(takes(name + ":nothing=1")) << name;
    std::string with_all = name;
    for (const OptionRange& option : kind.options) {
      const std::string value = option.kind == OptionRange::Kind::kText    ? "runs/x"
                                : option.kind == OptionRange::Kind::kWhole ? "12"
                                                                           : "-1.5e-3";
      with_all += (with_all == name ? ":" : ",") + std::string(option.name) + "=" + value;
      const bool is_text = option.kind == OptionRange::Kind::kText;
      EXPECT_EQ(takes(name + ":" + std::string(option.name) + "=x"), is_text) << with_all;
    }
    EXPECT_TRUE(takes(with_all + " + median")) << with_all;
    EXPECT_EQ(takes("fifo + " + with_all), kind.only_stops) << with_all;
  }
}

TEST(SpaceDocsTest, TheSchemasSchedulersAndSearchersAreThoseOfTheTables) {
  const std::string committed = read_doc("space.schema.json");

  const Result<std::string> written = with_named_requests(committed);

  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(*written, committed)
      << "docs/space.schema.json is out of date. Write it anew:\n"
      << "  cmake --build build/dev --target manta_pages && build/dev/bin/manta_pages --schema docs/space.schema.json";
}

TEST(SpaceDocsTest, TheSchemaKnowsTheRangeOfEachOptionOfASchedulerAndNoOther) {
  const nlohmann::json schedulers = schema()["$defs"]["scheduler"];
  EXPECT_EQ(schedulers["properties"].size(), scheduler_kinds().size());
  for (const SchedulerKind& kind : scheduler_kinds()) {
    const nlohmann::json definition = schedulers["$defs"][std::string(kind.name)];
    EXPECT_EQ(schedulers["$defs"]["further"]["properties"].contains(std::string(kind.name)), kind.only_stops);
    EXPECT_EQ(definition["additionalProperties"], false);
    EXPECT_EQ(definition["properties"].size(), kind.options.size()) << kind.name;
    for (const OptionRange& option : kind.options) {
      const nlohmann::json known = definition["properties"][std::string(option.name)];
      EXPECT_EQ(known["description"], option.help);
      if (option.kind != OptionRange::Kind::kWhole) continue;
      EXPECT_EQ(known["minimum"], option.low) << kind.name << " " << option.name;
      EXPECT_EQ(known["maximum"], option.high) << kind.name << " " << option.name;
    }
  }
}

TEST(SpaceDocsTest, ASchemaWithoutAPlaceForSchedulersIsRefused) {
  const Result<std::string> written = with_named_requests("{}");

  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kNotFound);
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
