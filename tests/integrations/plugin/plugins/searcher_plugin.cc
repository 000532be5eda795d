// SPDX-License-Identifier: Apache-2.0
// A plugin with one searcher and no trainable.
#include "tune/searcher_entry.h"

namespace {

// Suggests what its options say, for all trials.
class Constant : public manta::Searcher {
 public:
  explicit Constant(const manta::SearcherSetup& setup) : value_(setup.options), space_(*setup.space) {}
  manta::Result<std::optional<manta::Config>> ask(manta::TrialId) override {
    manta::Config config;
    config.set(space_.parameters().front().name, value_);
    return std::optional(std::move(config));
  }
  void tell(const manta::Outcome&) override {}
  std::optional<std::int64_t> size() const override { return std::nullopt; }
  manta::Snapshot save() const override { return {R"({"Constant":{}})"}; }
  manta::Result<void> restore(const manta::Snapshot&) override { return {}; }

 private:
  const std::string value_;
  const manta::Space space_;
};

MANTA_SEARCHER(Constant);

}  // namespace
