// SPDX-License-Identifier: Apache-2.0
#include "tune/loop/curve_table.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

namespace manta {

namespace {

Error wrong_line(std::size_t line, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "curve table, line " + std::to_string(line) + ": " + what};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Value value_from(std::string_view cell) {
  if (const auto whole = number_from<std::int64_t>(cell)) return *whole;
  if (const auto number = number_from<double>(cell)) return *number;
  return std::string(cell);
}

Result<std::vector<double>> curve_from(std::span<const std::string_view> cells, std::size_t line) {
  std::vector<double> curve;
  for (const std::string_view cell : cells) {
    if (cell.empty()) break;
    const auto value = number_from<double>(cell);
    if (!value) return wrong_line(line, "\"" + std::string(cell) + "\" is no number");
    curve.push_back(*value);
  }
  return curve;
}

}  // namespace

Result<CurveTable> CurveTable::parse(std::string_view csv) {
  std::vector<std::string_view> lines = split(csv, '\n');
  for (std::string_view& line : lines) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  const std::vector<std::string_view> header = split(lines.front(), ',');
  const auto first = std::find(header.begin(), header.end(), "s0");
  if (first == header.end()) return wrong_line(1, "the header has no column s0");
  const auto width = static_cast<std::size_t>(first - header.begin());

  CurveTable table;
  for (std::size_t index = 1; index < lines.size(); ++index) {
    if (lines[index].empty()) continue;
    const std::vector<std::string_view> cells = split(lines[index], ',');
    if (cells.size() != header.size()) {
      return wrong_line(
          index + 1, "it has " + std::to_string(cells.size()) + " cells, the header " + std::to_string(header.size()));
    }
    Config config;
    for (std::size_t column = 0; column < width; ++column) {
      config.set(std::string(header[column]), value_from(cells[column]));
    }
    MANTA_ASSIGN_OR_RETURN(std::vector<double> curve, curve_from(std::span(cells).subspan(width), index + 1));
    if (!table.rows_.emplace(config.values(), table.size()).second) {
      return wrong_line(index + 1, "its configuration stands in the table already");
    }
    table.configs_.push_back(std::move(config));
    table.curves_.push_back(std::move(curve));
  }
  return table;
}

Result<CurveTable> CurveTable::load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return Error{ErrorCode::kNotFound, "cannot read " + path.string()};
  return parse(text);
}

std::optional<std::size_t> CurveTable::find(const Config& config) const {
  const auto place = rows_.find(config.values());
  if (place == rows_.end()) return std::nullopt;
  return place->second;
}

SimulatedExecutor::StepFunction CurveTable::step_function(std::string metric, double seconds) const {
  return [this, metric = std::move(metric), seconds](const Config& configuration, TrialId,
                                                     std::int64_t iteration) -> std::optional<Stepped> {
    const std::optional<std::size_t> row = find(configuration);
    if (!row) return std::nullopt;
    const std::span<const double> values = curve(*row);
    const auto index = static_cast<std::size_t>(iteration);
    if (index >= values.size()) return std::nullopt;
    return Stepped{.metrics = {{metric, values[index]}}, .seconds = seconds, .finished = index + 1 == values.size()};
  };
}

}  // namespace manta
