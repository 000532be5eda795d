// SPDX-License-Identifier: Apache-2.0
// Actors of tests of calls from worker to worker.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/net/direct_link.h"
#include "tests/support/gate.h"

namespace manta::direct {

// How many pairs this process has its part of: each is a mapping of the node page's file besides that of the page.
inline int pairs_here() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find("manta-node") != std::string::npos ? 1 : 0;
  return count - 1;
}

inline int touch_ref(const ObjectRef<int>& ref) { return get(ref).value(); }
inline int stand_in_task(const std::string& gate) {
  Gate::stand_at(gate);
  return 5;
}

// Says what it was called with, in order.
class Callee {
 public:
  int add(int by) { return sum_ += by; }
  int note(int caller, int number) {
    int& last = last_[caller];
    if (number != last + 1) ++disorder_;
    last = number;
    return number;
  }
  int note_ref(int caller, const ObjectRef<int>& ref) { return note(caller, get(ref).value()); }
  int note_many(int caller, const std::vector<int>& numbers) {
    for (const int number : numbers) note(caller, number);
    return numbers.back();
  }
  int disorder() const { return disorder_; }
  int last(int caller) { return last_[caller]; }
  std::vector<int> many(int count) { return std::vector<int>(static_cast<std::size_t>(count), 7); }
  std::string text(int length) { return std::string(static_cast<std::size_t>(length), 'x'); }
  ObjectRef<int> refer(int value) { return put(value); }
  std::tuple<int, int> both(int value) { return {value, -value}; }
  int fail(const std::string& what) { throw std::runtime_error(what); }
  Result<int> refuse(const std::string& what) { return Error{ErrorCode::kExhausted, what}; }
  int stand_at(const std::string& gate) {
    Gate::stand_at(gate);
    return ++stood_;
  }
  int until_cancelled(const std::string& gate) {
    Gate::stand_at(gate);
    while (!is_cancelled()) std::this_thread::yield();
    return ++stood_;
  }
  int stood() const { return stood_; }
  int process() const { return ::getpid(); }
  int pairs() const { return pairs_here(); }

 private:
  int sum_ = 0;
  int stood_ = 0;
  int disorder_ = 0;
  std::map<int, int> last_;
};

// The only pair of this process.
inline DirectLayout* only_pair() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find("manta-node") == std::string::npos) continue;
    std::istringstream words(line);
    std::string range, access, offset;
    words >> range >> access >> offset;
    if (std::stoull(offset, nullptr, 16) == 0) continue;  // The page.
    return reinterpret_cast<DirectLayout*>(std::stoull(range, nullptr, 16));
  }
  return nullptr;
}

class Holder {
 public:
  void hold(std::vector<ObjectRef<int>> refs) { refs_ = std::move(refs); }
  std::vector<ObjectRef<int>> give() const { return refs_; }

 private:
  std::vector<ObjectRef<int>> refs_;
};

// Calls until it does so directly.
template <class T>
void warm_up(const Actor<T>& callee) {
  for (const int before = pairs_here(); pairs_here() == before;)
    for (int i = 0; i < 50; ++i) get(callee.template call<&T::process>()).value();
  get(callee.template call<&T::process>()).value();
}

class Client {
 public:
  void warm(const Actor<Callee>& callee) {
    callee_ = callee;
    warm_up(callee);
  }
  void let_go() { callee_ = {}; }
  int process() const { return ::getpid(); }
  int pairs() const { return pairs_here(); }
  int call_often(const Actor<Callee>& callee, int count) {
    int last = 0;
    for (int i = 0; i < count; ++i) last = get(callee.call<&Callee::add>(1)).value();
    return last;
  }
  int add(int by) { return get(callee_.call<&Callee::add>(by)).value(); }
  void send(int by) { callee_.call<&Callee::add>(by); }
  // Numbers from 1 on, in calls of all kinds, of which some cannot go directly.
  int note_all(const Actor<Callee>& callee, int me, int count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<ObjectRef<int>> refs;
    int number = 0;
    while (number < count) {
      const unsigned kind = random() % 400;
      if (kind == 0) {
        refs.push_back(callee.call<&Callee::note_ref>(me, put(++number)));
      } else if (kind == 1) {
        std::vector<int> numbers(5000);
        std::iota(numbers.begin(), numbers.end(), number + 1);
        number += 5000;
        refs.push_back(callee.call<&Callee::note_many>(me, numbers));
      } else if (kind == 2) {
        refs.push_back(callee.call<&Callee::note>(me, remote<touch_ref>(put(++number))));
      } else if (kind < 6) {
        if (!get(refs)) return -1;
        refs.clear();
      } else {
        refs.push_back(callee.call<&Callee::note>(me, ++number));
      }
    }
    return get(refs) ? number : -1;
  }
  std::size_t many(int count) { return get(callee_.call<&Callee::many>(count)).value().size(); }
  std::size_t text(int length) { return get(callee_.call<&Callee::text>(length)).value().size(); }
  int refer(int value) { return get(get(callee_.call<&Callee::refer>(value)).value()).value(); }
  int both(int value) {
    const auto [first, second] = callee_.call<&Callee::both>(value);
    return get(first).value() - get(second).value();
  }
  std::string fail(const std::string& what) { return to_string(get(callee_.call<&Callee::fail>(what)).error()); }
  std::string refuse(const std::string& what) { return to_string(get(callee_.call<&Callee::refuse>(what)).error()); }
  // `stands`: where this waits until the first one stands at `gate`. `sent`: where it says that it has cancelled.
  std::string cancel_second(const std::string& gate, const std::string& stands, const std::string& sent) {
    const auto first = callee_.call<&Callee::stand_at>(gate);
    Gate::stand_at(stands);
    const auto second = callee_.call<&Callee::stand_at>(gate);
    cancel(second);
    static_cast<void>(callee_.is_alive());  // By then the node has passed it on.
    Gate::stand_at(sent);
    const auto got = get(second);
    return get(first) && !got ? to_string(got.error()) : "";
  }
  // While another thread cancels the calls, the callee dies: -1: somebody waits for ever.
  int cancel_while_it_dies(const std::string& gate) {
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < 300; ++i) refs.push_back(callee_.call<&Callee::add>(1));
    Gate::stand_at(gate);
    std::thread other([&] {
      for (const auto& ref : refs) cancel(ref);
    });
    int failed = 0;
    for (const auto& ref : refs) failed += get(ref) ? 0 : 1;
    other.join();
    return failed;
  }
  // Has answers of which others have the refs, writes over them, and dies. `held`: where it waits once others have
  // them.
  void damage_answers(const Actor<Holder>& holder, const std::string& gate, const std::string& held) {
    std::vector<ObjectRef<int>> refs = {callee_.call<&Callee::stand_at>(gate)};
    for (int i = 0; i < 20; ++i) refs.push_back(callee_.call<&Callee::add>(1));
    static_cast<void>(get(holder.call<&Holder::hold>(refs)));
    Gate::stand_at(held);
    DirectLayout* pair = only_pair();
    while (pair->answered.load() < pair->made.load()) std::this_thread::yield();
    std::memset(pair->answers_data(), 0xff, DirectLayout::kRingBytes);
    ::kill(::getpid(), SIGKILL);
  }
  std::string cancel_running(const std::string& gate, const std::string& begun) {
    const auto call = callee_.call<&Callee::until_cancelled>(begun);
    Gate::stand_at(gate);
    cancel(call);
    return to_string(get(call).error());
  }
  ObjectRef<int> stand(const std::string& gate) { return callee_.call<&Callee::stand_at>(gate); }
  ObjectRef<int> hand_on(int by) { return callee_.call<&Callee::add>(by); }
  std::vector<ObjectRef<int>> hand_each_on(int count) {
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < count; ++i) refs.push_back(callee_.call<&Callee::add>(1));
    return refs;
  }
  ObjectRef<std::vector<int>> hand_many_on(int count) { return callee_.call<&Callee::many>(count); }
  int stood_in_task(const std::string& gate) {
    // The task has the ref while it is pending.
    return get(remote<touch_ref>(callee_.call<&Callee::stand_at>(gate))).value();
  }
  std::vector<std::string> outlive(const std::string& gate, int count) {
    std::vector<ObjectRef<int>> refs = {callee_.call<&Callee::stand_at>(gate)};
    for (int i = 1; i < count; ++i) refs.push_back(callee_.call<&Callee::add>(1));
    std::vector<std::string> errors;
    for (const auto& ref : refs) errors.push_back(get(ref) ? "" : get(ref).error().message);
    const auto late = get(callee_.call<&Callee::add>(1));
    errors.push_back(late ? "" : late.error().message);
    return errors;
  }
  std::string stop_behind(int count) {
    std::vector<ObjectRef<int>> refs;
    for (int i = 0; i < count; ++i) refs.push_back(callee_.call<&Callee::add>(1));
    callee_.stop();
    const auto late = callee_.call<&Callee::add>(1);
    for (const auto& ref : refs)
      if (const auto got = get(ref); !got) return to_string(got.error());
    return get(late) ? "it answered" : get(late).error().code == ErrorCode::kActorDied ? "" : "another error";
  }
  std::string kill_and_call() {
    callee_.kill();
    const auto late = get(callee_.call<&Callee::add>(1));
    return late ? "it answered" : late.error().message;
  }
  // How many calls were answered before the first that was not; -1: one behind that was.
  int call_until_it_dies(const Actor<Callee>& callee) {
    int answered = 0;
    for (bool has_died = false; !has_died;) {
      std::vector<ObjectRef<int>> refs;
      for (int i = 0; i < 300; ++i) refs.push_back(callee.call<&Callee::note>(1, ++sent_));
      for (const auto& ref : refs) {
        const auto got = get(ref);
        if (got && has_died) return -1;
        if (!got && got.error().code != ErrorCode::kActorDied) return -2;
        has_died |= !got;
        answered += got ? 1 : 0;
      }
    }
    return answered;
  }
  void flood(const Actor<Callee>& callee, int me) {
    for (int number = 0;;) {
      std::vector<ObjectRef<int>> refs;
      for (int i = 0; i < 200; ++i) refs.push_back(callee.call<&Callee::note>(me, ++number));
      static_cast<void>(get(refs));
    }
  }

 private:
  Actor<Callee> callee_;
  int sent_ = 0;
};

}  // namespace manta::direct
