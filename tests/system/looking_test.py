# SPDX-License-Identifier: Apache-2.0
"""The timeline and the metrics of whole programs, read as other programs read them."""
import json
import os
import re
import subprocess

from program import SystemTest, main, read_until, wait_for

RUNTIME = os.environ["MANTA_TEST_RUNTIME"]
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'^({NAME})(?:\{{((?:{NAME}="(?:[^"\\\n]|\\.)*",?)*)\}})? (\S+)$')


def parse_exposition(text):
    """The metrics of a text in Prometheus' format: {name: (type, {labels: value})}. Fails where the format is broken."""
    metrics, helped = {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if match := re.match(rf"^# HELP ({NAME}) (.+)$", line):
            assert match[1] not in helped, line
            helped.add(match[1])
        elif match := re.match(rf"^# TYPE ({NAME}) (counter|gauge|histogram)$", line):
            assert match[1] in helped and match[1] not in metrics, line
            current = match[1]
            metrics[current] = (match[2], {})
        else:
            match = SAMPLE.match(line)
            assert match, line
            name, labels, value = match[1], match[2] or "", float(match[3])
            suffixes = ("_bucket", "_sum", "_count") if metrics[current][0] == "histogram" else ("",)
            assert name in [current + suffix for suffix in suffixes], f"{name} stands among {current}"
            key = name[len(current):] + labels
            assert key not in metrics[current][1], line
            metrics[current][1][key] = value
    return metrics


def check_conventions(metrics):
    for name, (kind, samples) in metrics.items():
        assert name.startswith("manta_"), name
        assert name.endswith("_total") == (kind == "counter"), name
        if kind != "histogram":
            continue
        buckets = [value for key, value in samples.items() if key.startswith("_bucket")]
        assert buckets == sorted(buckets), name
        assert samples['_bucketle="+Inf"'] == samples["_count"], name


def read_trace(text):
    """The events of a trace file, also of one that is cut off."""
    text = text[: text.rindex("\n")].rstrip().rstrip(",").rstrip("]").rstrip().rstrip(",")
    return json.loads(text + "]")


class LookingTest(SystemTest):
    def run_work(self, *words, kill=False):
        process = self.start("work", *words, program=RUNTIME, stdin=subprocess.PIPE)
        try:
            self.assertTrue(read_until(process, "ready", "stdout"), process.poll())
            if kill:
                process.kill()
            process.stdin.close()
            self.assertTrue(wait_for(lambda: process.poll() is not None))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

    def test_the_timeline_of_a_program_that_ends_is_strict_json(self):
        self.run_work(f"trace={self.directory}/t.json")

        events = json.loads((self.directory / "t.json").read_text())

        slices = [event for event in events if event["ph"] == "X"]
        ran = [event for event in slices if event["cat"] == "call"]
        names = [event["name"].rsplit("::")[-1] for event in ran]
        self.assertEqual(names.count("slow"), 51)
        self.assertEqual(names.count("increase"), 100)
        self.assertEqual(names.count("fail"), 1)
        self.assertEqual(names.count("nested"), 1)
        self.assertTrue(all(event["dur"] >= 2000 for event in ran if event["name"].endswith("slow")))
        tracks = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
        self.assertIn("driver", tracks.values())
        self.assertIn('tally "it"', tracks.values())
        self.assertLessEqual({event["pid"] for event in slices}, set(tracks))
        waits = {tracks[event["pid"]] for event in slices if event["name"] == "wait"}
        self.assertIn("driver", waits)
        self.assertGreater(len(waits), 1)  # nested() waited in its worker.
        (put,) = [event for event in slices if event["name"] == "put"]
        self.assertGreaterEqual(put["args"]["bytes"], 1 << 20)
        lives = [event["name"] for event in events if event["ph"] == "i"]
        self.assertTrue(any(name.startswith('tally "it" started') for name in lives), lives)
        self.assertTrue(any(name.startswith('tally "it" was killed on request') for name in lives), lives)
        self.assertTrue(any("killed by signal 6" in name for name in lives), lives)

    def test_each_arrow_has_a_beginning_and_an_end_in_a_slice(self):
        self.run_work(f"trace={self.directory}/t.json")

        events = json.loads((self.directory / "t.json").read_text())

        begins = {event["id"]: event for event in events if event["ph"] == "s"}
        ends = {event["id"]: event for event in events if event["ph"] == "f"}
        self.assertGreaterEqual(len(ends), 150)
        self.assertLessEqual(set(ends), set(begins))
        for name, end in ends.items():
            self.assertLessEqual(begins[name]["ts"], end["ts"])
        places = {(event["pid"], event["tid"], event["ts"]) for event in events if event["ph"] == "X"}
        for event in [*begins.values(), *ends.values()]:
            self.assertIn((event["pid"], event["tid"], event["ts"]), places)

    def test_what_kill_9_leaves_can_be_read(self):
        path = self.directory / "t.json"
        process = self.start("work", f"trace={path}", program=RUNTIME, stdin=subprocess.PIPE)
        self.assertTrue(read_until(process, "ready", "stdout"))
        self.assertTrue(wait_for(lambda: path.read_text().count("increase") >= 100))
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()

        text = path.read_text()

        self.assertFalse(text.rstrip().endswith("]"))
        self.assertGreater(len(read_trace(text)), 150)

    def test_metrics_are_in_prometheus_format_and_count_what_happened(self):
        self.run_work(f"metrics={self.directory}/m.prom")

        metrics = parse_exposition((self.directory / "m.prom").read_text())

        check_conventions(metrics)
        value = {name: samples.get("") for name, (_, samples) in metrics.items()}
        self.assertEqual(value["manta_tasks_submitted_total"], 54)
        self.assertEqual(value["manta_tasks_finished_total"], 52)
        self.assertEqual(value["manta_tasks_failed_total"], 3)  # One threw, one crashed twice.
        self.assertEqual(value["manta_tasks_retried_total"], 1)
        self.assertEqual(value["manta_actor_calls_finished_total"], 100)
        self.assertEqual(value["manta_actors_created_total"], 1)
        self.assertEqual(metrics["manta_workers_ended_total"][1]['cause="signal"'], 2)
        self.assertEqual(metrics["manta_workers_ended_total"][1]['cause="killed"'], 1)
        self.assertGreater(metrics["manta_call_latency_seconds"][1]["_count"], 0)
        self.assertEqual(value["manta_object_store_capacity_bytes"], 64 << 20)
        self.assertFalse((self.directory / "m.prom.new").exists())

    def test_metrics_are_whole_whenever_they_are_read(self):
        path = self.directory / "m.prom"
        process = self.start("work", f"metrics={path}", program=RUNTIME, stdin=subprocess.PIPE)
        self.assertTrue(wait_for(path.exists))
        seen = 0
        while seen < 200:
            check_conventions(parse_exposition(path.read_text()))
            seen += 1
        process.stdin.close()
        self.assertTrue(wait_for(lambda: process.poll() is not None))
        process.stdout.close()
        process.stderr.close()

    def test_files_that_cannot_be_written_are_named(self):
        for option in ("trace", "metrics"):
            code, _, err = self.run_program("nothing", f"{option}=/nowhere/{option}.out", program=RUNTIME)
            self.assertNotEqual(code, 0)
            self.assertIn(f"/nowhere/{option}.out", err)

    def test_tune_run_takes_both(self):
        self.sweep("--samples", "2", "--max-iterations", "2", "--trace", self.directory / "t.json",
                   "--metrics-file", self.directory / "m.prom")

        events = json.loads((self.directory / "t.json").read_text())
        self.assertTrue(any("step" in event["name"] for event in events if event["ph"] == "X"))
        check_conventions(parse_exposition((self.directory / "m.prom").read_text()))

    def test_trials_share_an_actor_where_reset_allows_it(self):
        for trainable, actors in (("Reused", 1), ("Curve", 5)):
            self.sweep("--samples", "5", "--max-iterations", "3", "--concurrency", "1", "--metrics-file",
                       self.directory / "m.prom", trainable=trainable, out=trainable)

            self.assertIn(f"\nmanta_actors_created_total {actors}\n", (self.directory / "m.prom").read_text())


if __name__ == "__main__":
    main()
