#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That the layout checker finds each breach, on a made-up tree, and is silent on a clean one."""

import os
import tempfile
import unittest

import layout

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class LayoutTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("core/base/result.h", SPDX)
        self.write("core/api/runtime.h", SPDX + '#include "core/base/result.h"\n')

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def assert_breach(self, path, part):
        breaches = layout.check_tree(self.root)
        self.assertEqual(len(breaches), 1, breaches)
        self.assertTrue(breaches[0].startswith(path + ": "), breaches[0])
        self.assertIn(part, breaches[0])

    def assert_clean(self):
        self.assertEqual(layout.check_tree(self.root), [])

    def test_a_clean_tree_has_no_breach(self):
        self.assert_clean()

    def test_a_lower_floor_of_core_may_not_look_up(self):
        self.write("core/base/clock.h", SPDX + '#include "core/api/runtime.h"\n')
        self.assert_breach("core/base/clock.h", "core/base may not use core/api")

    def test_core_may_not_use_tune(self):
        self.write("tune/searcher.h", SPDX)
        self.write("core/api/actor.h", SPDX + '#include "tune/searcher.h"\n')
        self.assert_breach("core/api/actor.h", "may not use tune")

    def test_the_loop_may_not_know_a_searcher_but_the_command_line_may(self):
        self.write("searchers/random_searcher.h", SPDX)
        self.write("tune/cli/compose.h", SPDX + '#include "searchers/random_searcher.h"\n')
        self.assert_clean()
        self.write("tune/loop/loop.h", SPDX + '#include "searchers/random_searcher.h"\n')
        self.assert_breach("tune/loop/loop.h", "tune/loop may not use searchers")

    def test_searchers_use_the_interfaces_of_tune_but_not_its_loop(self):
        self.write("tune/searcher.h", SPDX)
        self.write("tune/loop/loop.h", SPDX)
        self.write("searchers/grid.h", SPDX + '#include "tune/searcher.h"\n')
        self.assert_clean()
        self.write("searchers/grid.h", SPDX + '#include "tune/loop/loop.h"\n')
        self.assert_breach("searchers/grid.h", "may not use tune/loop")

    def test_one_integration_may_not_use_another(self):
        self.write("integrations/torch/device.h", SPDX)
        self.write("integrations/command/run.h", SPDX + '#include "integrations/torch/device.h"\n')
        self.assert_breach("integrations/command/run.h", "may not use integrations/torch")

    def test_a_test_may_use_everything(self):
        self.write("tests/core/api/runtime_test.cc", SPDX + '#include "core/api/runtime.h"\nnamespace manta::runtime_test {\n}\n')
        self.assert_clean()

    def test_a_folder_without_a_rule_is_named(self):
        self.write("core/extra/a.h", SPDX + '#include "core/base/result.h"\n')
        self.assert_breach("core/extra/a.h", 'folder "core/extra" has no rule')

    def test_internal_headers_stay_in_their_folder(self):
        self.write("core/base/internal/table.h", SPDX)
        self.write("core/base/clock.h", SPDX + '#include "core/base/internal/table.h"\n')
        self.assert_clean()
        self.write("core/api/actor.h", SPDX + '#include "core/base/internal/table.h"\n')
        self.assert_breach("core/api/actor.h", "internal")

    def test_an_include_that_is_no_file_is_named(self):
        self.write("core/base/clock.h", SPDX + '#include "core/base/clok.h"\n')
        self.assert_breach("core/base/clock.h", "no file of this tree")

    def test_third_party_headers_stay_in_their_homes(self):
        for header, home in [
            ("grpcpp/grpcpp.h", "core/net"),
            ("google/protobuf/message.h", "core/net"),
            ("sqlite3.h", "tune/results"),
            ("torch/torch.h", "integrations/torch"),
            ("ATen/ATen.h", "integrations/torch"),
            ("c10/util/Exception.h", "examples/mnist"),
            ("Eigen/Dense", "searchers"),
            ("CLI/CLI.hpp", "tune/cli"),
            ("rapidcheck/gtest.h", "tests/core/base"),
        ]:
            with self.subTest(header=header):
                self.write(f"{home}/home.cc", SPDX + f"#include <{header}>\n")
                self.assert_clean()
                self.write("core/base/clock.cc", SPDX + f"#include <{header}>\n")
                self.assert_breach("core/base/clock.cc", f"<{header}>")
                self.write("core/base/clock.cc", SPDX)

    def test_json_may_stand_in_a_source_or_internal_header_but_in_no_other_header(self):
        self.write("core/base/json.cc", SPDX + "#include <nlohmann/json.hpp>\n")
        self.write("core/base/internal/json.h", SPDX + "#include <nlohmann/json.hpp>\n")
        self.assert_clean()
        self.write("core/base/text.h", SPDX + "#include <nlohmann/json.hpp>\n")
        self.assert_breach("core/base/text.h", "in a header")

    def test_a_source_includes_its_own_header_first(self):
        self.write("core/base/clock.h", SPDX)
        self.write("core/base/clock.cc", SPDX + '#include "core/base/clock.h"\n#include <vector>\n')
        self.assert_clean()
        self.write("core/base/clock.cc", SPDX + '#include <vector>\n#include "core/base/clock.h"\n')
        self.assert_breach("core/base/clock.cc", "must include core/base/clock.h first")

    def test_a_test_has_a_namespace_of_its_own(self):
        self.write("tests/core/net/a_test.cc", SPDX + "namespace manta::a_test {\n}\n")
        self.assert_clean()
        self.write("tests/core/net/a_test.cc", SPDX + "namespace manta {\n}\n")
        self.assert_breach("tests/core/net/a_test.cc", "namespace manta::a_test")

    def test_a_file_may_reach_the_length_limit_but_not_pass_it(self):
        self.write("core/base/long.cc", SPDX + "\n" * (layout.MAX_LINES - 1))
        self.assert_clean()
        self.write("core/base/long.cc", SPDX + "\n" * layout.MAX_LINES)
        self.assert_breach("core/base/long.cc", f"has {layout.MAX_LINES + 1} lines")

    def test_every_source_starts_with_the_spdx_line(self):
        for path, text in [("core/base/a.h", "#pragma once\n"), ("core/base/CMakeLists.txt", ""), ("scripts/x", "#!/bin/sh\n")]:
            with self.subTest(path=path):
                self.write(path, text)
                self.assert_breach(path, "must start with the line")
                os.remove(os.path.join(self.root, path))
        self.write("scripts/x", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")
        self.assert_clean()

    def test_marks_of_unfinished_work_are_named_with_their_line(self):
        self.write("core/base/a.cc", SPDX + "int x;  // " + "TO" + "DO: y\n")
        self.assert_breach("core/base/a.cc", "line 2")

    def test_the_top_level_is_closed(self):
        self.write("README.md", "")
        self.write(".ci/run", "")
        self.assert_clean()
        self.write("notes.md", "")
        self.assert_breach("notes.md", "does not belong at the top level")

    def test_example_data_is_no_source(self):
        self.write("examples/data/digits.csv", "0,1\n" * 1000)
        self.assert_clean()


if __name__ == "__main__":
    unittest.main()
