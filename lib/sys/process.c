/* SPDX-License-Identifier: MIT */
/* Child processes.
 *
 * The child is made by clone(2) with CLONE_VM and CLONE_VFORK, as posix_spawn(3) does it: no
 * page table is copied, however large the lab's process, and the calling thread waits until
 * the child has called execve(2) or failed. The two share memory, so the child reports a
 * failure by storing it. Until then it runs on a stack of its own with all signals blocked
 * and calls only what is async-signal-safe. posix_spawn(3) itself cannot enter namespaces. */

#include "sys/process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "sys/cgroup.h"
#include "sys/userns.h"

#define OWN_PROC      "have a /proc of its own" /* a step */
#define STACK_SIZE    65536
#define BUSY_ATTEMPTS 8
#define PROGRAM       5 /* a descriptor of the child, until it runs */
#define FILES_COUNT   (SNET__PROCESS_GROUPS + SNET__CGROUP_COUNT)
#define FILES_SPARE   256 /* for the store, sockets, pipes and libraries */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

/* What the child is to do, and how far it came. */
struct birth {
	const struct snet__process_opts *opts;
	const char *path;
	const char *cwd;                /* NULL: stay */
	pid_t parent;                   /* as the child finds it, see has_parent() */
	int groups[SNET__CGROUP_COUNT]; /* see snet__cgroup_open() */
	sigset_t mask;
	const char *failed_step; /* NULL: none */
	int failed_errno;
};

/* Default handling for every signal, and none blocked. Handlers are reset before the mask is
 * opened: they would run in the child, on the parent's memory. */
static int reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &action,
				NULL); /* fails for SIGKILL, SIGSTOP, libc's own */
	(void)sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Our number in /proc, which may be mounted for an outer PID namespace; 0: it has none. */
static pid_t find_self(void)
{
	char text[16] = "";

	(void)!readlink("/proc/self", text, sizeof(text) - 1);
	return (pid_t)strtol(text, NULL, 10);
}

/* Whether our parent is @parent still: 0 or 1, or -1 with errno. Out of a PID namespace of our own
 * getppid(2) cannot see it, but /proc, which the parent has too, tells: "PID (NAME) STATE PPID ...". */
static int has_parent(pid_t parent, bool own_pids)
{
	char text[256], *end;
	ssize_t n = 0;
	int fd;

	if (!own_pids)
		return getppid() == parent;
	fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && strlen(end) > 4 && strtol(end + 4, NULL, 10) == parent;
}

static int stay_with_parent(const struct birth *birth)
{
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	/* The parent may have been killed before the line above. */
	r = has_parent(birth->parent, birth->opts->own_pids);
	if (!r)
		_exit(127);
	return r;
}

static int enter_namespaces(const struct snet__process_opts *opts)
{
	if (opts->netns >= 0 && setns(opts->netns, CLONE_NEWNET) < 0)
		return -1;
	return opts->mntns >= 0 ? setns(opts->mntns, CLONE_NEWNS) : 0;
}

/* A /proc that shows its PID namespace. Nothing that is mounted here arrives elsewhere. */
static int mount_proc(const char *hidden)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -1;
	(void)mount("proc", "/proc", "proc", flags, NULL); /* may be forbidden */
	return hidden ? mount("tmpfs", hidden, "tmpfs", flags | MS_RDONLY, NULL) : 0;
}

/* Put the descriptors in place by way of numbers above them all, so that any order works. */
static int place_files(const struct birth *birth)
{
	const struct snet__process_opts *opts = birth->opts;
	int files[FILES_COUNT];

	for (int i = 0; i < FILES_COUNT; i++)
		files[i] = i < SNET__PROCESS_REPORT ? opts->stdio[i] : -1;
	if (opts->program) {
		files[SNET__PROCESS_REPORT] = opts->program->report;
		files[PROGRAM] = opts->program->fd;
	}
	for (int i = 0; i < SNET__CGROUP_COUNT && opts->program; i++)
		files[SNET__PROCESS_GROUPS + i] = birth->groups[i];
	for (int i = 0; i < FILES_COUNT; i++) {
		if (files[i] < 0 && i <= STDERR_FILENO)
			files[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		else if (files[i] < 0)
			continue;
		files[i] = fcntl(files[i], F_DUPFD_CLOEXEC, FILES_COUNT);
		if (files[i] < 0)
			return -1;
	}
	for (int i = 0; i < FILES_COUNT; i++)
		if (files[i] < 0)
			(void)close(i); /* it need not be open */
		else if (dup3(files[i], i, i == PROGRAM ? O_CLOEXEC : 0) < 0)
			return -1;
	return 0;
}

static int join_groups(const struct birth *birth)
{
	for (int i = 0; i < SNET__CGROUP_COUNT; i++)
		if (birth->groups[i] >= 0 && write(birth->groups[i], "0", 1) != 1)
			return -1;
	return 0;
}

static int limit_memory(uint64_t bytes)
{
	struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};

	return bytes ? setrlimit(RLIMIT_AS, &limit) : 0;
}

/* A program that was written a moment ago is "busy" while a child that another thread has
 * just made still holds the descriptor that wrote it; that lasts until it calls execve(2). */
static void exec_program(const struct birth *birth)
{
	const struct snet__process_opts *opts = birth->opts;
	char *const *argv = (char *const *)opts->argv;
	char *const *env = opts->env ? (char *const *)opts->env : environ;
	struct timespec pause = {.tv_nsec = 1000000};

	if (opts->program) {
		(void)execveat(PROGRAM, "", argv, env, AT_EMPTY_PATH);
		return;
	}
	for (int i = 0; i < BUSY_ATTEMPTS; i++, pause.tv_nsec *= 2) {
		(void)execve(birth->path, argv, env); /* returns only to fail */
		if (errno != ETXTBSY)
			return;
		(void)nanosleep(&pause, NULL);
		errno = ETXTBSY;
	}
}

/* Returns the step that failed, with errno. */
static const char *be_born(struct birth *birth)
{
	const struct snet__process_opts *opts = birth->opts;

	if (!opts->outlives && stay_with_parent(birth) < 0)
		return "tie it to its parent";
	if (!opts->program && join_groups(birth) < 0)
		return "join its cgroup";
	if (enter_namespaces(opts) < 0)
		return "enter its namespaces";
	if (opts->own_proc && mount_proc(opts->hidden) < 0)
		return OWN_PROC;
	if (opts->bound && mount(opts->bound, opts->bound_at, NULL, MS_BIND, NULL) < 0)
		return "have a disk of its own";
	/* Entering a mount namespace leads to its root. */
	if (birth->cwd && chdir(birth->cwd) < 0)
		return "enter its folder";
	if (place_files(birth) < 0)
		return "place its descriptors";
	if (close_range(FILES_COUNT, ~0u, 0) < 0)
		return "close other descriptors";
	if (limit_memory(opts->address_space_bytes) < 0)
		return "limit its memory";
	if (reset_signals() < 0)
		return "reset its signals";
	/* Last: where the kernel groups tasks by session, the child now leaves the share of the
	 * processor that belongs to its parent, which is waiting. */
	if (setsid() < 0)
		return "lead a session";

	if (opts->passes_rights)
		snet__userns_pass_rights();
	exec_program(birth);
	return "";
}

static int run_child(void *user)
{
	struct birth *birth = user;

	birth->failed_step = be_born(birth);
	birth->failed_errno = errno;
	_exit(127);
}

int snet__process_find(char **ret, const char *name, struct snet_err *err)
{
	const char *path = getenv("PATH");
	int code = -ENOENT;

	for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
		size_t length = strcspn(at, ":");
		autofree char *candidate =
			snet__text_format("%.*s/%s", (int)length, at, name);
		struct stat info;

		if (!candidate)
			return snet__err_oom(err);
		if (*at == '/' && stat(candidate, &info) == 0 && S_ISREG(info.st_mode)) {
			code = -EACCES;
			if (access(candidate, X_OK) == 0) {
				*ret = steal_ptr(candidate);
				return 0;
			}
		}
		at += length + (at[length] == ':');
	}
	if (code == -EACCES)
		return snet__err_set(err, code,
				     "cannot start '%s': no permission to run it", name);
	return snet__err_set(err, code, "cannot start '%s': not found in PATH", name);
}

int snet__process_check(const char *name, const char *cwd, struct snet_err *err)
{
	bool is_absolute = *name == '/';
	autofree char *path = NULL, *where = NULL;
	struct stat info;

	if (!strchr(name, '/'))
		return snet__process_find(&path, name, err);
	path = snet__text_format("%s/%s", is_absolute ? "" : cwd, name);
	where = is_absolute ? strdup("") : snet__text_format(" in '%s'", cwd);
	if (!path || !where)
		return snet__err_oom(err);
	if (stat(path, &info) < 0 || access(path, X_OK) < 0)
		return snet__err_sys(err, -errno, "cannot start '%s'%s", name, where);
	if (!S_ISREG(info.st_mode))
		return snet__err_set(err, -EACCES, "cannot start '%s'%s: not a file",
				     name, where);
	return 0;
}

int snet__process_explain(const struct snet__process_opts *opts, int code,
			  struct snet_err *err)
{
	const char *name = opts->argv[0];
	const char *folder = *name != '/' && opts->cwd ? opts->cwd : "";
	autofree char *path =
		snet__text_format("%s%s%s", folder, *folder ? "/" : "", name);
	/* One without a '/' has been found. */
	bool is_there = !strchr(name, '/') || (path && access(path, F_OK) == 0);

	if (code == -ENOEXEC)
		return snet__err_set(err, code,
				     "cannot start '%s': no program of this machine, and "
				     "no script that begins with '#!'",
				     name);
	if (code == -ENOENT && is_there)
		return snet__err_set(err, code,
				     "cannot start '%s': the interpreter that it names "
				     "is not there",
				     name);
	return snet__err_sys(err, code, "cannot start '%s'", name);
}

static int report_failure(const struct birth *birth, struct snet_err *err)
{
	const char *name = birth->opts->argv[0];
	int code = -birth->failed_errno;

	if (!*birth->failed_step)
		return snet__process_explain(birth->opts, code, err);
	/* The rest of that step has other reasons to fail. */
	if (code == -ENOSPC && strcmp(birth->failed_step, OWN_PROC) == 0)
		return snet__userns_explain(code, "mnt", err);
	if (birth->cwd && strcmp(birth->failed_step, "enter its folder") == 0)
		return snet__err_sys(err, code, "cannot start '%s' in folder '%s'", name,
				     birth->cwd);
	return snet__err_sys(err, code, "cannot start '%s': cannot %s", name,
			     birth->failed_step);
}

static int bear(pid_t *ret_pid, int *ret_pidfd, struct birth *birth, struct snet_err *err)
{
	autofree char *stack = malloc(STACK_SIZE);
	int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	sigset_t all;
	int pidfd = -1;
	pid_t pid;

	if (!stack)
		return snet__err_oom(err);

	if (birth->opts->own_pids)
		flags |= CLONE_NEWPID;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &birth->mask);
	pid = clone(run_child, stack + STACK_SIZE, flags, birth, &pidfd);
	if (pid < 0)
		birth->failed_errno = errno;
	(void)pthread_sigmask(SIG_SETMASK, &birth->mask, NULL);
	if (pid < 0 && birth->failed_errno == ENOSPC) /* or they nest too deep */
		return snet__userns_explain(-ENOSPC, "pid", err);
	if (pid < 0)
		return snet__err_sys(err, -birth->failed_errno, "cannot start '%s'",
				     birth->opts->argv[0]);

	if (birth->failed_step) {
		close(pidfd);
		(void)snet__process_reap(pid);
		return report_failure(birth, err);
	}

	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return 0;
}

int snet__process_start(pid_t *ret_pid, int *ret_pidfd,
			const struct snet__process_opts *opts, struct snet_err *err)
{
	struct birth birth = {.opts = opts,
			      .path = opts->argv[0],
			      .parent = opts->own_pids ? find_self() : getpid()};
	autofree char *found = NULL, *cwd = NULL;
	int r;

	birth.cwd = opts->cwd;
	if (!opts->cwd && opts->mntns >= 0) {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return snet__err_sys(err, -errno,
					     "cannot find the working folder");
		birth.cwd = cwd;
	}

	if (!opts->program && !strchr(opts->argv[0], '/')) {
		r = snet__process_find(&found, opts->argv[0], err);
		if (r < 0)
			return r;
		birth.path = found;
	}
	for (int i = 0; i < SNET__CGROUP_COUNT; i++)
		birth.groups[i] = -1;
	r = opts->cgroup ? snet__cgroup_open(opts->cgroup, birth.groups, err) : 0;
	if (r == 0)
		r = bear(ret_pid, ret_pidfd, &birth, err);
	for (int i = 0; i < SNET__CGROUP_COUNT; i++)
		snet__close_at(&birth.groups[i]);
	return r;
}

int snet__process_memory_file(int *ret_fd, const char *name, struct snet_err *err)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* an older kernel, where all are executable */
		fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0)
		return snet__err_sys(err, -errno, "cannot make a file in memory%s",
				     errno == EACCES ? " (sysctl vm.memfd_noexec is 2)"
						     : "");
	*ret_fd = fd;
	return 0;
}

int snet__process_memory_program(int *ret_fd, const char *name, const void *program,
				 size_t size, struct snet_err *err)
{
	autoclose int fd = -1;
	int r;

	r = snet__process_memory_file(&fd, name, err);
	if (r < 0)
		return r;
	if (write(fd, program, size) != (ssize_t)size)
		return snet__err_sys(err, -ENOMEM, "cannot keep a program in memory");
	*ret_fd = steal_fd(&fd);
	return 0;
}

int snet__process_open(pid_t pid)
{
	/* O_CLOEXEC by itself. glibc has a function for it from 2.36 on. */
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

void snet__process_kill(pid_t pid)
{
	/* -ESRCH when it has ended and was reaped. */
	(void)kill(-pid, SIGKILL);
}

pid_t snet__process_find_child(pid_t pid)
{
	char path[64];
	pid_t child = 0;
	autofile FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
		       (int)pid); /* it fits */
	file = fopen(path, "re");
	if (file && fscanf(file, "%d", &child) != 1)
		child = 0;
	return child;
}

int snet__process_reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

int snet__process_allow_files(size_t count, struct snet_err *err)
{
	rlim_t need = count + FILES_SPARE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return snet__err_sys(err, -errno, "cannot read the limit of open files");
	if (limit.rlim_cur >= need)
		return 0;
	if (limit.rlim_max < need)
		return snet__err_set(
			err, -EMFILE,
			"needs %llu open files, but at most %llu are allowed (raise "
			"the limit: 'ulimit -Hn %llu' as root)",
			(unsigned long long)need, (unsigned long long)limit.rlim_max,
			(unsigned long long)need);

	/* As many as can be had: a lab may grow, and a gateway's connections are files too. */
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return snet__err_sys(err, -errno, "cannot raise the limit of open files");
	return 0;
}
