/* SPDX-License-Identifier: MIT */
/* snet topo: the lab file of a common shape, on stdout or in a file. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <snet/topo.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"

/* A whole number from @min to @max; absent leaves @ret as it is. */
static int read_number(uint64_t *ret, const struct call *call, const char *option,
		       uint64_t min, uint64_t max)
{
	const char *text = call_option(call, option);
	unsigned long long value;
	char *end = NULL;

	if (!text)
		return EXIT_DONE;
	errno = 0;
	value = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
	if (!end || *end)
		return call_usage(call, "--%s '%s' is no whole number", option, text);
	if (errno || value < min || value > max)
		return call_usage(call, "--%s %s is out of range: %llu to %llu", option,
				  text, (unsigned long long)min, (unsigned long long)max);
	*ret = value;
	return EXIT_DONE;
}

static int read_sensors(double *ret, const struct call *call)
{
	const char *text = call_option(call, "sensors");
	int r;

	if (!text)
		return EXIT_DONE;
	r = snet__text_parse_share(ret, text);
	if (r == -EINVAL)
		return call_usage(call, "--sensors '%s' is no share such as 10%%", text);
	if (r < 0 || *ret > 1)
		return call_usage(call, "--sensors %s is out of range: 0%% to 100%%",
				  text);
	return EXIT_DONE;
}

static int check_kind(const struct call *call, const char *kind)
{
	const char *names[32] = {NULL};

	for (size_t i = 0; i + 1 < sizeof(names) / sizeof(*names); i++) {
		names[i] = snet_topo_kind_name(i);
		if (!names[i])
			break;
		if (strcmp(kind, names[i]) == 0)
			return EXIT_DONE;
	}
	return call_unknown(call, "topology", kind, names);
}

static int read_opts(struct snet_topo_opts *opts, const struct call *call)
{
	uint64_t devices = 0, fanout = 0;
	int status;

	opts->kind = call->argv[0];
	opts->profiles = call_option(call, "profiles");
	status = check_kind(call, opts->kind);
	if (status == EXIT_DONE)
		status = read_number(&devices, call, "devices", 1, SNET_TOPO_DEVICES_MAX);
	if (status == EXIT_DONE)
		status = read_number(&fanout, call, "fanout", SNET_TOPO_FANOUT_MIN,
				     SNET_TOPO_FANOUT_MAX);
	if (status == EXIT_DONE)
		status = read_number(&opts->seed, call, "seed", 0, UINT64_MAX);
	if (status == EXIT_DONE)
		status = read_sensors(&opts->sensors, call);
	if (status == EXIT_DONE)
		status = call_lab(&opts->name, call, call_option(call, "name"));
	if (status == EXIT_DONE)
		status = output_check(call);
	opts->devices = (unsigned int)devices;
	opts->fanout = (unsigned int)fanout;
	return status;
}

static int run(const struct call *call)
{
	struct snet_topo_opts opts = {.size = sizeof(opts)};
	autofree char *text = NULL;
	struct snet_err err = {0};
	int status, r;

	status = read_opts(&opts, call);
	if (status != EXIT_DONE)
		return status;
	r = snet_topo_generate(&text, &opts, &err);
	if (r < 0)
		return call_fail(&err);
	return output_write(call, text, SNET__FILE_SHARED, &err) < 0 ? call_fail(&err)
								     : EXIT_DONE;
}

static const struct cmd_option options[] = {
	{.name = "devices", .arg = "N", .help = "how many, 1 to 100000; default: 10"},
	{.name = "fanout",
	 .arg = "N",
	 .help = "devices or switches below a switch, 2 to 500; default: 48"},
	{.name = "seed", .arg = "N", .help = "decides every choice; default: 0"},
	{.name = "sensors",
	 .arg = "SHARE",
	 .help = "of the devices, as 10%; default: none"},
	{.name = "profiles", .help = "impair links as their media do"},
	{.name = "name", .arg = "LAB", .help = "of the lab; default: the topology's"},
	OUTPUT_OPTIONS,
	{.name = NULL},
};

const struct cmd cmd_topo = {
	.name = "topo",
	.args = "TOPOLOGY",
	.min = 1,
	.max = 1,
	.is_apart = true,
	.options = options,
	.help = "write the lab file of a common shape, of any size",
	.details =
		"Devices are buttons and actuators, half and half, each with a relayer; a button\n"
		"toggles an actuator through a function. To bring a lab up at once:\n"
		"  snet topo star --devices 100 | snet up -",
	.list_name = snet_topo_kind_name,
	.list_help = snet_topo_kind_help,
	.run = run,
};
