/* SPDX-License-Identifier: MIT */
#ifndef SNET_FAAS_WORKER_IO_H
#define SNET_FAAS_WORKER_IO_H

/* What goes into a worker and what comes out: pipes, environment, first line, files. */

#include "faas/worker.h"

/* Pipes for the child's descriptors 0 to 3; the parent's ends are watched. */
int snet__faas_worker_open_pipes(struct snet__faas_worker *worker, int ret_child[4],
				 struct snet_err *err);
/* Write now what fits, and the rest as it is read. False when there is no reader any more. */
bool snet__faas_worker_write(struct snet__faas_worker *worker, const char *data,
			     size_t size);
/* End its input once all is written. */
void snet__faas_worker_close_input(struct snet__faas_worker *worker);
/* Take in what is in the pipes now. */
void snet__faas_worker_drain_logs(struct snet__faas_worker *worker);
void snet__faas_worker_drain_results(struct snet__faas_worker *worker);
/* In worker.c. */
void snet__faas_worker_on_result(struct snet__faas_worker *worker, const char *line,
				 size_t size);

/* "NAME=value" for all that it is to know from its start; to be freed by the other. */
char **snet__faas_worker_env(const struct snet__faas_worker *worker);
void snet__faas_free_env(char ***at);
/* The line that gives a runner its code; to be freed. */
char *snet__faas_worker_format_init(struct snet__faas_worker *worker);
void snet__faas_worker_remove_folder(struct snet__faas_worker *worker);
/* The workers' common working folder, unless one has an archive's, and HOME: private, since in
 * /tmp other users could leave modules and settings for node and python to find. */
int snet__faas_make_home(struct snet__faas *faas, struct snet_err *err);
void snet__faas_remove_home(struct snet__faas *faas);
/* Remove what the workers of a lab that was killed have left in its folder. */
void snet__faas_sweep(const struct snet__faas *faas);

#endif
