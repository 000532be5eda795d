# SPDX-License-Identifier: Apache-2.0
"""docs/reliability.md: each test that it names is there, and each fault has one."""
import sys
import unittest

from ray_tune_issues_test import CODE, ROOT, TEST, missing, rows

PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")


class ReliabilityTest(unittest.TestCase):
    def test_every_named_test_is_in_its_file(self):
        self.assertGreater(len(TEST.findall(PAGE)), 60)
        self.assertEqual(missing(PAGE), [])

    def test_whatever_looks_like_a_test_is_one(self):
        codes = [code for code in CODE.findall(PAGE) if ":" in code and "_test." in code]
        self.assertEqual([code for code in codes if not TEST.fullmatch(f"`{code}`")], [])

    def test_each_fault_has_a_row_with_tests(self):
        shown = [cells[0].partition(":")[0] for cells in rows(PAGE) if TEST.search(cells[-1])]
        self.assertEqual(sorted(shown), ["F06", "F07", "F08", "F09", "F10", "F15", "F16", "F17", "F18", "F29", "F30", "F41"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
