/* SPDX-License-Identifier: MIT */
#ifndef SNET_LAB_H
#define SNET_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <snet/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: labs
 *
 * A lab is one emulated network. It is described first (in C, or by a lab file), then brought
 * up all or nothing, and goes away with snet_lab_down(), with snet_lab_free(), or with the
 * process, however that ends: everything in the kernel is held by descriptors.
 *
 * Threads: every function here may be called from any thread, except where it says "before
 * up". Calls that change or read a running lab are carried out by the lab's own thread and
 * wait for it.
 */
struct snet_lab;

/** The longest name of a lab or a node in bytes, without its terminating zero. */
#define SNET_NAME_MAX 63

/**
 * snet_init() - get the rights to make namespaces; call it first in main()
 * @err: filled on failure, may be NULL
 *
 * With CAP_SYS_ADMIN it changes nothing. Without, the process moves into a user and a mount
 * namespace of its own, in which it may make the namespaces of a lab; its network and its
 * files stay the host's. The user and group ids seen inside are those outside.
 *
 * Threads: the process must have one thread. Privilege: none.
 * Return: 0, -EPERM (user namespaces are forbidden here; @err names the setting), -EUSERS (no
 *         more of them allowed), -EINVAL (the process has more than one thread)
 * Since: 0.1
 */
SNET_API int snet_init(struct snet_err *err);

/** enum snet_durability - what an acknowledged event survives */
enum snet_durability {
	SNET_DURABILITY_PROCESS = 0, /**< the death of any process (the default) */
	SNET_DURABILITY_DISK,        /**< power loss: fsync before each acknowledgement */
};

/**
 * snet_lab_new() - describe an empty lab
 * @ret:  the lab, to be freed with snet_lab_free()
 * @name: letters, digits, '_', '-', '.'; at most SNET_NAME_MAX bytes; copied
 * @err:  filled on failure, may be NULL
 *
 * Return: 0, -EINVAL (@name), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_new(struct snet_lab **ret, const char *name, struct snet_err *err);

/**
 * snet_lab_load() - describe a lab by a lab file
 * @ret:  the lab, to be freed with snet_lab_free()
 * @path: a JSON file, see snet-lab(5); files that it names are relative to its folder. A lab that
 *        it gives no name is called as it, "house" for house.json, or "lab" if that is no name
 * @err:  filled on failure, may be NULL: the first error with its line and column, and how
 *        many more there are; snet_lab_check() lists them all
 *
 * Return: 0, -EINVAL (not a lab), -ENOENT and others of open(2), -EFBIG (over 64 MiB),
 *         -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_load(struct snet_lab **ret, const char *path, struct snet_err *err);

/**
 * snet_lab_read() - fill an empty lab from a lab file
 * @lab:  of snet_lab_new(), with kinds of devices and backends added if the file needs them,
 *        and nothing else. It takes the file's name for the lab, if that has one
 * @path: as for snet_lab_load()
 * @err:  filled on failure, may be NULL
 *
 * snet_lab_load() is snet_lab_new() and this. On failure the lab is as it was.
 *
 * Return: as snet_lab_load(), -EBUSY (up, or not empty)
 * Since: 0.1
 */
SNET_API int snet_lab_read(struct snet_lab *lab, const char *path, struct snet_err *err);

/**
 * snet_lab_parse() - fill an empty lab from the text of a lab file
 * @lab:    as for snet_lab_read()
 * @text:   JSON, see snet-lab(5), such as snet_topo_generate() writes; borrowed during the call
 * @folder: what the files that it names are relative to; NULL for the current folder
 * @err:    filled on failure, may be NULL
 *
 * On failure the lab is as it was.
 *
 * Return: 0, -EINVAL (not a lab), -EFBIG (over 64 MiB), -EBUSY (up, or not empty), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_parse(struct snet_lab *lab, const char *text, const char *folder,
			    struct snet_err *err);

/**
 * snet_problem_fn - receives one error of a lab file
 * @user:   as given to snet_lab_check()
 * @line:   from 1; 0 where no place in the file is to blame
 * @column: from 1, in characters; 0 as above
 * @path:   which value: "nodes[2].delay", "" for the file as a whole
 * @text:   what is wrong with it, and the remedy where one is known
 */
typedef void (*snet_problem_fn)(void *user, unsigned int line, unsigned int column,
				const char *path, const char *text);

/**
 * snet_lab_check() - list every error of a lab file
 * @path: the file
 * @fn:   called once an error, in file order, on the calling thread; NULL to count only
 * @user: handed to @fn
 * @err:  filled on failure, may be NULL
 *
 * Privilege: none; nothing is created.
 * Return: the number of errors (0: a good file), or as snet_lab_load()
 * Since: 0.1
 */
SNET_API int snet_lab_check(const char *path, snet_problem_fn fn, void *user,
			    struct snet_err *err);

/**
 * snet_lab_free() - bring a lab down if it is up, and forget it
 * @lab: may be NULL
 * Since: 0.1
 */
SNET_API void snet_lab_free(struct snet_lab *lab);

/**
 * snet_lab_name() - the lab's name
 * @lab: borrowed
 * Return: valid until the lab is renamed or freed
 * Since: 0.1
 */
SNET_API const char *snet_lab_name(const struct snet_lab *lab);

/**
 * snet_lab_set_name() - rename a lab, before up
 * @lab:  borrowed, not up
 * @name: as for snet_lab_new()
 * @err:  filled on failure, may be NULL
 * Return: 0, -EINVAL (@name), -EBUSY (up), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_set_name(struct snet_lab *lab, const char *name,
			       struct snet_err *err);

/**
 * snet_lab_set_seed() - choose the seed of every random decision, before up
 * @lab:  borrowed, not up
 * @seed: equal seeds give equal decisions; 0 is a seed like any other and the default
 * Since: 0.1
 */
SNET_API void snet_lab_set_seed(struct snet_lab *lab, uint64_t seed);

/**
 * snet_lab_set_durability() - choose what an acknowledged event survives, before up
 * @lab:        borrowed, not up
 * @durability: see enum snet_durability
 * Since: 0.1
 */
SNET_API void snet_lab_set_durability(struct snet_lab *lab,
				      enum snet_durability durability);

/**
 * snet_lab_set_subnet() - choose where the lab's IPv4 addresses are from, before up
 * @lab:    borrowed, not up
 * @subnet: a network of /8 to /30, "10.0.0.0/8" by default; each segment has a part of it
 * @err:    filled on failure, may be NULL
 * Return: 0, -EINVAL (@subnet), -EBUSY (up)
 * Since: 0.1
 */
SNET_API int snet_lab_set_subnet(struct snet_lab *lab, const char *subnet,
				 struct snet_err *err);

/**
 * snet_lab_set_ipv6() - give the lab's nodes IPv6 addresses too, before up
 * @lab:    borrowed, not up
 * @prefix: a network of /8 to /96 such as "fd00:1::/48"; a node's address is this with its
 *          IPv4 address in the last four bytes. NULL for none, the default.
 * @err:    filled on failure, may be NULL
 * Return: 0, -EINVAL (@prefix), -EBUSY (up)
 * Since: 0.1
 */
SNET_API int snet_lab_set_ipv6(struct snet_lab *lab, const char *prefix,
			       struct snet_err *err);

/**
 * snet_lab_set_folder() - choose where the lab's store is kept, before up
 * @lab:  borrowed, not up
 * @path: a folder, made with mode 0700 when it does not exist; copied. What is in it already
 *        stays, but for a store of an earlier lab. NULL for the default:
 *        a folder of its own below $TMPDIR or /tmp that goes away with the lab, so that programs
 *        and tests do not disturb each other; one of a process that is killed stays, without
 *        what its containers and functions had there. "snet up" uses the state folder of
 *        snet-lab(5).
 * @err:  filled on failure, may be NULL
 * Return: 0, -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_set_folder(struct snet_lab *lab, const char *path,
				 struct snet_err *err);

/**
 * snet_lab_set_resume() - continue from the store instead of starting a new one, before up
 * @lab:    borrowed, not up
 * @resume: true: journal, outbox and states in the folder are taken up, and what was open is
 *          finished; false (the default): a store found there is replaced
 * Since: 0.1
 */
SNET_API void snet_lab_set_resume(struct snet_lab *lab, bool resume);

/**
 * snet_lab_up() - create the lab and wait until every device has registered
 * @lab: borrowed, not up
 * @err: filled on failure, may be NULL
 *
 * All or nothing: on failure everything that it made is gone again. Devices are not waited for
 * while each way to their relayer is down, as links are described: a warning is logged.
 *
 * Privilege: that of snet_init().
 * Return: 0, -EINVAL (the description is wrong), -EPERM, -EBUSY (up, or its folder is in use
 *         by another process), -EEXIST (its folder has a "store" that is not a lab's),
 *         -ETIMEDOUT (a device did not register within 10 s, or more
 *         in a large lab or where links are slow), -ENOTSUP (it asks for what this machine or
 *         this version cannot do, such as netem where the kernel has none), and what the kernel
 *         says
 * Since: 0.1
 */
SNET_API int snet_lab_up(struct snet_lab *lab, struct snet_err *err);

/**
 * snet_lab_down() - stop the lab and delete all that it made in the kernel
 * @lab: borrowed; may be down already
 *
 * Open events stay in the store, if a folder was set. Calls that wait for something in the
 * lab return -ENOTCONN. On the lab's thread, from a callback, it only asks for the end:
 * snet_lab_join() returns.
 * Since: 0.1
 */
SNET_API void snet_lab_down(struct snet_lab *lab);

/**
 * snet_lab_join() - wait until somebody asks for the lab's end
 * @lab: borrowed
 *
 * Returns at once when the lab is down; else when "snet down" or another client of
 * snet_lab_serve() asks, or another thread calls snet_lab_down(). It is then the caller's to
 * bring the lab down.
 * Since: 0.1
 */
SNET_API void snet_lab_join(struct snet_lab *lab);

/**
 * snet_lab_is_up() - whether the lab runs
 * @lab: borrowed
 * Since: 0.1
 */
SNET_API bool snet_lab_is_up(const struct snet_lab *lab);

/**
 * snet_lab_node_count() - how many nodes the lab has, after "count" was expanded
 * @lab: borrowed
 * Since: 0.1
 */
SNET_API size_t snet_lab_node_count(const struct snet_lab *lab);

/**
 * snet_lab_link_count() - how many links the lab has, after "count" was expanded
 * @lab: borrowed
 * Since: 0.1
 */
SNET_API size_t snet_lab_link_count(const struct snet_lab *lab);

/**
 * struct snet_format_opts - how a lab is written as a lab file
 * @size:      sizeof(struct snet_format_opts)
 * @folder:    what the paths in it are relative to; NULL: they are absolute
 * @addresses: give nodes the addresses that they have now; else only those that were given, and
 *             in a lab that was changed those that a lab which is brought up from the file would
 *             give otherwise
 * @states:    give actuators the states that they have now, where the lab is up
 */
struct snet_format_opts {
	size_t size;
	const char *folder;
	bool addresses;
	bool states;
};

/**
 * snet_lab_format() - write a lab as the text of a lab file that describes it
 * @lab:  borrowed; described or up
 * @opts: copied; NULL for the defaults
 * @ret:  the text, to be freed with free(); see snet-lab(5)
 * @err:  filled on failure, may be NULL
 *
 * What has its default is left out, and nodes and links that differ only by numbers which go up
 * by one are written once, with "count". Functions that the program added in C, and kinds of its
 * own, are the program's: only it can read such a file.
 *
 * Return: 0, -EINVAL (the size of @opts), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_format(struct snet_lab *lab, const struct snet_format_opts *opts,
			     char **ret, struct snet_err *err);

/**
 * snet_lab_save() - write a lab file that recreates a lab
 * @lab:  borrowed; described or up
 * @path: the file; what is there is replaced, all or nothing. It has the lab's credentials: a
 *        new one has mode 0600, one that is replaced keeps its own
 * @opts: as for snet_lab_format(); without a folder, or when NULL, paths are relative to the
 *        folder of @path
 * @err:  filled on failure, may be NULL
 *
 * Return: 0, as snet_lab_format(), and those of open(2), write(2) and rename(2)
 * Since: 0.1
 */
SNET_API int snet_lab_save(struct snet_lab *lab, const char *path,
			   const struct snet_format_opts *opts, struct snet_err *err);

/**
 * struct snet_graph_opts - what a picture of a lab shows
 * @size: sizeof(struct snet_graph_opts)
 * @all:  every node by its name. Else in a lab with more than 200 devices those that are alike
 *        and on the same switch are one box: "b0 ... b47, 48 buttons"
 */
struct snet_graph_opts {
	size_t size;
	bool all;
};

/**
 * snet_lab_graph() - draw the network of a lab
 * @lab:    borrowed; described or up
 * @format: "dot" (Graphviz), "mermaid", or "svg", for which libsnet needs Graphviz
 * @opts:   copied; NULL for the defaults
 * @ret:    the picture, text to be freed with free()
 * @err:    filled on failure, may be NULL
 *
 * Links say what happens to packets on them. Of a lab that is up the picture shows the states of
 * devices as well, and which links are down.
 *
 * Return: 0, -EINVAL (no such format; the description is wrong; the size of @opts), -ENOTSUP
 *         (libsnet was built without Graphviz), -EIO (Graphviz fails, in its words), -ENOMEM
 * Since: 0.1
 */
SNET_API int snet_lab_graph(struct snet_lab *lab, const char *format,
			    const struct snet_graph_opts *opts, char **ret,
			    struct snet_err *err);

/**
 * struct snet_change_opts - how a running lab is to be changed; zero or NULL is the default
 * @size:    sizeof(struct snet_change_opts)
 * @path:    a lab file, see snet-lab(5)
 * @text:    or the text of one; snet_lab_format() writes it of a lab described in C
 * @folder:  what the text's relative paths are relative to; NULL: the working folder
 * @dry_run: only compare, and change nothing
 */
struct snet_change_opts {
	size_t size;
	const char *path;
	const char *text;
	const char *folder;
	bool dry_run;
};

/**
 * snet_lab_apply() - change a running lab into what a lab file says
 * @lab:  borrowed, up
 * @opts: borrowed during the call
 * @ret:  what changes, a line each, and a line that counts them: "+ node b7 (button)",
 *        "~ link a-b: mtu none → 1400", "- node x (host)"; to be freed with free(). May be NULL
 * @err:  filled on failure, may be NULL
 *
 * Nodes, links and backends that the file has not are removed, others are added, and what has
 * changed begins anew. What is in both and the same is not touched: its processes, namespaces,
 * links, connections and addresses stay as they are, whatever their order in the file. A node whose
 * address another is given, or whose segment gets another subnet, begins anew at another address,
 * and @ret says so: "~ node g: address 10.0.0.2 → 10.0.0.4 (made anew)". States of devices that
 * stay are kept, and so are open events; a device that begins anew loses the events that no relayer
 * has acknowledged. The lab goes on meanwhile. Returns when every new device has registered, as
 * snet_lab_up() does.
 *
 * A node with a new link announces its addresses there, once, so that others reach it at once: by a
 * gratuitous ARP, and with IPv6 by an unsolicited neighbour advertisement. All nodes of a segment do
 * whose switches have a new link between them, unless they are more than 500.
 *
 * Source: RFC 5227 section 3; RFC 4861 section 7.2.6.
 *
 * The file's name for the lab is ignored; its seed, subnet, IPv6 and durability must be those of
 * the lab.
 *
 * Return: 0, -EINVAL (the file is no lab, @err says where), -ENOTSUP (what changes takes the lab
 *         down and up, @err says where), -ENOTCONN (not up), -EDEADLK (called by a callback of
 *         the lab), -ETIMEDOUT (a new device has not registered), and those of open(2) and
 *         snet_lab_up(); the lab is then as it was before
 * Since: 0.1
 */
SNET_API int snet_lab_apply(struct snet_lab *lab, const struct snet_change_opts *opts,
			    char **ret, struct snet_err *err);

/**
 * snet_lab_extend() - add nodes, links and backends to a running lab
 * @lab:  borrowed, up
 * @opts: borrowed during the call; a lab file with "nodes", "links" and "backends" only, whose
 *        links and devices may name nodes of the lab
 * @ret:  as for snet_lab_apply()
 * @err:  filled on failure, may be NULL
 *
 * What is there keeps its addresses: a file that would move a node is refused, @err names it.
 *
 * Return: as snet_lab_apply(); -EINVAL also for a node that would move
 * Since: 0.1
 */
SNET_API int snet_lab_extend(struct snet_lab *lab, const struct snet_change_opts *opts,
			     char **ret, struct snet_err *err);

/**
 * snet_lab_remove_node() - remove a node and its links from a running lab
 * @lab:  borrowed, up
 * @name: a node that no other needs: a relayer without devices, for example
 * @err:  filled on failure, may be NULL
 *
 * Its state is forgotten. A program in it is asked to end, as by snet_lab_down().
 * Return: 0, -ENOENT (no such node), -EINVAL (what is left would be no lab, @err says why),
 *         -ENOTCONN (not up), -EDEADLK (called by a callback of the lab)
 * Since: 0.1
 */
SNET_API int snet_lab_remove_node(struct snet_lab *lab, const char *name,
				  struct snet_err *err);

/**
 * snet_lab_restart_node() - end what lives in a node, and let it begin anew
 * @lab:   borrowed, up
 * @name:  a device, relayer, functions node, gateway, process or container
 * @fresh: true: a device forgets its state and begins with that of its description, a
 *         container what it has written into a root file system of its own
 * @err:   filled on failure, may be NULL
 *
 * Its namespace, links and addresses stay. A relayer goes on with its open events; a program is
 * asked to end, as by snet_lab_down(). Returns when a device has registered again.
 * Return: 0, -ENOENT (no such node), -EINVAL (nothing lives in a switch, router or host),
 *         -ENOTCONN (not up), -EDEADLK, -ETIMEDOUT (the device has not registered), and what makes
 *         snet_lab_up() fail
 * Since: 0.1
 */
SNET_API int snet_lab_restart_node(struct snet_lab *lab, const char *name, bool fresh,
				   struct snet_err *err);

/**
 * snet_lab_serve() - offer the running lab to the snet command and other processes
 * @lab:  borrowed, up
 * @path: a unix socket, made with mode 0600; copied. NULL for the place where the snet
 *        command looks for a lab of this name: $XDG_RUNTIME_DIR/snet/NAME.sock, or
 *        /run/snet/NAME.sock for root
 * @err:  filled on failure, may be NULL
 *
 * The REST API of snet(1) on that socket, until the lab goes down.
 * Return: 0, -ENOTCONN (not up), -EADDRINUSE (a lab of this name runs), and those of bind(2)
 * Since: 0.1
 */
SNET_API int snet_lab_serve(struct snet_lab *lab, const char *path, struct snet_err *err);

#ifdef __cplusplus
}
#endif
#endif
