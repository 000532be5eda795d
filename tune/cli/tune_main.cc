// SPDX-License-Identifier: Apache-2.0
// From words to an exit code.
#include "tune/cli/tune_main.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "tune/cli/command_line.h"
#include "tune/cli/exit_code.h"
#include "tune/cli/recorded_source.h"
#include "tune/cli/space_report.h"
#include "tune/cli/tune_run.h"

namespace manta {

namespace {

Result<ExitCode> check_space(const CommandLine& line) {
  MANTA_ASSIGN_OR_RETURN(const RunRequest request, make_request(line));
  MANTA_ASSIGN_OR_RETURN(const Space space, parse_space(request.tune.space));
  MANTA_ASSIGN_OR_RETURN(const std::string report, space_report(space, request.tune));
  std::fputs(report.c_str(), stdout);
  return kExitOk;
}

Result<ExitCode> run(const CommandLine& line, const std::string& program) {
  RunRequest base;
  if (const std::optional<std::string> directory = resume_directory(line)) {
    MANTA_ASSIGN_OR_RETURN(base.tune, stored_options(*directory));
  } else if (const std::optional<std::string> source = simulated_source(line)) {
    MANTA_ASSIGN_OR_RETURN(base.tune, recorded_options(*source));
  }
  MANTA_ASSIGN_OR_RETURN(const RunRequest request, make_request(line, std::move(base)));
  MANTA_ASSIGN_OR_RETURN(const TuneOutcome outcome,
                         tune_run(request.tune, {.console = request.console, .program = program}));
  return outcome.exit_code;
}

Result<ExitCode> act(const CommandLine& line, const std::string& program) {
  switch (line.action) {
    case CommandLine::Action::kPrint: std::fputs(line.text.c_str(), stdout); return kExitOk;
    case CommandLine::Action::kCheck: return check_space(line);
    case CommandLine::Action::kRun: return run(line, program);
  }
  return kExitBug;
}

}  // namespace

RuntimeOptions runtime_options(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const auto value_of = [&](const std::string& name) {
    std::string value;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == name && i + 1 < words.size()) value = words[i + 1];
      if (words[i].starts_with(name + "=")) value = words[i].substr(name.size() + 1);
    }
    return value;
  };
  return {.trace_file = value_of("--trace"), .metrics_file = value_of("--metrics-file")};
}

int tune_main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // A reader of our output that is gone must not end the sweep.
  const std::string program = argc > 0 ? argv[0] : "tune_run";
  const std::string name = program.substr(program.rfind('/') + 1);  // All of it where there is no slash.
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  Result<CommandLine> line = parse_command_line(arguments, name);
  const Result<ExitCode> code = line ? act(*line, program) : Result<ExitCode>(line.error());
  if (code) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return *code;
    if (errno == EPIPE) return *code;  // Whoever read it has seen enough.
    std::fprintf(stderr, "%s: error: cannot write to standard output: %s\n", name.c_str(), std::strerror(errno));
    return *code == kExitOk ? kExitStorage : *code;
  }
  std::fprintf(stderr, "%s: error: %s\n", name.c_str(), code.error().message.c_str());
  return exit_code_of(code.error().code);
}

}  // namespace manta
