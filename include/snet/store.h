/* SPDX-License-Identifier: MIT */
#ifndef SNET_STORE_H
#define SNET_STORE_H

#include <snet/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: reading a lab's store
 *
 * Every process of the lab's user can read a lab's events, traces and states, while the lab
 * runs, never disturbing it, and after it is down.
 */
struct snet_store;

/**
 * snet_store_open() - open a lab's store for reading
 * @ret:    the store, to be closed with snet_store_close()
 * @folder: as of snet_lab_set_folder()
 * @err:    filled on failure, may be NULL
 *
 * Threads: one at a time. A process must not open the store of a lab that it runs itself.
 * Return: 0, -ENOENT (no store there), -EPROTO (another version's), -EACCES, -EIO, -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_store_open(struct snet_store **ret, const char *folder,
			     struct snet_err *err);

/**
 * snet_store_close() - close a store
 * @store: may be NULL
 * Since: 0.1
 */
SNET_API void snet_store_close(struct snet_store *store);

/**
 * snet_event_fn - receives one event
 * @user:  as given
 * @seq:   its number: events of a lab are numbered from 1 in the order of their journaling
 * @event: a CloudEvent in JSON, one line; valid during the call
 * @outcome: how far it has come
 * Return: 0 to go on, anything else to stop
 */
typedef int (*snet_event_fn)(void *user, uint64_t seq, const char *event,
			     enum snet_outcome outcome);

/**
 * snet_store_events() - go through the events
 * @store: borrowed
 * @after: the number after which to begin, 0 for all that are kept
 * @fn:    called for each, in order, on the calling thread
 * @user:  handed to @fn
 * @err:   filled on failure, may be NULL
 * Return: 0, -EIO
 * Since: 0.1
 */
SNET_API int snet_store_events(struct snet_store *store, uint64_t after, snet_event_fn fn,
			       void *user, struct snet_err *err);

/**
 * snet_store_trace() - read the trace of an event
 * @store: borrowed
 * @id:    the event's id
 * @ret:   the trace, to be freed with snet_trace_free()
 * @err:   filled on failure, may be NULL
 * Return: 0, -ENOENT, -EIO, -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_store_trace(struct snet_store *store, const char *id,
			      struct snet_trace **ret, struct snet_err *err);

/**
 * snet_store_state() - read the state of a device
 * @store: borrowed
 * @name:  a node
 * @text:  filled with JSON
 * @size:  bytes that @text has, at least SNET_STATE_MAX of snet/device.h
 * @err:   filled on failure, may be NULL
 * Return: 0, -ENOENT, -EIO
 * Since: 0.1
 */
SNET_API int snet_store_state(struct snet_store *store, const char *name, char *text,
			      size_t size, struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
