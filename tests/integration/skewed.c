/* SPDX-License-Identifier: MIT */
/* A program whose clock is off: for each line of the fifo that is its argument it reads all clocks,
 * waits until a time by each of them in each way that there is, and says by how much its time of day
 * is off. What is wrong it says instead. */

#include <errno.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ll
#define WAIT_NS  5000000
#define SLACK_S  60 /* on the slowest machine */

static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER, mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t by_day = PTHREAD_COND_INITIALIZER, monotonic;
static pthread_t holder;
static mtx_t mtx;
static cnd_t cnd;
static sem_t none, held;
static mqd_t queue;
static struct timeval
	*volatile no_time; /* its header says that gettimeofday() takes none */

static void fail(const char *what, const char *how)
{
	printf("bad: %s: %s\n", what, how);
	exit(1);
}

/* Somebody else has all locks, and never ends. */
static void *hold(void *unused)
{
	(void)pthread_mutex_lock(&mutex);
	(void)pthread_rwlock_wrlock(&rwlock);
	(void)mtx_lock(&mtx);
	(void)sem_post(&held);
	for (;;)
		(void)pause();
	return unused;
}

static void begin(void)
{
	const struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 1};
	pthread_condattr_t attribute;
	sigset_t signals;
	char name[32];

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGALRM);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)pthread_condattr_init(&attribute);
	(void)pthread_condattr_setclock(&attribute, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&monotonic, &attribute);
	(void)sem_init(&none, 0, 0);
	(void)sem_init(&held, 0, 0);
	(void)mtx_init(&mtx, mtx_timed);
	(void)cnd_init(&cnd);
	(void)snprintf(name, sizeof(name), "/skewed-%d", (int)getpid());
	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
	(void)mq_unlink(name);
	if (queue < 0 || pthread_create(&holder, NULL, hold, NULL) != 0 ||
	    sem_wait(&held) != 0)
		fail("begin", "cannot");
}

/* ---- The ways to wait: 0, or an error number. */

static int sleep_until(clockid_t clock, const struct timespec *until)
{
	return clock_nanosleep(clock, TIMER_ABSTIME, until, NULL);
}

static int sleep_for(clockid_t clock, const struct timespec *until)
{
	(void)until;
	return clock_nanosleep(clock, 0, &(struct timespec){.tv_nsec = WAIT_NS}, NULL);
}

/* Until the time is up, and without the false alarms that conditions may give. */
static int timed_out(int r)
{
	return r == ETIMEDOUT ? 0 : r ? r : EALREADY;
}

static int wait_condition(clockid_t clock, const struct timespec *until)
{
	pthread_cond_t *condition = clock == CLOCK_REALTIME ? &by_day : &monotonic;
	int r;

	(void)pthread_mutex_lock(&own);
	do
		r = pthread_cond_timedwait(condition, &own, until);
	while (r == 0);
	(void)pthread_mutex_unlock(&own);
	return timed_out(r);
}

/* The other one's clock is the one that is named. */
static int wait_condition_clock(clockid_t clock, const struct timespec *until)
{
	pthread_cond_t *condition = clock == CLOCK_REALTIME ? &monotonic : &by_day;
	int r;

	(void)pthread_mutex_lock(&own);
	do
		r = pthread_cond_clockwait(condition, &own, clock, until);
	while (r == 0);
	(void)pthread_mutex_unlock(&own);
	return timed_out(r);
}

static int wait_cnd(clockid_t clock, const struct timespec *until)
{
	mtx_t mine;
	int r;

	(void)clock;
	(void)mtx_init(&mine, mtx_plain);
	(void)mtx_lock(&mine);
	do
		r = cnd_timedwait(&cnd, &mine, until);
	while (r == thrd_success);
	(void)mtx_unlock(&mine);
	return r == thrd_timedout ? 0 : EINVAL;
}

static int wait_mutex(clockid_t clock, const struct timespec *until)
{
	(void)clock;
	return timed_out(pthread_mutex_timedlock(&mutex, until));
}

static int wait_mutex_clock(clockid_t clock, const struct timespec *until)
{
	return timed_out(pthread_mutex_clocklock(&mutex, clock, until));
}

static int wait_mtx(clockid_t clock, const struct timespec *until)
{
	(void)clock;
	return mtx_timedlock(&mtx, until) == thrd_timedout ? 0 : EINVAL;
}

static int wait_rdlock(clockid_t clock, const struct timespec *until)
{
	(void)clock;
	return timed_out(pthread_rwlock_timedrdlock(&rwlock, until));
}

static int wait_wrlock(clockid_t clock, const struct timespec *until)
{
	(void)clock;
	return timed_out(pthread_rwlock_timedwrlock(&rwlock, until));
}

static int wait_rdlock_clock(clockid_t clock, const struct timespec *until)
{
	return timed_out(pthread_rwlock_clockrdlock(&rwlock, clock, until));
}

static int wait_wrlock_clock(clockid_t clock, const struct timespec *until)
{
	return timed_out(pthread_rwlock_clockwrlock(&rwlock, clock, until));
}

static int wait_thread(clockid_t clock, const struct timespec *until)
{
	(void)clock;
	return timed_out(pthread_timedjoin_np(holder, NULL, until));
}

static int wait_thread_clock(clockid_t clock, const struct timespec *until)
{
	return timed_out(pthread_clockjoin_np(holder, NULL, clock, until));
}

static int wait_semaphore(clockid_t clock, const struct timespec *until)
{
	(void)clock;
	return timed_out(sem_timedwait(&none, until) < 0 ? errno : 0);
}

static int wait_semaphore_clock(clockid_t clock, const struct timespec *until)
{
	return timed_out(sem_clockwait(&none, clock, until) < 0 ? errno : 0);
}

static int wait_message(clockid_t clock, const struct timespec *until)
{
	char message;

	(void)clock;
	return timed_out(mq_timedreceive(queue, &message, 1, NULL, until) < 0 ? errno
									      : 0);
}

static int wait_room(clockid_t clock, const struct timespec *until)
{
	char message = 0;
	int r;

	(void)clock;
	r = mq_timedsend(queue, &message, 1, 0, until) < 0 ? errno : 0;
	if (r == 0) /* it is full from now on */
		r = mq_timedsend(queue, &message, 1, 0, until) < 0 ? errno : 0;
	(void)mq_receive(queue, &message, 1, NULL);
	return timed_out(r);
}

static int wait_timer(clockid_t clock, const struct timespec *until)
{
	const struct itimerspec value = {.it_value = *until};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	sigset_t signals;
	int signal, r;
	timer_t timer;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGALRM);
	if (timer_create(clock, &event, &timer) < 0)
		return errno;
	r = timer_settime(timer, TIMER_ABSTIME, &value, NULL) < 0 ? errno : 0;
	if (r == 0)
		r = sigwait(&signals, &signal);
	(void)timer_delete(timer);
	return r;
}

static int wait_timerfd(clockid_t clock, const struct timespec *until)
{
	const struct itimerspec value = {.it_value = *until};
	int fd = timerfd_create(clock, TFD_CLOEXEC), r;
	uint64_t count;

	r = timerfd_settime(fd, TFD_TIMER_ABSTIME, &value, NULL) < 0 ? errno : 0;
	if (r == 0 && read(fd, &count, sizeof(count)) < 0)
		r = errno;
	(void)close(fd);
	return r;
}

static const struct {
	const char *name;
	int (*wait)(clockid_t clock, const struct timespec *until);
	bool is_by_day_only;
} ways[] = {
	{"clock_nanosleep until", sleep_until},
	{"clock_nanosleep for", sleep_for},
	{"pthread_cond_timedwait", wait_condition},
	{"pthread_cond_clockwait", wait_condition_clock},
	{"cnd_timedwait", wait_cnd, true},
	{"pthread_mutex_timedlock", wait_mutex, true},
	{"pthread_mutex_clocklock", wait_mutex_clock},
	{"mtx_timedlock", wait_mtx, true},
	{"pthread_rwlock_timedrdlock", wait_rdlock, true},
	{"pthread_rwlock_timedwrlock", wait_wrlock, true},
	{"pthread_rwlock_clockrdlock", wait_rdlock_clock},
	{"pthread_rwlock_clockwrlock", wait_wrlock_clock},
	{"pthread_timedjoin_np", wait_thread, true},
	{"pthread_clockjoin_np", wait_thread_clock},
	{"sem_timedwait", wait_semaphore, true},
	{"sem_clockwait", wait_semaphore_clock},
	{"mq_timedreceive", wait_message, true},
	{"mq_timedsend", wait_room, true},
	{"timer_settime", wait_timer},
	{"timerfd_settime", wait_timerfd},
};

static long long read_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void try_way(size_t i, clockid_t clock)
{
	long long at_ns = read_ns(clock) + WAIT_NS;
	const struct timespec until = {at_ns / NS_PER_S, at_ns % NS_PER_S};

	if (ways[i].wait(clock, &until) != 0)
		fail(ways[i].name, "does not wait");
	if (read_ns(clock) < at_ns)
		fail(ways[i].name, "ends early");
}

/* ---- The ways to read a clock. */

/* What libc and the dynamic linker have no part in. */
static time_t ask_kernel(clockid_t clock)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, clock, &now);
	return now.tv_sec;
}

static time_t find_offset(clockid_t clock)
{
	return (time_t)(read_ns(clock) / NS_PER_S) - ask_kernel(clock);
}

static void check_offset(const char *name, time_t seconds, time_t wanted)
{
	if (labs(seconds - wanted) > SLACK_S)
		fail(name, "is off by something else");
}

static void read_clocks(time_t wanted)
{
	struct timezone zone;
	struct timespec now;
	struct timeval coarse;

	check_offset("CLOCK_REALTIME_COARSE", find_offset(CLOCK_REALTIME_COARSE), wanted);
	check_offset("CLOCK_TAI", find_offset(CLOCK_TAI), wanted);
	check_offset("CLOCK_MONOTONIC", find_offset(CLOCK_MONOTONIC), 0);
	check_offset("CLOCK_MONOTONIC_RAW", find_offset(CLOCK_MONOTONIC_RAW), 0);
	check_offset("CLOCK_BOOTTIME", find_offset(CLOCK_BOOTTIME), 0);
	check_offset("CLOCK_PROCESS_CPUTIME_ID", find_offset(CLOCK_PROCESS_CPUTIME_ID),
		     0);
	(void)gettimeofday(no_time, &zone);
	(void)gettimeofday(&coarse, &zone);
	check_offset("gettimeofday", coarse.tv_sec - ask_kernel(CLOCK_REALTIME), wanted);
	check_offset("time", time(NULL) - ask_kernel(CLOCK_REALTIME), wanted);
	if (timespec_get(&now, TIME_UTC) != TIME_UTC || timespec_get(&now, 0) != 0)
		fail("timespec_get", "returns something else");
	(void)timespec_get(&now, TIME_UTC);
	check_offset("timespec_get", now.tv_sec - ask_kernel(CLOCK_REALTIME), wanted);
}

int main(int argc, char **argv)
{
	FILE *orders = argc == 2 ? fopen(argv[1], "r+") : NULL;
	time_t offset;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	begin();
	puts("up");
	while (orders && getc(orders) == '\n') {
		offset = find_offset(CLOCK_REALTIME);
		read_clocks(offset);
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
			try_way(i, CLOCK_REALTIME);
			if (!ways[i].is_by_day_only)
				try_way(i, CLOCK_MONOTONIC);
		}
		printf("off %ld\n", (long)(offset + (offset < 0 ? -1 : 1)) / 60);
	}
	return 0;
}
