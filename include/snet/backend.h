/* SPDX-License-Identifier: MIT */
#ifndef SNET_BACKEND_H
#define SNET_BACKEND_H

#include <stdbool.h>

#include <snet/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct snet_backend_opts - where functions run; zero or NULL is each field's default
 * @size:        sizeof(struct snet_backend_opts)
 * @name:        unique among the lab's backends; needed
 * @kind:        "openwhisk", "native", or a kind of snet_lab_add_backend_kind(); needed
 * @node:        openwhisk: the "functions" node to call
 * @url:         openwhisk: the API host to call, instead of @node: "https://ow.example:443". It
 *               is looked up by snet_lab_up(), and called over the host's own network unless
 *               there is a @gateway
 * @credentials: openwhisk: "uuid:key", or the path of a .wskprops file; default: the guest
 *               key for @node, $WSK_CONFIG_FILE or ~/.wskprops for @url
 * @insecure:    openwhisk: do not verify the server's certificate; otherwise an authority of the
 *               system must vouch for it, or one in the file $CURL_CA_BUNDLE or $SSL_CERT_FILE
 * @timeout_ns:  how long one invocation may take, polling included; default 60 s
 * @gateway:     openwhisk: the "gateway" node through which @url is reached, over the lab's
 *               links; default: none
 */
struct snet_backend_opts {
	size_t size;
	const char *name;
	const char *kind;
	const char *node;
	const char *url;
	const char *credentials;
	bool insecure;
	uint64_t timeout_ns;
	const char *gateway;
};

/**
 * snet_lab_add_backend() - describe a backend, before up
 * @lab:  borrowed, not up
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 * Return: 0, -EINVAL (a field), -EEXIST (the name), -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_backend(struct snet_lab *lab,
				  const struct snet_backend_opts *opts,
				  struct snet_err *err);

/**
 * snet_native_fn - a function of a "native" backend
 * @user:   as given to snet_lab_add_native()
 * @params: JSON object, the event: {"id", "source", "type", "time", "subject", "data"}
 * @result: filled with JSON, what the commands are made of: {"target": "a0"} toggles,
 *          {"commands": [{"target": "a0", "set": 1}]} sets, {} does nothing. Empty on entry.
 *          At most @result_size bytes with its zero
 * @result_size: bytes that @result has, SNET_EVENT_DATA_MAX
 * @err:    filled on failure, may be NULL
 *
 * Threads: the lab's; must not block. Namespace: the relayer's.
 * Return: 0, or a negative errno: the event fails with it and is not tried again
 */
typedef int (*snet_native_fn)(void *user, const char *params, char *result,
			      size_t result_size, struct snet_err *err);

/**
 * snet_lab_add_native() - add a C function to a "native" backend, before up
 * @lab:      borrowed, not up
 * @backend:  a backend of kind "native" that was added
 * @function: the name that routes use
 * @fn:       called once an invocation
 * @user:     handed to @fn; borrowed until the lab is down
 * @err:      filled on failure, may be NULL
 * Return: 0, -ENOENT (no such backend), -EEXIST (the function), -EINVAL, -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_native(struct snet_lab *lab, const char *backend,
				 const char *function, snet_native_fn fn, void *user,
				 struct snet_err *err);

/**
 * struct snet_function_opts - a function of a "functions" node; NULL is the default
 * @size: sizeof(struct snet_function_opts)
 * @name: as OpenWhisk's actions are named; needed
 * @file: the source, or an executable; its kind follows from its name (.js .mjs .cjs .py),
 *        everything else is a native executable
 * @code: the source itself, instead of @file; @kind is then needed
 * @kind: "nodejs:default", "python:default", "blackbox" ...; default: by @file
 * @main: the entry point; default "main"
 * @timeout_ms: 100 to 300000; default 60000
 * @memory_mb:  128 to 512; default 256
 */
struct snet_function_opts {
	size_t size;
	const char *name;
	const char *file;
	const char *code;
	const char *kind;
	const char *main;
	unsigned int timeout_ms;
	unsigned int memory_mb;
};

/**
 * snet_lab_add_function() - add a function to a "functions" node, before up
 * @lab:  borrowed, not up
 * @node: a node of kind "functions" that was added
 * @opts: borrowed during the call
 * @err:  filled on failure, may be NULL
 * Return: 0, -ENOENT (no such node), -EINVAL, -EEXIST, -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_function(struct snet_lab *lab, const char *node,
				   const struct snet_function_opts *opts,
				   struct snet_err *err);

/**
 * struct snet_invocation - one invocation under way
 *
 * Opaque; from invoke() to snet_invocation_finish() it is the backend's.
 */
struct snet_invocation;

/** enum snet_result - what is known of an invocation when it ends */
enum snet_result {
	SNET_RESULT_DONE = 0,   /**< it ran and answered */
	SNET_RESULT_ERROR,      /**< it ran and failed: not tried again */
	SNET_RESULT_NOT_RUN,    /**< it surely did not run: tried again later */
	SNET_RESULT_UNKNOWN,    /**< nobody knows: tried again, and the trace says so */
	SNET_RESULT_IMPOSSIBLE, /**< no retry can help: no such function, bad credentials */
};

/**
 * struct snet_backend_kind - a kind of backend, by the program's own callbacks
 * @size:       sizeof(struct snet_backend_kind)
 * @name:       stable: in lab files as "kind"; not one of libsnet's own kinds
 * @state_size: bytes of zeroed memory that each backend of the kind gets
 * @init:       optional; build @state. On failure fill @err and return a negative errno:
 *              snet_lab_up() fails with it. fini() is called either way
 * @fini:       optional; release everything init() took. Invocations still open are no
 *              longer the backend's
 * @invoke:     needed; start @function with @params, a JSON object. Must end in exactly one
 *              snet_invocation_finish(), during the call or later
 *
 * Threads: the lab's; must not block. Namespace: the relayer's, so that a socket opened in
 * invoke() crosses the emulated network. The struct is borrowed until the lab is freed.
 */
struct snet_backend_kind {
	size_t size;
	const char *name;
	size_t state_size;
	int (*init)(void *state, const struct snet_backend_opts *opts,
		    struct snet_err *err);
	void (*fini)(void *state);
	void (*invoke)(void *state, struct snet_invocation *invocation,
		       const char *function, const char *params);
};

/**
 * snet_lab_add_backend_kind() - add a kind of backend, before up and before backends of it
 * @lab:  borrowed, not up
 * @kind: borrowed until the lab is freed
 * @err:  filled on failure, may be NULL
 * Return: 0, -EINVAL (a field), -EEXIST (the name), -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_add_backend_kind(struct snet_lab *lab,
				       const struct snet_backend_kind *kind,
				       struct snet_err *err);

/**
 * snet_invocation_finish() - end an invocation
 * @invocation: not to be used afterwards
 * @result:     what is known
 * @text:       DONE: the JSON object that the function returned; else why, in words. Copied
 *
 * Threads: any.
 * Since: 0.1
 */
SNET_API void snet_invocation_finish(struct snet_invocation *invocation,
				     enum snet_result result, const char *text);

#ifdef __cplusplus
}
#endif
#endif
