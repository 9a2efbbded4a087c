/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_WRITE_H
#define SNET_TOPO_WRITE_H

/* The entries of a lab file as JSON, one by one; what has its default is left out. Strings are
 * as they are in the model: {i} means nothing in them. All return NULL when memory is short;
 * @opts may be NULL. */

#include "io/json.h"
#include "topo/model.h"

struct snet__json *snet__write_node(const struct snet__model *model,
				    const struct snet__model_node *node,
				    const struct snet__format_opts *opts);
struct snet__json *snet__write_route(const struct snet__model_route *route);
struct snet__json *snet__write_function(const struct snet__model_function *function,
					const struct snet__format_opts *opts);
struct snet__json *snet__write_link(const struct snet__model_link *link,
				    const struct snet__format_opts *opts);
/* The same without its impairments, though with the name of its profile. */
struct snet__json *snet__write_wire(const struct snet__model_link *link);
/* One direction of a link, whatever its profile. */
struct snet__json *snet__write_impairment(const struct snet_impairment *impairment);
struct snet__json *snet__write_backend(const struct snet__model_backend *backend);
/* Digits in a string from 2^53 on, where a number of JSON may be read as another one. */
struct snet__json *snet__write_seed(uint64_t seed);
/* write_plan.c: what was planned. The addresses that a node has on its interfaces, of as many as
 * @other has. */
struct snet__json *snet__write_addresses(const struct snet__model_node *node,
					 const struct snet__model_node *other);
/* The subnet of a link whose address is that of @other. */
struct snet__json *snet__write_subnet(const struct snet__model_link *link,
				      const struct snet__model_link *other);
/* The file's own keys; not the sections. */
struct snet__json *snet__write_head(const struct snet__model *model);

/* relative.c: @path by its folder with symbolic links followed, to be freed, so that there is one
 * spelling for each; NULL when there is no such folder. */
char *snet__path_absolute(const char *path);
/* How to get from @folder to @path, to be freed; "." when they are the same. An absolute path when
 * @folder is NULL or they have nothing in common, NULL when there is no such path any more. */
char *snet__path_from(const char *folder, const char *path);

/* fold.c: an array of entries as the array that a lab file has: with {i} and "count" where they
 * can stand for several, and braces kept where they would mean something. */
struct snet__json *snet__fold(const struct snet__json *entries);
/* The same for one. */
struct snet__json *snet__fold_alone(const struct snet__json *entry);

#endif
