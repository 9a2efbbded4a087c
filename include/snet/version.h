/* SPDX-License-Identifier: MIT */
#ifndef SNET_VERSION_H
#define SNET_VERSION_H

#include <snet/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the headers that a program was compiled with. */
#define SNET_VERSION_MAJOR 0
#define SNET_VERSION_MINOR 1
#define SNET_VERSION_PATCH 0

/**
 * snet_version() - the version of the library that a program runs with
 *
 * Threads: any.
 * Return: "MAJOR.MINOR.PATCH", static
 * Since: 0.1
 */
SNET_API const char *snet_version(void);

#ifdef __cplusplus
}
#endif
#endif
