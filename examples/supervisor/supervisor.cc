// SPDX-License-Identifier: Apache-2.0
// An actor that watches the actors it has made: it learns of their deaths as values, and decides what to do.
#include <manta/manta.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

// Does one job of three well.
class Laborer {
 public:
  int work(int job) {
    if (job % 3 == 1) std::abort();
    if (job % 3 == 2) ::_exit(4);
    return job * job;
  }
};

class Supervisor {
 public:
  /// Has all jobs done, each by a laborer that a crash of another does not touch; says how it went.
  std::string run(int jobs, int most_deaths) {
    std::string diary;
    int deaths = 0;
    auto laborer = manta::actor<Laborer>();
    auto death = laborer.monitor();
    for (int job = 0; job < jobs; ++job) {
      const auto result = manta::get(laborer.call<&Laborer::work>(job));
      if (result) {
        diary += "job " + std::to_string(job) + ": " + std::to_string(*result) + "\n";
        continue;
      }
      diary += "job " + std::to_string(job) + ": " + manta::get(death).value().cause;
      if (++deaths > most_deaths) return diary + "\ntoo many deaths: I give up\n";
      laborer = manta::actor<Laborer>();
      death = laborer.monitor();
      diary += "; a new one takes over\n";
    }
    return diary + "all done\n";
  }
};

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): an error ends the program.
  const manta::Runtime runtime = manta::init(argc, argv).value();
  const auto supervisor = manta::actor<Supervisor>();
  std::printf("%s", manta::get(supervisor.call<&Supervisor::run>(9, 4)).value().c_str());
}
