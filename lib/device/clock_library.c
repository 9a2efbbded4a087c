/* SPDX-License-Identifier: MIT */
/* Loaded into programs before libc: the clocks that tell the time of day are off by what a file
 * says, see clock_library.h. What is read of them is shifted, and a time until which a program
 * waits by one of them is shifted back, at the moment when it begins to wait. CLOCK_MONOTONIC, its
 * like and all that is relative pass.
 *
 * It is in programs of others: everything that is not static here takes the place of a function of
 * libc's, nothing is allocated, and what they may call in a signal handler can be called there. */

#include "device/clock_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  1000000000
#define NS_PER_US 1000

/* More timers of a program than these by the time of day are not shifted. */
#define TIMERS_MAX 64

static const _Atomic(int64_t) *offset; /* NULL: there is none */

/* libc's, which may be needed in signal handlers, where nothing can be looked up. */
static _Atomic(void *) real_clock_gettime, real_timer_settime;

/* Those by the time of day: an identifier and 1, 0 for none. */
static atomic_uintptr_t timers[TIMERS_MAX];

/* The function that another one of this name here has taken the place of. */
#define REAL(function)                                                    \
	({                                                                \
		static _Atomic(void *) found_;                            \
		(__typeof__(&(function)))find_real(&found_, (#function)); \
	})

static void *find_real(_Atomic(void *) *found, const char *name)
{
	void *real = atomic_load_explicit(found, memory_order_relaxed);

	if (!real) {
		real = dlsym(RTLD_NEXT, name);
		atomic_store_explicit(found, real, memory_order_relaxed);
	}
	return real;
}

static void map_offset(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	void *map = MAP_FAILED;

	if (fd < 0)
		return;
	if (fstat(fd, &info) == 0 && info.st_size >= (off_t)sizeof(*offset))
		map = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd); /* only read */
	if (map != MAP_FAILED)
		offset = map;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv(SNET__CLOCK_VARIABLE);
	int before = errno;

	(void)find_real(&real_clock_gettime, "clock_gettime");
	(void)find_real(&real_timer_settime, "timer_settime");
	if (path)
		map_offset(path);
	errno = before;
}

static int64_t offset_ns(void)
{
	return offset ? atomic_load_explicit(offset, memory_order_relaxed) : 0;
}

static bool is_time_of_day(clockid_t clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ||
	       clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
}

/* What is beyond all time is its end. */
static void shift(struct timespec *at, int64_t by_ns)
{
	time_t seconds = (time_t)(by_ns / NS_PER_S);

	at->tv_nsec += (long)(by_ns % NS_PER_S);
	if (at->tv_nsec < 0) {
		at->tv_nsec += NS_PER_S;
		seconds--;
	} else if (at->tv_nsec >= NS_PER_S) {
		at->tv_nsec -= NS_PER_S;
		seconds++;
	}
	if (__builtin_add_overflow(at->tv_sec, seconds, &at->tv_sec))
		at->tv_sec = INT64_MAX;
}

/* When it is @until by a clock of the program's, as the machine has it; maybe in @ret. What is no
 * time is left to libc and the kernel, and so is 0, which stops a timer. */
static const struct timespec *unshift(struct timespec *ret, clockid_t clock,
				      const struct timespec *until)
{
	int64_t by_ns = offset_ns();

	if (!by_ns || !is_time_of_day(clock) || !until || until->tv_sec < 0 ||
	    until->tv_nsec < 0 || until->tv_nsec >= NS_PER_S ||
	    (!until->tv_sec && !until->tv_nsec))
		return until;
	*ret = *until;
	shift(ret, -by_ns);
	/* Long ago, and neither an error nor 0. */
	if (ret->tv_sec < 0 || (!ret->tv_sec && !ret->tv_nsec))
		*ret = (struct timespec){.tv_nsec = 1};
	return ret;
}

/* The same for a timer. */
static const struct itimerspec *unshift_timer(struct itimerspec *ret,
					      const struct itimerspec *value)
{
	*ret = *value;
	ret->it_value = *unshift(&(struct timespec){0}, CLOCK_REALTIME, &value->it_value);
	return ret;
}

/* ---- What time it is. */

/* Other libraries may want to know it before this one has begun: from the kernel then. */
static int read_clock(clockid_t clock, struct timespec *ret)
{
	__typeof__(&clock_gettime) real =
		atomic_load_explicit(&real_clock_gettime, memory_order_relaxed);
	int r;

	r = real ? real(clock, ret) : (int)syscall(SYS_clock_gettime, clock, ret);
	if (r == 0 && is_time_of_day(clock))
		shift(ret, offset_ns());
	return r;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	return read_clock(clock, now);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	/* The header says that there is one, and libc's takes NULL all the same. */
	struct timeval *volatile at = now;
	struct timespec exact;

	if (read_clock(CLOCK_REALTIME, &exact) < 0)
		return -1;
	if (at)
		*at = (struct timeval){exact.tv_sec, exact.tv_nsec / NS_PER_US};
	if (zone)
		memset(zone, 0, sizeof(struct timezone)); /* as libc does */
	return 0;
}

/* The kernel's has the second of the coarse clock. */
time_t time(time_t *ret)
{
	struct timespec now;

	if (read_clock(CLOCK_REALTIME_COARSE, &now) < 0)
		return -1;
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int timespec_get(struct timespec *now, int base)
{
	if (base != TIME_UTC)
		return REAL(timespec_get)(now, base);
	return read_clock(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* ---- Waiting until a time. */

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
		    struct timespec *left)
{
	struct timespec own;

	if (flags & TIMER_ABSTIME)
		wanted = unshift(&own, clock, wanted);
	return REAL(clock_nanosleep)(clock, flags, wanted, left);
}

/* Which clock a condition waits by is known to libc alone. Where it keeps that is fixed, since
 * processes share conditions.
 * Source: nptl/pthread_cond_common.c of glibc 2.25 and later, __PTHREAD_COND_CLOCK_MONOTONIC_MASK. */
static clockid_t find_clock(pthread_cond_t *condition)
{
	const unsigned int is_monotonic = 2;

	return __atomic_load_n(&condition->__data.__wrefs, __ATOMIC_RELAXED) &
			       is_monotonic
		       ? CLOCK_MONOTONIC
		       : CLOCK_REALTIME;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition,
			   pthread_mutex_t *restrict mutex,
			   const struct timespec *restrict until)
{
	struct timespec own;

	until = unshift(&own, find_clock(condition), until);
	return REAL(pthread_cond_timedwait)(condition, mutex, until);
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition,
			   pthread_mutex_t *restrict mutex, clockid_t clock,
			   const struct timespec *restrict until)
{
	struct timespec own;

	until = unshift(&own, clock, until);
	return REAL(pthread_cond_clockwait)(condition, mutex, clock, until);
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
		  const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(cnd_timedwait)(condition, mutex,
				   unshift(&own, CLOCK_REALTIME, until));
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex,
			    const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(pthread_mutex_timedlock)(mutex, unshift(&own, CLOCK_REALTIME, until));
}

int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock,
			    const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(pthread_mutex_clocklock)(mutex, clock, unshift(&own, clock, until));
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(mtx_timedlock)(mutex, unshift(&own, CLOCK_REALTIME, until));
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
			       const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(pthread_rwlock_timedrdlock)(lock,
						unshift(&own, CLOCK_REALTIME, until));
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
			       const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(pthread_rwlock_timedwrlock)(lock,
						unshift(&own, CLOCK_REALTIME, until));
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock,
			       const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(pthread_rwlock_clockrdlock)(lock, clock, unshift(&own, clock, until));
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock,
			       const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(pthread_rwlock_clockwrlock)(lock, clock, unshift(&own, clock, until));
}

int pthread_timedjoin_np(pthread_t thread, void **ret, const struct timespec *until)
{
	struct timespec own;

	return REAL(pthread_timedjoin_np)(thread, ret,
					  unshift(&own, CLOCK_REALTIME, until));
}

int pthread_clockjoin_np(pthread_t thread, void **ret, clockid_t clock,
			 const struct timespec *until)
{
	struct timespec own;

	return REAL(pthread_clockjoin_np)(thread, ret, clock,
					  unshift(&own, clock, until));
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(sem_timedwait)(semaphore, unshift(&own, CLOCK_REALTIME, until));
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock,
		  const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(sem_clockwait)(semaphore, clock, unshift(&own, clock, until));
}

ssize_t mq_timedreceive(mqd_t queue, char *restrict message, size_t size,
			unsigned int *restrict priority,
			const struct timespec *restrict until)
{
	struct timespec own;

	return REAL(mq_timedreceive)(queue, message, size, priority,
				     unshift(&own, CLOCK_REALTIME, until));
}

int mq_timedsend(mqd_t queue, const char *message, size_t size, unsigned int priority,
		 const struct timespec *until)
{
	struct timespec own;

	return REAL(mq_timedsend)(queue, message, size, priority,
				  unshift(&own, CLOCK_REALTIME, until));
}

/* ---- Timers, whose clock was named when they were made. */

static bool replace_timer(uintptr_t before, uintptr_t after)
{
	for (int i = 0; i < TIMERS_MAX; i++) {
		uintptr_t found = before;

		if (atomic_compare_exchange_strong(&timers[i], &found, after))
			return true;
	}
	return false;
}

/* Identifiers are used again, also by a child process, which inherits no timer. */
int timer_create(clockid_t clock, struct sigevent *restrict event,
		 timer_t *restrict ret_timer)
{
	int r = REAL(timer_create)(clock, event, ret_timer);

	if (r < 0)
		return r;
	(void)replace_timer((uintptr_t)*ret_timer + 1, 0);
	if (is_time_of_day(clock))
		(void)replace_timer(0, (uintptr_t)*ret_timer + 1);
	return 0;
}

int timer_delete(timer_t timer)
{
	(void)replace_timer((uintptr_t)timer + 1, 0);
	return REAL(timer_delete)(timer);
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *restrict value,
		  struct itimerspec *restrict ret_before)
{
	__typeof__(&timer_settime) real = find_real(&real_timer_settime, "timer_settime");
	uintptr_t known = (uintptr_t)timer + 1;
	struct itimerspec own;

	if (flags & TIMER_ABSTIME && replace_timer(known, known))
		value = unshift_timer(&own, value);
	return real(timer, flags, value, ret_before);
}

/* Whether the kernel says so of the timer, which may have come from another process. */
static bool has_time_of_day(int fd)
{
	char path[48], text[512], *clock;
	ssize_t n;
	int info;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	n = read(info, text, sizeof(text) - 1);
	(void)close(info); /* only read */
	text[n > 0 ? n : 0] = '\0';
	clock = strstr(text, "\nclockid: ");
	return clock && is_time_of_day(atoi(clock + strlen("\nclockid: ")));
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value,
		    struct itimerspec *ret_before)
{
	struct itimerspec own;

	if (flags & TFD_TIMER_ABSTIME && offset_ns() && has_time_of_day(fd))
		value = unshift_timer(&own, value);
	return REAL(timerfd_settime)(fd, flags, value, ret_before);
}
