/* SPDX-License-Identifier: MIT */
#ifndef SNET_BASE_LOG_H
#define SNET_BASE_LOG_H

#include <snet/log.h>

__attribute__((format(printf, 2, 3))) void snet__log(enum snet_log_level level,
						     const char *fmt, ...);

#endif
