// SPDX-License-Identifier: Apache-2.0
// Plugins that load and every kind that must not.
#include "integrations/plugin/load_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tune/plugin_info.h"

namespace manta::load_plugin_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

void expect_refused(const PluginReference& reference, ErrorCode code, const ::testing::Matcher<std::string>& message) {
  const auto loaded = load_plugin(reference);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, code);
  EXPECT_THAT(loaded.error().message, message);
}

TEST(PluginReferenceTest, APathThatEndsInSoIsAPluginWithOrWithoutName) {
  const auto named = PluginReference::parse("./lib/libx.so:Net");
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->path, "./lib/libx.so");
  EXPECT_EQ(named->name, "Net");
  const auto unnamed = PluginReference::parse("libx.so.1.2");
  ASSERT_TRUE(unnamed.has_value());
  EXPECT_EQ(unnamed->path, "libx.so.1.2");
  EXPECT_EQ(unnamed->name, "");
  EXPECT_EQ(PluginReference::parse("dir:1/libx.so:Net")->path, "dir:1/libx.so");
}

TEST(PluginReferenceTest, ANameIsNoPlugin) {
  for (const char* text : {"", "Net", ".so", "libx.sox", "command:a.so b", "libx.so/Net"}) {
    EXPECT_FALSE(PluginReference::parse(text).has_value()) << text;
  }
}

TEST(LoadPluginTest, ItsTrainableRuns) {
  const auto loaded = load_plugin({MANTA_TEST_GOOD_PLUGIN, "Doubler"});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;

  const std::unique_ptr<Trainable> trainable = loaded->make();
  trainable->setup(Config{{"x", 1.5}});
  const Metrics metrics = trainable->step();

  EXPECT_EQ(metrics.find("y"), 3);
}

TEST(LoadPluginTest, ItCanSayThatItsConfigurationCannotWork) {
  const auto trainable = load_plugin({MANTA_TEST_GOOD_PLUGIN, "Doubler"})->make();
  trainable->setup(Config{{"x", 0.0}});

  EXPECT_THROW(static_cast<void>(trainable->step()), Infeasible);
}

TEST(LoadPluginTest, ItsExceptionsCanBeCaughtHere) {
  const auto trainable = load_plugin({MANTA_TEST_GOOD_PLUGIN, ""})->make();

  EXPECT_THAT([&] { trainable->setup({}); }, ThrowsMessage<std::runtime_error>(HasSubstr("no x")));
}

TEST(LoadPluginTest, ItCanBeLoadedTwice) {
  ASSERT_TRUE(load_plugin({MANTA_TEST_GOOD_PLUGIN, "Doubler"}).has_value());
  EXPECT_TRUE(load_plugin({MANTA_TEST_GOOD_PLUGIN, "Doubler"}).has_value());
}

TEST(LoadPluginTest, WithSeveralTrainablesANameIsNeeded) {
  expect_refused({MANTA_TEST_TWIN_PLUGIN, ""}, ErrorCode::kInvalidArgument, HasSubstr("First, Second"));
  EXPECT_TRUE(load_plugin({MANTA_TEST_TWIN_PLUGIN, "Second"}).has_value());
}

TEST(LoadPluginTest, AnUnknownNameListsThoseInThePlugin) {
  expect_refused({MANTA_TEST_TWIN_PLUGIN, "Third"}, ErrorCode::kNotFound,
                 AllOf(HasSubstr("\"Third\""), HasSubstr("First, Second")));
}

TEST(LoadPluginTest, ItsSearcherSearches) {
  const auto loaded = load_plugin_searcher({MANTA_TEST_SEARCHER_PLUGIN, ""});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  const Space space = parse_space(R"({"act": {"choice": ["relu", "tanh"]}})").value();

  const auto searcher = loaded->make({.space = &space, .options = "tanh"});

  ASSERT_TRUE(searcher.has_value());
  EXPECT_EQ((*searcher)->ask(TrialId{0}).value(), (Config{{"act", std::string("tanh")}}));
}

TEST(LoadPluginTest, AnUnknownSearcherListsThoseInThePlugin) {
  const auto missing = load_plugin_searcher({MANTA_TEST_SEARCHER_PLUGIN, "Other"});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message, AllOf(HasSubstr("\"Other\""), HasSubstr("Constant")));

  const auto none = load_plugin_searcher({MANTA_TEST_GOOD_PLUGIN, ""});
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message, HasSubstr("MANTA_SEARCHER(YourClass)"));
}

TEST(LoadPluginTest, AMissingFileIsNamed) {
  expect_refused({"./nowhere/libx.so", "Net"}, ErrorCode::kNotFound, HasSubstr("./nowhere/libx.so: no such file"));
}

TEST(LoadPluginTest, AFileThatIsNoSharedLibraryIsRefused) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("manta_text_" + std::to_string(getpid()) + ".so");
  std::ofstream(path) << "text";

  expect_refused({path, "Net"}, ErrorCode::kInvalidArgument, HasSubstr("not a shared library"));

  std::filesystem::remove(path);
  expect_refused({std::filesystem::temp_directory_path(), "Net"}, ErrorCode::kInvalidArgument,
                 HasSubstr("not a shared library"));
}

TEST(LoadPluginTest, AnUnresolvedSymbolIsNamed) {
  expect_refused({MANTA_TEST_UNRESOLVED_PLUGIN, "Net"}, ErrorCode::kInvalidArgument,
                 AllOf(HasSubstr("does not load"), HasSubstr("manta_test_function_that_nobody_has")));
}

TEST(LoadPluginTest, ALibraryThatIsNoPluginIsToldWhatToDo) {
  expect_refused({MANTA_TEST_NO_PLUGIN, "Net"}, ErrorCode::kInvalidArgument,
                 AllOf(HasSubstr("not a Manta plugin"), HasSubstr("MANTA_TRAINABLE")));
  expect_refused({MANTA_TEST_EMPTY_PLUGIN, ""}, ErrorCode::kNotFound, HasSubstr("MANTA_TRAINABLE"));
  expect_refused({MANTA_TEST_FOREIGN_ENTRY_PLUGIN, ""}, ErrorCode::kInvalidArgument, HasSubstr("not Manta's"));
}

TEST(LoadPluginTest, AnotherAbiIsRefusedNamingBoth) {
  expect_refused({MANTA_TEST_OTHER_ABI_PLUGIN, "Net"}, ErrorCode::kIncompatible,
                 AllOf(HasSubstr("999999"), HasSubstr("with " + std::to_string(kPluginAbi)), HasSubstr("build")));
}

TEST(LoadPluginTest, AnotherVersionIsRefusedNamingBoth) {
  expect_refused({MANTA_TEST_OTHER_VERSION_PLUGIN, "Net"}, ErrorCode::kIncompatible,
                 AllOf(HasSubstr("0.0.9-test"), HasSubstr(manta_plugin_entry()->version)));
}

TEST(LoadPluginTest, AnotherCppLibraryIsRefusedNamingBoth) {
  expect_refused({MANTA_TEST_OTHER_LIBRARY_PLUGIN, "Net"}, ErrorCode::kIncompatible,
                 AllOf(HasSubstr("libc++ 14"), HasSubstr(manta_plugin_entry()->library_abi)));
}

}  // namespace
}  // namespace manta::load_plugin_test
