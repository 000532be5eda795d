// SPDX-License-Identifier: Apache-2.0
// A shared library that has nothing to do with Manta.
int manta_test_answer() { return 42; }
