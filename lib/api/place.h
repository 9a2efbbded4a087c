/* SPDX-License-Identifier: MIT */
#ifndef SNET_API_PLACE_H
#define SNET_API_PLACE_H

/* Where a lab's socket and its state are, the same for those who make them and those who look
 * for them. All results are to be freed; nothing is created. */

#include "base/err.h"

/* $XDG_RUNTIME_DIR/snet, else /run/snet for root, else /tmp/snet-UID. */
int snet__place_socket_folder(char **ret, struct snet_err *err);
/* LAB.sock in it. -EINVAL when @lab is no name or the path is too long for a socket. */
int snet__place_socket(char **ret, const char *lab, struct snet_err *err);
/* $XDG_STATE_HOME/snet/LAB, else /var/lib/snet/LAB for root, else ~/.local/state/snet/LAB. */
int snet__place_state(char **ret, const char *lab, struct snet_err *err);

/* Beside the folders of labs: what "snet calibrate" has measured. No lab has such a name. */
int snet__place_calibration(char **ret, struct snet_err *err);

/* Make @path and its parents, @path itself with mode 0700. A folder that exists and belongs to
 * somebody else, or that others can write in, is refused with -EPERM: /tmp is everybody's.
 * @variable: the one of the environment that leads elsewhere. */
int snet__place_make(const char *path, const char *variable, struct snet_err *err);
/* When a socket is gone: remove the folder that it was in if that is one in /tmp, and empty. Who is
 * about to make a socket there finds it gone, and makes it again. */
void snet__place_sweep(const char *sock);

#endif
