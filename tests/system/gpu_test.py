# SPDX-License-Identifier: Apache-2.0
"""Sweeps on GPUs, whose driver's library is a fake: a share is given again when the driver says that it is free."""
import fcntl
import os
import pathlib
import threading

from program import SystemTest, main

NVML = pathlib.Path(os.environ["MANTA_TEST_NVML"])


class GpuTest(SystemTest):
    """Trials enter the driver's list by themselves; the test takes them off it, some time after they have ended."""

    def setUp(self):
        super().setUp()
        self.list = self.directory / "processes"
        self.list.write_text("")
        self.stays = lambda pid: False  # Whom the driver never lets go.
        self.ended = threading.Event()
        self.rounds = {}
        self.driver = threading.Thread(target=self.take_off_the_dead)
        self.driver.start()

    def tearDown(self):
        self.ended.set()
        self.driver.join()
        super().tearDown()

    def take_off_the_dead(self):
        while not self.ended.wait(0.01):
            with open(self.list, "r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                left = [line for line in file.read().splitlines() if not self.is_off(int(line.split()[1]))]
                file.seek(0)
                file.write("".join(line + "\n" for line in left))
                file.truncate()

    def is_off(self, pid):
        if self.stays(pid) or pathlib.Path(f"/proc/{pid}").exists():
            return False
        self.rounds[pid] = self.rounds.get(pid, 0) + 1
        return self.rounds[pid] > 5  # A context takes a while to go.

    def sweep_on(self, devices, *arguments, expect=0):
        process = self.start(self.write_space(), "--metric", "score", "--mode", "max", "--searcher", "random", "--trainable", "OnGpu",
                             "--cpus-per-trial", "0.1", "--max-iterations", 6, "--out", "run", *arguments,
                             environment={"CUDA_VISIBLE_DEVICES": devices, "MANTA_FAKE_NVML_FILE": str(self.list),
                                          "LD_LIBRARY_PATH": f"{NVML.parent}:{os.environ.get('LD_LIBRARY_PATH', '')}"})
        output, errors = process.communicate(timeout=200)
        self.assertEqual(process.returncode, expect, output + errors)
        return output + errors

    def listed(self):
        """How many were on each trial's device when it came there, itself among them."""
        rows = self.query("select distinct trial, attempt, cast(value as int) n from learning_curves where metric = 'listed'")
        return [row["n"] for row in rows]

    def test_a_gpu_is_shared_by_as_many_trials_as_its_fractions_allow(self):
        self.sweep_on("0", "--gpus-per-trial", "0.5", "--samples", 8)

        self.assertEqual(len(self.listed()), 8)
        self.assertLessEqual(max(self.listed()), 2, "no third one comes before the driver has let go of one")

    def test_trials_are_spread_over_devices_and_each_is_given_again_when_it_is_free(self):
        self.sweep_on("0,1", "--gpus-per-trial", "1", "--samples", 6)

        self.assertEqual(self.listed(), 6 * [1])
        devices = self.query("select distinct value from learning_curves where metric = 'device' order by value")
        self.assertEqual([row["value"] for row in devices], [0, 1])

    def test_trials_that_pause_and_go_on_find_their_device_free_too(self):
        self.sweep_on("0", "--gpus-per-trial", "0.5", "--samples", 4, "--scheduler", "pbt-sync:interval=2")

        self.assertGreater(len(self.listed()), 4)
        self.assertLessEqual(max(self.listed()), 2)

    def test_a_share_that_is_not_let_go_is_given_to_nobody_and_the_sweep_goes_on_with_the_rest(self):
        first = []

        def stays(pid):
            if not first and pid:
                first.append(pid)
            return pid in first

        self.stays = stays
        self.sweep_on("0", "--gpus-per-trial", "0.5", "--samples", 6)

        self.assertIn(f"0 {first[0]}\n", self.list.read_text())
        self.assertEqual(self.query("select distinct state from trials"), [{"state": "completed"}])
        self.assertLessEqual(max(self.listed()), 2)

    def test_F28_a_sweep_whose_only_gpu_is_not_let_go_for_half_a_minute_ends_and_says_why(self):
        self.stays = lambda pid: True
        errors = self.sweep_on("0", "--gpus-per-trial", "1", "--samples", 3, expect=3)

        self.assertRegex(errors, r"GPU busy: process \d+ on GPU 0 is still there 30 s after its worker")
        self.assertRegex(errors, "error: asked for 1 GPU: .* still hold the rest .*; resume with: .*--resume")
        self.assertNotIn("nobody asked", errors)


if __name__ == "__main__":
    main()
