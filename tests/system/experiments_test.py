# SPDX-License-Identifier: Apache-2.0
"""manta ls, show, trials, best, logs, export, rm: experiments looked at from another shell."""
import csv
import io
import json
import os
import pty
import signal
import subprocess
import xml.etree.ElementTree

from program import BIN, SystemTest, main, wait_for

MANTA = str(BIN / "manta")
SVG = "{http://www.w3.org/2000/svg}"
SPACE = {"x": {"float": [0.1, 1.0]}, "kind": {"choice": ["a", "b"]}}


class ExperimentsTest(SystemTest):
    def manta(self, *words, expect=0, **options):
        done = subprocess.run([MANTA, *map(str, words)], capture_output=True, text=True, timeout=60, cwd=self.directory,
                              stdin=subprocess.DEVNULL, **options)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def finished(self, out="run", samples=6):
        # Trials whose x is above a half end badly.
        command = ("echo hello from $MANTA_TRIAL; echo '{{\"score\": '{x}', \"step\": 1}}'; echo '{{\"score\": NaN, \"step\": 2}}';"
                   " awk 'BEGIN {{ exit {x} > 0.5 ? 3 : 0 }}'")
        self.sweep("--samples", samples, "--command", command, "--allow-failed", 1, out=out, space=SPACE, trainable=None,
                   program=BIN / "tune_run")

    def endless(self):
        process = self.start(self.write_space(), "--metric", "score", "--mode", "max", "--trainable", "Endless",
                             "--samples", 1, "--out", "run")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertTrue(wait_for(lambda: self.rows() > 2))
        return process

    def test_every_verb_reads_a_finished_experiment(self):
        self.finished()
        trials = self.query("select * from trial_summary")
        failed = [row["trial"] for row in trials if row["state"] == "failed"]
        best = self.query("select * from best_trials limit 1")[0]
        self.assertTrue(failed)

        self.assertIn("ended", self.manta("ls"))
        (listed,) = json.loads(self.manta("ls", "--json"))
        self.assertEqual((listed["experiment"], listed["state"], listed["trials"]), ("run", "ended", 6))
        self.assertAlmostEqual(listed["best_value"], best["value"])
        self.assertIn("score, larger is better", self.manta("show", "run"))
        shown = self.manta("show", "run", failed[0])
        self.assertIn("exit code 3", shown)
        self.assertIn(f"run/logs/{failed[0]}/1.log", shown)
        self.assertEqual(json.loads(self.manta("best", "run", "--config")), json.loads(best["config"]))
        self.assertEqual(self.manta("logs", "run", failed[0]), f"hello from {failed[0]}\n")

    def test_trials_are_filtered_and_sorted(self):
        self.finished()
        rows = self.query("select trial, state, json_extract(config, '$.x') as x from trial_summary")

        found = json.loads(self.manta("trials", "run", "--where", "x>0.3 and state=failed", "--sort", "x", "--json"))

        wanted = sorted((row for row in rows if row["x"] > 0.3 and row["state"] == "failed"), key=lambda row: row["x"])
        self.assertEqual([row["trial"] for row in found], [row["trial"] for row in wanted])
        self.assertEqual(found[0]["value"], "nan")
        self.assertEqual(found[0]["metrics"], {"score": "nan", "step": 2.0})
        by_score = json.loads(self.manta("trials", "run", "--sort", "best_value", "--json"))
        self.assertEqual([row["trial"] for row in by_score],
                         [row["trial"] for row in self.query("select trial from best_trials order by rank")])
        self.assertEqual(len(json.loads(self.manta("trials", "run", "--limit", 2, "--json"))), 2)
        self.assertIn("and 4 more", self.manta("trials", "run", "--limit", 2))
        self.assertIn('did you mean "score"', self.manta("trials", "run", "--where", "scor>1", expect=2))
        self.assertIn("at character", self.manta("trials", "run", "--where", "x>1; drop table trials", expect=2))

    def test_exports_have_every_trial_and_every_report(self):
        self.finished()

        rows = list(csv.DictReader(io.StringIO(self.manta("export", "run", "--csv"))))
        self.assertEqual([row["state"] for row in rows], [row["state"] for row in self.query("select state from trial_summary")])
        self.assertEqual({row["metric/score"] for row in rows}, {"nan"})
        self.assertIn(rows[0]["config/kind"], ("a", "b"))
        self.manta("export", "run", "--results", "--jsonl", "-o", "reports.jsonl")
        reports = [json.loads(line) for line in (self.directory / "reports.jsonl").read_text().splitlines()]
        self.assertEqual(len(reports), 12)
        self.assertEqual(sorted(os.listdir(self.directory)), ["reports.jsonl", "run", "space.json"])
        reports = list(csv.DictReader(io.StringIO(self.manta("export", "run", "--results", "--csv"))))
        self.assertEqual([row["metric/step"] for row in reports].count("2.0"), 6)
        self.manta("export", "run", expect=2)
        self.manta("export", "run", "--csv", "-o", "nowhere/file", expect=3)
        full = subprocess.run([MANTA, "export", "run", "--csv"], cwd=self.directory, stdout=open("/dev/full", "w"),
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual(full.returncode, 3, full.stderr)

    def test_a_metric_that_comes_late_has_its_column(self):
        (self.directory / "late.sh").write_text("echo '{\"score\": 1}'; echo '{\"score\": 2, \"late\": 7}'\n")
        self.sweep("--samples", 2, "--command", "sh late.sh", trainable=None, program=BIN / "tune_run")

        reports = list(csv.DictReader(io.StringIO(self.manta("export", "run", "--results", "--csv"))))
        trials = list(csv.DictReader(io.StringIO(self.manta("export", "run", "--csv"))))

        values = sorted((row["trial"], row["metric/score"], row["metric/late"]) for row in reports)
        self.assertEqual(values, [(trial, *both) for trial in "01" for both in (("1.0", ""), ("2.0", "7.0"))])
        self.assertEqual([row["metric/late"] for row in trials], ["7.0", "7.0"])

    def test_no_report_repeats_the_configuration(self):
        text = "a text of the configuration " * 20
        rows = {}
        for count in (2, 200):
            out = f"run{count}"
            self.sweep("--samples", 1, "--max-iterations", count, space={"x": {"float": [0.1, 1]}, "text": text}, out=out)
            self.assertEqual(self.query("select count(*) n from results", out)[0]["n"], count)
            for table in [row["name"] for row in self.query("select name from sqlite_master where type = 'table'", out)]:
                having = [row for row in self.query(f"select * from {table}", out) if any(text in str(value) for value in row.values())]
                rows.setdefault(table, []).append(len(having))

        self.assertEqual(rows["trials"], [1, 1])
        self.assertEqual([table for table, counts in rows.items() if counts[0] != counts[1]], [])

    def figure(self, out, *words):
        """Title, texts, and the data of the paths by style."""
        root = xml.etree.ElementTree.fromstring(self.manta("export", out, "--svg", *words))
        texts = [element.text for element in root.iter(SVG + "text")]
        paths = {}
        for panel in root.findall(SVG + "g"):
            for path in panel.findall(SVG + "path"):
                paths.setdefault(path.get("class").split()[0], []).append(path.get("d"))
        return root.find(SVG + "title").text, texts, paths

    def test_a_figure_has_the_curves_of_an_experiment(self):
        self.finished()

        title, texts, paths = self.figure("run")

        self.assertEqual(title, f"{self.query('select name from experiment')[0]['name']}: score, larger is better")
        self.assertEqual([len(paths["thin"]), len(paths["bold"])], [6, 2])
        self.assertIn("no place for 6 reports whose value is not finite", texts)
        self.manta("export", "run", "--svg", "-o", "run.svg")
        self.assertEqual((self.directory / "run.svg").read_text(), self.manta("export", "run", "--svg"))
        self.assertIn("One of --csv, --jsonl and --svg", self.manta("export", "run", "--svg", "--csv", expect=2))
        self.assertIn("--results is about rows", self.manta("export", "run", "--svg", "--results", expect=2))

    def test_a_figure_of_a_population_has_its_schedule(self):
        # In the order of the virtual clock some copy another: on a busy machine one may have ended before the rest begin.
        self.sweep("--samples", 4, "--concurrency", 4, "--cpus-per-trial", 0.25, "--scheduler", "pbt:interval=2",
                   "--deterministic", "--max-iterations", 8, "--name", "<b>&", trainable="Walk",
                   space={"x": {"float": [0.1, 1], "log": True}, "kind": {"choice": ["a", "b"]}})

        title, texts, paths = self.figure("run")

        self.assertEqual(title, "<b>&: score, larger is better")
        for text in ("score", "x (logarithmic)", "iterations", "not drawn, as it has no scale: kind"):
            self.assertIn(text, texts)
        # Four curves, four schedules, and on each panel the way to the best value. Every copy ended an attempt.
        copies = self.query("select count(*) n from attempts join trials using (trial)"
                            " where attempts.state = 'stopped' and trials.state = 'completed'")[0]["n"]
        self.assertGreater(copies, 0)
        self.assertEqual([len(paths[style]) for style in ("thin", "bold", "link")], [8, 2, 1])
        self.assertEqual(paths["link"][0].count("M"), copies)

    def test_a_running_experiment_is_seen_and_not_removed(self):
        process = self.endless()

        self.assertIn("running", self.manta("ls"))
        self.assertIn(f"running, by pid {process.pid} ", self.manta("show", "run"))
        self.assertIn("running", self.manta("trials", "run"))
        self.assertIn(f"pid {process.pid}", self.manta("rm", "--yes", "run", expect=3))
        self.assertEqual(len(self.query("select * from trial_summary")), 1)
        process.kill()
        process.wait()
        self.assertIn("interrupted", self.manta("ls"))
        self.assertIn("--resume run", self.manta("show", "run"))

    def test_a_log_is_followed_until_its_trial_ends(self):
        command = "echo first; until test -e go; do sleep 0.01; done; echo last; echo '{{\"score\": {x}}}'"
        process = self.start(self.write_space(), "--metric", "score", "--command", command, "--samples", 1, "--out", "run",
                             program=BIN / "tune_run")
        # The log is there a moment before the database says so.
        self.assertTrue(wait_for(lambda: (self.directory / "run/logs/0/1.log").exists()))
        self.assertTrue(wait_for(lambda: "running" in self.manta("trials", "run", "--json")))
        follower = subprocess.Popen([MANTA, "logs", "run", "0", "-f"], cwd=self.directory, stdout=subprocess.PIPE, text=True)
        self.assertEqual(follower.stdout.readline(), "first\n")

        (self.directory / "go").touch()

        self.assertEqual(follower.communicate(timeout=60)[0], "last\n")
        self.assertEqual(follower.returncode, 0)
        process.communicate(timeout=60)
        self.assertEqual(self.manta("logs", "run", 0, "-n", 1), "last\n")
        self.manta("logs", "run", 1, expect=2)
        self.manta("logs", "run", 0, "--attempt", 2, expect=2)

    def test_rm_asks_and_keeps_what_is_not_mantas(self):
        self.finished(samples=1)
        (self.directory / "run/mine.txt").write_text("kept")

        self.assertIn("manta rm --yes run", self.manta("rm", "run", expect=2))
        self.assertTrue((self.directory / "run/experiment.db").exists())
        for answer, remains in ((b"n\n", True), (b"y\n", False)):
            ours, theirs = pty.openpty()
            os.write(ours, answer)
            subprocess.run([MANTA, "rm", "run"], cwd=self.directory, stdin=theirs, capture_output=True, timeout=60, check=True)
            os.close(ours)
            os.close(theirs)
            self.assertEqual((self.directory / "run/experiment.db").exists(), remains)
        self.assertEqual(os.listdir(self.directory / "run"), ["mine.txt"])

    def test_what_is_not_there_is_named_with_what_is(self):
        self.finished(samples=1, out="runs/first")

        self.assertIn("runs/first", self.manta("show", "runs", expect=2))
        self.assertIn('did you mean "runs/first"', self.manta("show", "runs/frist", expect=2))
        self.assertIn("the last one is 0", self.manta("show", "runs/first", 7, expect=2))
        self.assertIn("is no directory", self.manta("ls", "nowhere", expect=2))
        self.assertIn('did you mean "trials"', self.manta("trails", "run", expect=2))
        (self.directory / "broken").mkdir()
        (self.directory / "broken/experiment.db").write_text("this is no database at all, but text " * 100)
        listed = {row["experiment"]: row for row in json.loads(self.manta("ls", "--json"))}
        self.assertEqual(listed["broken"]["state"], "unreadable")
        self.assertEqual(listed["runs/first"]["state"], "ended")

    def test_a_closed_pipe_ends_a_verb_quietly(self):
        self.finished(samples=1)
        process = subprocess.Popen([MANTA, "export", "run", "--csv"], cwd=self.directory, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.close()
        self.assertIn(process.wait(timeout=60), (0, -signal.SIGPIPE))
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()


if __name__ == "__main__":
    main()
