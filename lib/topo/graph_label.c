/* SPDX-License-Identifier: MIT */
/* The words in a picture: what a box and a line are called. */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "topo/graph_parts.h"
#include "topo/write.h"

/* A state longer than this is no label. */
#define STATE_MAX 24

static const struct {
	const char *kind;
	enum snet__look look;
} looks[] = {
	{"switch", SNET__LOOK_SWITCH},       {"router", SNET__LOOK_ROUTER},
	{"host", SNET__LOOK_HOST},           {"relayer", SNET__LOOK_RELAYER},
	{"functions", SNET__LOOK_FUNCTIONS}, {"gateway", SNET__LOOK_GATEWAY},
	{"button", SNET__LOOK_BUTTON},       {"sensor", SNET__LOOK_SENSOR},
	{"actuator", SNET__LOOK_ACTUATOR},   {"process", SNET__LOOK_PROCESS},
	{"container", SNET__LOOK_CONTAINER},
};

enum snet__look snet__graph_look(const struct snet__model_node *node)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
		if (strcmp(looks[i].kind, node->kind) == 0)
			return looks[i].look;
	return SNET__LOOK_DEVICE;
}

/* How the keys of a link are told; others as "KEY VALUE". */
static const struct {
	const char *key, *before, *after;
} words[] = {
	{"profile", "", ""},
	{"delay", "", ""},
	{"distribution", "", ""},
	{"jitter", "\u00b1", ""},
	{"loss", "", " loss"},
	{"duplicate", "", " duplicated"},
	{"corrupt", "", " corrupted"},
	{"reorder", "", " reordered"},
	{"rate", "", ""},
	{"limit", "queue ", ""},
	{"vlan", "VLAN ", ""},
	{"vlans", "VLANs ", ""},
	{"mtu", "MTU ", ""},
	{"pmtu", "path MTU ", ""},
};

/* What a key says, NULL when memory was short; *@plain is what is to be freed. A file by its name
 * alone, and nothing of what is only so or not. */
static const char *say_value(const struct snet__json *member, char **plain)
{
	const char *text = snet__json_string(member), *slash;

	if (snet__json_is(member, SNET__JSON_BOOL))
		return "";
	slash = text && *text == '/' ? strrchr(text, '/') : NULL;
	if (slash)
		return slash + 1;
	if (!text)
		text = *plain = snet__json_format(member);
	return text;
}

/* Append what @member says to *@text, which is NULL when memory was short. */
static void add_words(char **text, const struct snet__json *member)
{
	autofree char *before = *text, *plain = NULL;
	const char *key = snet__json_key(member), *value = say_value(member, &plain);
	bool is_jitter = strcmp(key, "jitter") == 0;
	const char *gap = before && *before ? is_jitter ? " " : ", " : "";

	*text = NULL;
	if (!before || !value)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words) && !*text; i++)
		if (strcmp(words[i].key, key) == 0)
			*text = snet__text_format("%s%s%s%s%s", before, gap,
						  words[i].before, value, words[i].after);
	if (!*text)
		*text = snet__text_format("%s%s%s%s%s", before, gap, key,
					  *value ? " " : "", value);
}

static bool is_ends(const char *key)
{
	return strcmp(key, "from") == 0 || strcmp(key, "to") == 0 ||
	       strcmp(key, "name") == 0 || strcmp(key, "back") == 0;
}

/* What happens to packets, to be freed. */
static char *say(const struct snet__json *json)
{
	char *text = json ? strdup("") : NULL;

	for (const struct snet__json *at = snet__json_first(json); at && text;
	     at = snet__json_next(at))
		if (!is_ends(snet__json_key(at)))
			add_words(&text, at);
	return text;
}

char *snet__graph_link_label(const struct snet__model_link *link, bool is_turned)
{
	struct snet__model_link seen = *link; /* borrows all of it */
	autofree char *forth = NULL, *back = NULL;
	autojson *json = NULL, *other = NULL;

	if (is_turned) {
		seen.from = link->to;
		seen.to = link->from;
		seen.forth = link->back;
		seen.back = link->forth;
	}
	json = snet__write_link(&seen, NULL);
	forth = say(json);
	if (!snet__json_get(json, "back"))
		return steal_ptr(forth);
	other = snet__write_impairment(&seen.back);
	back = say(other);
	if (!forth || !back)
		return NULL;
	return snet__text_format("to %s: %s\nback: %s", seen.to, *forth ? forth : "plain",
				 *back ? back : "plain");
}

/* "buttons", "switches" */
static const char *plural(const char *kind)
{
	size_t length = strlen(kind);
	const char *end = kind + length;

	if (length > 1 && (strchr("sx", end[-1]) || strcmp(end - 2, "ch") == 0 ||
			   strcmp(end - 2, "sh") == 0))
		return "es";
	return "s";
}

bool snet__graph_name_box(struct snet__graph_box *box, const struct snet__map *states)
{
	const struct snet__model_node *first = box->nodes[0];
	const char *state = snet__map_find(states, first->name);

	if (box->count > 1) {
		box->caption = snet__text_format("%s \u2026 %s", first->name,
						 box->nodes[box->count - 1]->name);
		box->detail = snet__text_format("%zu %s%s", box->count, first->kind,
						plural(first->kind));
	} else {
		box->caption = strdup(first->name);
		if (state && strlen(state) <= STATE_MAX)
			box->detail = snet__text_format("%s, %s", first->kind, state);
		else
			box->detail = strdup(first->kind);
	}
	if (!box->caption || !box->detail)
		return false;
	/* A state, and a kind that a program has added, may be any text. */
	snet__text_flatten(box->detail);
	return true;
}
