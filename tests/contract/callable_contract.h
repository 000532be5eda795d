// SPDX-License-Identifier: Apache-2.0
// What a suite of the contract of callable processes needs of a way to have such processes.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "core/api/actor.h"
#include "core/api/object_ref.h"

namespace manta {

/// The driver's side of a runtime, with actors and tasks somewhere.
class CallableHost {
 public:
  virtual ~CallableHost() = default;
  /// The process that pid() of an actor named ends as by SIGKILL.
  virtual void kill(int pid) = 0;
};

struct CallableHostCase {
  std::string name;
  std::function<std::unique_ptr<CallableHost>()> make;
};

inline void PrintTo(const CallableHostCase& host, std::ostream* out) { *out << host.name; }

/// Something that happens once, in any process, and that others wait for. It is made of nothing but an actor, so it
/// works wherever calls do.
///
/// Thread-safety: any method, from any thread.
class Signal {
 public:
  struct Stub {
    int touch() { return 0; }
  };

  Signal() = default;
  static Signal make() {
    Signal signal;
    signal.stub_ = actor<Stub>.with({.lifetime = ActorLifetime::kDetached})();
    return signal;
  }

  void raise() const { stub_.stop(); }
  void wait() const { static_cast<void>(get(stub_.monitor())); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(stub_);
  }

 private:
  Actor<Stub> stub_;
};

}  // namespace manta
