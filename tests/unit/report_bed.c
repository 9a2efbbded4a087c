/* SPDX-License-Identifier: MIT */
#include "report_bed.h"

#include <check.h>
#include <string.h>

const char *const formats[4] = {"json", "junit", "html", "text"};
struct made_run run;
struct snet_err err;

void setup_run(void)
{
	made_run_init(&run, &(struct made_run_opts){.events = 400,
						    .seconds = 20,
						    .is_violated = true,
						    .has_faults = true});
}

void setup_hostile(void)
{
	made_run_init(&run, &(struct made_run_opts){.events = 100,
						    .seconds = 10,
						    .is_violated = true,
						    .has_faults = true,
						    .name = HOSTILE});
}

void setup_many(void)
{
	made_run_init(&run, &(struct made_run_opts){.events = 20000,
						    .seconds = 60,
						    .is_violated = true,
						    .has_faults = true});
}

void teardown_run(void)
{
	made_run_clear(&run);
}

char *format(const char *name)
{
	char *text = NULL;
	int r = snet__report_format(&run.report, name, &text, &err);

	ck_assert_msg(r == 0, "%s: %s", name, err.msg);
	return text;
}

size_t count(const char *text, const char *word)
{
	size_t found = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		found++;
	return found;
}

void need(const char *text, const char *word)
{
	ck_assert_msg(strstr(text, word), "no '%s' in: %.3000s", word, text);
}
