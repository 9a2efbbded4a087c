/* SPDX-License-Identifier: MIT */
/* What this machine can do, for "snet doctor".
 *
 * Whatever can be tried is tried, in a child process that first gets the rights of a lab: a
 * kernel says best itself what it can do. The child leaves its results in shared memory. */

#include <fcntl.h>
#include <limits.h>
#include <netlink/version.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/cgroup.h"
#include "sys/netns.h"
#include "sys/nft.h"
#include "sys/nl.h"
#include "sys/process.h"
#include "sys/qdisc.h"
#include "sys/userns.h"

#define PROGRAM_MS        3000
#define FILES_WANTED      4096
#define NEIGHBOURS_WANTED 1024

/* In place of a result: there was nothing to try it in, which says nothing of it. */
#define NOT_TRIED (-ECANCELED)

/* What the tries share. They run in order, in one process. */
struct scene {
	int netns;
	struct snet__nl *nl;
};

static int try_user(struct scene *scene, struct snet_err *err)
{
	pid_t pid;
	int status;

	if (!snet__userns_is_privileged())
		return snet__userns_enter(err);

	/* With rights there is no need for one; whether it could be had is tried apart. */
	pid = fork();
	if (pid < 0)
		return snet__err_sys(err, -errno, "cannot start a process");
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 ? errno : 0);
	status = snet__process_reap(pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return snet__err_set(err, -EPERM, "not allowed");
	return 0;
}

static int try_netns(struct scene *scene, struct snet_err *err)
{
	int r = snet__netns_new(&scene->netns, err);

	return r < 0 ? r : snet__nl_open(&scene->nl, scene->netns, err);
}

static int try_veth(struct scene *scene, struct snet_err *err)
{
	int index;

	return snet__iface_add_veth(scene->nl, "p0", 0, "eth0", scene->netns, &index,
				    err);
}

static int try_bridge(struct scene *scene, struct snet_err *err)
{
	int index;

	return snet__iface_add_bridge(scene->nl, "br0", &index, err);
}

/* Whether this process may change the network that it is in, which has no such interface. */
static int check_rights(struct snet_err *err)
{
	struct snet__nl *nl = NULL;
	int r;

	r = snet__nl_open(&nl, -1, err);
	if (r < 0)
		return r;
	r = snet__iface_up(nl, INT_MAX, NULL);
	snet__nl_close(nl);
	return r == -EPERM ? snet__err_set(err, r, "needs root") : 0;
}

/* A gateway has an interface in the host's network, and rules in a namespace of its own. */
static int try_nat(struct scene *scene, struct snet_err *err)
{
	int r;

	r = check_rights(err);
	if (r == 0)
		r = snet__netns_settle(scene->netns, err);
	return r < 0 ? r : snet__nft_masquerade(scene->netns, "eth0", err);
}

static int try_netem(struct scene *scene, struct snet_err *err)
{
	return snet__qdisc_has_netem(err) ? 0 : -ENOTSUP;
}

static int try_cgroup(const struct snet__cgroup_opts *opts, struct snet_err *err)
{
	struct snet__cgroup *cgroup = NULL;
	int r = snet__cgroup_new(&cgroup, opts, err);

	snet__cgroup_free(cgroup);
	return r;
}

static int try_memory(struct scene *scene, struct snet_err *err)
{
	const struct snet__cgroup_opts opts = {.name = "doctor",
					       .memory_bytes = 64 << 20};

	return try_cgroup(&opts, err);
}

static int try_cpu(struct scene *scene, struct snet_err *err)
{
	const struct snet__cgroup_opts opts = {.name = "doctor", .millicpus = 1000};

	return try_cgroup(&opts, err);
}

static const struct trial {
	const char *what;
	int (*fn)(struct scene *scene, struct snet_err *err);
	enum snet__finding_level level; /* of a failure */
	const char *remedy;
	bool needs_scene; /* a network namespace to be tried in */
} trials[] = {
	/* Before rights are dropped for those of a user namespace. */
	{"memory limits", try_memory, SNET__FINDING_NOTE,
	 "functions and programs are limited by address space instead; for cgroups run as "
	 "root, or in 'systemd-run --user --scope -p Delegate=yes'"},
	{"CPU limits", try_cpu, SNET__FINDING_NOTE,
	 "nodes with 'cpus' cannot come up; run as root, or in 'systemd-run --user --scope -p "
	 "Delegate=yes'"},
	{"user namespaces", try_user, SNET__FINDING_NOTE,
	 "labs need root until they are allowed"},
	{"network namespaces", try_netns, SNET__FINDING_PROBLEM,
	 "run as root, or allow user namespaces"},
	{"veth pairs", try_veth, SNET__FINDING_PROBLEM,
	 "load the kernel module: modprobe veth", true},
	{"bridges", try_bridge, SNET__FINDING_PROBLEM,
	 "load the kernel module: modprobe bridge", true},
	{"netem", try_netem, SNET__FINDING_NOTE,
	 "load the kernel module: modprobe sch_netem (Fedora, RHEL: kernel-modules-extra)"},
	{"address translation", try_nat, SNET__FINDING_NOTE,
	 "gateways work in mode 'forward' only: build with libnftables-dev, and load the "
	 "kernel module: modprobe nft_masq",
	 true},
};

#define TRIAL_COUNT (sizeof(trials) / sizeof(*trials))

/* In the child: the results of all trials. */
static void try_all(struct snet_err *results)
{
	struct scene scene = {.netns = -1};

	for (size_t i = 0; i < TRIAL_COUNT; i++) {
		if (trials[i].needs_scene && !scene.nl)
			(void)snet__err_set(&results[i], NOT_TRIED,
					    "not tried: that takes a network namespace");
		else
			results[i].code = trials[i].fn(&scene, &results[i]);
	}
}

static size_t add(struct snet__finding *findings, size_t count, size_t max,
		  const struct snet__finding *finding)
{
	if (count < max)
		findings[count++] = *finding;
	return count;
}

static const char *find_remedy(const struct trial *trial, const struct snet_err *result)
{
	if (trial->fn == try_netns && result->code == -ENOSPC)
		return "end labs that run, or as root: sysctl -w "
		       "user.max_net_namespaces=100000";
	if (trial->fn == try_nat && result->code == -EPERM)
		return "gateways work in mode 'forward' only; for mode 'nat' run as root";
	return trial->remedy;
}

static struct snet__finding judge(const struct trial *trial,
				  const struct snet_err *result, bool is_privileged)
{
	struct snet__finding finding = {.what = trial->what};
	bool is_netns = trial->fn == try_netns;

	if (result->code == 0) {
		(void)snprintf(finding.found, sizeof(finding.found), "yes%s",
			       is_netns && !is_privileged ? ", through a user namespace"
							  : "");
		return finding;
	}
	if (result->code == NOT_TRIED) {
		finding.level = SNET__FINDING_NOTE;
		(void)snprintf(finding.found, sizeof(finding.found), "%.190s",
			       result->msg);
		return finding;
	}
	finding.level = trial->level;
	/* Cut when long. */
	(void)snprintf(finding.found, sizeof(finding.found), "no: %.190s", result->msg);
	(void)snprintf(finding.remedy, sizeof(finding.remedy), "%s",
		       find_remedy(trial, result));
	return finding;
}

static size_t check_trials(struct snet__finding *findings, size_t count, size_t max)
{
	bool is_privileged = snet__userns_is_privileged();
	size_t size = TRIAL_COUNT * sizeof(struct snet_err);
	struct snet_err *results;
	pid_t pid;

	results = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (results == MAP_FAILED)
		return count;
	for (size_t i = 0; i < TRIAL_COUNT; i++)
		(void)snet__err_set(&results[i], -EIO, "the trial did not end");

	pid = fork();
	if (pid == 0) {
		try_all(results);
		_exit(0);
	}
	if (pid > 0)
		(void)snet__process_reap(
			pid); /* what it did not say stays "did not end" */
	for (size_t i = 0; i < TRIAL_COUNT; i++) {
		struct snet__finding finding =
			judge(&trials[i], &results[i], is_privileged);

		count = add(findings, count, max, &finding);
	}
	munmap(results, size);
	return count;
}

/* The first line that `@name --version` prints. Even for that crun makes a folder for its state
 * first, unless there is one. */
static int ask_version(const char *name, char *text, size_t size, struct snet_err *err)
{
	const char *plain[] = {name, "--version", NULL};
	const char *rooted[] = {name, "--root=/proc", "--version", NULL};
	const char **argv = strcmp(name, "crun") == 0 ? rooted : plain;
	autoclose int out = -1, in = -1, pidfd = -1;
	struct snet__process_opts opts = {.argv = argv,
					  .netns = -1,
					  .mntns = -1,
					  .stdio = {-1, -1, -1, -1}};
	struct pollfd ready = {.events = POLLIN};
	int ends[2], r;
	ssize_t length = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return snet__err_sys(err, -errno, "cannot make a pipe");
	out = ends[0];
	in = ends[1];
	opts.stdio[1] = opts.stdio[2] = in;
	r = snet__process_start(&pid, &pidfd, &opts, err);
	if (r < 0)
		return r;

	ready.fd = pidfd;
	r = poll(&ready, 1, PROGRAM_MS);
	snet__process_kill(pid);
	(void)snet__process_reap(pid); /* its status says nothing that its words do not */
	if (r == 1)
		length = read(out, text, size - 1);
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return *text ? 0
		     : snet__err_set(err, -ETIMEDOUT, "'%s --version' says nothing",
				     name);
}

static size_t check_program(struct snet__finding *findings, size_t count, size_t max,
			    const char *name, const char *remedy)
{
	struct snet__finding finding = {.what = name};
	struct snet_err err = {0};

	if (ask_version(name, finding.found, sizeof(finding.found), &err) < 0) {
		finding.level = SNET__FINDING_NOTE;
		(void)snprintf(finding.found, sizeof(finding.found), "no: %.190s",
			       err.msg);
		(void)snprintf(finding.remedy, sizeof(finding.remedy), "%s", remedy);
	}
	return add(findings, count, max, &finding);
}

/* Asked for its version, podman makes folders of its own. */
static size_t check_podman(struct snet__finding *findings, size_t count, size_t max)
{
	struct snet__finding finding = {.what = "podman"};
	struct snet_err err = {0};
	autofree char *path = NULL;

	if (snet__process_find(&path, "podman", &err) == 0) {
		(void)snprintf(finding.found, sizeof(finding.found), "%.190s", path);
	} else {
		finding.level = SNET__FINDING_NOTE;
		(void)snprintf(finding.found, sizeof(finding.found), "no: %.190s",
			       err.msg);
		(void)snprintf(finding.remedy, sizeof(finding.remedy),
			       "for containers from images: apt-get install podman");
	}
	return add(findings, count, max, &finding);
}

static size_t check_kernel(struct snet__finding *findings, size_t count, size_t max)
{
	struct snet__finding finding = {.what = "kernel"};
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) < 0)
		return count;
	(void)snprintf(finding.found, sizeof(finding.found), "%s %s", name.sysname,
		       name.release);
	/* close_range(2) came with 5.9. */
	if (sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	    (major < 5 || (major == 5 && minor < 9))) {
		finding.level = SNET__FINDING_PROBLEM;
		(void)snprintf(finding.remedy, sizeof(finding.remedy),
			       "Linux 5.9 or later");
	}
	return add(findings, count, max, &finding);
}

static size_t check_libnl(struct snet__finding *findings, size_t count, size_t max)
{
	struct snet__finding finding = {.what = "libnl"};

	(void)snprintf(finding.found, sizeof(finding.found), "%d.%d.%d", nl_ver_maj,
		       nl_ver_min, nl_ver_mic);
	return add(findings, count, max, &finding);
}

static size_t check_files(struct snet__finding *findings, size_t count, size_t max)
{
	struct snet__finding finding = {.what = "open files"};
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return count;
	/* A socket a device, which holds its namespace, and something for all of them. */
	(void)snprintf(finding.found, sizeof(finding.found),
		       "at most %llu, enough for some %llu devices",
		       (unsigned long long)limit.rlim_max,
		       (unsigned long long)(limit.rlim_max - limit.rlim_max / 20));
	if (limit.rlim_max < FILES_WANTED) {
		finding.level = SNET__FINDING_NOTE;
		(void)snprintf(
			finding.remedy, sizeof(finding.remedy),
			"raise it: 'ulimit -Hn 65536', or nofile in limits.conf(5)");
	}
	return add(findings, count, max, &finding);
}

static size_t check_neighbours(struct snet__finding *findings, size_t count, size_t max)
{
	struct snet__finding finding = {.what = "neighbour table"};
	autofile FILE *file = fopen("/proc/sys/net/ipv4/neigh/default/gc_thresh3", "re");
	int limit = 0;

	/* Visible in the host's own network namespace only. */
	if (!file)
		return count;
	if (fscanf(file, "%d", &limit) != 1)
		limit = 0;
	(void)snprintf(finding.found, sizeof(finding.found),
		       "%d entries for all namespaces together", limit);
	if (limit < NEIGHBOURS_WANTED) {
		finding.level = SNET__FINDING_NOTE;
		(void)snprintf(finding.remedy, sizeof(finding.remedy),
			       "sysctl -w net.ipv4.neigh.default.gc_thresh3=%d",
			       NEIGHBOURS_WANTED);
	}
	return add(findings, count, max, &finding);
}

size_t snet__machine_check(struct snet__finding *findings, size_t max)
{
	size_t count = 0;

	count = check_kernel(findings, count, max);
	count = check_trials(findings, count, max);
	count = check_files(findings, count, max);
	count = check_neighbours(findings, count, max);
	count = check_program(findings, count, max, "node",
			      "for JavaScript functions: apt-get install nodejs");
	count = check_program(findings, count, max, "python3",
			      "for Python functions: apt-get install python3");
	count = check_program(findings, count, max, "crun",
			      "for containers: apt-get install crun");
	count = check_podman(findings, count, max);
	return check_libnl(findings, count, max);
}
