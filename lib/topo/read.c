/* SPDX-License-Identifier: MIT */
/* A lab file into a model: the file as a whole, its entries, and the "count" that repeats
 * them. When one repetition of an entry is wrong, it is complained about once; the others
 * are only named, so that what refers to them is still checked. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/vec.h"
#include "topo/check.h"
#include "topo/entries.h"
#include "topo/kinds.h"
#include "topo/parts.h"
#include "topo/problems.h"

#define ENTRY_KEYS_MAX 64

/* How often an entry is repeated; 0 after a complaint. */
static long read_count(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *entry, bool *ret_is_counted)
{
	const struct snet__json *json = snet__json_get(entry, "count");
	struct snet__spot at = {.up = spot, .key = "count"};
	double value = snet__json_number(json, 1);

	*ret_is_counted = json;
	if (!json)
		return 1;
	if (!snet__reader_expect(reader, &at, json, SNET__JSON_NUMBER, "a whole number"))
		return 0;
	if (value != floor(value) || !(value >= 1 && value <= SNET__COUNT_MAX)) {
		snet__reader_complain(reader, &at, json, false,
				      "expected a whole number from 1 to %d, got %.15g",
				      SNET__COUNT_MAX, value);
		return 0;
	}
	return (long)value;
}

/* Whether the string @key of an entry differs from one repetition to the next. */
static bool has_mark(const struct snet__json *entry, const char *key)
{
	const char *text = snet__json_get_string(entry, key);

	return text && snet__expand_has_number(text);
}

static void refuse_same(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *entry, const char *key, long count,
			const char *what)
{
	const struct snet__json *json = snet__json_get(entry, key);
	struct snet__spot at = {.up = spot, .key = key};

	if (snet__json_is(json, SNET__JSON_STRING))
		snet__reader_complain(reader, &at, json, false,
				      "needs an '{i}': \"count\" makes %ld %s of it",
				      count, what);
}

/* The name of a repetition that is not read; NULL when it has none. */
static char *name_of(const struct snet__json *entry, const char *key, long instance)
{
	const char *text = snet__json_get_string(entry, key);
	char *name = NULL;

	if (!text || snet__expand(&name, text, instance) < 0)
		return NULL;
	if (snet__value_check_name(name, NULL) < 0) {
		free(name);
		return NULL;
	}
	return name;
}

static void read_node(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *entry, bool is_broken)
{
	cleanup_with(snet__node_clear) struct snet__model_node node = {0};
	size_t complaints = reader->complaints;

	if (!is_broken)
		snet__entry_read_node(reader, spot, entry, &node);
	if (is_broken || reader->complaints > complaints) {
		snet__node_clear(&node);
		snet__entry_name_node(reader, entry, &node);
		node.name = name_of(entry, "name", reader->instance);
		node.is_broken = true;
		/* A name that is wrong hides a node that others refer to. */
		reader->is_node_missing |= !node.name;
	}
	if (!node.name || reader->r < 0)
		return;
	node.entry = spot->index;
	snet__json_places_find(reader->places, entry, false, &node.line, &node.column);
	if (snet__model_append_node(reader->model, &node, reader->err) < 0)
		reader->r = -ENOMEM;
}

static void read_link(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *entry, bool is_broken)
{
	cleanup_with(snet__link_clear) struct snet__model_link link = {0};
	size_t complaints = reader->complaints;
	int r;

	if (!is_broken)
		snet__entry_read_link(reader, spot, entry, &link);
	if (is_broken || reader->complaints > complaints) {
		snet__link_clear(&link);
		link.name = name_of(entry, "name", reader->instance);
		link.from = name_of(entry, "from", reader->instance);
		link.to = name_of(entry, "to", reader->instance);
		link.is_broken = true;
		reader->is_link_missing |= !link.from || !link.to;
	}
	if (!link.from || !link.to || reader->r < 0)
		return;
	link.entry = spot->index;
	link.is_running = !reader->folder;
	snet__json_places_find(reader->places, entry, false, &link.line, &link.column);
	r = snet__link_finish(&link, reader->err);
	/* One whose name is wrong has one. */
	if (link.is_broken)
		link.is_named = snet__json_get(entry, "name");
	if (r == 0)
		r = snet__model_append_link(reader->model, &link, reader->err);
	if (r < 0)
		reader->r = r;
}

/* What differs between nodes and links when entries are gone through. */
struct entries {
	const char *what;
	const char *keys[3]; /* of which one must have an {i} */
	size_t most;
	void (*read)(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *entry, bool is_broken);
};

static const struct entries node_entries = {"nodes",
					    {"name", "name", "name"},
					    SNET__NODES_MAX,
					    read_node};
static const struct entries link_entries = {"links",
					    {"from", "to", "name"},
					    SNET__LINKS_MAX,
					    read_link};

static void repeat_entry(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *entry, const struct entries *entries,
			 const size_t *have)
{
	size_t complaints = reader->complaints;
	bool is_counted;
	long count = read_count(reader, spot, entry, &is_counted);

	if (count > 1 && !has_mark(entry, entries->keys[0]) &&
	    !has_mark(entry, entries->keys[1]) && !has_mark(entry, entries->keys[2])) {
		/* A name of its own is what makes parallel links differ. */
		refuse_same(reader, spot, entry,
			    snet__json_get(entry, "name") ? "name" : entries->keys[0],
			    count, entries->what);
		count = 1;
	}
	if (count == 0) /* nobody knows how many are meant */
		reader->is_node_missing = reader->is_link_missing = true;
	for (long i = 0; i < (count ? count : 1) && reader->r == 0; i++) {
		if (*have >= entries->most) {
			if (!reader->is_full)
				snet__reader_complain(reader, spot, entry, false,
						      "too many %s: over %zu in all",
						      entries->what, entries->most);
			reader->is_full = true;
			reader->is_node_missing = reader->is_link_missing = true;
			break;
		}
		reader->instance = is_counted ? i : -1;
		entries->read(reader, spot, entry,
			      i > 0 && reader->complaints > complaints);
		/* Nobody has so many keys; finding the name among them each time would take the
		 * product of both. */
		if (reader->complaints > complaints &&
		    snet__json_count(entry) > ENTRY_KEYS_MAX) {
			reader->is_node_missing = reader->is_link_missing = true;
			break;
		}
	}
	reader->instance = -1;
}

static void read_entries(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct entries *entries,
			 const struct snet__json ***list, size_t *count, size_t *cap,
			 const size_t *have)
{
	struct snet__spot at = {.up = spot};

	if (!snet__reader_expect(reader, spot, json, SNET__JSON_ARRAY, "an array")) {
		reader->is_node_missing = reader->is_link_missing = true;
		return;
	}
	for (json = snet__json_first(json); json && reader->r == 0;
	     json = snet__json_next(json)) {
		reader->r = snet__vec_reserve(list, cap, *count + 1, sizeof(**list),
					      reader->err);
		if (reader->r < 0)
			return;
		at.index = (*count)++;
		(*list)[at.index] = json;
		if (snet__reader_expect(reader, &at, json, SNET__JSON_OBJECT,
					"an object"))
			repeat_entry(reader, &at, json, entries, have);
		else
			reader->is_node_missing = reader->is_link_missing = true;
	}
}

void snet__read_nodes(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	read_entries(reader, spot, json, &node_entries, &reader->nodes,
		     &reader->node_entries, &reader->node_cap,
		     &reader->model->node_count);
}

void snet__read_links(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into)
{
	read_entries(reader, spot, json, &link_entries, &reader->links,
		     &reader->link_entries, &reader->link_cap,
		     &reader->model->link_count);
}

/* Where the check's complaints are: the value of @key in an entry. */
static void locate(void *user, enum snet__section section, size_t entry, const char *name,
		   const char *key, unsigned int *ret_line, unsigned int *ret_column)
{
	const struct snet__reader *reader = user;
	const struct snet__json *json = reader->root, *value;
	static const char back[] = "back.";

	if (entry == SNET__NO_ENTRY)
		return; /* it stands in no file */
	if (section == SNET__SECTION_NODES)
		json = reader->nodes[entry];
	else if (section == SNET__SECTION_LINKS)
		json = reader->links[entry];
	else if (section == SNET__SECTION_BACKENDS)
		json = snet__json_get(snet__json_get(json, "backends"), name);
	if (!json)
		return; /* a backend that was there before */
	if (key && strncmp(key, back, strlen(back)) == 0 &&
	    snet__json_get(json, "back")) {
		json = snet__json_get(json, "back");
		key += strlen(back);
	}
	value = key ? snet__json_get(json, key) : NULL;
	snet__json_places_find(reader->places, value ? value : json, false, ret_line,
			       ret_column);
}

/* Whether a section cannot be taken to be complete. */
static bool lacks(const struct snet__reader *reader, const char *section)
{
	const struct snet__json *json = snet__json_get(reader->root, section);

	if (!json)
		return reader->complaints > 0;
	return !snet__json_is(json, SNET__JSON_ARRAY) &&
	       !snet__json_is(json, SNET__JSON_OBJECT);
}

/* What a change names is read anew, what it does not is as it was read. */
static void forget_named(const struct snet__json *json, const bool ways[2],
			 struct snet__model_link *link)
{
	for (int i = 0; i < 2; i++) {
		struct snet__kept_files *kept = &link->kept[i];

		if (ways[i] && snet__json_get(json, "distribution")) {
			snet__kept_file_unref(kept->table);
			kept->table = NULL;
		}
		if (ways[i] && snet__json_get(json, "trace")) {
			snet__kept_file_unref(kept->trace);
			kept->trace = NULL;
		}
	}
	link->is_running &= !snet__json_get(json, "replay");
}

static int update_link(struct snet__reader *reader)
{
	struct snet__spot spot = {0};

	if (snet__reader_expect(reader, &spot, reader->root, SNET__JSON_OBJECT,
				"an object")) {
		snet__entry_update_link(reader, &spot, reader->root, reader->ways,
					reader->updated);
		forget_named(reader->root, reader->ways, reader->updated);
	}
	return reader->r;
}

int snet__reader_lab(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json)
{
	const struct snet__json *root = reader->root;
	struct snet__check check = {
		.model = reader->model,
		.problems = reader->problems,
		.err = reader->err,
		.locate = locate,
		.user = reader,
		.is_running = !reader->folder,
	};
	int r;

	if (snet__reader_expect(reader, spot, json, SNET__JSON_OBJECT, "an object"))
		snet__reader_object(reader, spot, json,
				    reader->is_more ? &snet__keys_more : &snet__keys_lab,
				    0, "", reader->model);
	if (reader->r < 0)
		return reader->r;

	/* A section that is there under a wrong name was complained about under that. */
	reader->root = json;
	check.is_node_missing = reader->is_node_missing || lacks(reader, "nodes");
	check.is_link_missing = reader->is_link_missing || lacks(reader, "links");
	check.is_backend_missing = lacks(reader, "backends");
	r = snet__check_run(&check);
	reader->root = root;
	return r == -EINVAL ? 0 : r;
}

static int read_root(struct snet__reader *reader)
{
	struct snet__spot spot = {0};

	return reader->updated ? update_link(reader)
			       : snet__reader_lab(reader, &spot, reader->root);
}

/* The parser's "LINE:COLUMN: what" as a problem. */
static int add_syntax_error(struct snet__problems *problems, const char *text,
			    struct snet_err *err)
{
	unsigned int line = 1, column = 1;
	int skip = 0;

	if (sscanf(text, "%u:%u: %n", &line, &column, &skip) < 2)
		skip = 0;
	return snet__problems_addf(problems, line, column, "", err, "%s", text + skip);
}

static bool is_blank(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!text[i] || !strchr(" \t\r\n", text[i]))
			return false;
	return true;
}

static int read_text(struct snet__reader *reader, const char *text, size_t size,
		     snet__read_root_fn read)
{
	struct snet__json_places *places = NULL;
	struct snet_err *err = reader->err;
	struct snet_err why = {0};
	autojson *root = NULL;
	int r;

	if (is_blank(text, size))
		return snet__problems_addf(reader->problems, 1, 1, "", err,
					   "the file is empty");
	r = snet__json_parse(&root, text, size, &why);
	if (r == -EINVAL)
		return add_syntax_error(reader->problems, why.msg, err);
	if (r == 0)
		r = snet__json_places_new(&places, root, text, size, &why);
	if (r < 0)
		return snet__err_set(err, r, "%s", why.msg);

	reader->root = root;
	reader->places = places;
	r = read(reader);
	free(reader->nodes);
	free(reader->links);
	snet__json_places_free(places);
	return r;
}

int snet__reader_run(struct snet__reader *reader, const char *text, size_t size,
		     snet__read_root_fn read, struct snet_err *err)
{
	int r;

	if (size > SNET__MODEL_FILE_MAX)
		return snet__err_set(err, -EFBIG,
				     "too large for a lab file: over 64 MiB");
	reader->instance = -1;
	reader->err = err;
	r = read_text(reader, text, size, read);
	if (r == 0)
		r = snet__problems_sort(reader->problems, err);
	if (r < 0)
		return r;
	return reader->problems->count ? snet__problems_err(reader->problems, NULL, err)
				       : 0;
}

int snet__model_read(struct snet__model *model, const char *text, size_t size,
		     const char *folder, struct snet__problems *problems,
		     struct snet_err *err)
{
	struct snet__reader reader = {.model = model,
				      .problems = problems,
				      .folder = folder};

	return snet__reader_run(&reader, text, size, read_root, err);
}

int snet__model_read_more(struct snet__model *model, const char *text, size_t size,
			  const char *folder, struct snet__problems *problems,
			  struct snet_err *err)
{
	struct snet__reader reader = {.model = model,
				      .problems = problems,
				      .folder = folder,
				      .is_more = true};

	return snet__reader_run(&reader, text, size, read_root, err);
}

int snet__model_update_link(struct snet__model *model, const char *name,
			    const bool ways[2], const char *text, const char *folder,
			    struct snet__problems *problems, struct snet_err *err)
{
	struct snet__reader reader = {.model = model,
				      .problems = problems,
				      .folder = folder,
				      .updated = snet__model_find_link(model, name),
				      .ways = {ways[0], ways[1]}};

	if (!reader.updated)
		return snet__model_refuse_link(model, name, err);
	return snet__reader_run(&reader, text, strlen(text), read_root, err);
}

static int load(char **ret_text, size_t *ret_size, char **ret_folder, const char *path,
		struct snet_err *err)
{
	int r;

	r = snet__file_read(ret_text, ret_size, path, SNET__MODEL_FILE_MAX, err);
	if (r == -EFBIG)
		return snet__err_set(err, r,
				     "'%s' is too large for a lab file: over 64 MiB",
				     path);
	/* Absolute, because a lab may move to another folder before it reads what it names. */
	return r < 0 ? r : snet__file_folder(ret_folder, path, err);
}

int snet__model_read_file(char **ret_text, char **ret_folder, const char *path,
			  struct snet_err *err)
{
	autofree char *text = NULL, *folder = NULL;
	size_t size = 0;
	int r;

	r = load(&text, &size, &folder, path, err);
	if (r < 0)
		return r;
	if (memchr(text, '\0', size))
		return snet__err_set(err, -EINVAL, "'%s' has a byte of zero in it", path);
	*ret_text = steal_ptr(text);
	*ret_folder = steal_ptr(folder);
	return 0;
}

int snet__model_load(struct snet__model *model, const char *path,
		     struct snet__problems *problems, struct snet_err *err)
{
	autofree char *text = NULL, *folder = NULL;
	size_t size = 0;
	int r;

	r = load(&text, &size, &folder, path, err);
	if (r < 0)
		return r;
	r = snet__model_read(model, text, size, folder, problems, err);
	return problems->count ? snet__problems_err(problems, path, err) : r;
}
