// SPDX-License-Identifier: Apache-2.0
// A program's lines, one report at a time.
#include "integrations/command/command_trainable.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "integrations/command/command_checkpoints.h"
#include "integrations/command/command_config_file.h"
#include "integrations/command/command_guardian.h"
#include "integrations/command/command_output.h"
#include "integrations/command/command_process.h"

namespace manta {

// A Trainable says by throwing that its attempt failed. Not in the namespace below, because users see its name.
class CommandFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace {

constexpr std::string_view kReferencePrefix = "command:";

// To the worker's standard error, which is the trial's log. A full disk there must not fail the trial.
void write_to_log(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(STDERR_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string variable_name(std::string_view parameter) {
  std::string name = "MANTA_PARAM_";
  for (const char c : parameter) {
    const bool is_lower = c >= 'a' && c <= 'z';
    const bool stays = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += is_lower ? static_cast<char>(c - 'a' + 'A') : stays ? c : '_';
  }
  return name;
}

CommandProcess::Environment environment_of(const Config& config, const std::string& json) {
  CommandProcess::Environment environment{{"MANTA_CONFIG", json}};
  for (const auto& [name, value] : config.values()) {
    environment.emplace_back(variable_name(name), to_plain_text(value));
  }
  return environment;
}

// TrialActor says where; a trainable without one, in a test perhaps, takes a directory of its own.
std::filesystem::path checkpoint_directory() {
  if (const char* const place = std::getenv("MANTA_TRIAL_FILES")) return std::string(place) + ".checkpoints";
  std::string pattern = (std::filesystem::temp_directory_path() / "manta-command-XXXXXX").string();
  return ::mkdtemp(pattern.data()) != nullptr ? pattern : pattern + ".checkpoints";
}

class CommandTrainable final : public Trainable {
 public:
  CommandTrainable(CommandTemplate command, std::string metric)
      : command_(std::move(command)), metric_(std::move(metric)) {}

  void setup(const Config& config) override {
    const std::string json = config.to_json();
    environment_ = environment_of(config, json);
    checkpoints_ = value_of(CommandCheckpoints::create(checkpoint_directory(), std::move(checkpoints_)));
    // Beside the checkpoints: the program may list their directory.
    const std::filesystem::path file = std::filesystem::path(checkpoints_->directory()).replace_extension(".config.json");
    config_file_ = value_of(CommandConfigFile::write(file, json));
    environment_.emplace_back("MANTA_CONFIG_FILE", file.string());
    line_ = command_.expand(config, file.string());
  }

  // The command has a process of its own each time: nothing of it stays in this one.
  bool reset(const Config& config) override {
    process_.reset();
    setup(config);
    reported_ = false;
    last_number_.reset();
    restart();
    return true;
  }

  void save(CheckpointWriter& out) override { check(checkpoints_->save(out)); }
  void load(const CheckpointReader& in) override { check(checkpoints_->restore(in)); }

  Metrics step() override {
    if (!process_) start();  // Not before: it may go on from a checkpoint, which comes after setup().
    while (auto line = process_->next_line()) {
      if (auto reason = line->is_piece ? std::nullopt : parse_infeasible_line(line->text)) {
        infeasible(*std::move(reason));
      }
      std::optional<Metrics> report = line->is_piece ? std::nullopt : parse_report_line(line->text);
      if (report) {
        reported_ = true;
        check(checkpoints_->reported(parse_checkpoint_name(line->text)));
        return *std::move(report);
      }
      if (!reported_ && !line->is_piece) remember_number(line->text);
      write_to_log(line->text + "\n");
    }
    return end();
  }

 private:
  template <class T>
  static T value_of(Result<T> result) {
    if (!result) throw CommandFailed(result.error().message);
    return *std::move(result);
  }
  static void check(const Result<void>& result) {
    if (!result) throw CommandFailed(result.error().message);
  }

  void start() {
    environment_.emplace_back("MANTA_CHECKPOINT_DIR", checkpoints_->directory().string());
    if (checkpoints_->restored()) environment_.emplace_back("MANTA_CHECKPOINT", checkpoints_->restored()->string());
    process_ = value_of(CommandProcess::start(guardian_, line_, environment_, write_to_log));
  }

  void remember_number(std::string_view line) {
    if (const std::optional<double> number = last_number(line)) last_number_ = number;
  }

  Metrics end() {
    finish();
    config_file_.reset();
    if (process_->wait_status() != 0) {
      std::string tail = process_->error_tail();
      while (tail.ends_with('\n')) tail.pop_back();
      throw CommandFailed("the command ended with " + describe_wait_status(process_->wait_status()) +
                          (tail.empty() ? "" : "; its last words: " + tail));
    }
    if (reported_) return {};
    if (last_number_) return {{metric_, *last_number_}};
    throw CommandFailed("the command printed no metrics: print a JSON line such as {\"" + metric_ +
                        "\": 0.1} for each report, or the value of " + metric_ + " at the end");
  }

  const CommandTemplate command_;
  const std::string metric_;
  std::string line_;
  CommandProcess::Environment environment_;
  std::unique_ptr<CommandCheckpoints> checkpoints_;
  std::unique_ptr<CommandConfigFile> config_file_;
  CommandGuardian guardian_;                 // Of one program after the other.
  std::unique_ptr<CommandProcess> process_;  // Ends before its files do.
  bool reported_ = false;
  std::optional<double> last_number_;
};

}  // namespace

std::unique_ptr<Trainable> make_command_trainable(CommandTemplate command, std::string metric) {
  return std::make_unique<CommandTrainable>(std::move(command), std::move(metric));
}

std::string command_reference(std::string_view command, std::string_view metric) {
  return std::string(kReferencePrefix) + std::string(metric) + "\n" + std::string(command);
}

bool is_command_reference(std::string_view reference) { return reference.starts_with(kReferencePrefix); }

Result<TrainableEntry> trainable_of_command_reference(std::string_view reference) {
  const std::size_t newline = reference.find('\n');
  if (!is_command_reference(reference) || newline == std::string_view::npos) {
    return Error{ErrorCode::kInvalidArgument, "\"" + std::string(reference) + "\" is no command: use --command"};
  }
  const std::string metric(reference.substr(kReferencePrefix.size(), newline - kReferencePrefix.size()));
  MANTA_ASSIGN_OR_RETURN(CommandTemplate command, CommandTemplate::parse(reference.substr(newline + 1)));
  return TrainableEntry{"command", [command, metric] { return make_command_trainable(command, metric); }};
}

}  // namespace manta
