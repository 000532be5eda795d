// SPDX-License-Identifier: Apache-2.0
// CLI11 splits the words; names, values and messages are ours.
#include "tune/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>

#include "core/base/did_you_mean.h"
#include "tune/cli/experiment_document.h"
#include "tune/plugin_info.h"

namespace manta {

namespace {

constexpr const char* kCheckWord = "check";

std::string help_introduction(const std::string& program) {
  return "Tunes hyperparameters: runs trials of a trainable over a search space.\n\n"
         "Examples:\n"
         "  " +
         program +
         " space.json --metric loss --samples 20\n"
         "  " +
         program +
         " space.json --metric accuracy --mode max --scheduler asha --max-iterations 50\n"
         "  " +
         program +
         " space.json --metric loss --trainable ./libnet.so:Net --concurrency 4\n"
         "  " +
         program +
         " space.json --metric error --command './sim --nu {nu} --grid {grid}'\n"
         "  " +
         program +
         " experiment.json --samples 100    # every option can stand in the document\n"
         "  " +
         program +
         " check space.json                 # validates, prints five samples, runs nothing\n"
         "  " +
         program + " --simulate runs/net-20260101-120000 --scheduler asha --concurrency 64\n  " + program +
         " --resume runs/net-20260101-120000\n";
}

std::string help_footer() {
  return "Standard output has the final summary, standard error the progress and all messages.\n"
         "Exit codes: 0 ended as asked, 1 too many trials failed, 2 wrong usage or space, 3 the environment refused,\n"
         "  4 storage failed, 5 runtime lost, 6 a bug of Manta, 130 and 143 interrupted.\n"
         "Manual: docs/cli.md";
}

std::string version_text(const std::string& program) {
  const PluginInfo& info = *manta_plugin_entry();
  return program + " (Manta) " + info.version + "\ncompiler " + info.compiler + ", " + info.library_abi +
         ", plugin ABI " + std::to_string(info.abi) + "\n";
}

std::vector<std::string> all_option_names() {
  std::vector<std::string> names{"--help", "--version"};
  for (const OptionSpec& spec : option_table()) names.push_back("--" + std::string(spec.name));
  return names;
}

// One CLI::App and what it fills.
struct Parser {
  explicit Parser(const std::string& program) : app(help_introduction(program), program) {
    app.footer(help_footer());
    app.set_help_flag("-h,--help", "Print this and end");
    app.add_flag("--version", wants_version, "Print the version and end");
    app.add_option("document", positionals, "space.json or experiment.json; \"check\" before it only looks at it")
        ->type_name("FILE");
    for (const OptionSpec& spec : option_table()) {
      if (spec.kind == OptionKind::kFlag) {
        app.add_flag("--" + std::string(spec.name), flags[&spec], std::string(spec.help))
            ->group(std::string(spec.group));
        continue;
      }
      CLI::Option* option = app.add_option("--" + std::string(spec.name), values[&spec], std::string(spec.help));
      option->type_name(std::string(spec.value_name))->group(std::string(spec.group));
      option->expected(1)->allow_extra_args(false)->take_all();
    }
    app.allow_extras();
  }

  CLI::App app;
  bool wants_version = false;
  std::vector<std::string> positionals;
  std::map<const OptionSpec*, std::vector<std::string>> values;
  std::map<const OptionSpec*, bool> flags;
};

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
    text.replace(at, from.size(), to);
  return text;
}

// CLI11's text without its double empty lines, and with the usage as it is.
std::string help_text(const CLI::App& app) {
  const std::string text = replace_all(app.help(), "\n\n\n", "\n\n");
  return replace_all(replace_all(text, "[document...]", "[check] [FILE]"), "document FILE ...", "FILE             ");
}

// "--samples: 1 required N missing" in our words.
Error parse_error(const CLI::ParseError& error) {
  const std::string message = error.what();
  const bool lacks_value = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  const std::string text = lacks_value ? message.substr(0, message.find(':')) + " needs a value" : message;
  return {ErrorCode::kInvalidArgument, text + " (--help shows the usage)"};
}

Result<void> check_extras(const std::vector<std::string>& extras) {
  for (const std::string& word : extras) {
    if (word.starts_with('-')) {
      const std::string name = word.substr(0, word.find('='));
      return Error{ErrorCode::kInvalidArgument,
                   "unknown option " + name + did_you_mean(name, all_option_names()) + " (--help lists all)"};
    }
  }
  if (extras.empty()) return {};
  return Error{ErrorCode::kInvalidArgument, "unexpected word \"" + extras.front() + "\" (--help shows the usage)"};
}

Result<CommandLine> collect(const Parser& parser) {
  MANTA_RETURN_IF_ERROR(check_extras(parser.app.remaining()));
  CommandLine line;
  std::vector<std::string> words = parser.positionals;
  if (!words.empty() && words.front() == kCheckWord) {
    line.action = CommandLine::Action::kCheck;
    words.erase(words.begin());
    if (words.empty()) return Error{ErrorCode::kInvalidArgument, "check what? Name a file: check space.json"};
  }
  if (words.size() > 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "unexpected word \"" + words[1] + "\" after " + words[0] + " (--help shows the usage)"};
  }
  if (!words.empty()) line.document = words.front();
  for (const OptionSpec& spec : option_table()) {
    if (spec.kind == OptionKind::kFlag) {
      const bool is_given = parser.app.count("--" + std::string(spec.name)) > 0;
      if (is_given) line.settings.push_back({&spec, {parser.flags.at(&spec) ? "true" : "false"}});
      continue;
    }
    const std::vector<std::string>& values = parser.values.at(&spec);
    if (values.empty()) continue;
    if (values.size() > 1 && spec.kind != OptionKind::kTexts) {
      return Error{ErrorCode::kInvalidArgument, "--" + std::string(spec.name) + " is given " +
                                                    std::to_string(values.size()) + " times; once is enough"};
    }
    line.settings.push_back({&spec, values});
  }
  return line;
}

Result<std::string> read_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return Error{ErrorCode::kNotFound, path + ": no such file"};
  if (std::filesystem::is_directory(path, ignored)) {
    return Error{ErrorCode::kInvalidArgument, path + " is a directory; name a JSON file, or --resume a directory"};
  }
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return system_error("reading " + path, errno);
  return text;
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments, const std::string& program) {
  Parser parser(program);
  try {
    // CLI11 takes the words from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    parser.app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return CommandLine{.action = CommandLine::Action::kPrint, .text = help_text(parser.app)};
  } catch (const CLI::ParseError& error) {
    MANTA_RETURN_IF_ERROR(check_extras(parser.app.remaining()));
    return parse_error(error);
  }
  if (parser.wants_version) {
    return CommandLine{.action = CommandLine::Action::kPrint, .text = version_text(program)};
  }
  return collect(parser);
}

Result<RunRequest> make_request(const CommandLine& line, RunRequest base) {
  RunRequest request = std::move(base);
  if (!line.document.empty()) {
    MANTA_ASSIGN_OR_RETURN(const std::string text, read_file(line.document));
    MANTA_RETURN_IF_ERROR(apply_document(text, line.document, request));
  }
  for (const CommandLine::Setting& setting : line.settings) {
    if (const Result<void> set = setting.option->set(request, setting.values); !set) {
      return Error{set.error().code, "--" + std::string(setting.option->name) + ": " + set.error().message};
    }
  }
  return request;
}

namespace {

std::optional<std::string> value_of(const CommandLine& line, std::string_view option) {
  for (const CommandLine::Setting& setting : line.settings) {
    if (setting.option->name == option) return setting.values.back();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> resume_directory(const CommandLine& line) { return value_of(line, "resume"); }

std::optional<std::string> simulated_source(const CommandLine& line) { return value_of(line, "simulate"); }

}  // namespace manta
