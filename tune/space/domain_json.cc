// SPDX-License-Identifier: Apache-2.0
// Domains as a space writes them.
#include "tune/space/space.h"

namespace manta {

namespace {

std::string pair_json(const Value& first, const Value& second) {
  return "[" + to_json(first) + "," + to_json(second) + "]";
}

std::string list_json(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ",") + to_json(value);
  return "[" + text + "]";
}

struct DomainJson {
  std::string operator()(const FloatDomain& domain) const {
    return "{\"float\":" + pair_json(domain.low, domain.high) + (domain.log ? ",\"log\":true" : "") +
           (domain.step ? ",\"step\":" + to_json(*domain.step) : "") + "}";
  }
  std::string operator()(const IntDomain& domain) const {
    return "{\"int\":" + pair_json(domain.low, domain.high) + (domain.log ? ",\"log\":true" : "") +
           (domain.step != 1 ? ",\"step\":" + to_json(domain.step) : "") + "}";
  }
  std::string operator()(const ChoiceDomain& domain) const { return "{\"choice\":" + list_json(domain.values) + "}"; }
  std::string operator()(const OrdinalDomain& domain) const { return "{\"ordinal\":" + list_json(domain.values) + "}"; }
  std::string operator()(const GridDomain& domain) const { return "{\"grid\":" + list_json(domain.values) + "}"; }
  std::string operator()(const NormalDomain& domain) const {
    return "{\"normal\":" + pair_json(domain.mean, domain.stddev) + "}";
  }
  std::string operator()(const ConstantDomain& domain) const { return to_json(domain.value); }
};

}  // namespace

std::string domain_json(const Domain& domain) { return std::visit(DomainJson{}, domain); }

std::string parameter_json(const Parameter& parameter) {
  std::string text = domain_json(parameter.domain);
  std::string rules = parameter.when.empty() ? "" : ",\"when\":" + condition_json(parameter.when);
  if (parameter.default_value) rules += ",\"default\":" + to_json(*parameter.default_value);
  if (parameter.confidence == Confidence::kLow) rules += R"(,"confidence":"low")";
  if (parameter.confidence == Confidence::kHigh) rules += R"(,"confidence":"high")";
  if (rules.empty()) return text;
  // A constant is no object: its rules are those of its group.
  return text.back() == '}' ? text.substr(0, text.size() - 1) + rules + "}" : text + " {" + rules.substr(1) + "}";
}

}  // namespace manta
