#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""must_not_compile.py SOURCE_DIR COMPILER [FLAG ...]: mistakes that the compiler finds, each with a message that says what is wrong."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE, *COMPILER = sys.argv[1:]
FLAGS = ["-std=c++20", f"-I{SOURCE}"]
HEADER = """
#include "core/api/actor.h"
#include "core/api/async.h"
#include "core/api/object_ref.h"
#include "core/api/remote.h"
#include "core/api/stream.h"
#include <cereal/types/list.hpp>
"""
TOP = """
struct Opaque { int* handle; };
template <class T>
struct Box {
  T content;
  template <class Archive>
  void serialize(Archive& archive) { archive(content); }
};
struct Secret {
  int number = 0;
 private:
  template <class Archive>
  void serialize(Archive& archive) { archive(number); }
};
struct ReadOnly {
  int number = 0;
  template <class Archive>
  void serialize(Archive& archive) const { archive(number); }
};
struct WriteOnly {
  int number = 0;
  template <class Archive>
  void save(Archive& archive) const { archive(number); }
};
struct LoadOnly {
  int number = 0;
  template <class Archive>
  void load(Archive& archive) { archive(number); }
};
struct ChangingSave {
  int number = 0;
  template <class Archive>
  void save(Archive& archive) { archive(number); }
  template <class Archive>
  void load(Archive& archive) { archive(number); }
};
struct TwoWays {
  int number = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(number); }
  template <class Archive>
  void save(Archive& archive) const { archive(number); }
  template <class Archive>
  void load(Archive& archive) { archive(number); }
};
struct Unmade {
  explicit Unmade(int start) : number(start) {}
  int number;
  template <class Archive>
  void serialize(Archive& archive) { archive(number); }
};
struct Fixed {
  const int number = 0;
  template <class Archive>
  void serialize(Archive& archive) { archive(number); }
};
template <class T>
T same(T value) { return value; }
template <class T>
T made() { return T{}; }
int twofold(int a) { return a; }
double twofold(double a) { return a; }
int size_of(std::unique_ptr<std::string> text) { return static_cast<int>(text->size()); }
class Shape { public: virtual ~Shape() = default; virtual int area() = 0; };
class Square : public Shape { public: int area() override { return 4; } int sides() const& { return 4; } };
class Overloaded { public: int twice(int a) { return 2 * a; } double twice(double a) { return 2 * a; } int plain = 0; };
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
  auto overloaded = manta::actor<Overloaded>();
  %s
}
"""


def precompiled_header(folder):
    """The header, which the compiler has read already: that takes most of the time."""
    header = pathlib.Path(folder) / "api.h"
    header.write_text(HEADER)
    suffix = ".pch" if "clang" in subprocess.run([*COMPILER, "--version"], capture_output=True, text=True).stdout else ".gch"
    subprocess.run([*COMPILER, *FLAGS, "-x", "c++-header", header, "-o", f"{header}{suffix}"], check=True, timeout=300)
    return header


def compile_errors(statement):
    run = subprocess.run([*COMPILER, *FLAGS, "-include", MustNotCompileTest.header, "-fsyntax-only", "-x", "c++", "-"],
                         input=TOP % statement, capture_output=True, text=True, timeout=120)
    return run.stderr if run.returncode != 0 else ""


class MustNotCompileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="manta-compile-")
        cls.addClassCleanup(folder.cleanup)
        cls.header = precompiled_header(folder.name)

    def expect(self, statement, message):
        self.assertIn(message, compile_errors(statement))

    def expect_first(self, statement, *messages):
        """One of the messages, where it is the compiler's own and each has another."""
        errors = [line for line in compile_errors(statement).splitlines() if " error: " in line]
        first = (errors or [""])[0]
        self.assertTrue(any(message in first for message in messages), f"{messages} not in: {first}")

    def test_what_is_right_compiles(self):
        self.assertEqual(compile_errors("manta::remote<add>(1, manta::put(2)); counter.call<&Counter::inc>(1);"
                                        "manta::remote<twice>(1); slow.call<&Slow::wait>(1);"
                                        "awaits(manta::put(1)); awaits(twice(1));"
                                        "manta::remote<some>(1).next().value(); yields(1);"
                                        "manta::remote<[](int a) { return a; }>(1);"), "")

    def test_also_what_needs_a_word_more(self):
        self.assertEqual(compile_errors("manta::remote<static_cast<int (*)(int)>(twofold)>(1);"
                                        "overloaded.call<static_cast<int (Overloaded::*)(int)>(&Overloaded::twice)>(1);"
                                        "manta::actor<Square>().call<&Square::sides>();"
                                        "manta::remote<size_of>(std::make_unique<std::string>());"
                                        "manta::get(manta::remote<made<std::unique_ptr<int>>>());"
                                        "manta::remote<same<std::map<int, std::list<std::pair<int, Box<double>>>>>>("
                                        "    std::map<int, std::list<std::pair<int, Box<double>>>>());"), "")

    def test_an_argument_of_the_wrong_type(self):
        self.expect('manta::remote<add>(1, "two");', "an argument of this call has the wrong type")

    def test_a_ref_of_the_wrong_type(self):
        self.expect("manta::remote<length>(manta::put(2));", "an argument of this call has the wrong type")

    def test_the_wrong_number_of_arguments(self):
        self.expect_first("manta::remote<add>(1);", "this call has the wrong number of arguments")
        self.expect_first("manta::remote<add>(1, 2, 3);", "this call has the wrong number of arguments")
        self.expect_first("counter.call<&Counter::inc>();", "this call has the wrong number of arguments")

    def test_an_argument_that_cannot_travel(self):
        self.expect_first("manta::remote<use>(Opaque{});", "this type cannot travel between processes")

    def test_a_result_that_cannot_travel(self):
        self.expect_first("manta::remote<make>();", "this type cannot travel between processes")
        self.expect_first("manta::remote<[]() -> manta::Async<Opaque> { co_return Opaque{}; }>();",
                          "this type cannot travel between processes")

    def test_what_cannot_travel_inside_of_something_else(self):
        for outer in ("std::vector<Opaque>", "std::vector<std::vector<Opaque>>", "std::map<int, Opaque>",
                      "std::unordered_map<std::string, Opaque>", "std::optional<Opaque>", "std::pair<int, Opaque>",
                      "std::tuple<int, Opaque>", "std::variant<int, Opaque>", "std::array<Opaque, 2>",
                      "std::deque<Opaque>", "std::list<Opaque>", "std::unique_ptr<Opaque>", "std::shared_ptr<Opaque>",
                      "Box<Opaque>", "std::vector<Box<Opaque>>", "Box<std::vector<Opaque>>"):  # fmt: skip
            with self.subTest(outer):
                self.expect_first(f"manta::put({outer}());", "this type cannot travel between processes")
        self.expect_first("manta::remote<same<std::vector<Opaque>>>(std::vector<Opaque>());",
                          "this type cannot travel between processes")
        self.expect_first("manta::remote<made<std::map<int, Opaque>>>();", "this type cannot travel between processes")

    def test_pointers_and_views_inside_of_something_else(self):
        for outer in ("std::vector<int*>", "std::pair<int, int*>", "Box<int*>", "std::vector<Box<char*>>"):
            with self.subTest(outer):
                self.expect_first(f"manta::put({outer}());", "a pointer cannot travel between processes")
        for outer in ("std::string_view", "std::vector<std::string_view>", "Box<std::span<int>>"):
            with self.subTest(outer):
                self.expect_first(f"manta::put({outer}());", "a view of memory cannot travel between processes")
        self.expect_first("int one = 1; manta::put(std::tuple<int&>(one));", "a reference cannot travel")

    def test_a_serialize_that_cannot_be_used(self):
        self.expect_first("manta::put(Secret());", "give it a public member")
        self.expect_first("manta::put(ReadOnly());", "the `serialize` of this type is const, and so cannot read")
        self.expect_first("manta::put(std::vector<ReadOnly>());", "the `serialize` of this type is const")
        self.expect_first("manta::put(WriteOnly());", "this type has a `save` and no `load`")
        self.expect_first("manta::put(LoadOnly());", "this type has a `load` and no `save`")
        self.expect_first("manta::put(ChangingSave());", "the `save` of this type is not const")
        self.expect_first("manta::put(TwoWays());", "this type has more than one way to be serialized")
        self.expect_first("manta::get(manta::put(Fixed()));", "reads into something const")

    def test_a_type_that_cannot_be_made_before_it_is_read(self):
        self.expect_first("manta::put(Unmade(1));", "this type has no default constructor")
        self.expect_first("manta::put(std::vector<Unmade>());", "this type has no default constructor")

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
        self.expect_first("counter.call<&Other::inc>(1);", "this is not a method of the actor's class")

    def test_a_method_as_a_task_and_a_function_as_a_method(self):
        self.expect_first("manta::remote<&Counter::inc>(1);", "a method needs an object")
        self.expect_first("counter.call<&add>(1, 2);", "call<&C::m> takes a method of the actor's class")

    def test_what_is_no_function_at_all(self):
        self.expect_first("manta::remote<5>(1);", "this is no remote function")
        self.expect_first("overloaded.call<&Overloaded::plain>();", "call<&C::m> takes a method of the actor's class")

    def test_one_of_several_functions_of_a_name(self):
        self.expect_first("manta::remote<twofold>(1);", "twofold", "overloaded function type")
        self.expect_first("overloaded.call<&Overloaded::twice>(1);", "Overloaded::twice", "no matching member function")

    def test_a_class_that_cannot_be_an_actor(self):
        self.expect_first("manta::actor<Shape>();", "an abstract class cannot be an actor")
        self.expect_first("manta::actor<int>(5);", "an actor is an object of a class")

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
        self.expect_first("int by = 1; auto add_by = [by](int a) { return a + by; }; manta::remote<add_by>(1);",
                          "constant expression", "is not a structural type")
        self.expect("int by = 1; auto add_by = [by](int a) { return a + by; }; static_assert(sizeof add_by > 0);"
                    "manta::internal::FunctionTraits<decltype(add_by)> traits;", "a remote lambda captures nothing")

    def test_a_lambda_whose_parameters_are_auto(self):
        self.expect_first("manta::remote<[](auto a) { return a; }>(1);", "a remote lambda says the types of its parameters")

    def test_a_pointer_to_a_constructor(self):
        self.expect_first("int one = 1; struct Holder { explicit Holder(int*) {} }; manta::actor<Holder>(&one);",
                          "a pointer cannot travel between processes")

    def test_a_constructor_that_does_not_exist(self):
        self.expect('manta::actor<Counter>("five");', "the actor's class has no constructor for these arguments")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
