// SPDX-License-Identifier: Apache-2.0
// Whole trials of shell and Python programs.
#include "integrations/command/command_trainable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace manta::command_trainable_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::unique_ptr<Trainable> started(std::string_view command, const Config& config = {}) {
  auto trainable = make_command_trainable(CommandTemplate::parse(command).value(), "loss");
  trainable->setup(config);
  return trainable;
}

auto step_of(const std::unique_ptr<Trainable>& trainable) {
  return [&] { static_cast<void>(trainable->step()); };
}

TEST(CommandTrainableTest, EachJsonLineIsOneReport) {
  const auto trainable = started(R"(echo start; echo '{{"loss": 2}}'; echo noise 7; echo '{{"loss": 1, "x": "y"}}')");

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 2}}));
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 1}}));
  EXPECT_FALSE(trainable->finished());
  EXPECT_TRUE(trainable->step().empty());
  EXPECT_TRUE(trainable->finished());
}

TEST(CommandTrainableTest, WithoutJsonTheLastNumberIsTheMetric) {
  const auto trainable = started("echo iterations 100; echo error 0.25; echo done");

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 0.25}}));
  EXPECT_TRUE(trainable->finished());
}

TEST(CommandTrainableTest, AProgramWithoutAnyNumberFailsAndIsToldWhatToPrint) {
  const auto trainable = started("echo done");

  EXPECT_THAT(step_of(trainable),
              ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("no metrics"), HasSubstr("\"loss\""))));
}

TEST(CommandTrainableTest, AFailureHasExitCodeAndLastWords) {
  const auto trainable = started("echo 5; echo mesh too coarse >&2; exit 4");

  EXPECT_THAT(step_of(trainable),
              ThrowsMessage<std::runtime_error>(AllOf(HasSubstr("exit code 4"), HasSubstr("mesh too coarse"))));
}

TEST(CommandTrainableTest, AFailureAfterReportsFailsTheStepAfterThem) {
  const auto trainable = started(R"(echo '{{"loss": 2}}'; kill -9 $$)");

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 2}}));
  EXPECT_THAT(step_of(trainable), ThrowsMessage<std::runtime_error>(HasSubstr("signal 9")));
}

TEST(CommandTrainableTest, AProgramCanSayThatItsConfigurationCannotWork) {
  const auto trainable = started(R"(echo '{{"loss": 2}}'; echo '{{"infeasible": "the mesh is too coarse"}}'; exit 1)");

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 2}}));
  EXPECT_THROW(static_cast<void>(trainable->step()), Infeasible);
}

TEST(CommandTrainableTest, TheNextTrialOfTheSameProcessBeginsAnew) {
  const auto trainable = started("echo 5; echo 'x={x}'; echo '{{\"loss\": {x}}}'; test {x} != 1 || sleep 1000",
                                 Config::from_json(R"({"x": 1})").value());
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 1}}));

  // The first one's program has not ended.
  ASSERT_TRUE(trainable->reset(Config::from_json(R"({"x": 2})").value()));

  EXPECT_FALSE(trainable->finished());
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 2}}));
  EXPECT_TRUE(trainable->step().empty());
  EXPECT_TRUE(trainable->finished());
  CheckpointWriter out;
  trainable->save(out);
  EXPECT_TRUE(out.empty());
  ASSERT_TRUE(trainable->reset(Config::from_json(R"({"x": 3})").value()));
  EXPECT_FALSE(trainable->finished());
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 3}}));
}

// Counts from where the checkpoint says, which is a file or, with "-d", a directory with a file in it.
std::string counting_program(const std::string& kind) {
  const std::string file = kind == "-d" ? "/below/count" : "";
  return "n=0; if test -n \"$MANTA_CHECKPOINT\"; then n=$(cat \"$MANTA_CHECKPOINT" + file + "\"); fi; " +
         "while test $n -lt 5; do n=$((n+1)); p=$MANTA_CHECKPOINT_DIR/c$n; " +
         (kind == "-d" ? "mkdir -p $p/below; " : "") + "echo $n > $p" + file +
         "; echo '{{\"loss\": '$n', \"checkpoint\": \"c'$n'\"}}'; done";
}

TEST(CommandTrainableTest, WhatAProgramNamesInAReportIsWhatAnotherGoesOnFrom) {
  for (const char* kind : {"-f", "-d"}) {
    const auto donor = started(counting_program(kind));
    static_cast<void>(donor->step());
    EXPECT_EQ(donor->step(), (Metrics{{"loss", 2}}));  // The program has long come to its end by now, perhaps.
    CheckpointWriter out;
    donor->save(out);
    const std::vector<std::byte> bytes = out.encode();

    const auto heir = started(counting_program(kind));
    const CheckpointReader in = CheckpointReader::decode(bytes).value();
    heir->load(in);
    CheckpointWriter same;
    heir->save(same);

    EXPECT_EQ(same.encode(), bytes) << "nothing has run since";
    EXPECT_EQ(heir->step(), (Metrics{{"loss", 3}})) << kind;
  }
}

TEST(CommandTrainableTest, AReportWithoutACheckpointSavesNothing) {
  const auto trainable = started(
      "echo x > $MANTA_CHECKPOINT_DIR/a; echo '{{\"loss\": 1, \"checkpoint\": \"a\"}}'; echo '{{\"loss\": 2}}'");
  static_cast<void>(trainable->step());
  static_cast<void>(trainable->step());

  CheckpointWriter out;
  trainable->save(out);

  EXPECT_TRUE(out.empty());
}

TEST(CommandTrainableTest, ACheckpointThatIsNotThereOrElsewhereFailsTheAttempt) {
  for (const char* name : {"missing", "../x", "/etc/passwd", "..", ".", ""}) {
    const auto trainable = started("echo '{{\"loss\": 1, \"checkpoint\": \"" + std::string(name) + "\"}}'");
    EXPECT_THAT(step_of(trainable), ThrowsMessage<std::runtime_error>(HasSubstr("MANTA_CHECKPOINT_DIR"))) << name;
  }
  const auto link = started("ln -s /etc $MANTA_CHECKPOINT_DIR/l; echo '{{\"loss\": 1, \"checkpoint\": \"l\"}}'");
  EXPECT_THAT(step_of(link), ThrowsMessage<std::runtime_error>(HasSubstr("\"l\"")));
}

TEST(CommandTrainableTest, ADirectoryThatSomebodyDeletesIsMadeAnewAndTheTrialGoesOn) {
  const auto trainable = started(
      "d=$MANTA_CHECKPOINT_DIR; say() {{ echo '{{\"loss\": '$1', \"checkpoint\": \"c'$1'\"}}'; }}; "
      "echo x > $d/c1; say 1; rm -rf $d; say 2; say 3; until test -d $d; do :; done; echo 4 > $d/c4; say 4; say 5");

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 1}}));
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 2}}));
  CheckpointWriter nothing;
  trainable->save(nothing);
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 3}}));
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 4}}));
  CheckpointWriter out;
  trainable->save(out);
  EXPECT_FALSE(out.empty());
  EXPECT_THAT(step_of(trainable), ThrowsMessage<std::runtime_error>(HasSubstr("\"c5\""))) << "all is well again";
}

TEST(CommandTrainableTest, OnlyTheNewestCheckpointIsKeptAndNothingAfterTheEnd) {
  TemporaryFolder folder;
  const std::string where = folder.path() + "/where";
  std::filesystem::path directory;
  {
    const auto trainable =
        started("echo $MANTA_CHECKPOINT_DIR > " + where + "; " + counting_program("-f") + "; sleep 1000");
    for (int step = 0; step < 5; ++step) static_cast<void>(trainable->step());
    std::ifstream(where) >> directory;
    ASSERT_TRUE(std::filesystem::exists(directory / "c5"));
    EXPECT_FALSE(std::filesystem::exists(directory / "c4"));
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(CommandTrainableTest, AProgramThatIsNotThereIsNamed) {
  const auto trainable = started("./no-such-simulator --x 1");

  EXPECT_THAT(step_of(trainable), ThrowsMessage<std::runtime_error>(
                                      AllOf(HasSubstr("127"), HasSubstr("not found"), HasSubstr("no-such-simulator"))));
}

TEST(CommandTrainableTest, ValuesComeByPlaceholderAndByEnvironment) {
  const Config config{{"nu", 0.5}, {"model/grid", std::int64_t{4}}};
  const auto by_placeholder = started("echo {nu} {model/grid}", config);
  const auto by_name = started("echo $MANTA_PARAM_MODEL_GRID", config);
  const auto by_json = started(
      "python3 -c 'import json,os; c=json.loads(os.environ[\"MANTA_CONFIG\"]); "
      "print(c[\"nu\"]+c[\"model\"][\"grid\"])'",
      config);

  EXPECT_EQ(by_placeholder->step(), (Metrics{{"loss", 4}}));
  EXPECT_EQ(by_name->step(), (Metrics{{"loss", 4}}));
  EXPECT_EQ(by_json->step(), (Metrics{{"loss", 4.5}}));
}

TEST(CommandTrainableTest, TheConfigurationIsAFileToo) {
  const Config config{{"nu", 0.5}, {"model/grid", std::int64_t{4}}};
  const std::string read = "python3 -c 'import json,os,sys; c=json.load(open(sys.argv[1])); "
                           "print(os.stat(sys.argv[1]).st_mode & 0o777, c[\"nu\"]+c[\"model\"][\"grid\"])' ";

  EXPECT_EQ(started(read + "{config_file}", config)->step(), (Metrics{{"loss", 4.5}}));
  EXPECT_EQ(started(read + "\"$MANTA_CONFIG_FILE\"", config)->step(), (Metrics{{"loss", 4.5}}));
  EXPECT_EQ(started("stat -c %a {config_file}")->step(), (Metrics{{"loss", 600}}));
}

TEST(CommandTrainableTest, TheFileOfTheConfigurationIsGoneOnceTheProgramIs) {
  TemporaryFolder folder;
  const auto path_in = [&folder](const std::string& name) {
    std::string path;
    std::ifstream(folder.path() + "/" + name) >> path;
    return path;
  };

  const auto ended = started("echo {config_file} > " + folder.path() + "/a; test -s {config_file} && echo 1");
  EXPECT_EQ(ended->step(), (Metrics{{"loss", 1}}));
  EXPECT_FALSE(std::filesystem::exists(path_in("a")));

  auto running = started("echo {config_file} > " + folder.path() + "/b; echo '{{\"loss\": 1}}'; exec sleep 1000");
  EXPECT_EQ(running->step(), (Metrics{{"loss", 1}}));
  EXPECT_TRUE(std::filesystem::exists(path_in("b")));
  running.reset();
  EXPECT_FALSE(std::filesystem::exists(path_in("b")));
}

TEST(CommandTrainableTest, AResetGivesTheFileOfTheNextConfiguration) {
  const auto trainable = started("grep -o '[0-9]*' {config_file}", Config{{"x", std::int64_t{1}}});
  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 1}}));

  ASSERT_TRUE(trainable->reset(Config{{"x", std::int64_t{2}}}));

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 2}}));
}

TEST(CommandTrainableTest, AHostileValueIsOneWord) {
  const std::string hostile = "$(exit 3)`exit 4`;\"'|& \n\\";

  const auto trainable = started("printf '%s' {x} | wc -c", Config{{"x", hostile}});

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", static_cast<double>(hostile.size())}}));
}

TEST(CommandTrainableTest, AReferenceMakesTheSameCommandElsewhere) {
  const std::string reference = command_reference("echo {x}", "loss");
  ASSERT_TRUE(is_command_reference(reference));
  const auto entry = trainable_of_command_reference(reference);
  ASSERT_TRUE(entry.has_value());

  const auto trainable = entry->make();
  trainable->setup(Config{{"x", std::int64_t{3}}});

  EXPECT_EQ(trainable->step(), (Metrics{{"loss", 3}}));
}

TEST(CommandTrainableTest, WhatIsNoReferenceOrNoCommandIsRefused) {
  EXPECT_FALSE(is_command_reference("Net"));
  EXPECT_FALSE(trainable_of_command_reference("Net").has_value());
  EXPECT_FALSE(trainable_of_command_reference("command:loss").has_value());
  EXPECT_FALSE(trainable_of_command_reference(command_reference("sim {", "loss")).has_value());
}

}  // namespace
}  // namespace manta::command_trainable_test
