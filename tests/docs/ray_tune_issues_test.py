# SPDX-License-Identifier: Apache-2.0
"""docs/guides/ray_tune_issues.md: each test that it names is there, and no issue is answered twice."""
import ast
import collections
import functools
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/guides/ray_tune_issues.md").read_text(encoding="utf-8")
TEST = re.compile(r"`([\w/]+\.(?:cc|h|py)):(\w+)\.(\w+)`")
CODE = re.compile(r"`([^`\n]*)`")


@functools.cache
def tests_in(path):
    """The tests of a source below tests/, as "Suite.Name"."""
    text = (ROOT / "tests" / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        suites = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
        return {f"{suite.name}.{node.name}" for suite in suites for node in suite.body if isinstance(node, ast.FunctionDef)}
    return {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", text, re.MULTILINE)}


def rows(page):
    """The cells of each row of the tables, their heads left out."""
    table = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in page.splitlines() if line.startswith("|")]
    return [cells for index, cells in enumerate(table)
            if not set(cells[0]) <= set("-| ") and not (index + 1 < len(table) and set(table[index + 1][0]) <= set("-| "))]


def issues(page):
    """Those that are answered: in the first cell of a row, or before the colon of an item."""
    places = [cells[0] for cells in rows(page)] + re.findall(r"^- (#[^:\n]*):", page, re.MULTILINE)
    return [number for place in places for number in re.findall(r"#(\d+)", place)]


def missing(page):
    found = []
    for path, suite, name in TEST.findall(page):
        if not (ROOT / "tests" / path).is_file() or f"{suite}.{name}" not in tests_in(path):
            found.append(f"{path}:{suite}.{name}")
    return found


class RayTuneIssuesTest(unittest.TestCase):
    def test_every_named_test_is_in_its_file(self):
        self.assertGreater(len(TEST.findall(PAGE)), 100)
        self.assertEqual(missing(PAGE), [])

    def test_whatever_looks_like_a_test_is_one(self):
        codes = [code for code in CODE.findall(PAGE) if re.search(r"_test|\.(cc|h|py):", code)]
        self.assertEqual([code for code in codes if not TEST.fullmatch(f"`{code}`")], [])

    def test_every_row_has_a_test(self):
        self.assertEqual([cells[0] for cells in rows(PAGE) if not TEST.search(cells[-1])], [])

    def test_no_issue_stands_twice(self):
        self.assertGreater(len(issues(PAGE)), 80)
        self.assertEqual([number for number, count in collections.Counter(issues(PAGE)).items() if count > 1], [])

    def test_every_number_of_the_page_is_answered(self):
        self.assertEqual(set(re.findall(r"#(\d+)", PAGE)) - set(issues(PAGE)), set())

    def test_what_is_wrong_is_found(self):
        good = "docs/ray_tune_issues_test.py:RayTuneIssuesTest.test_what_is_wrong_is_found"
        self.assertEqual(missing(f"`{good}`"), [])
        self.assertEqual(missing(f"`{good}x` `docs/no_test.py:A.b` `tune/loop/tune_loop_test.cc:TuneLoopTest.None`"),
                         [good + "x", "docs/no_test.py:A.b", "tune/loop/tune_loop_test.cc:TuneLoopTest.None"])
        self.assertEqual(issues("| issue | test |\n|---|---|\n| #1, #2 | #9 |\n\n- #2: elsewhere\n"), ["1", "2", "2"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
