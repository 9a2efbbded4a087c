/* SPDX-License-Identifier: MIT */
/* Where the packets of a link or a node are to be seen: a shaped link's in its shaper, a plain
 * one's at the port of a switch, or in a node; a node's at its interfaces. */

#include "lab/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "lab/fabric.h"
#include "link/shaper_user.h"

/* One that goes on. */
struct snet__run_capture {
	struct snet__capture *capture; /* held */
	char *link;                    /* what it captures; NULL: a node */
	bool is_held;                  /* see snet__captures_hold() */
};

/* Interfaces of one capture: a socket each. */
#define IFACES_MAX 256

/* ---- Links. */

static int add_shaped(struct snet__capture *capture, struct snet__run *run,
		      struct snet__run_link *link, struct snet_err *err)
{
	const struct snet__model_link *model = link->link;
	autofree char *from = snet__text_format("%s:%s", model->name, model->from);
	autofree char *to = snet__text_format("%s:%s", model->name, model->to);
	autofree char *description =
		snet__text_format("link %s of lab %s, %s to %s, shaped", model->name,
				  run->lab->model.name, model->from, model->to);
	const char *const names[] = {from, to};
	struct snet__tap *tap = NULL;
	int r;

	if (!from || !to || !description)
		return snet__err_oom(err);
	r = snet__capture_add_tap(capture, names, description, &tap, err);
	if (r < 0)
		return r;
	r = snet__shaped_tap(link->shaped, tap, err);
	if (r < 0)
		snet__tap_end(tap); /* nobody else will */
	return r;
}

/* The port of a switch, or the interface of a node, at the end @end of a cable. */
static int add_end(struct snet__capture *capture, struct snet__run *run,
		   const struct snet__run_link *link, size_t cable, int end,
		   const char *name, struct snet_err *err)
{
	const struct snet__model_node *node = link->link->ends[end];
	bool is_second = end && link->link->ends[0]->role == SNET__ROLE_SWITCH;
	int number = link->numbers[cable], index = number, netns = -1, r;
	autofree char *description =
		snet__text_format("link %s of lab %s, at %s", link->link->name,
				  run->lab->model.name, node->name);
	autoclose int own = -1;

	if (!description)
		return snet__err_oom(err);
	if (node->role == SNET__ROLE_SWITCH) {
		(void)snet__fabric_find_port(run->fabric, number, is_second, &index);
		netns = snet__fabric_find_netns(run->fabric, number, is_second);
	} else {
		r = snet__run_open_netns(run->nodes[node->index], &own, err);
		if (r < 0)
			return r;
		netns = own;
	}
	return snet__capture_add_socket(capture,
					&(const struct snet__capture_socket){
						.netns = netns,
						.index = index,
						.name = name,
						.description = description,
						.vlan = link->vlans ? link->vlans[cable]
								    : 0,
					},
					err);
}

/* All cables of a link, one for each VLAN of a trunk, each an interface LINK:NODE. */
static int add_cables(struct snet__capture *capture, struct snet__run *run,
		      const struct snet__run_link *link, int end, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < link->number_count && r == 0; i++) {
		autofree char *name = snet__text_format("%s:%s", link->link->name,
							link->link->ends[end]->name);

		r = name ? add_end(capture, run, link, i, end, name, err)
			 : snet__err_oom(err);
	}
	return r;
}

static int refuse_absent(const struct snet__run_link *link, struct snet_err *err)
{
	bool is_there =
		link->numbers && (!snet__link_is_shaped(link->link) || link->shaping);

	return is_there ? 0 : snet__run_refuse_absent("link", link->link->name, err);
}

static int add_link(struct snet__capture *capture, struct snet__run *run,
		    const char *name, struct snet_err *err)
{
	const struct snet__model_link *model =
		snet__model_find_link(&run->lab->model, name);
	struct snet__run_link *link;
	int end, r;

	if (!model)
		return snet__model_refuse_link(&run->lab->model, name, err);
	link = run->links[model->index];
	r = refuse_absent(link, err);
	if (r < 0)
		return r;
	if (link->shaped)
		return add_shaped(capture, run, link, err);
	/* At a switch rather than in a node. */
	end = model->ends[0]->role != SNET__ROLE_SWITCH &&
	      model->ends[1]->role == SNET__ROLE_SWITCH;
	return add_cables(capture, run, link, end, err);
}

/* ---- Nodes. */

static int add_ifaces(struct snet__capture *capture, struct snet__run *run,
		      const struct snet__model_node *node, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < node->iface_count && r == 0; i++) {
		const struct snet__model_link *link = node->ifaces[i].link;
		autofree char *name = snet__text_format("eth%zu", i);

		r = name ? refuse_absent(run->links[link->index], err)
			 : snet__err_oom(err);
		if (r == 0)
			r = add_end(capture, run, run->links[link->index], 0,
				    link->ends[1] == node, name, err);
	}
	return r;
}

static int add_ports(struct snet__capture *capture, struct snet__run *run,
		     const struct snet__model_node *node, struct snet_err *err)
{
	int r = 0;

	for (size_t i = 0; i < run->link_count && r == 0; i++) {
		const struct snet__model_link *link = run->links[i]->link;

		for (int end = 0; end < 2 && r == 0; end++)
			if (link->ends[end] == node)
				r = add_cables(capture, run, run->links[i], end, err);
	}
	return r;
}

static size_t count_ifaces(const struct snet__run *run,
			   const struct snet__model_node *node)
{
	size_t count = node->iface_count;

	for (size_t i = 0; i < run->link_count && node->role == SNET__ROLE_SWITCH; i++) {
		const struct snet__model_link *link = run->links[i]->link;

		if (link->ends[0] == node || link->ends[1] == node)
			count += run->links[i]->number_count;
	}
	return count;
}

static int add_node(struct snet__capture *capture, struct snet__run *run,
		    const char *name, struct snet_err *err)
{
	const struct snet__run_node *node = snet__run_find(run, name, err);
	size_t count;

	if (!node)
		return -ENOENT;
	count = count_ifaces(run, node->node);
	if (!count || count > IFACES_MAX)
		return snet__err_set(err, -EINVAL,
				     "'%s' has %zu interfaces, not 1 to %d: capture a "
				     "link",
				     name, count, IFACES_MAX);
	return node->node->role == SNET__ROLE_SWITCH
		       ? add_ports(capture, run, node->node, err)
		       : add_ifaces(capture, run, node->node, err);
}

/* ---- The list of those that go on. */

static void forget_over(struct snet__run *run)
{
	for (size_t i = run->capture_count; i-- > 0;) {
		if (!snet__capture_is_over(run->captures[i].capture))
			continue;
		snet__capture_unref(run->captures[i].capture);
		free(run->captures[i].link);
		run->captures[i] = run->captures[--run->capture_count];
	}
}

int snet__capture_start(struct snet__run *run, struct snet__capture *capture,
			const char *link, const char *node, struct snet_err *err)
{
	autofree char *name = link ? strdup(link) : NULL;
	int r;

	if (link && !name)
		return snet__err_oom(err);
	forget_over(run);
	r = snet__vec_reserve(&run->captures, &run->capture_cap, run->capture_count + 1,
			      sizeof(*run->captures), err);
	if (r == 0)
		r = link ? add_link(capture, run, link, err)
			 : add_node(capture, run, node, err);
	if (r == 0)
		r = snet__capture_begin(capture, err);
	if (r < 0)
		return r;
	snet__capture_ref(capture);
	run->captures[run->capture_count++] =
		(struct snet__run_capture){.capture = capture, .link = steal_ptr(name)};
	return 0;
}

static bool is_of(const struct snet__run_capture *at, const char *link)
{
	return at->link && strcmp(at->link, link) == 0;
}

void snet__captures_hold(struct snet__run *run, const char *link)
{
	forget_over(run);
	for (size_t i = 0; i < run->capture_count; i++) {
		if (!is_of(&run->captures[i], link))
			continue;
		run->captures[i].is_held = true;
		snet__capture_hold(run->captures[i].capture, true);
	}
}

void snet__captures_add(struct snet__run *run, const char *link)
{
	struct snet_err err = {0};

	for (size_t i = 0; i < run->capture_count; i++) {
		struct snet__run_capture *at = &run->captures[i];

		if (!at->is_held || !is_of(at, link) ||
		    add_link(at->capture, run, link, &err) == 0)
			continue;
		snet__log(
			SNET_LOG_WARNING,
			"a capture does not go on with its link lab=%s link=%s error=%s",
			run->lab->model.name, link, err.msg);
		snet__capture_ask_end(at->capture);
	}
}

void snet__captures_turn(struct snet__run *run, const char *link)
{
	for (size_t i = 0; i < run->capture_count; i++) {
		if (!run->captures[i].is_held || !is_of(&run->captures[i], link))
			continue;
		run->captures[i].is_held = false;
		snet__capture_offer(run->captures[i].capture);
	}
}

void snet__captures_release(struct snet__run *run)
{
	for (size_t i = 0; i < run->capture_count; i++) {
		if (!run->captures[i].is_held)
			continue;
		run->captures[i].is_held = false;
		snet__capture_hold(run->captures[i].capture, false);
	}
}

void snet__captures_end(struct snet__run *run)
{
	for (size_t i = 0; i < run->capture_count; i++) {
		snet__capture_end(run->captures[i].capture);
		snet__capture_unref(run->captures[i].capture);
		free(run->captures[i].link);
	}
	free(run->captures);
	run->captures = NULL;
	run->capture_count = run->capture_cap = 0;
}

/* ---- Of programs. */

struct opening {
	struct snet_lab *lab;
	struct snet__capture *capture;
	const struct snet_capture_opts *opts;
};

static int start_on_engine(void *arg, struct snet_err *err)
{
	const struct opening *opening = arg;

	return snet__capture_start(opening->lab->run, opening->capture,
				   opening->opts->link, opening->opts->node, err);
}

static int check_opts(const struct snet_capture_opts *opts, struct snet_err *err)
{
	if (opts->size < sizeof(*opts))
		return snet__err_set(err, -EINVAL,
				     "size must be sizeof(struct snet_capture_opts)");
	if (!opts->link == !opts->node)
		return snet__err_set(err, -EINVAL, "needs either a link or a node");
	if (!opts->path == (opts->fd <= 0))
		return snet__err_set(err, -EINVAL, "needs either a path or a descriptor");
	return 0;
}

static int open_path(int *ret, const char *path, struct snet_err *err)
{
	*ret = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return *ret < 0 ? snet__err_sys(err, -errno, "cannot write '%s'", path) : 0;
}

int snet_capture_start(struct snet_lab *lab, struct snet_capture **ret,
		       const struct snet_capture_opts *opts, struct snet_err *err)
{
	struct opening opening = {.lab = lab, .opts = opts};
	struct snet__capture_opts inner = {0};
	int r;

	r = check_opts(opts, err);
	if (r < 0)
		return r;
	inner = (struct snet__capture_opts){.filter = opts->filter,
					    .snaplen = opts->snaplen,
					    .count = opts->count,
					    .fd = opts->fd,
					    .is_own = opts->path != NULL};
	if (opts->path)
		r = open_path(&inner.fd, opts->path, err);
	if (r == 0)
		r = snet__capture_new(&opening.capture, &inner, err);
	if (r == 0)
		r = snet__lab_call(lab, start_on_engine, &opening, err);
	if (r < 0) {
		snet__capture_unref(opening.capture);
		return r;
	}
	*ret = (struct snet_capture *)opening.capture;
	return 0;
}

int snet_capture_stop(struct snet_capture *handle, struct snet_capture_counts *ret,
		      struct snet_err *err)
{
	struct snet__capture *capture = (struct snet__capture *)handle;
	struct snet_capture_counts counts = {0};
	int r;

	if (!capture) {
		if (ret)
			*ret = counts;
		return 0;
	}
	snet__capture_end(capture);
	r = snet__capture_result(capture, &counts, err);
	snet__capture_unref(capture);
	if (ret)
		*ret = counts;
	return r;
}
