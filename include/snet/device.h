/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_H
#define SNET_DEVICE_H

#include <snet/event.h>
#include <snet/node.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The longest state of a device, bytes of JSON, with its terminating zero. */
#define SNET_STATE_MAX 256

/**
 * snet_device_press() - press a button and wait for the end of its event
 * @lab:        borrowed, up
 * @name:       a device
 * @data:       JSON, the event's data; NULL for the data of the node's description
 * @ret:        the trace, to be freed with snet_trace_free(); may be NULL
 * @timeout_ms: how long to wait at most
 * @err:        filled on failure, may be NULL
 *
 * Return: 0 (whatever the outcome), -ENOENT (no such device), -EHOSTDOWN (nothing lives in it
 *         now), -EBUSY (it is being made, or taken away, by a change that goes on), -EINVAL
 *         (@data is not JSON, or the node sends no events), -EMSGSIZE (@data is over
 *         SNET_EVENT_DATA_MAX), -EAGAIN
 *         (1,024 events of this device wait to be acknowledged), -ENODATA (its kind sent no
 *         event), -EIO (the event was lost: the relayer refused it, or was not to be reached
 *         for 60 s; or the relayer cannot take it now, as its store is full, and the device tries
 *         again until 60 s are over), -ETIMEDOUT, -ENOTCONN (not up, or gone down meanwhile),
 *         -EDEADLK (on the lab's thread), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_device_press(struct snet_lab *lab, const char *name, const char *data,
			       struct snet_trace **ret, unsigned int timeout_ms,
			       struct snet_err *err);

/**
 * snet_device_send() - press a button and wait for nothing
 * @lab:    borrowed, up
 * @name:   a device
 * @data:   JSON, the event's data; NULL for the data of the node's description
 * @ret_id: filled with the event's id, "" when its kind sent none; may be NULL
 * @err:    filled on failure, may be NULL
 *
 * The event is on its way when this returns, not yet acknowledged: snet_lab_wait_trace().
 *
 * Threads: any; also the lab's, from a callback.
 * Return: 0, -ENOENT, -EHOSTDOWN, -EBUSY, -EINVAL, -EMSGSIZE, -EAGAIN, -ENOTCONN, -ENOMEM, as there
 * Since: 0.1
 */
SNET_API int snet_device_send(struct snet_lab *lab, const char *name, const char *data,
			      char ret_id[SNET_EVENT_ID_MAX + 1], struct snet_err *err);

/**
 * snet_device_state() - read the state of a device
 * @lab:  borrowed, up
 * @name: a device
 * @text: filled with JSON, such as "1"; "null" for a device without a state
 * @err:  filled on failure, may be NULL
 * Return: 0, -ENOENT (no such device), -EINVAL (it is none), -EHOSTDOWN (nothing lives in it now),
 *         -EBUSY (it is being made, or taken away), -ENOTCONN (not up)
 * Since: 0.1
 */
SNET_API int snet_device_state(struct snet_lab *lab, const char *name,
			       char text[SNET_STATE_MAX], struct snet_err *err);

/**
 * snet_device_wait_state() - wait until a device has a state
 * @lab:        borrowed, up
 * @name:       a device
 * @state:      JSON; numbers are compared as numbers
 * @timeout_ms: how long to wait at most
 * @err:        filled on failure, may be NULL
 * Return: 0, -ETIMEDOUT, -ENOENT, -EINVAL (@state is not JSON, or no device), -EHOSTDOWN (nothing
 *         lives in it now), -EBUSY (it is being made, or taken away), -ENOTCONN (not up, or gone
 *         down meanwhile), -EDEADLK (on the lab's
 *         thread)
 * Since: 0.1
 */
SNET_API int snet_device_wait_state(struct snet_lab *lab, const char *name,
				    const char *state, unsigned int timeout_ms,
				    struct snet_err *err);

/**
 * struct snet_device - the running device that a callback is called for
 *
 * Opaque; borrowed during the callback.
 */
struct snet_device;

/**
 * struct snet_device_kind - a kind of device, by the program's own callbacks
 * @size:       sizeof(struct snet_device_kind)
 * @name:       stable: in lab files as "kind"; not one of libsnet's own kinds
 * @state_size: bytes of zeroed memory that each device of the kind gets, see
 *              snet_device_memory()
 * @init:       optional; build the memory. On failure fill @err and return a negative errno:
 *              snet_lab_up() fails with it. fini() is called either way
 * @fini:       optional; release everything init() took, also from zeroed memory
 * @tick:       optional; called each "every" of the node
 * @press:      optional; the device was pressed: send events with snet_device_emit(). @data
 *              is JSON. NULL: an event with that data is sent
 * @command:    optional; obey: change @state (JSON, @state holds the old one) by @command,
 *              {"id": "...", "set": VALUE} or {"id": "...", "toggle": true}. Called once a
 *              command id. NULL: "set" and "toggle" as an actuator does
 *
 * The struct and all it points to is borrowed until the lab is freed.
 *
 * Threads: all callbacks run on the lab's thread, inside the device's network namespace (a
 * socket that they open is the device's), and must not block. They may call the functions
 * of this header that take a struct snet_device, no others.
 */
struct snet_device_kind {
	size_t size;
	const char *name;
	size_t state_size;
	int (*init)(struct snet_device *device, struct snet_err *err);
	void (*fini)(struct snet_device *device);
	int (*tick)(struct snet_device *device, struct snet_err *err);
	int (*press)(struct snet_device *device, const char *data, struct snet_err *err);
	int (*command)(struct snet_device *device, const char *command,
		       char state[SNET_STATE_MAX], struct snet_err *err);
};

/**
 * snet_lab_add_device_kind() - add a kind of device, before up and before nodes of it
 * @lab:  borrowed, not up
 * @kind: borrowed until the lab is freed
 * @err:  filled on failure, may be NULL
 *
 * A lab file with nodes of such a kind is loaded with snet_lab_new() and snet_lab_read().
 * Return: 0, -EINVAL (a field), -EEXIST (the name), -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_device_kind(struct snet_lab *lab,
				      const struct snet_device_kind *kind,
				      struct snet_err *err);

/**
 * snet_device_name() - the device's name
 * @device: borrowed
 * Return: valid during the callback
 * Since: 0.1
 */
SNET_API const char *snet_device_name(const struct snet_device *device);

/**
 * snet_device_memory() - the device's memory of its kind's state_size
 * @device: borrowed
 * Return: zeroed before init(); valid until fini() returns; NULL when state_size is 0
 * Since: 0.1
 */
SNET_API void *snet_device_memory(struct snet_device *device);

/**
 * snet_device_emit() - send an event from inside a callback
 * @device: borrowed
 * @type:   the event's type; NULL for the node's
 * @data:   JSON; NULL for null
 * @err:    filled on failure, may be NULL
 * Return: 0, -EINVAL (@data is not JSON), -EMSGSIZE, -EAGAIN (1,024 events wait), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_device_emit(struct snet_device *device, const char *type,
			      const char *data, struct snet_err *err);

/**
 * snet_device_set_state() - change the device's state from inside a callback
 * @device: borrowed
 * @state:  JSON, shorter than SNET_STATE_MAX
 * @err:    filled on failure, may be NULL
 * Return: 0, -EINVAL (@state is not JSON, or too long)
 * Since: 0.1
 */
SNET_API int snet_device_set_state(struct snet_device *device, const char *state,
				   struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
