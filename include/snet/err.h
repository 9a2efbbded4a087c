/* SPDX-License-Identifier: MIT */
#ifndef SNET_ERR_H
#define SNET_ERR_H

/**
 * DOC: errors
 *
 * A function that can fail returns 0 or a negative errno, and writes one line for a person
 * into the struct snet_err that its caller owns. Nothing is allocated, nothing is to be
 * freed, and there is no "last error" that could go stale or be lost between threads.
 */

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SNET_API __attribute__((visibility("default")))
#else
#define SNET_API
#endif

/** The longest message with its terminating zero; a longer one is cut. */
#define SNET_ERR_MAX 512

/**
 * struct snet_err - why a call failed
 * @code: 0, or the negative errno that the call returned
 * @msg:  one line in UTF-8, without newline or full stop; empty when @code is 0
 */
struct snet_err {
	int code;
	char msg[SNET_ERR_MAX];
};

#ifdef __cplusplus
}
#endif
#endif
