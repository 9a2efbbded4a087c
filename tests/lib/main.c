/* SPDX-License-Identifier: MIT */
/* The main() of every Check program: its suite, one line a failure, exit 1 on any. */

#include <stdlib.h>

#include "suite.h"

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
