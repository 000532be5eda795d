// SPDX-License-Identifier: Apache-2.0
// A shared library that needs a function that nobody has.
int manta_test_function_that_nobody_has();

int manta_test_caller() { return manta_test_function_that_nobody_has(); }
