/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_FOLDER_H
#define SNET_STORE_FOLDER_H

/* The files of a store: FOLDER/snet.lock, held by its writer, and FOLDER/store, a folder that is
 * LMDB's. A new one is made complete as FOLDER/store.new and then changes places with the old
 * one, so that whoever reads sees the old store or the new one. */

#include <stdbool.h>

#include "base/err.h"

/* Make @folder, and be the only writer in it, until *@ret_fd is closed. -EBUSY names the process that is. */
int snet__folder_lock(int *ret_fd, const char *folder, struct snet_err *err);
/* FOLDER/store or FOLDER/store.new, to be freed; NULL when memory is short. */
char *snet__folder_path(const char *folder, bool is_new);
/* Give LMDB's lock file in @path its disk space: LMDB writes to it through memory, where a
 * full disk is SIGBUS. */
int snet__folder_reserve(const char *path, struct snet_err *err);
/* Make an empty FOLDER/store.new. -EEXIST: FOLDER/store is somebody else's. */
int snet__folder_start_new(const char *folder, struct snet_err *err);
/* Put FOLDER/store.new in the place of FOLDER/store, and remove what was there. */
int snet__folder_switch(const char *folder, struct snet_err *err);

#endif
