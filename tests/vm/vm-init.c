/* SPDX-License-Identifier: MIT */
/* The first process of the guest that run-in-vm.sh starts.
 *
 * From the initramfs it mounts the host's files read-only (hostfs of User-mode Linux, 9p of QEMU),
 * lays a tmpfs over them, makes that the root, runs one script of the host there and powers off with
 * its status. The boot line says "vm.dir=FOLDER", of the host, which has
 *
 *     start     the script, for bash
 *     modules   the folder of the kernel's modules, then those to load, one a line */

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define NEW       "/new"
#define TEXT_MAX  4096
#define DIED      125 /* as run-in-vm.sh has it */
#define TUN_MINOR 200 /* misc device, Documentation/admin-guide/devices.txt of Linux */

static bool is_uml;

/* To the kernel's log, which run-in-vm.sh shows when the guest dies. */
__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	char text[TEXT_MAX] = "<3>vm-init: ";
	size_t head = strlen(text);
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text + head, sizeof(text) - head, fmt, args);
	va_end(args);
	if (fd >= 0)
		(void)!write(fd, text, strlen(text)); /* no one else to tell */
}

/* Hand @status over: it becomes the exit status of linux.uml, or goes to a port whose other end is
 * a file. */
static void put_status(int status)
{
	int fd = open(is_uml ? "/proc/exitcode" : "/dev/hvc2", O_WRONLY | O_NOCTTY);

	if (fd < 0 || dprintf(fd, "%d\n", status) < 0)
		say("cannot hand the status over: %s", strerror(errno));
	if (fd >= 0 && !is_uml)
		(void)tcdrain(fd); /* a terminal it is */
	if (fd >= 0)
		close(fd);
}

__attribute__((noreturn)) static void power_off(int status)
{
	put_status(status);
	sync();
	(void)reboot(RB_POWER_OFF); /* does not return */
	for (;;)
		pause();
}

__attribute__((noreturn)) static void die(const char *what)
{
	say("%s: %s", what, strerror(errno));
	power_off(DIED);
}

static void make_folder(const char *path)
{
	char part[TEXT_MAX];

	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		(void)mkdir(part, 0755); /* there already, or mount() will say */
		*at = '/';
	}
	(void)mkdir(part, 0755);
}

static void mount_at(const char *type, const char *at, unsigned long flags,
		     const char *options)
{
	make_folder(at);
	if (mount(type, at, type, flags, options) < 0)
		die(at);
}

/* What a guest can do without. */
static void try_mount(const char *type, const char *at, const char *options)
{
	make_folder(at);
	if (mount(type, at, type, 0, options) < 0)
		say("no %s: %s", at, strerror(errno));
}

static void load_module(const char *path)
{
	const char *end = strrchr(path, '.');
	/* MODULE_INIT_COMPRESSED_FILE of linux/module.h */
	int flags = end && strcmp(end, ".ko") != 0 ? 4 : 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, "", flags) < 0 && errno != EEXIST))
		say("module %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* The modules of the initramfs, in their order: without them there are no files of the host. */
static void load_first_modules(void)
{
	FILE *file = fopen("/m/order", "re");
	char name[256], path[300];

	while (file && fscanf(file, "%255s", name) == 1) {
		(void)snprintf(path, sizeof(path), "/m/%s", name);
		load_module(path);
	}
	if (file)
		fclose(file);
}

/* Those that "modules" lists; @ret: the folder they are in. */
static void load_modules(char ret[static TEXT_MAX], const char *folder)
{
	char path[2 * TEXT_MAX + 8], name[TEXT_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/host%s/modules", folder);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%4095s", ret) != 1)
		die(path);
	while (fscanf(file, "%4095s", name) == 1) {
		(void)snprintf(path, sizeof(path), "/host%s/%s", ret, name);
		load_module(path);
	}
	fclose(file);
}

static void find_folder(char ret[static TEXT_MAX])
{
	static const char key[] = "vm.dir=";
	FILE *file = fopen("/proc/cmdline", "re");
	char word[TEXT_MAX];

	while (file && fscanf(file, "%4095s", word) == 1)
		if (strncmp(word, key, strlen(key)) == 0)
			(void)snprintf(ret, TEXT_MAX, "%s", word + strlen(key));
	if (file)
		fclose(file);
}

/* What tests need below a root: devices that load their modules, and the modules' place. */
static void furnish(const char *modules)
{
	char source[TEXT_MAX + 8], at[TEXT_MAX];
	struct utsname kernel;

	mount_at("proc", NEW "/proc", 0, NULL);
	mount_at("sysfs", NEW "/sys", 0, NULL);
	mount_at("devtmpfs", NEW "/dev", 0, "mode=0755");
	try_mount("cgroup2", NEW "/sys/fs/cgroup", NULL);
	try_mount("devpts", NEW "/dev/pts", "mode=0620,ptmxmode=0666");
	try_mount("tmpfs", NEW "/dev/shm", NULL);
	try_mount("tmpfs", NEW "/run", "mode=0755");
	make_folder(NEW "/dev/net");
	(void)mknod(NEW "/dev/net/tun", S_IFCHR | 0666, makedev(10, TUN_MINOR));
	if (symlink("/proc/self/fd", NEW "/dev/fd") < 0)
		say("no /dev/fd: %s", strerror(errno));

	(void)uname(&kernel); /* fails for invalid pointers only */
	(void)snprintf(source, sizeof(source), "/host%s", modules);
	(void)snprintf(at, sizeof(at), NEW "/usr/lib/modules/%s", kernel.release);
	make_folder(at);
	if (mount(source, at, NULL, MS_BIND, NULL) < 0)
		say("no modules on demand: %s", strerror(errno));
}

static void change_root(void)
{
	if (chdir(NEW) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    chroot(".") < 0 || chdir("/") < 0)
		die("the new root");
	/* As systemd has it. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
		die("sharing of mounts");
}

static void bring_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		say("loopback: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Bytes pass as they are. */
static int open_console(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	struct termios state;

	if (fd < 0 || tcgetattr(fd, &state) < 0)
		die(path);
	cfmakeraw(&state);
	(void)tcsetattr(fd, TCSANOW, &state); /* at worst with more carriage returns */
	return fd;
}

__attribute__((noreturn)) static void run_script(const char *folder, int out, int err)
{
	char script[TEXT_MAX + 8];
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)snprintf(script, sizeof(script), "%s/start", folder);
	(void)clearenv(); /* what the boot line says, and memory is not short yet */
	(void)setenv("PATH",
		     "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	(void)setenv("HOME", "/root", 1);
	if (setsid() >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 && dup2(err, 2) >= 0)
		(void)execl("/bin/bash", "bash", script, (char *)NULL); /* said below */
	say("bash: %s", strerror(errno));
	_exit(127);
}

/* The status of @script, orphans buried meanwhile. */
static int wait_for(pid_t script)
{
	int status = 0;
	pid_t pid;

	do {
		pid = wait(&status);
	} while (pid != script && (pid >= 0 || errno == EINTR));
	if (pid != script)
		return DIED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	char folder[TEXT_MAX] = "", modules[TEXT_MAX] = "";
	int out, err, status;
	pid_t pid;

	(void)umask(022);
	mount_at("proc", "/proc", 0, NULL);
	mount_at("devtmpfs", "/dev", 0, NULL);
	is_uml = access("/proc/exitcode", F_OK) == 0;
	put_status(DIED); /* a status that no one saw must not pass for success */
	find_folder(folder);
	load_first_modules();

	if (is_uml)
		mount_at("hostfs", "/host", MS_RDONLY, "/");
	else
		mount_at("9p", "/host", MS_RDONLY,
			 "trans=virtio,version=9p2000.L,msize=512000,cache=loose");
	load_modules(modules, folder);
	mount_at("tmpfs", "/ov", 0, "mode=0755");
	make_folder("/ov/up");
	make_folder("/ov/work");
	mount_at("overlay", NEW, 0, "lowerdir=/host,upperdir=/ov/up,workdir=/ov/work");
	furnish(modules);
	change_root();
	bring_loopback_up();

	out = open_console(is_uml ? "/dev/tty0" : "/dev/hvc0");
	err = open_console(is_uml ? "/dev/tty1" : "/dev/hvc1");
	pid = fork();
	if (pid == 0)
		run_script(folder, out, err);
	if (pid < 0)
		die("fork");
	status = wait_for(pid);
	(void)tcdrain(out); /* terminals both */
	(void)tcdrain(err);
	power_off(status);
}
