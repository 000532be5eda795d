#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""must_not_compile.py SOURCE_DIR COMPILER [FLAG ...]: mistakes that the compiler finds, each with a message that says what is wrong."""

import subprocess
import sys
import unittest

SOURCE, *COMPILER = sys.argv[1:]
TOP = """
#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/stream.h"
struct Opaque { int* handle; };
int add(int a, int b) { return a + b; }
int length(const std::string& text) { return static_cast<int>(text.size()); }
int use(const Opaque&) { return 0; }
void change(std::vector<double>& values) { values.clear(); }
int measure(const char* text) { return text[0]; }
const char* name() { return "name"; }
Opaque make() { return {}; }
class Counter { public: explicit Counter(int) {} int inc(int by) { return by; } };
class Changer { public: void change(std::string& text) { text.clear(); } };
class Keeper { public: explicit Keeper(Opaque) {} };
class Other { public: int inc(int by) { return by; } };
manta::Async<int> twice(int by) { co_return 2 * by; }
manta::Async<int> dangling(const std::string& text) { co_return static_cast<int>(text.size()); }
template <class Awaited>
manta::Async<int> awaits(Awaited awaited) { co_await awaited; co_return 1; }
manta::Generator<int> some(int n) { for (int i = 0; i < n; ++i) co_yield i; }
manta::Generator<int> dangling_some(const std::string& text) { co_yield static_cast<int>(text.size()); }
template <class Yielded>
manta::Generator<int> yields(Yielded yielded) { co_yield yielded; }
class Slow {
 public:
  manta::Async<int> wait(int by) { co_return by; }
  manta::Async<int> read(const std::string& text) { co_return static_cast<int>(text.size()); }
};
int main() {
  auto slow = manta::actor<Slow>();
  auto counter = manta::actor<Counter>(5);
  %s
}
"""


def compile_errors(statement):
    run = subprocess.run([*COMPILER, "-std=c++20", f"-I{SOURCE}", "-fsyntax-only", "-x", "c++", "-"],
                         input=TOP % statement, capture_output=True, text=True, timeout=120)
    return run.stderr if run.returncode != 0 else ""


class MustNotCompileTest(unittest.TestCase):
    def expect(self, statement, message):
        self.assertIn(message, compile_errors(statement))

    def expect_first(self, statement, message):
        errors = [line for line in compile_errors(statement).splitlines() if " error: " in line]
        self.assertIn(message, (errors or [""])[0])

    def test_what_is_right_compiles(self):
        self.assertEqual(compile_errors("manta::remote<add>(1, manta::put(2)); counter.call<&Counter::inc>(1);"
                                        "manta::remote<twice>(1); slow.call<&Slow::wait>(1);"
                                        "awaits(manta::put(1)); awaits(twice(1));"
                                        "manta::remote<some>(1).next().value(); yields(1);"
                                        "manta::remote<[](int a) { return a; }>(1);"), "")

    def test_an_argument_of_the_wrong_type(self):
        self.expect('manta::remote<add>(1, "two");', "an argument of this call has the wrong type")

    def test_a_ref_of_the_wrong_type(self):
        self.expect("manta::remote<length>(manta::put(2));", "an argument of this call has the wrong type")

    def test_the_wrong_number_of_arguments(self):
        self.expect("manta::remote<add>(1);", "this call has the wrong number of arguments")

    def test_an_argument_that_cannot_travel(self):
        self.expect_first("manta::remote<use>(Opaque{});", "this type cannot travel between processes")

    def test_a_result_that_cannot_travel(self):
        self.expect_first("manta::remote<make>();", "this type cannot travel between processes")
        self.expect_first("manta::remote<[]() -> manta::Async<Opaque> { co_return Opaque{}; }>();",
                          "this type cannot travel between processes")

    def test_a_value_that_cannot_be_put(self):
        self.expect_first("manta::put(Opaque{});", "this type cannot travel between processes")

    def test_what_cannot_travel_to_a_constructor(self):
        self.expect_first("manta::actor<Keeper>(Opaque{});", "this type cannot travel between processes")

    def test_what_cannot_travel_out_of_a_generator(self):
        self.expect_first("manta::remote<[]() -> manta::Generator<Opaque> { Opaque one; co_yield one; }>();",
                          "this type cannot travel between processes")

    def test_what_cannot_be_got_or_awaited(self):
        self.expect_first("manta::get(manta::ObjectRef<Opaque>());", "this type cannot travel between processes")
        self.expect_first("awaits(manta::ObjectRef<Opaque>());", "this type cannot travel between processes")

    def test_a_method_of_another_class(self):
        self.expect("counter.call<&Other::inc>(1);", "this is not a method of the actor's class")

    def test_a_coroutine_with_a_reference(self):
        self.expect('manta::remote<dangling>("text");', "a remote coroutine takes its parameters by value")
        self.expect('slow.call<&Slow::read>("text");', "a remote coroutine takes its parameters by value")

    def test_awaiting_what_is_no_ref(self):
        self.expect("awaits(5);", "this cannot be awaited in a remote coroutine")
        self.expect("awaits(counter);", "this cannot be awaited in a remote coroutine")

    def test_awaiting_a_generator(self):
        self.expect("awaits(some(1));", "a Generator runs as a remote call only")

    def test_a_generator_with_a_reference(self):
        self.expect('manta::remote<dangling_some>("text");', "a remote coroutine takes its parameters by value")

    def test_yielding_another_type(self):
        self.expect("yields(Opaque{});", "co_yield gives another type than the Generator's")

    def test_a_parameter_that_is_to_be_changed(self):
        self.expect("manta::remote<change>(std::vector<double>{1});", "a remote function gets copies of its arguments")
        self.expect('manta::actor<Changer>().call<&Changer::change>(std::string("a"));',
                    "a remote function gets copies of its arguments")

    def test_a_pointer(self):
        self.expect('manta::remote<measure>("text");', "a pointer cannot travel between processes")
        self.expect("manta::remote<name>();", "a pointer cannot travel between processes")

    def test_a_lambda_that_captures(self):
        self.expect("int by = 1; auto add_by = [by](int a) { return a + by; }; manta::remote<add_by>(1);",
                    "constant expression")
        self.expect("int by = 1; auto add_by = [by](int a) { return a + by; }; static_assert(sizeof add_by > 0);"
                    "manta::internal::FunctionTraits<decltype(add_by)> traits;", "a remote lambda captures nothing")

    def test_a_constructor_that_does_not_exist(self):
        self.expect('manta::actor<Counter>("five");', "the actor's class has no constructor for these arguments")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
