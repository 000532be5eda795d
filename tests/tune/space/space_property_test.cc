// SPDX-License-Identifier: Apache-2.0
// What holds for every space, tried on two hundred that a fixed seed makes up.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/base/random.h"
#include "tune/space/space.h"

namespace manta::space_property_test {
namespace {

constexpr int kSpaces = 200;
constexpr int kTrials = 20;

// Makes up documents of valid spaces.
class SpaceWriter {
 public:
  explicit SpaceWriter(std::uint64_t number) : stream_(20240601, number) {}

  std::string document() { return group(0); }

 private:
  std::string group(int depth) {
    std::string text = "{";
    const std::uint64_t members = 1 + stream_.below(5);
    for (std::uint64_t i = 0; i < members; ++i) {
      if (i > 0) text += ",";
      text += "\"p" + std::to_string(i) + "\":" + (depth < 3 && stream_.below(5) == 0 ? group(depth + 1) : parameter());
    }
    return text + "}";
  }

  std::string parameter() {
    switch (stream_.below(9)) {
      case 0: return "{\"float\":" + bounds(number()) + "}";
      case 1: return "{\"float\":" + bounds(std::exp(20 * stream_.uniform() - 10)) + ",\"log\":true}";
      case 2: return stepped_float();
      case 3: return "{\"int\":" + int_bounds(below(2000) - 1000, 1 + below(1000)) + "}";
      case 4: return "{\"int\":" + int_bounds(1 + below(50), 1 + below(100000)) + ",\"log\":true}";
      case 5: return stepped_int();
      case 6: return list();
      case 7: return "{\"normal\":[" + text(number()) + "," + text(0.001 + stream_.uniform()) + "]}";
      default: return scalar(0);
    }
  }

  std::string stepped_float() {
    // Decimal fractions, as people write them: low and step in units of 10^-places.
    const auto places = static_cast<int>(stream_.below(7));
    const std::int64_t low = below(2000) - 1000;
    const std::int64_t step = 1 + below(30);
    const std::int64_t steps = 1 + below(200);
    return "{\"float\":[" + fraction(low, places) + "," + fraction(low + step * steps, places) +
           "],\"step\":" + fraction(step, places) + "}";
  }
  std::string stepped_int() {
    const std::int64_t step = 1 + below(20);
    return "{\"int\":" + int_bounds(below(100) - 50, step * (1 + below(30))) + ",\"step\":" + std::to_string(step) +
           "}";
  }
  std::string list() {
    const char* const kinds[] = {"choice", "ordinal", "grid"};
    std::string values;
    const std::uint64_t n = 1 + stream_.below(4);
    for (std::uint64_t i = 0; i < n; ++i) values += (i > 0 ? "," : "") + scalar(static_cast<std::int64_t>(i));
    return std::string("{\"") + kinds[stream_.below(3)] + "\":[" + values + "]}";
  }
  // Different for different `i`.
  std::string scalar(std::int64_t i) {
    switch (stream_.below(4)) {
      case 0: return std::to_string(i);
      case 1: return text(static_cast<double>(i) + 0.01 + stream_.uniform() / 2);
      case 2: return i < 2 ? (i == 0 ? "true" : "false") : std::to_string(i);
      default: return "\"s" + std::to_string(i) + "\\n\\u00e9\"";
    }
  }

  std::string bounds(double low) { return "[" + text(low) + "," + text(low + 1e-3 + std::abs(number())) + "]"; }
  static std::string int_bounds(std::int64_t low, std::int64_t width) {
    return "[" + std::to_string(low) + "," + std::to_string(low + width) + "]";
  }
  double number() { return (stream_.uniform() - 0.5) * std::pow(10, static_cast<double>(stream_.below(10)) - 3); }
  std::int64_t below(std::uint64_t n) { return static_cast<std::int64_t>(stream_.below(n)); }
  static std::string text(double value) { return to_json(Value(value)); }
  static std::string fraction(std::int64_t units, int places) {
    return std::to_string(units) + "e-" + std::to_string(places);
  }

  RandomStream stream_;
};

// Calls `check` for each space, with its document.
void for_each_space(const std::function<void(const Space& space, const std::string& document)>& check) {
  for (int number = 0; number < kSpaces; ++number) {
    const std::string document = SpaceWriter(static_cast<std::uint64_t>(number)).document();
    SCOPED_TRACE("space " + std::to_string(number) + ": " + document);
    const Result<Space> space = parse_space(document);
    ASSERT_TRUE(space.has_value()) << space.error().message;
    check(*space, document);
  }
}

TEST(SpacePropertyTest, EverySampleLiesInTheSpace) {
  for_each_space([](const Space& space, const std::string&) {
    for (std::int64_t trial = 0; trial < kTrials; ++trial) {
      const Result<void> valid = space.validate(sample(space, 5, trial, trial % space.grid_size()).value());
      ASSERT_TRUE(valid.has_value()) << valid.error().message;
    }
  });
}

TEST(SpacePropertyTest, TheEndsOfEveryDomainLieInTheSpace) {
  for_each_space([](const Space& space, const std::string&) {
    for (const double u : {0.0, 0.5, 1 - 0x1.0p-53}) {
      Config config;
      for (const Parameter& parameter : space.parameters()) config.set(parameter.name, value_at(parameter.domain, u));
      const Result<void> valid = space.validate(config);
      ASSERT_TRUE(valid.has_value()) << valid.error().message;
    }
  });
}

TEST(SpacePropertyTest, EverySampleReadsBackEqualFromItsJson) {
  for_each_space([](const Space& space, const std::string&) {
    for (std::int64_t trial = 0; trial < kTrials; ++trial) {
      const Config config = sample(space, 6, trial, 0).value();
      const Result<Config> read = Config::from_json(config.to_json());
      ASSERT_TRUE(read.has_value()) << read.error().message;
      ASSERT_EQ(*read, config);
    }
  });
}

TEST(SpacePropertyTest, ASpaceWrittenFromItsDomainsGivesTheSameTrials) {
  for_each_space([](const Space& space, const std::string&) {
    for (const Parameter& parameter : space.parameters()) {
      const Result<Space> read = parse_space("{\"x\":" + domain_json(parameter.domain) + "}");
      ASSERT_TRUE(read.has_value()) << read.error().message;
      const Parameter renamed{parameter.name, read->parameters()[0].domain};
      for (std::int64_t trial = 0; trial < kTrials; ++trial) {
        ASSERT_EQ(draw(renamed, 7, trial), draw(parameter, 7, trial)) << domain_json(parameter.domain);
      }
    }
  });
}

TEST(SpacePropertyTest, AConfigurationThatLacksAnyParameterDoesNotLieInTheSpace) {
  for_each_space([](const Space& space, const std::string&) {
    const Config whole = sample(space, 8, 0, 0).value();
    for (const Parameter& parameter : space.parameters()) {
      Config partial;
      for (const auto& [name, value] : whole.values()) {
        if (name != parameter.name) partial.set(name, value);
      }
      ASSERT_FALSE(space.validate(partial).has_value()) << parameter.name;
    }
  });
}

TEST(SpacePropertyTest, ADocumentCutShortIsNeverASpace) {
  for_each_space([](const Space&, const std::string& document) {
    for (std::size_t length = 0; length < document.size(); length += 7) {
      ASSERT_FALSE(parse_space(document.substr(0, length)).has_value()) << "after " << length << " bytes";
    }
  });
}

}  // namespace
}  // namespace manta::space_property_test
