// SPDX-License-Identifier: Apache-2.0
// A trial whose configuration is a plain struct.
#pragma once

#include <string_view>

#include "tune/space/config_binding.h"
#include "tune/trainable.h"

namespace manta {

/// A Trainable that gets its configuration as a `Hyper` (config_binding.h). Whether that fits the space is checked
/// before the first trial starts.
template <BoundStruct Hyper>
class TypedTrainable : public Trainable {
 public:
  /// As Trainable::setup() and reset().
  virtual void setup(const Hyper& hyper) = 0;
  virtual bool reset(const Hyper& hyper) { return static_cast<void>(hyper), false; }

  void setup(const Config& config) final { setup(config_as<Hyper>(config)); }
  bool reset(const Config& config) final { return reset(config_as<Hyper>(config)); }

  /// For MANTA_TRAINABLE.
  static Result<void> check_space(std::string_view space) { return check_fields(Hyper::binding().fields(), space); }
};

}  // namespace manta
