// SPDX-License-Identifier: Apache-2.0
// A line at a time, a field at a time.
#include "integrations/torch/read_csv.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "integrations/torch/internal/read_file.h"

namespace manta::torch {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Takes what lies before `separator`, and the separator, off `rest`.
std::string_view take_until(char separator, std::string_view& rest) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

Result<double> parse_field(std::string_view field) {
  const std::string_view text = trim(field);
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';  // from_chars knows no plus sign.
  double value = 0;
  const auto [end, error] = std::from_chars(text.data() + (has_plus ? 1 : 0), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  const bool is_beyond = error == std::errc::result_out_of_range;
  return Error{ErrorCode::kInvalidArgument,
               "\"" + std::string(text) + (is_beyond ? "\" is beyond what a double can hold" : "\" is not a number")};
}

// Adds the fields of one line to `values` and returns how many there are. The message begins with the column.
Result<std::size_t> parse_line(std::string_view line, char delimiter, std::vector<double>& values) {
  const auto columns = static_cast<std::size_t>(std::count(line.begin(), line.end(), delimiter)) + 1;
  for (std::size_t column = 1; column <= columns; ++column) {
    const Result<double> value = parse_field(take_until(delimiter, line));
    if (!value) return Error{value.error().code, "column " + std::to_string(column) + ": " + value.error().message};
    values.push_back(*value);
  }
  return columns;
}

}  // namespace

Result<at::Tensor> read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  MANTA_ASSIGN_OR_RETURN(const std::string content, internal::read_file(path));
  std::vector<double> values;
  std::size_t columns = 0;
  std::string_view rest = content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = take_until('\n', rest);
    if ((number == 1 && options.has_header) || trim(line).empty()) continue;
    const std::string place = path.string() + ", line " + std::to_string(number);
    const Result<std::size_t> count = parse_line(line, options.delimiter, values);
    if (!count) return Error{count.error().code, place + ", " + count.error().message};
    if (columns == 0) columns = *count;
    if (*count != columns)
      return Error{ErrorCode::kInvalidArgument,
                   place + ": " + std::to_string(*count) + " columns, where the first has " + std::to_string(columns)};
  }
  if (columns == 0) return Error{ErrorCode::kInvalidArgument, path.string() + ": there is no line of numbers in it"};

  const auto width = static_cast<std::int64_t>(columns);
  at::Tensor table = at::empty({static_cast<std::int64_t>(values.size()) / width, width}, c10::kDouble);
  std::copy(values.begin(), values.end(), table.data_ptr<double>());
  return table;
}

}  // namespace manta::torch
