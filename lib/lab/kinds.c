/* SPDX-License-Identifier: MIT */
/* What a program adds to a lab: kinds of devices and backends, and functions in C. */

#include "topo/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "lab/lab.h"

static int refuse(const struct snet_lab *lab, const char *name, struct snet_err *err)
{
	int r = snet__lab_refuse_up(lab, err);

	if (r < 0)
		return r;
	if (!name || !snet__text_is_name(name))
		return snet__err_set(err, -EINVAL, "'%s' is no name for a kind",
				     name ? name : "");
	return 0;
}

/* Append to a NULL-terminated list of @count names. */
static int add_name(const char ***names, size_t count, const char *name,
		    struct snet_err *err)
{
	const char **more = reallocarray(*names, count + 2, sizeof(*more));

	if (!more)
		return snet__err_oom(err);
	more[count] = name;
	more[count + 1] = NULL;
	*names = more;
	return 0;
}

int snet_lab_add_device_kind(struct snet_lab *lab, const struct snet_device_kind *kind,
			     struct snet_err *err)
{
	const struct snet__node_kind *own;
	bool is_taken = false;
	int r;

	r = refuse(lab, kind->name, err);
	if (r < 0)
		return r;
	if (kind->size < sizeof(*kind))
		return snet__err_set(err, -EINVAL, "the size of kind '%s' is not set",
				     kind->name);
	for (size_t i = 0; (own = snet__kind_at(i)); i++)
		is_taken |= strcmp(own->name, kind->name) == 0;
	for (size_t i = 0; i < lab->device_kind_count; i++)
		is_taken |= strcmp(lab->device_kinds[i]->name, kind->name) == 0;
	if (is_taken)
		return snet__err_set(err, -EEXIST, "there is a kind '%s' already",
				     kind->name);

	r = snet__vec_reserve(&lab->device_kinds, &lab->device_kind_cap,
			      lab->device_kind_count + 1, sizeof(*lab->device_kinds),
			      err);
	if (r == 0)
		r = add_name(&lab->device_kind_names, lab->device_kind_count, kind->name,
			     err);
	if (r < 0)
		return r;
	lab->device_kinds[lab->device_kind_count++] = kind;
	return 0;
}

int snet_lab_add_backend_kind(struct snet_lab *lab, const struct snet_backend_kind *kind,
			      struct snet_err *err)
{
	bool is_taken;
	int r;

	r = refuse(lab, kind->name, err);
	if (r < 0)
		return r;
	if (kind->size < sizeof(*kind) || !kind->invoke)
		return snet__err_set(err, -EINVAL, "kind '%s' has no size or no invoke()",
				     kind->name);
	is_taken = snet__backend_find_kind(kind->name) != NULL;
	for (size_t i = 0; i < lab->backend_kind_count; i++)
		is_taken |= strcmp(lab->backend_kinds[i]->name, kind->name) == 0;
	if (is_taken)
		return snet__err_set(err, -EEXIST, "there is a kind '%s' already",
				     kind->name);

	r = snet__vec_reserve(&lab->backend_kinds, &lab->backend_kind_cap,
			      lab->backend_kind_count + 1, sizeof(*lab->backend_kinds),
			      err);
	if (r == 0)
		r = add_name(&lab->backend_kind_names, lab->backend_kind_count,
			     kind->name, err);
	if (r < 0)
		return r;
	lab->backend_kinds[lab->backend_kind_count++] = kind;
	return 0;
}

static int find_natives(struct snet_lab *lab, const char *backend,
			struct snet__lab_natives **ret, struct snet_err *err)
{
	const struct snet__model_backend *described =
		snet__model_find_backend(&lab->model, backend);
	int r;

	for (size_t i = 0; i < lab->native_count; i++) {
		*ret = &lab->natives[i];
		if (strcmp(lab->natives[i].backend, backend) == 0)
			return 0;
	}
	if (!described)
		return snet__err_set(err, -ENOENT, "there is no backend '%s'", backend);
	if (strcmp(described->kind, "native") != 0)
		return snet__err_set(err, -EINVAL,
				     "backend '%s' is of kind '%s', not 'native'",
				     backend, described->kind);
	r = snet__vec_reserve(&lab->natives, &lab->native_cap, lab->native_count + 1,
			      sizeof(*lab->natives), err);
	if (r < 0)
		return r;
	*ret = &lab->natives[lab->native_count];
	(*ret)->backend = strdup(backend);
	if (!(*ret)->backend)
		return snet__err_oom(err);
	lab->native_count++;
	return 0;
}

int snet_lab_add_native(struct snet_lab *lab, const char *backend, const char *function,
			snet_native_fn fn, void *user, struct snet_err *err)
{
	struct snet__native_functions *functions;
	struct snet__lab_natives *natives = NULL;
	char *name;
	int r;

	r = refuse(lab, function, err);
	if (r < 0)
		return r;
	if (!fn)
		return snet__err_set(err, -EINVAL, "function '%s' is NULL", function);
	r = find_natives(lab, backend, &natives, err);
	if (r < 0)
		return r;
	functions = &natives->functions;
	for (size_t i = 0; i < functions->count; i++)
		if (strcmp(functions->items[i].name, function) == 0)
			return snet__err_set(err, -EEXIST,
					     "backend '%s' has a function '%s'", backend,
					     function);
	r = snet__vec_reserve(&functions->items, &functions->cap, functions->count + 1,
			      sizeof(*functions->items), err);
	if (r < 0)
		return r;
	name = strdup(function);
	if (!name)
		return snet__err_oom(err);
	functions->items[functions->count++] =
		(struct snet__native_function){.name = name, .fn = fn, .user = user};
	return 0;
}
