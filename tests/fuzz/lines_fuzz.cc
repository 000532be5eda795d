// SPDX-License-Identifier: Apache-2.0
// Lines that other programs say to the tuning process: users' commands, what a command prints, what a searcher answers.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "integrations/command/command_output.h"
#include "integrations/external_searcher/searcher_messages.h"
#include "tests/fuzz/fuzz_target.h"
#include "tune/cli/control/control_request.h"
#include "tune/space/space.h"

namespace manta {
namespace {

enum class Reader : std::uint8_t { kRequest, kAnswer, kSearcher, kReport, kSplitter, kCount };

void read_request(std::string_view line) {
  const Result<ControlRequest> request = parse_control_request(line);
  if (!request) return;
  const std::string said = to_json(*request);
  MANTA_CHECK(to_json(parse_control_request(said).value()) == said, "a request changes when it is said again");
}

void read_searcher(std::string_view line) {
  static const Space space = parse_space(R"({"x": {"float": [0, 1]}, "act": {"choice": ["relu", "tanh"]}, "fixed": 3,
    "m": {"float": [0, 1], "when": {"act": "relu"}}, "constraints": ["x < 0.8"]})")
                                 .value();
  static_cast<void>(read_ready(line));
  const Result<SearcherAnswer> answer = read_answer(line);
  if (!answer || answer->kind != SearcherAnswer::Kind::kConfig) return;
  const Config config = whole_config(space, answer->config);
  if (check_values(space, config)) static_cast<void>(keeps_constraints(space, config));
}

void read_report(std::string_view line) {
  static_cast<void>(parse_report_line(line));
  static_cast<void>(parse_checkpoint_name(line));
  static_cast<void>(parse_infeasible_line(line));
  static_cast<void>(last_number(line));
}

// `piece` bytes at a time.
std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  LineSplitter splitter(64);
  std::vector<std::string> lines;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    splitter.append(bytes.substr(0, piece));
    while (auto line = splitter.next())
      if (!line->is_piece) lines.push_back(line->text);
  }
  if (auto rest = splitter.rest(); rest && !rest->is_piece) lines.push_back(rest->text);
  return lines;
}

void split(std::string_view bytes) {
  MANTA_CHECK(lines_of(bytes, 1) == lines_of(bytes, 4096), "the pieces made a difference");
}

FuzzInput seed(Reader reader, std::string_view line) {
  FuzzWriter writer;
  writer.byte(static_cast<std::uint8_t>(reader)).bytes(std::as_bytes(std::span(line)));
  return writer.input();
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  constexpr std::size_t kDeep = 100'000;  // A recursion so deep ends the process.
  const std::string deep_list = repeated("[", kDeep) + repeated("]", kDeep);
  const std::string deep_object = repeated(R"({"a":)", kDeep) + "1" + repeated("}", kDeep);
  std::vector<FuzzInput> seeds = {
      seed(Reader::kRequest, to_json({.verb = "stop", .trials = {TrialId{1}, TrialId{2}}})),
      seed(Reader::kRequest, to_json({.verb = "set", .options = {{"samples", "9"}}, .text = "a note"})),
      seed(Reader::kRequest,
           R"({"manta_control":1,"verb":"clone","trials":[3],"config":"{\"x\":0.5}","options":[],"text":""})"),
      seed(Reader::kRequest,
           R"({"manta_control":1,"verb":"note","trials":[],"config":"[[[[1]]]]","options":[],"text":""})"),
      seed(Reader::kAnswer, answer_json(std::string("trial 1 is stopped"))),
      seed(Reader::kAnswer, answer_json(Error{ErrorCode::kNotFound, "there is no trial 9"})),
      seed(Reader::kSearcher, R"({"config":{"x":0.5,"act":"relu","m":0.1}})"),
      seed(Reader::kSearcher, R"({"config":{"x":0.9,"act":"tanh","fixed":4,"no":null}})"),
      seed(Reader::kSearcher, R"({"config":{")" + repeated("a/", kDeep) + R"(b":1}})"),
      seed(Reader::kSearcher, R"({"wait":true})"),
      seed(Reader::kSearcher, R"({"error":"no luck"})"),
      seed(Reader::kReport, R"({"loss": NaN, "acc": -Infinity, "checkpoint": "step-7", "n": 3})"),
      seed(Reader::kReport, R"({"infeasible": "the mesh is too coarse"})"),
      seed(Reader::kReport, "epoch 3: loss=0.25, acc = 1e999"),
      seed(Reader::kSplitter, "one\ntwo\n\n" + repeated("long ", 40) + "\nthree")};
  for (std::uint8_t reader = 0; reader < static_cast<std::uint8_t>(Reader::kCount); ++reader) {
    for (const std::string& deep : {deep_list, deep_object}) {
      seeds.push_back(seed(Reader{reader}, deep));
      for (const std::string_view member : {"config", "error", "verb", "trials", "loss", "checkpoint", "manta_control"})
        seeds.push_back(seed(Reader{reader}, "{\"" + std::string(member) + "\":" + deep + "}"));
    }
  }
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace manta;
  FuzzReader input({data, size});
  const auto reader = static_cast<Reader>(input.byte() % static_cast<std::uint8_t>(Reader::kCount));
  const std::vector<std::byte> bytes = input.rest();
  const std::string_view line(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (reader == Reader::kRequest) read_request(line);
  if (reader == Reader::kAnswer) static_cast<void>(parse_control_answer(line));
  if (reader == Reader::kSearcher) read_searcher(line);
  if (reader == Reader::kReport) read_report(line);
  if (reader == Reader::kSplitter) split(line);
  return 0;
}
