/* SPDX-License-Identifier: MIT */
/* What is added to a sheet is collected in memory; when there is enough of it, or a second later,
 * the thread takes it all, and writes it: so little is missing of a lab that is killed. The rest is
 * written by who closes the sheet. When a disk is so slow that the memory is full, or fails, no more
 * is written to that sheet: what is there has no gap. */

#include "link/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/vec.h"

/* Decisions of one sheet: when to write them, and how many may wait, 6 MiB. */
#define ENOUGH (1u << 12)
#define MOST   (1u << 18)

#define BLOCK_SIZE (64u << 10)

#define PATIENCE_NS SNET__NS_PER_S

struct batch {
	struct snet__decision *items;
	size_t count, cap;
};

struct snet__sheet {
	struct snet__sheet *next;
	struct snet__scribe *scribe;
	char *name;

	/* The scribe's mutex guards these. */
	struct batch added;
	bool is_broken;  /* something is missing from here on */
	bool is_writing; /* the thread has the following; else, who opens and closes */

	int fd; /* -1: closed, and may go on */
	off_t size;
	bool has_failed; /* the file: nothing follows what is in it */
	struct batch taken;
};

struct snet__scribe {
	pthread_t thread;
	pthread_mutex_t mutex; /* guards the list, too */
	pthread_cond_t full, written;
	struct snet__sheet *sheets;
	bool is_ending;
};

/* ---- Writing. */

static void write_block(struct snet__sheet *sheet, const char *text, size_t size)
{
	ssize_t n;

	for (; size && !sheet->has_failed; text += n, size -= (size_t)n) {
		n = write(sheet->fd, text, size);
		sheet->has_failed = n < 0 && errno != EINTR;
		if (n < 0)
			n = 0;
		sheet->size += n;
	}
}

static void write_taken(struct snet__sheet *sheet)
{
	char block[BLOCK_SIZE];
	size_t size = 0;

	for (size_t i = 0; i < sheet->taken.count; i++) {
		(void)snet__decision_format(block + size, &sheet->taken.items[i]);
		size += strlen(block + size);
		block[size++] = '\n';
		if (sizeof(block) - size <= SNET__DECISION_TEXT_MAX) {
			write_block(sheet, block, size);
			size = 0;
		}
	}
	write_block(sheet, block, size);
	sheet->taken.count = 0;
}

static struct snet__sheet *find_full(struct snet__scribe *scribe)
{
	struct snet__sheet *sheet = scribe->sheets;

	while (sheet && sheet->added.count < ENOUGH)
		sheet = sheet->next;
	return sheet;
}

/* The mutex is held, but not while it is written. */
static void take_down(struct snet__scribe *scribe, struct snet__sheet *sheet)
{
	struct batch taken = sheet->added;

	sheet->added = sheet->taken;
	sheet->taken = taken;
	sheet->is_writing = true;
	(void)pthread_mutex_unlock(&scribe->mutex);
	write_taken(sheet);
	(void)pthread_mutex_lock(&scribe->mutex);
	sheet->is_writing = false;
	sheet->is_broken |= sheet->has_failed;
	(void)pthread_cond_broadcast(&scribe->written);
}

/* Each once, however fast it is filled. */
static void take_all_down(struct snet__scribe *scribe)
{
	for (struct snet__sheet *sheet = scribe->sheets; sheet; sheet = sheet->next)
		if (sheet->added.count)
			take_down(scribe, sheet);
}

static void *run(void *user)
{
	struct snet__scribe *scribe = user;
	struct snet__sheet *sheet;
	struct timespec until;
	uint64_t until_ns = snet__clock_ns() + PATIENCE_NS;

	(void)pthread_mutex_lock(&scribe->mutex);
	while (!scribe->is_ending) {
		if (snet__clock_ns() >= until_ns) {
			take_all_down(scribe);
			until_ns = snet__clock_ns() + PATIENCE_NS;
		}
		sheet = find_full(scribe);
		until = (struct timespec){
			.tv_sec = (time_t)(until_ns / SNET__NS_PER_S),
			.tv_nsec = (long)(until_ns % SNET__NS_PER_S),
		};
		if (sheet)
			take_down(scribe, sheet);
		else
			(void)pthread_cond_clockwait(&scribe->full, &scribe->mutex,
						     CLOCK_MONOTONIC, &until);
	}
	(void)pthread_mutex_unlock(&scribe->mutex);
	return NULL;
}

/* ---- Sheets. */

void snet__sheet_add(struct snet__sheet *sheet, const struct snet__decision *decision)
{
	struct snet__scribe *scribe = sheet->scribe;
	struct batch *added = &sheet->added;

	(void)pthread_mutex_lock(&scribe->mutex);
	if (!sheet->is_broken &&
	    (added->count == MOST ||
	     snet__vec_reserve(&added->items, &added->cap, added->count + 1,
			       sizeof(*added->items), NULL) < 0))
		sheet->is_broken = true;
	if (!sheet->is_broken)
		added->items[added->count++] = *decision;
	if (added->count == ENOUGH)
		(void)pthread_cond_signal(&scribe->full);
	(void)pthread_mutex_unlock(&scribe->mutex);
}

static struct snet__sheet *find_sheet(struct snet__scribe *scribe, const char *name)
{
	struct snet__sheet *sheet = scribe->sheets;

	while (sheet && strcmp(sheet->name, name) != 0)
		sheet = sheet->next;
	return sheet;
}

static int make_sheet(struct snet__scribe *scribe, struct snet__sheet **ret,
		      const char *name, struct snet_err *err)
{
	autofree struct snet__sheet *sheet = calloc(1, sizeof(*sheet));

	if (sheet)
		sheet->name = strdup(name);
	if (!sheet || !sheet->name)
		return snet__err_oom(err);
	sheet->scribe = scribe;
	sheet->fd = -1;
	(void)pthread_mutex_lock(&scribe->mutex);
	sheet->next = scribe->sheets;
	scribe->sheets = sheet;
	(void)pthread_mutex_unlock(&scribe->mutex);
	*ret = steal_ptr(sheet);
	return 0;
}

/* Without the mark of its end. One that somebody has shortened meanwhile is begun anew. */
static int open_file(struct snet__sheet *sheet, struct snet_err *err)
{
	autoclose int fd = -1;
	struct stat info;

	/* A pipe that nobody reads is not waited for: ENXIO. */
	fd = open(sheet->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		  0666);
	if ((fd < 0 && errno != ENXIO) || (fd >= 0 && fstat(fd, &info) < 0))
		return snet__err_sys(err, -errno, "cannot write '%s'", sheet->name);
	if (fd < 0 || !S_ISREG(info.st_mode))
		return snet__err_set(err, -EINVAL, "'%s' is not a file", sheet->name);
	if (info.st_size < sheet->size) {
		sheet->size = 0;
		sheet->is_broken = sheet->has_failed = false;
	}
	if (ftruncate(fd, sheet->size) < 0 || lseek(fd, sheet->size, SEEK_SET) < 0)
		return snet__err_sys(err, -errno, "cannot write '%s'", sheet->name);
	sheet->fd = steal_fd(&fd);
	return 0;
}

int snet__scribe_open(struct snet__scribe *scribe, struct snet__sheet **ret,
		      const char *name, struct snet_err *err)
{
	struct snet__sheet *sheet = find_sheet(scribe, name);
	int r = 0;

	if (!sheet)
		r = make_sheet(scribe, &sheet, name, err);
	if (r == 0)
		r = open_file(sheet, err);
	if (r < 0)
		return r;
	*ret = sheet;
	return 0;
}

static void clear_batch(struct batch *batch)
{
	free(batch->items);
	*batch = (struct batch){0};
}

void snet__scribe_close(struct snet__sheet *sheet)
{
	static const char end[] = SNET__DECISION_END "\n";
	struct snet__scribe *scribe;
	off_t size;

	if (!sheet)
		return;
	scribe = sheet->scribe;
	(void)pthread_mutex_lock(&scribe->mutex);
	while (sheet->is_writing)
		(void)pthread_cond_wait(&scribe->written, &scribe->mutex);
	/* From here on the thread finds nothing to write. */
	clear_batch(&sheet->taken);
	sheet->taken = sheet->added;
	sheet->added = (struct batch){0};
	(void)pthread_mutex_unlock(&scribe->mutex);

	write_taken(sheet);
	size = sheet->size;
	if (!sheet->is_broken)
		write_block(sheet, end, strlen(end));
	sheet->size = size;
	sheet->has_failed |= close(sheet->fd) < 0;
	sheet->is_broken |= sheet->has_failed;
	sheet->fd = -1;
	clear_batch(&sheet->taken);
	if (sheet->is_broken)
		snet__log(SNET_LOG_WARNING, "decisions are missing file=%s", sheet->name);
}

/* ---- The scribe. */

int snet__scribe_new(struct snet__scribe **ret, struct snet_err *err)
{
	struct snet__scribe *scribe = calloc(1, sizeof(*scribe));
	int r;

	if (!scribe)
		return snet__err_oom(err);
	(void)pthread_mutex_init(&scribe->mutex, NULL);
	(void)pthread_cond_init(&scribe->full, NULL);
	(void)pthread_cond_init(&scribe->written, NULL);
	r = snet__thread_start(&scribe->thread, run, scribe, "snet-scribe");
	if (r < 0) {
		free(scribe);
		return snet__err_sys(err, r, "cannot start the thread that writes logs");
	}
	*ret = scribe;
	return 0;
}

void snet__scribe_free(struct snet__scribe *scribe)
{
	struct snet__sheet *sheet;

	if (!scribe)
		return;
	(void)pthread_mutex_lock(&scribe->mutex);
	scribe->is_ending = true;
	(void)pthread_cond_signal(&scribe->full);
	(void)pthread_mutex_unlock(&scribe->mutex);
	(void)pthread_join(scribe->thread, NULL); /* it has ended, or is about to */
	while ((sheet = scribe->sheets)) {
		scribe->sheets = sheet->next;
		free(sheet->name);
		free(sheet);
	}
	(void)pthread_mutex_destroy(&scribe->mutex);
	(void)pthread_cond_destroy(&scribe->full);
	(void)pthread_cond_destroy(&scribe->written);
	free(scribe);
}
