/* SPDX-License-Identifier: MIT */
#ifndef SNET_LOG_H
#define SNET_LOG_H

#include <snet/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum snet_log_level - how much a line matters, the values of syslog(3) */
enum snet_log_level {
	SNET_LOG_WARNING = 4,
	SNET_LOG_INFO = 6,
	SNET_LOG_DEBUG = 7,
};

/**
 * snet_log_fn - receives one log line
 * @user:  as given to snet_log_set()
 * @level: how much it matters
 * @line:  text followed by " key=value" pairs, without newline; valid during the call
 *
 * Threads: any thread of the library, also two at once. Must not call the library.
 */
typedef void (*snet_log_fn)(void *user, enum snet_log_level level, const char *line);

/**
 * snet_log_set() - receive what the library has to say
 * @fn:    called for every line, NULL for silence (the default)
 * @user:  handed to @fn; borrowed until the next snet_log_set()
 * @level: lines above this level are dropped before they are formatted
 *
 * What a return value reports is not logged as well. WARNING is used for background work
 * that has no caller.
 *
 * Threads: call it before the first lab exists.
 * Since: 0.1
 */
SNET_API void snet_log_set(snet_log_fn fn, void *user, enum snet_log_level level);

#ifdef __cplusplus
}
#endif
#endif
