/* SPDX-License-Identifier: MIT */
/* Names of nodes. Each leads to one node also where a program looks it up: resolvers do not tell
 * upper from lower case, and take what reads as an address for that. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "topo/check.h"

#define DIGITS     "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

/* "nodes[1] in line 3", or "" for one that no file has. */
struct where {
	char text[64];
};

static const char *where_is(struct where *where, const struct snet__model_node *node)
{
	where->text[0] = '\0';
	if (node->entry == SNET__NO_ENTRY)
		return where->text;
	(void)snprintf(where->text, sizeof(where->text), "nodes[%zu]", node->entry);
	if (node->line)
		(void)snprintf(where->text, sizeof(where->text), "nodes[%zu] in line %u",
			       node->entry, node->line);
	return where->text;
}

static void complain_same(struct snet__check *check, size_t index,
			  const struct snet__model_node *first)
{
	struct where where;

	if (*where_is(&where, first))
		snet__check_complain(check, SNET__SECTION_NODES, index, "name",
				     "'%s' is also the name of %s", first->name,
				     where.text);
	else
		snet__check_complain(check, SNET__SECTION_NODES, index, "name",
				     "the lab has a node '%s' already", first->name);
}

static void complain_case(struct snet__check *check, size_t index,
			  const struct snet__model_node *first)
{
	struct where where;

	(void)where_is(&where, first);
	snet__check_complain(
		check, SNET__SECTION_NODES, index, "name",
		"'%s' differs from '%s'%s%s only in case, which resolvers ignore: choose "
		"another name",
		check->model->nodes[index]->name, first->name, *where.text ? " of " : "",
		where.text);
}

static void check_unique(struct snet__check *check)
{
	struct snet__model *model = check->model;

	snet__map_clear(&model->node_by_name);
	for (size_t i = 0; i < model->node_count && check->r == 0; i++) {
		const char *name = model->nodes[i]->name;
		int r = snet__map_add(&model->node_by_name, name, model->nodes[i],
				      check->err);

		if (r == -ENOMEM)
			check->r = r;
		if (r == -EEXIST)
			complain_same(check, i, snet__model_find_node(model, name));
	}
}

static bool has_upper(const char *text)
{
	for (; *text; text++)
		if (isupper((unsigned char)*text))
			return true;
	return false;
}

static void fold(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* Names with upper case, as they are without; @keys holds them. */
static void check_upper(struct snet__check *check, char **keys, struct snet__map *folded)
{
	const struct snet__model *model = check->model;

	for (size_t i = 0; i < model->node_count && check->r == 0; i++) {
		const struct snet__model_node *node = model->nodes[i], *other;

		/* One that is there twice was complained about. */
		if (!has_upper(node->name) ||
		    snet__model_find_node(model, node->name) != node)
			continue;
		keys[i] = strdup(node->name);
		if (!keys[i]) {
			check->r = snet__err_oom(check->err);
			return;
		}
		fold(keys[i]);
		other = snet__model_find_node(model, keys[i]);
		if (!other)
			other = snet__map_find(folded, keys[i]);
		if (!other)
			check->r = snet__map_add(folded, keys[i], model->nodes[i],
						 check->err);
		else if (other->index > i)
			complain_case(check, other->index, node);
		else
			complain_case(check, i, other);
	}
}

static void check_case(struct snet__check *check)
{
	size_t count = check->model->node_count;
	char **keys = calloc(count + 1, sizeof(*keys));
	struct snet__map folded = {0};

	if (keys)
		check_upper(check, keys, &folded);
	else
		check->r = snet__err_oom(check->err);
	snet__map_clear(&folded);
	for (size_t i = 0; keys && i < count; i++)
		free(keys[i]);
	free(keys);
}

/* "10.0.0.9", "7", "0x7f.1": up to four numbers, as inet_aton(3) reads them. */
static bool reads_as_address(const char *name)
{
	for (int parts = 1; parts <= 4; parts++) {
		bool is_hex = name[0] == '0' && (name[1] == 'x' || name[1] == 'X');
		const char *begin = is_hex ? name + 2 : name;
		const char *end = begin + strspn(begin, is_hex ? HEX_DIGITS : DIGITS);

		if (end == begin)
			return false;
		if (*end != '.')
			return !*end;
		name = end + 1;
	}
	return false;
}

/* Once for all that an entry makes. */
static void check_meaning(struct snet__check *check)
{
	const struct snet__model *model = check->model;
	size_t told = SNET__NO_ENTRY;

	for (size_t i = 0; i < model->node_count && check->r == 0; i++) {
		const struct snet__model_node *node = model->nodes[i];
		bool is_host = strcasecmp(node->name, "localhost") == 0;

		if (!is_host && !reads_as_address(node->name))
			continue;
		if (node->entry != SNET__NO_ENTRY && node->entry == told)
			continue;
		told = node->entry;
		snet__check_complain(check, SNET__SECTION_NODES, i, "name",
				     is_host ? "'%s' is what every node calls itself: "
					       "choose another name"
					     : "'%s' reads as an address: let the name "
					       "begin with a letter",
				     node->name);
	}
}

void snet__check_names(struct snet__check *check)
{
	check_unique(check);
	if (check->r == 0)
		check_case(check);
	if (check->r == 0)
		check_meaning(check);
}
