/* SPDX-License-Identifier: MIT */
/* From the options of a generated lab to its file, by one of the generators. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "topo/generator.h"
#include "topo/value.h"

static const struct snet__generator *const generators[] = {
	&snet__generator_star, &snet__generator_tree,   &snet__generator_ring,
	&snet__generator_mesh, &snet__generator_linear, &snet__generator_campus,
	&snet__generator_city,
};
#define COUNT (sizeof(generators) / sizeof(*generators))

const char *snet_topo_kind_name(size_t index)
{
	return index < COUNT ? generators[index]->name : NULL;
}

const char *snet_topo_kind_help(size_t index)
{
	return index < COUNT ? generators[index]->help : NULL;
}

static int find(const struct snet__generator **ret, const char *name,
		struct snet_err *err)
{
	const char *names[COUNT + 1] = {0}, *similar;
	struct snet__shown shown;

	for (size_t i = 0; i < COUNT; i++) {
		names[i] = generators[i]->name;
		if (strcmp(name, names[i]) != 0)
			continue;
		*ret = generators[i];
		return 0;
	}
	similar = snet__text_find_similar(name, names);
	return snet__err_set(err, -EINVAL, "unknown kind '%s'%s%s%s",
			     snet__show(&shown, name), similar ? ", did you mean '" : "",
			     similar ? similar : "", similar ? "'?" : "");
}

static int check_number(const char *what, unsigned int value, unsigned int min,
			unsigned int max, struct snet_err *err)
{
	if (value >= min && value <= max)
		return 0;
	return snet__err_set(err, -EINVAL, "%s: %u is out of range: %u to %u", what,
			     value, min, max);
}

/* Fill the defaults of what was not given, and check what was. */
static int complete(struct snet_topo_opts *opts, struct snet_err *err)
{
	int r;

	if (!opts->name)
		opts->name = opts->kind;
	if (!opts->devices)
		opts->devices = SNET_TOPO_DEVICES_DEFAULT;
	if (!opts->fanout)
		opts->fanout = SNET_TOPO_FANOUT_DEFAULT;
	r = snet__value_check_name(opts->name, err);
	if (r < 0)
		return snet__err_prefix(err, r, "name");
	r = check_number("devices", opts->devices, 1, SNET_TOPO_DEVICES_MAX, err);
	if (r < 0)
		return r;
	r = check_number("fanout", opts->fanout, SNET_TOPO_FANOUT_MIN,
			 SNET_TOPO_FANOUT_MAX, err);
	if (r < 0)
		return r;
	r = snet__value_check_share(opts->sensors, err);
	return r < 0 ? snet__err_prefix(err, r, "sensors") : 0;
}

static int generate(char **ret, const struct snet__generator *generator,
		    const struct snet_topo_opts *opts, struct snet_err *err)
{
	struct snet__builder builder = {
		.opts = opts,
		.sensors = (size_t)llround(opts->devices * opts->sensors),
	};
	char *text;

	snet__random_seed(&builder.random, opts->seed, generator->name);
	snet__builder_begin(&builder);
	generator->build(&builder);
	text = snet__builder_end(&builder);
	if (!text)
		return snet__err_oom(err);
	*ret = text;
	return 0;
}

int snet_topo_generate(char **ret, const struct snet_topo_opts *opts,
		       struct snet_err *err)
{
	const struct snet__generator *generator = NULL;
	struct snet_topo_opts complete_opts;
	int r;

	if (opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_topo_opts)");
	if (!opts->kind)
		return snet__err_set(err, -EINVAL, "a topology needs a kind");
	r = find(&generator, opts->kind, err);
	if (r < 0)
		return r;
	complete_opts = *opts;
	r = complete(&complete_opts, err);
	if (r < 0)
		return r;
	return generate(ret, generator, &complete_opts, err);
}
