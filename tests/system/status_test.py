# SPDX-License-Identifier: Apache-2.0
"""manta status: running programs, looked at from outside."""
import json
import os
import pathlib
import signal
import subprocess

from program import BIN, SystemTest, main, read_until

RUNTIME = os.environ["MANTA_TEST_RUNTIME"]
MANTA = str(BIN / "manta")


def sockets_of(pid):
    """The lines of the kernel's table that are of the runtime of `pid`."""
    lines = pathlib.Path("/proc/net/unix").read_text(errors="replace").splitlines()
    return [line for line in lines if f"@manta/{os.geteuid()}/{pid}/" in line]


class StatusTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.runtimes = []

    def tearDown(self):
        for process in self.runtimes:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                stream.close()
        super().tearDown()

    def runtime(self, *words):
        process = self.start(*words, program=RUNTIME, stdin=subprocess.PIPE)
        self.runtimes.append(process)
        self.assertTrue(read_until(process, "ready", "stdout"), process.poll())
        return process

    def manta(self, *words, environment=None, program=MANTA, **options):
        done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=60,
                              env={**os.environ, **(environment or {})}, **options)
        return done.returncode, done.stdout, done.stderr

    def test_two_hundred_actors_are_one_screen(self):
        process = self.runtime("actors", 200, self.directory / "go")

        code, out, err = self.manta("status", process.pid)

        self.assertEqual(code, 0, err)
        lines = out.splitlines()
        self.assertRegex(lines[0], rf"\(pid {process.pid}\), up .*, node 1, ")
        self.assertIn("actors: 201", out)
        self.assertRegex(out, r"200 +0 +0 +21 +.*Counter")
        self.assertIn("and 191 more", out)
        self.assertIn("busy \\x1b[31mone", out)
        self.assertNotIn("\x1b", out)
        self.assertLess(len(lines), 45)
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertGreater(len(self.manta("status", process.pid, "--all")[1].splitlines()), 400)

    def test_json_has_all_of_it(self):
        process = self.runtime("actors", 3, self.directory / "go")

        code, out, err = self.manta("status", "--json", process.pid)

        self.assertEqual(code, 0, err)
        (runtime,) = json.loads(out)["runtimes"]
        self.assertEqual(runtime["pid"], process.pid)
        self.assertEqual(runtime["node"], 1)
        self.assertEqual({actor["id"] >> 40 for actor in runtime["actors"]}, {1})
        self.assertEqual(runtime["store_bytes_capacity"], 64 << 20)
        self.assertEqual(len(runtime["actors"]), 4)
        (busy,) = [actor for actor in runtime["actors"] if actor["name"].startswith("busy")]
        self.assertEqual(busy["queued_calls"], 21)
        self.assertIn("wait_for", busy["running"])
        self.assertIn(busy["pid"], [worker["pid"] for worker in runtime["workers"]])
        (kept,) = runtime["objects"]
        self.assertGreaterEqual(kept["bytes"], 1 << 20)
        self.assertEqual((kept["label"], kept["owner_pid"]), ("put", process.pid))
        self.assertEqual([(holder["kind"], holder["pid"]) for holder in kept["holders"]], [("driver", process.pid)])

    def test_without_a_pid_all_of_them_are_shown(self):
        first, second = self.runtime("nothing"), self.runtime("nothing")

        _, out, _ = self.manta("status", "--json")

        shown = {runtime["pid"] for runtime in json.loads(out)["runtimes"]}
        self.assertLessEqual({first.pid, second.pid}, shown)

    def test_nothing_is_left_after_kill_9(self):
        process = self.runtime("actors", 2, self.directory / "go")
        self.assertTrue(sockets_of(process.pid))

        process.kill()
        process.wait()

        self.assertEqual(sockets_of(process.pid), [])
        code, _, err = self.manta("status", process.pid)
        self.assertEqual(code, 2)
        self.assertIn("there is no process", err)

    def test_a_process_without_a_runtime_is_named(self):
        process = self.runtime("nothing")

        code, out, err = self.manta("status", os.getpid())

        self.assertEqual((code, out), (2, ""))
        self.assertIn("has no runtime", err)
        self.assertIn(str(process.pid), err)

    def test_a_worker_leads_to_its_driver(self):
        process = self.runtime("actors", 1, self.directory / "go")
        runtime = json.loads(self.manta("status", "--json", process.pid)[1])["runtimes"][0]

        code, _, err = self.manta("status", runtime["workers"][0]["pid"])

        self.assertEqual(code, 2)
        self.assertIn(f"manta status {process.pid}", err)

    def test_a_stopped_driver_is_not_waited_for(self):
        process = self.runtime("nothing")
        process.send_signal(signal.SIGSTOP)

        code, _, err = self.manta("status", process.pid)
        process.send_signal(signal.SIGCONT)

        self.assertEqual(code, 5)
        self.assertIn("does not answer", err)

    def test_clients_that_hang_do_not_disturb(self):
        process = self.runtime("nothing")
        hanging = [subprocess.Popen([MANTA, "status", str(process.pid)], stdout=subprocess.PIPE) for _ in range(20)]
        for client in hanging:
            client.send_signal(signal.SIGSTOP)

        code, out, _ = self.manta("status", process.pid)

        for client in hanging:
            client.kill()
            client.communicate()
        self.assertEqual(code, 0)
        self.assertIn("workers:", out)

    def test_another_user_is_told_whom_to_ask(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be somebody else")
        process = self.runtime("nothing")
        self.directory.chmod(0o755)
        program = self.directory / "manta"
        program.write_bytes(pathlib.Path(MANTA).read_bytes())
        program.chmod(0o755)

        code, out, err = self.manta("status", process.pid, program=str(program), user=65534, group=65534)

        self.assertEqual((code, out), (3, ""))
        self.assertIn("user 0", err)
        self.assertIn("sudo manta status", err)

    def test_watch_goes_on_until_the_runtime_ends(self):
        process = self.runtime("nothing")
        watch = subprocess.Popen([MANTA, "status", str(process.pid), "--watch", "0.05"], stdout=subprocess.PIPE, text=True)
        for _ in range(3):
            self.assertTrue(read_until(watch, f"(pid {process.pid})", "stdout"))

        process.stdin.close()

        self.assertIn("the runtime has ended", watch.communicate(timeout=60)[0])
        self.assertEqual(watch.returncode, 0)

    def test_wrong_usage_says_what_is_right(self):
        for words, part in [([], "manta status"), (["statu"], "--help"), (["status", "x"], "no process number"),
                            (["status", "--watch", "-1"], "--watch"), (["status", "1", "2"], "--help"),
                            (["status", "--color", "blue"], "--color")]:
            code, out, err = self.manta(*words)
            self.assertEqual((code, out), (2, ""), words)
            self.assertTrue(err.startswith("manta: error: "), err)
            self.assertIn(part, err, words)

    def test_help_and_version(self):
        self.assertIn("--watch", self.manta("status", "--help")[1])
        self.assertIn("status", self.manta("--help")[1])
        self.assertRegex(self.manta("--version")[1], r"^manta \d+\.\d+")


if __name__ == "__main__":
    main()
