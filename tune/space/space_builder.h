// SPDX-License-Identifier: Apache-2.0
// A space written in C++.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "tune/space/space.h"

namespace manta {

/// One parameter of a SpaceBuilder; each call adds the key of the same name. Valid while its builder lives.
class ParameterBuilder {
 public:
  ParameterBuilder& log() { return add("log", "true"); }
  ParameterBuilder& step(double step) { return add("step", to_json(Value(step))); }
  /// It takes part only when `parameter`, by its whole name, has this value, one of these, or one in this range. Called
  /// again with other parameters, all must hold.
  ParameterBuilder& when(const std::string& parameter, const Value& value) {
    return when(parameter, std::vector{value});
  }
  ParameterBuilder& when(const std::string& parameter, std::vector<Value> values);
  ParameterBuilder& when(const std::string& parameter, NumberRange range);
  ParameterBuilder& default_value(const Value& value) { return add("default", to_json(value)); }
  ParameterBuilder& confidence(Confidence confidence);

 private:
  friend class SpaceBuilder;
  ParameterBuilder(std::string name, std::string kind, std::string domain)
      : name_(std::move(name)), kind_(std::move(kind)), keys_{{kind_, std::move(domain)}} {}

  ParameterBuilder& add(const std::string& key, std::string json) {
    keys_.emplace_back(key, std::move(json));
    return *this;
  }
  std::string json() const;

  std::string name_;
  std::string kind_;  // "" is a constant.
  std::vector<std::pair<std::string, std::string>> keys_;
  Condition when_;
};

/// Writes the JSON of a space, so that what is allowed, and what it means, is what docs/space.md says:
///
///   SpaceBuilder space;
///   space.add_float("lr", 1e-5, 1e-1).log().default_value(0.01);
///   space.add_choice("optimizer", {"sgd", "adam"});
///   space.add_float("model/momentum", 0, 1).when("optimizer", "sgd");
///   space.constraint("lr < 0.05 or optimizer == 'adam'").start({{"lr", 0.1}});
///   options.space = space.json();
///
/// A name with '/' goes into groups.
class SpaceBuilder {
 public:
  ParameterBuilder& add_float(const std::string& name, double low, double high);
  ParameterBuilder& add_int(const std::string& name, std::int64_t low, std::int64_t high);
  ParameterBuilder& add_choice(const std::string& name, const std::vector<Value>& values);
  ParameterBuilder& add_ordinal(const std::string& name, const std::vector<Value>& values);
  ParameterBuilder& add_grid(const std::string& name, const std::vector<Value>& values);
  ParameterBuilder& add_normal(const std::string& name, double mean, double stddev);
  SpaceBuilder& add_constant(const std::string& name, const Value& value);
  SpaceBuilder& constraint(std::string expression);
  /// A first point, or a part of one.
  SpaceBuilder& start(const Config& point);

  /// The document. Whether it makes sense is what build() says.
  std::string json() const;
  /// Errors: kInvalidArgument, as of parse_space(): a builder checks nothing itself.
  Result<Space> build() const { return parse_space(json()); }

 private:
  ParameterBuilder& add(const std::string& name, const std::string& kind, std::string domain);

  std::deque<ParameterBuilder> parameters_;  // References into it are handed out.
  std::vector<std::string> constraints_;
  std::vector<Config> start_;
};

}  // namespace manta
