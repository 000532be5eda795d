// SPDX-License-Identifier: Apache-2.0
#include "tune/cli/status_command.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "core/net/status_json.h"
#include "core/net/status_socket.h"
#include "tune/cli/status_text.h"
#include "tune/cli/verbs/verbs.h"

namespace manta {

namespace {

constexpr Duration kPatience = std::chrono::seconds(5);

std::string command_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

// 0: there is none to be seen.
pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  pid_t parent = 0;
  char state = 0;
  const std::size_t name_end = text.rfind(')');  // The name may contain anything.
  if (name_end == std::string::npos) return 0;
  return std::sscanf(text.c_str() + name_end + 1, " %c %d", &state, &parent) == 2 ? parent : 0;
}

bool exists(pid_t pid) {
  struct stat ignored {};
  return ::stat(("/proc/" + std::to_string(pid)).c_str(), &ignored) == 0;
}

bool is_mine(const RuntimeSocket& socket) { return ::geteuid() == 0 || socket.user == ::geteuid(); }

const RuntimeSocket* find(const std::vector<RuntimeSocket>& sockets, pid_t pid) {
  const auto it =
      std::find_if(sockets.begin(), sockets.end(), [&](const RuntimeSocket& socket) { return socket.pid == pid; });
  return it == sockets.end() ? nullptr : &*it;
}

// "Runtimes of yours: 12 (descent), 40 (pi)"
std::string list_of_mine(const std::vector<RuntimeSocket>& sockets) {
  std::string list;
  for (const RuntimeSocket& socket : sockets)
    if (is_mine(socket))
      list +=
          (list.empty() ? "" : ", ") + std::to_string(socket.pid) + " (" + escape_control(command_of(socket.pid)) + ")";
  return list.empty() ? "There is no runtime of yours" : "Runtimes of yours: " + list;
}

// Why `pid` has no runtime, and which one may be meant.
Error no_runtime_error(pid_t pid, const std::vector<RuntimeSocket>& sockets) {
  const std::string name = std::to_string(pid);
  if (!exists(pid)) return {ErrorCode::kNotFound, "there is no process " + name + ". " + list_of_mine(sockets)};
  // A worker is a grandchild of its driver.
  pid_t ancestor = pid;
  for (int level = 0; level < 3 && ancestor > 1; ++level) {
    ancestor = parent_of(ancestor);
    if (find(sockets, ancestor) != nullptr)
      return {ErrorCode::kNotFound, "process " + name + " is a worker of the runtime of process " +
                                        std::to_string(ancestor) + ": manta status " + std::to_string(ancestor)};
  }
  return {ErrorCode::kNotFound, "process " + name + " (" + escape_control(command_of(pid)) +
                                    ") has no runtime: it is none of Manta's, is just starting or ending, or lives in "
                                    "another network namespace (a container: run manta inside). " +
                                    list_of_mine(sockets)};
}

Error nothing_error(const std::vector<RuntimeSocket>& sockets) {
  std::string others;
  for (const RuntimeSocket& socket : sockets) others += (others.empty() ? "" : ", ") + std::to_string(socket.pid);
  if (!others.empty()) others = "; those of other users (pid " + others + ") only they and root may see";
  return {ErrorCode::kNotFound,
          "no runtime of yours is running" + others +
              ". A program has one from manta::init to the end of its Runtime; tune_run does too"};
}

// The JSON of each runtime that is asked for.
Result<std::vector<std::string>> ask(const StatusRequest& request) {
  MANTA_ASSIGN_OR_RETURN(const std::vector<RuntimeSocket> sockets, find_runtimes());
  std::vector<std::string> answers;
  if (request.pid) {
    if (find(sockets, *request.pid) == nullptr) return no_runtime_error(*request.pid, sockets);
    for (const RuntimeSocket& socket : sockets) {
      if (socket.pid != *request.pid) continue;
      MANTA_ASSIGN_OR_RETURN(std::string answer, ask_runtime(socket, kPatience));
      answers.push_back(std::move(answer));
    }
    return answers;
  }
  bool any = false;
  for (const RuntimeSocket& socket : sockets) {
    if (!is_mine(socket)) continue;
    auto answer = ask_runtime(socket, kPatience);
    any |= answer || answer.error().code != ErrorCode::kNotFound;
    if (answer) {
      answers.push_back(std::move(*answer));
    } else if (answer.error().code != ErrorCode::kNotFound) {
      std::fprintf(stderr, "manta status: %s\n", answer.error().message.c_str());
    }
  }
  if (!any) return nothing_error(sockets);
  if (answers.empty()) return Error{ErrorCode::kTimeout, "no runtime could be asked"};
  return answers;
}

Result<std::string> text_of(const std::vector<std::string>& answers, const StatusRequest& request) {
  std::string text;
  if (request.json) {
    for (const std::string& answer : answers) text += (text.empty() ? "" : ",\n ") + answer;
    return "{\"runtimes\": [" + text + "]}\n";
  }
  const TextStyle style = choose_style(gather_terminal_facts(STDOUT_FILENO), request.color);
  StatusView view{.all = request.all};
  // What is drawn again and again is to fit the screen: titles take a dozen lines of it, three tables the rest.
  constexpr int kTitles = 14;
  if (request.watch_seconds) view.rows = static_cast<std::size_t>(std::clamp((style.height - kTitles) / 3, 3, 40));
  for (const std::string& answer : answers) {
    MANTA_ASSIGN_OR_RETURN(const RuntimeStatus status, parse_status_json(answer));
    text += (text.empty() ? "" : "\n") + status_text(status, view, style);
  }
  return text;
}

Result<void> print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0 ? Result<void>() : system_error("writing to standard output", errno);
}

void pause_for(double seconds) {
  timespec pause{};
  pause.tv_sec = static_cast<time_t>(seconds);
  pause.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  ::nanosleep(&pause, nullptr);
}

// Until the runtime ends, or somebody has seen enough.
Result<ExitCode> watch(const StatusRequest& request) {
  const TerminalFacts facts = gather_terminal_facts(STDOUT_FILENO);
  const bool redraws = facts.is_terminal && !facts.is_dumb && !request.json;
  for (bool seen = false;; seen = true) {
    const auto answers = ask(request);
    if (!answers && seen && answers.error().code == ErrorCode::kNotFound) {
      if (!request.json) MANTA_RETURN_IF_ERROR(print("the runtime has ended\n"));
      return kExitOk;
    }
    if (!answers) return answers.error();
    MANTA_ASSIGN_OR_RETURN(const std::string text, text_of(*answers, request));
    // Home, the text, each line cleared behind it, and the rest of the screen: nothing flickers.
    std::string screen = redraws ? "\x1b[H" : "";
    for (const char c : text) screen += redraws && c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
    if (redraws) screen += "\x1b[J";
    MANTA_RETURN_IF_ERROR(print(redraws && !seen ? "\x1b[2J" + screen : screen));
    pause_for(*request.watch_seconds);
  }
}

Result<ColorMode> parse_color(const std::string& word) {
  if (word.empty() || word == "auto") return ColorMode::kAuto;
  if (word == "always") return ColorMode::kAlways;
  if (word == "never") return ColorMode::kNever;
  return Error{ErrorCode::kInvalidArgument,
               "--color: \"" + escape_control(word) + "\" is not one of auto, always, never"};
}

Result<StatusRequest> request_of(const VerbWords& words) {
  StatusRequest request{.json = words.has("json"), .all = words.has("all")};
  MANTA_ASSIGN_OR_RETURN(request.color, parse_color(words.value("color")));
  if (words.has("watch")) {
    const std::string word = words.value("watch");
    char* end = nullptr;
    const double seconds = word.empty() ? 1 : std::strtod(word.c_str(), &end);
    if ((end != nullptr && *end != '\0') || !(seconds >= 0.05 && seconds <= 86400))
      return Error{
          ErrorCode::kInvalidArgument,
          "--watch: " + escape_control(word) + " is no pause; 0.05 to 86400 seconds (the pid stands before --watch)"};
    request.watch_seconds = seconds;
  }
  if (words.has("PID")) {
    const std::string word = words.value("PID");
    char* end = nullptr;
    const long pid = std::strtol(word.c_str(), &end, 10);
    if (*end != '\0' || pid < 1 || pid > 0x7fffffff)
      return Error{ErrorCode::kInvalidArgument, "\"" + escape_control(word) + "\" is no process number"};
    request.pid = static_cast<pid_t>(pid);
  }
  return request;
}

}  // namespace

Result<ExitCode> show_status(const StatusRequest& request) {
  if (request.watch_seconds) return watch(request);
  MANTA_ASSIGN_OR_RETURN(const std::vector<std::string> answers, ask(request));
  MANTA_ASSIGN_OR_RETURN(const std::string text, text_of(answers, request));
  MANTA_RETURN_IF_ERROR(print(text));
  return kExitOk;
}

Result<ExitCode> verbs::status(const VerbWords& words) {
  MANTA_ASSIGN_OR_RETURN(const StatusRequest request, request_of(words));
  return show_status(request);
}

}  // namespace manta
