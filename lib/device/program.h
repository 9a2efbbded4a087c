/* SPDX-License-Identifier: MIT */
#ifndef SNET_DEVICE_PROGRAM_H
#define SNET_DEVICE_PROGRAM_H

/* The programs of a lab, processes and containers: started in their nodes, listened to, and
 * started again as they are to be. Everything on the loop's thread; a program dies with it. */

#include "io/json.h"
#include "io/loop.h"
#include "topo/model.h"

struct snet__program;

struct snet__program_env {
	struct snet__loop *loop;
	const char *lab;    /* its name */
	const char *folder; /* its folder */
	const struct snet__model_node *node;
	const struct snet__model_node *relayer; /* NULL: none */
	int netns, mntns;                       /* the node's */
	/* What a process has from its start on, to be broken later: a clock of its own; a disk of
	 * its own (@disk_bytes, 0: 16 MiB), empty at first, at a folder (NULL: where it works). */
	bool has_clock, has_disk;
	const char *disk_folder;
	uint64_t disk_bytes;
	/* A line that it wrote, or that tells of it. */
	void (*log)(void *user, const char *line);
	/* It was started, or has ended. It may be freed only later. */
	void (*changed)(void *user);
	void *user;
};

/* Make what it needs: limits and files. What @env points to is borrowed while it lives.
 * -ENOTSUP when a limit of CPU time cannot be kept. */
int snet__program_new(struct snet__program **ret, const struct snet__program_env *env,
		      struct snet_err *err);
/* Kill it first, if it runs. Accepts NULL. */
void snet__program_free(struct snet__program *program);

/* Any thread: get what takes time of the files that @node begins with, for the next
 * snet__program_new() in a lab of this folder. When there is something to read from @cancel_fd, it
 * is given up: -ECANCELED. */
int snet__program_fetch(const struct snet__model_node *node, const char *folder,
			int cancel_fd, struct snet_err *err);
/* What of a lab's folder is its programs', as fnmatch(3) has it. */
#define SNET__PROGRAM_FILES     "snet.containers"
#define SNET__PROGRAM_CLOCKS    "clock@*"
#define SNET__PROGRAM_LIBRARIES "clock.so@*"
#define SNET__PROGRAM_DISKS     "disk@*"
/* Remove the files of all programs of a lab: before the first, of a lab that was killed, and
 * after the last. */
void snet__program_sweep(const char *folder);
/* The files of a node are of no more use, unless a change fails: then all that became so in it is put
 * back. Any thread removes it when that is certain, which takes time. */
void snet__program_discard(const char *folder, const char *node);
void snet__program_restore(const char *folder);
void snet__program_sweep_discarded(const char *folder);

/* Start it, for the first time or after snet__program_crash(). -ENOENT, -EACCES, ... when that cannot
 * be done. */
int snet__program_start(struct snet__program *program, struct snet_err *err);
/* Ask it to end, for good; after SNET__PROGRAM_GRACE_NS it is killed. changed() tells. */
#define SNET__PROGRAM_GRACE_NS (2 * SNET__NS_PER_S)
void snet__program_stop(struct snet__program *program);
/* End it at once, for good, without a word to anybody. */
void snet__program_kill(struct snet__program *program);
/* End it at once, and do not start it again, whatever its description says, before that is asked
 * for. changed() tells. */
void snet__program_crash(struct snet__program *program);
/* Whether it is to stay down; and when it ended because of that; 0: it runs yet, or
 * had ended before. */
bool snet__program_is_crashed(const struct snet__program *program);
uint64_t snet__program_crashed_ns(const struct snet__program *program);
/* All its processes stop (SIGSTOP), or go on. */
void snet__program_set_stopped(struct snet__program *program, bool is_stopped);
bool snet__program_is_stopped(const struct snet__program *program);
/* Limit its CPU time, also after it is started again; 0: as it is described. -ENOTSUP where groups
 * are not writable, -ERANGE, see sys/cgroup.h. */
int snet__program_set_cpu(struct snet__program *program, unsigned int millicpus,
			  struct snet_err *err);
/* What the kernel says: the limit of the group that it is in, 0 for none. */
unsigned int snet__program_cpu(struct snet__program *program);
/* For how long its limit has kept it from running, on all CPUs together, since it was set last. */
uint64_t snet__program_throttled_ns(const struct snet__program *program);
/* Whether a node's program can have a clock, a disk of its own. -EINVAL says why not. */
int snet__program_can_skew(const struct snet__model_node *node, struct snet_err *err);
int snet__program_can_fill(const struct snet__model_node *node, const char *folder,
			   struct snet_err *err);
/* Set its clock: so much is added to the time of day. -ENOTSUP. */
int snet__program_set_skew(struct snet__program *program, int64_t offset_ns,
			   struct snet_err *err);
/* What its clock is told to add; false when it has none, or its program does not listen. */
bool snet__program_skew(struct snet__program *program, int64_t *ret_offset_ns);
/* Take all that is free of its disk, or give it back. -ENOTSUP. */
int snet__program_set_full(struct snet__program *program, bool is_full,
			   struct snet_err *err);
/* Whether a byte that is written to its disk fails for want of space. */
bool snet__program_is_full(const struct snet__program *program);
bool snet__program_is_running(const struct snet__program *program);
/* Whether it was asked to end. */
bool snet__program_is_stopping(const struct snet__program *program);

/* "running", "restarting", "exited", "killed". */
const char *snet__program_state(const struct snet__program *program);
/* What else is to be known of it: that no group limits its memory; or NULL. */
const char *snet__program_note(const struct snet__program *program);
#define SNET__PROGRAM_NEEDS_GROUP \
	"a cgroup needs root, or 'systemd-run --user --scope -p Delegate=yes'"
/* {"pid", "exit_code", "signal", "restarts", "notes"}, to be freed; NULL when memory is short. */
struct snet__json *snet__program_describe(struct snet__program *program);

#endif
