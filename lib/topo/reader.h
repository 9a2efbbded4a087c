/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_READER_H
#define SNET_TOPO_READER_H

/* How a lab file is read: a table of keys for each kind of object, each key with the reader
 * of its value. Readers complain and go on; nothing stops before the end of the file but
 * short memory. */

#include "io/json.h"
#include "topo/expand.h"
#include "topo/model.h"
#include "topo/value.h"

/* Where a value stands in the tree; on the stack, made into a path when one is needed. */
struct snet__spot {
	const struct snet__spot *up; /* NULL: the file */
	const char *key;             /* of an object's member, or NULL for */
	size_t index;                /* an array's */
};

struct snet__reader {
	struct snet__model *model;
	struct snet__problems *problems;
	const struct snet__json *root;
	const struct snet__json_places *places;
	const char *folder; /* "": the process's own; NULL: see snet__model_read() */
	long instance;      /* what {i} is; -1 outside of entries with "count" */
	size_t complaints;  /* so far, those that were not kept included */
	size_t text_bytes;  /* what was read so far, to bound what "count" multiplies */
	const struct snet__json **nodes,
		**links; /* their entries, to find places again */
	size_t node_entries, link_entries, node_cap, link_cap;
	bool is_node_missing, is_link_missing; /* some could not even be named */
	bool is_full;                          /* too many of them: said */
	/* The model is a lab already, to which entries are added. */
	bool is_more;
	/* NULL, or what is read is what changes of this link, forth and back. */
	struct snet__model_link *updated;
	bool ways[2];
	struct snet_err *err;
	int r; /* -ENOMEM: everything is over */
};

struct snet__key;
typedef void (*snet__read_fn)(struct snet__reader *reader, const struct snet__spot *spot,
			      const struct snet__json *json, const struct snet__key *key,
			      void *into);

struct snet__key {
	const char *name;
	snet__read_fn read;
	size_t offset;      /* of what read() gets as @into */
	unsigned int kinds; /* nodes: which have it */
	const struct snet__range *range;
	int (*check)(const char *text, struct snet_err *err);
	const char *const *words, *wanted; /* of a choice, and the same as a phrase */
	snet__read_fn each; /* of an array of objects: reads one, with the same @into */
	bool is_needed;
};

/* All keys of one kind of object. The tables are also what the schema is tested against. */
struct snet__keys {
	const char *what; /* in the schema's $defs, "" for the whole */
	const struct snet__key *keys;
	size_t count;
	/* Optional: keys that may be meant and are none here, and what to say of them. */
	const struct snet__keys *others;
	const char *others_text;
};
#define SNET__KEYS(array) (array), sizeof(array) / sizeof(*(array))
void snet__read_seed(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
extern const struct snet__keys snet__keys_lab, snet__keys_more, snet__keys_node,
	snet__keys_link, snet__keys_interface, snet__keys_impairment, snet__keys_loss,
	snet__keys_backend, snet__keys_route, snet__keys_function, snet__keys_forward;

/* read.c. Parse a file, let @read go through its root, and sort what was complained about: -EINVAL
 * when there is such. */
typedef int (*snet__read_root_fn)(struct snet__reader *reader);
int snet__reader_run(struct snet__reader *reader, const char *text, size_t size,
		     snet__read_root_fn read, struct snet_err *err);
/* A lab, which @json describes, into the reader's model; and check how its parts fit together. */
int snet__reader_lab(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json);

/* fields.c */
__attribute__((format(printf, 5, 6))) void snet__reader_complain(
	struct snet__reader *reader, const struct snet__spot *spot,
	const struct snet__json *json, bool at_key, const char *fmt, ...);
/* Whether @json has @type; complains with @wanted ("an object") if not. */
bool snet__reader_expect(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, enum snet__json_type type,
			 const char *wanted);
/* Read the members of an object into a struct. @kinds: which of the keys it can have, 0 for
 * all; @kind_name: whose keys these are, for messages. */
void snet__reader_object(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__keys *keys,
			 unsigned int kinds, const char *kind_name, void *into);
/* Which of @words a string is, or -1 after a complaint. @wanted lists them in words. */
int snet__reader_choice(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const char *const *words,
			const char *wanted);
/* A share, or a complaint: @wanted says what could be there. */
void snet__reader_share(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const char *wanted, double *into);
/* The text of a string with {i} replaced, to be freed; NULL after a complaint. */
char *snet__reader_text(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json);

void snet__read_text(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
void snet__read_code(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
void snet__read_json(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
void snet__read_bool(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
/* Into uint64_t, or unsigned int for u32, ms and mb. */
void snet__read_u64(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const struct snet__key *key,
		    void *into);
void snet__read_u32(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const struct snet__key *key,
		    void *into);
void snet__read_duration(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into);
void snet__read_duration_ms(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, const struct snet__key *key,
			    void *into);
void snet__read_size_mb(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into);
/* Bytes, into uint64_t. */
void snet__read_size(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
/* A number such as 0.5, into unsigned int in thousandths. */
void snet__read_millis(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into);
void snet__read_rate(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
void snet__read_share(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);
/* The index of a choice, into an enum or an unsigned int. */
void snet__read_word(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
void snet__read_objects(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into);
/* Nothing: whoever owns the object reads it. */
void snet__read_later(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);

/* paths.c. A relative path begins at the lab file; what it names is there. Without a folder all
 * are taken as they stand. */
/* A file that can be read. */
void snet__read_file(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
/* One that need not be there. */
void snet__read_future_file(struct snet__reader *reader, const struct snet__spot *spot,
			    const struct snet__json *json, const struct snet__key *key,
			    void *into);
/* One whose folder is there. */
void snet__read_file_to_write(struct snet__reader *reader, const struct snet__spot *spot,
			      const struct snet__json *json, const struct snet__key *key,
			      void *into);
/* A folder or a file, made absolute: the lab may be run from elsewhere. */
void snet__read_rootfs(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into);
/* A folder that can be entered, made absolute. */
void snet__read_folder(struct snet__reader *reader, const struct snet__spot *spot,
		       const struct snet__json *json, const struct snet__key *key,
		       void *into);
/* The file's own, made absolute; without one it stays as it is. */
void snet__read_own_folder(struct snet__reader *reader, char **into);
/* Whether a program can run in it. */
bool snet__path_is_folder(const char *path);
/* The "cwd" of a program, or its default. @kind: the bit of the node's kind. */
void snet__read_cwd(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *entry, unsigned int kind,
		    struct snet__model_node *node);
/* Complain of a process whose program, of @node, is sure not to start. */
void snet__check_program(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *entry,
			 const struct snet__model_node *node);

#endif
