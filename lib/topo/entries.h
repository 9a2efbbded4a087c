/* SPDX-License-Identifier: MIT */
#ifndef SNET_TOPO_ENTRIES_H
#define SNET_TOPO_ENTRIES_H

/* The objects of a lab file, one by one: entries.c has their tables of keys. */

#include "topo/reader.h"

void snet__entry_read_node(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *entry, struct snet__model_node *node);
/* Only its kind and role, as far as they are known. */
void snet__entry_name_node(struct snet__reader *reader, const struct snet__json *entry,
			   struct snet__model_node *node);
void snet__entry_read_link(struct snet__reader *reader, const struct snet__spot *spot,
			   const struct snet__json *entry, struct snet__model_link *link);

/* read.c, for the table of the file's own keys. */
void snet__read_nodes(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);
void snet__read_links(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);

#endif
