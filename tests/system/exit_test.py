# SPDX-License-Identifier: Apache-2.0
"""A program that ends by exit() in user code that the runtime calls, on whatever thread: it ends, with its code, and
nothing is left of it. MANTA_EXITS says how often each."""
import os

from program import SystemTest, main

EXITS = int(os.environ.get("MANTA_EXITS", "3"))
RUNTIME = os.environ["MANTA_TEST_RUNTIME"]
CODE = 7


class ExitTest(SystemTest):
    def leave(self, where):
        for runtime in ("stack", "static"):
            for number in range(EXITS):
                with self.subTest(runtime=runtime, number=number):
                    code, out, err = self.run_program("leave", where, runtime, program=RUNTIME, timeout=60)
                    self.assertEqual((code, out), (CODE, ""), err[-4000:])
                    self.assertEqual(self.wait_for_none_left(), [])

    def test_at_the_end_of_main_with_calls_that_run(self):
        self.leave("nowhere")

    def test_in_a_callback_while_nobody_waits(self):
        self.leave("service_thread")

    def test_in_a_callback_on_a_thread_that_waits(self):
        self.leave("get")

    def test_in_a_callback_of_a_call_whose_process_died(self):
        self.leave("process_thread")

    def test_in_a_handler_of_deaths(self):
        self.leave("death_handler")

    def test_in_a_callback_for_metrics(self):
        self.leave("metrics")

    def test_while_other_threads_make_calls(self):
        self.leave("crowd")


if __name__ == "__main__":
    main()
