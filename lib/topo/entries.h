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
/* What @json says of the directions in @ways, forth and back, of a link that is there. */
void snet__entry_update_link(struct snet__reader *reader, const struct snet__spot *spot,
			     const struct snet__json *json, const bool ways[2],
			     struct snet__model_link *link);
/* What that can say; NULL behind the last. */
const char *snet__entry_update_key(size_t index);

/* gateway.c, for the table of a node's keys. @into: the node */
void snet__read_forward(struct snet__reader *reader, const struct snet__spot *spot,
			const struct snet__json *json, const struct snet__key *key,
			void *into);
/* entries_net.c; they get the node, the link and the model. */
void snet__read_interface(struct snet__reader *reader, const struct snet__spot *spot,
			  const struct snet__json *json, const struct snet__key *key,
			  void *into);
void snet__read_vlans(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);
void snet__read_ipv6(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);

/* entries_impairment.c; the first two get the impairment. */
void snet__read_loss(struct snet__reader *reader, const struct snet__spot *spot,
		     const struct snet__json *json, const struct snet__key *key,
		     void *into);
void snet__read_limit(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);
/* Bytes, which may be less than none. */
void snet__read_overhead(struct snet__reader *reader, const struct snet__spot *spot,
			 const struct snet__json *json, const struct snet__key *key,
			 void *into);
/* Zero: the default. */
void snet__read_mtu(struct snet__reader *reader, const struct snet__spot *spot,
		    const struct snet__json *json, const struct snet__key *key,
		    void *into);

/* read.c, for the table of the file's own keys. */
void snet__read_nodes(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);
void snet__read_links(struct snet__reader *reader, const struct snet__spot *spot,
		      const struct snet__json *json, const struct snet__key *key,
		      void *into);

#endif
