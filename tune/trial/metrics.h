// SPDX-License-Identifier: Apache-2.0
// What a trial reports in one iteration.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manta {

/// Numbers by name, in the order given: `{{"loss", l}, {"accuracy", a}}`. A name given twice keeps the last value.
/// NaN and infinities are allowed; schedulers and rankings count them as worst.
///
/// Thread-safety: as a value.
class Metrics {
 public:
  using Entry = std::pair<std::string, double>;

  Metrics() = default;
  Metrics(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) set(entry.first, entry.second);
  }

  void set(std::string_view name, double value);
  std::optional<double> find(std::string_view name) const;
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  friend bool operator==(const Metrics&, const Metrics&) = default;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(entries_);
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace manta
