/* SPDX-License-Identifier: MIT */
/* Links, which are their thread's while it has them. */

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "io/filter.h"
#include "link/hooks.h"
#include "link/shaper_private.h"
#include "link/shaper_user.h"
#include "topo/impairment.h"

static int attach(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	struct snet__shaped *link = arg;
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = snet__heap_add(&thread->due, &link->ways[i].item, err);
	for (size_t i = 0; i < link->end_count && r == 0; i++)
		r = snet__shaper_watch(thread, link->ends[i].fd, &link->ends[i], err);
	link->next = thread->links;
	thread->links = link;
	return r;
}

/* What was on its way is lost. */
static void end_link(struct snet__shaped *link)
{
	for (size_t i = 0; i < link->end_count; i++) {
		/* It may not be there yet; and it is closed later, when the end is no more. */
		(void)epoll_ctl(link->thread->epoll, EPOLL_CTL_DEL, link->ends[i].fd,
				NULL);
		snet__closer_take(link->thread->closer, steal_fd(&link->ends[i].fd));
	}
	for (int i = 0; i < 2; i++) {
		snet__pipe_free(link->ways[i].pipe);
		link->ways[i].pipe = NULL;
	}
	snet__taps_end(&link->taps);
}

void snet__shaped_free(struct snet__shaped *link)
{
	for (int i = 0; i < 2; i++) {
		snet__scribe_close(link->ways[i].sheet);
		snet__decision_reader_free(link->ways[i].reader);
		snet__kept_files_clear(&link->ways[i].kept);
	}
	free(link->ends);
	free(link);
}

int snet__shaper_detach(struct snet__shaper_thread *thread, void *arg,
			struct snet_err *err)
{
	struct snet__shaped **at = &thread->links;

	(void)err;
	while (*at && *at != arg)
		at = &(*at)->next;
	if (!*at)
		return 0;
	*at = (*at)->next;
	for (int i = 0; i < 2; i++)
		snet__heap_remove(&thread->due,
				  &((struct snet__shaped *)arg)->ways[i].item);
	end_link(arg);
	return 0;
}

/* Where nothing waits nobody asks when it came. */
static void mark_plain(struct snet__shaped *link,
		       const struct snet_impairment *impairments)
{
	for (int i = 0; i < 2; i++)
		link->ways[i].is_plain = snet__impairment_is_plain(&impairments[i]);
	for (size_t i = 0; i < link->end_count; i++)
		snet__packet_set_stamped(link->ends[i].fd, !link->ends[i].way->is_plain ||
								   link->taps.count > 0);
}

struct setting {
	struct snet__shaped *link;
	const struct snet_impairment *impairments;
	struct snet__rules *rules[2];
};

static int set(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	const struct setting *setting = arg;

	(void)thread;
	(void)err;
	for (int i = 0; i < 2; i++) {
		struct snet__way *way = &setting->link->ways[i];
		uint64_t now_ns = snet__clock_ns();

		way->last_ns = now_ns > way->last_ns ? now_ns : way->last_ns;
		snet__pipe_set(way->pipe, way->last_ns, setting->rules[i]);
		snet__shaper_schedule(way);
	}
	snet__taps_publish(&setting->link->taps);
	mark_plain(setting->link, setting->impairments);
	return 0;
}

void snet__shaped_count_missed(const struct snet__shaped *link)
{
	for (size_t i = 0; i < link->end_count; i++)
		link->ends[i].way->missed += snet__packet_missed(link->ends[i].fd);
}

struct counting {
	const struct snet__shaped *link;
	struct snet__shaper_counts *ret;
};

static int count(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	const struct counting *counting = arg;

	(void)thread;
	(void)err;
	snet__shaped_count_missed(counting->link);
	for (int i = 0; i < 2; i++) {
		const struct snet__way *way = &counting->link->ways[i];

		counting->ret[i] = (struct snet__shaper_counts){
			.pipe = *snet__pipe_counts(way->pipe),
			.missed = way->missed,
			.refused = way->refused,
			.delay_p50_ns = snet__pipe_delay_ns(way->pipe, 0.5),
			.delay_p90_ns = snet__pipe_delay_ns(way->pipe, 0.9),
			.delay_p99_ns = snet__pipe_delay_ns(way->pipe, 0.99),
			.delay_max_ns = snet__pipe_delay_ns(way->pipe, 1),
		};
		snet__pipe_look(way->pipe, snet__clock_ns(), &counting->ret[i].trace);
	}
	return 0;
}

/* ---- Calls. */

static int make_rule(struct snet__rules **ret, const struct snet_impairment *impairment,
		     const struct snet__kept_files *kept, struct snet_err *err)
{
	struct snet__rule_hooks hooks;
	int r;

	r = snet__hooks_make(&hooks, impairment, kept, err);
	if (r < 0)
		return r;
	r = snet__rules_new(ret, impairment, &hooks, err);
	if (r < 0)
		snet__hooks_clear(&hooks);
	return r;
}

/* The file at @path: what the caller has kept, what is in force, or what is there now. */
static int find_file(struct snet__kept_file **ret, const char *path,
		     struct snet__kept_file *kept, struct snet__kept_file *now,
		     struct snet_err *err)
{
	if (!path)
		return 0;
	return snet__kept_file_get(ret, snet__kept_file_is_of(kept, path) ? kept : now,
				   path, err);
}

static int find_filter(struct snet__filter **ret, const char *expression,
		       struct snet__filter *kept, struct snet__filter *now,
		       struct snet_err *err)
{
	if (!expression)
		return 0;
	return snet__filter_get(ret, snet__filter_is_of(kept, expression) ? kept : now,
				expression, err);
}

static int find_files(struct snet__kept_files *ret, const struct snet__way *way,
		      const struct snet_impairment *impairment,
		      const struct snet__kept_files *kept, struct snet_err *err)
{
	int r = find_file(&ret->table, impairment->table, kept ? kept->table : NULL,
			  way->kept.table, err);

	if (r == 0)
		r = find_file(&ret->trace, impairment->trace, kept ? kept->trace : NULL,
			      way->kept.trace, err);
	return r < 0 ? r
		     : find_filter(&ret->filter, impairment->filter,
				   kept ? kept->filter : NULL, way->kept.filter, err);
}

/* Both, with the files that the link has then; or none. */
static int make_rules(struct snet__rules *ret[2], struct snet__shaped *link,
		      const struct snet_impairment *impairments,
		      const struct snet__kept_files *kept, struct snet_err *err)
{
	struct snet__kept_files files[2] = {{0}, {0}};
	int r = 0;

	ret[0] = NULL;
	for (int i = 0; i < 2 && r == 0; i++)
		r = find_files(&files[i], &link->ways[i], &impairments[i],
			       kept ? &kept[i] : NULL, err);
	for (int i = 0; i < 2 && r == 0; i++)
		r = make_rule(&ret[i], &impairments[i], &files[i], err);
	if (r < 0)
		snet__rules_free(ret[0]);
	for (int i = 0; i < 2; i++) {
		struct snet__kept_files *old = r < 0 ? &files[i] : &link->ways[i].kept;

		snet__kept_files_clear(old);
		if (r == 0)
			*old = files[i];
	}
	return r;
}

/* What was decided, and what is to be decided again. */
static int open_sheet(struct snet__scribe **scribe, struct snet__way *way,
		      const char *name, struct snet_err *err)
{
	int r = *scribe ? 0 : snet__scribe_new(scribe, err);

	return r < 0 ? r : snet__scribe_open(*scribe, &way->sheet, name, err);
}

static int open_files(struct snet__scribe **scribe, struct snet__way *way,
		      const struct snet_impairment *impairment, bool is_back,
		      struct snet_err *err)
{
	autofree char *source = NULL, *target = NULL;
	int r = 0;

	if (impairment->replay) {
		source = snet__decision_file_name(impairment->replay, is_back);
		r = source ? snet__decision_reader_new(&way->reader, source, err)
			   : snet__err_oom(err);
	}
	if (r == 0 && impairment->decisions) {
		target = snet__decision_file_name(impairment->decisions, is_back);
		r = target ? open_sheet(scribe, way, target, err) : snet__err_oom(err);
	}
	return r;
}

static int fill_link(struct snet__scribe **scribe, struct snet__shaped *link,
		     const struct snet__shaped_opts *opts, struct snet_err *err)
{
	struct snet__rules *rules[2];
	int r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = open_files(scribe, &link->ways[i], &opts->impairments[i], i, err);
	if (r == 0)
		r = make_rules(rules, link, opts->impairments, opts->kept, err);
	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++) {
		const struct snet__pipe_opts pipe = {
			.seed = opts->seed,
			.link = opts->name,
			.is_back = i,
			.ops = link->ways[i].sheet ? &snet__shaper_written_ops
						   : &snet__shaper_ops,
			.user = &link->ways[i],
			.lead_ns = &link->thread->lead_ns};

		link->ways[i].thread = link->thread;
		link->ways[i].taps = &link->taps;
		link->ways[i].from = (unsigned char)i;
		if (r == 0)
			r = snet__pipe_new(&link->ways[i].pipe, &pipe, rules[i], err);
		if (r < 0)
			snet__rules_free(rules[i]);
		else if (link->ways[i].reader)
			snet__pipe_replay(link->ways[i].pipe, snet__decision_reader_next,
					  link->ways[i].reader);
	}
	if (r == 0)
		mark_plain(link, opts->impairments);
	return r;
}

static struct snet__shaped *make_link(const struct snet__shaped_opts *opts)
{
	struct snet__shaped *link = calloc(1, sizeof(*link));

	if (link)
		link->ends = calloc(2 * opts->cable_count + 1, sizeof(*link->ends));
	if (!link || !link->ends) {
		free(link);
		return NULL;
	}
	for (size_t i = 0; i < 2 * opts->cable_count; i++)
		link->ends[i] = (struct snet__end){
			.way = &link->ways[i % 2],
			.fd = opts->cables[i / 2][i % 2],
			.out = opts->cables[i / 2][!(i % 2)],
			.vlan = (uint16_t)(opts->vlans ? opts->vlans[i / 2] : 0),
		};
	link->end_count = 2 * opts->cable_count;
	return link;
}

void snet__shaped_close_cables(const struct snet__shaped_opts *opts)
{
	for (size_t i = 0; i < opts->cable_count; i++)
		for (int k = 0; k < 2; k++)
			close(opts->cables[i][k]);
}

int snet__shaped_new(struct snet__shaped **ret, struct snet__shaper_thread *thread,
		     struct snet__scribe **scribe, const struct snet__shaped_opts *opts,
		     struct snet_err *err)
{
	struct snet__shaped *link = make_link(opts);
	int r;

	if (!link) {
		snet__shaped_close_cables(opts);
		return snet__err_oom(err);
	}
	link->thread = thread;
	r = fill_link(scribe, link, opts, err);
	if (r < 0) {
		end_link(link);
		snet__shaped_free(link);
		return r;
	}
	r = snet__shaper_call(thread, attach, link, err);
	if (r < 0) {
		(void)snet__shaper_call(thread, snet__shaper_detach, link,
					NULL); /* cannot fail */
		snet__shaped_free(link);
		return r;
	}
	*ret = link;
	return 0;
}

int snet__shaped_set(struct snet__shaped *link,
		     const struct snet_impairment impairments[2],
		     const struct snet__kept_files *kept, struct snet_err *err)
{
	struct setting setting = {.link = link, .impairments = impairments};
	int r = make_rules(setting.rules, link, impairments, kept, err);

	return r < 0 ? r : snet__shaper_call(link->thread, set, &setting, err);
}

struct tapping {
	struct snet__shaped *link;
	struct snet__tap *tap;
};

static int tap_link(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	const struct tapping *tapping = arg;
	struct snet__shaped *link = tapping->link;
	int r;

	r = snet__tap_set_alarm(tapping->tap, thread->wake, err);
	if (r == 0)
		r = snet__taps_add(&link->taps, tapping->tap, err);
	/* Somebody asks now when packets come. */
	for (size_t i = 0; i < link->end_count && r == 0; i++)
		snet__packet_set_stamped(link->ends[i].fd, true);
	return r;
}

int snet__shaped_tap(struct snet__shaped *link, struct snet__tap *tap,
		     struct snet_err *err)
{
	struct tapping tapping = {link, tap};

	return snet__shaper_call(link->thread, tap_link, &tapping, err);
}

struct guarding {
	struct snet__way *way;
	struct snet__guard *guard;
};

static int add_guard(struct snet__shaper_thread *thread, void *arg, struct snet_err *err)
{
	const struct guarding *guarding = arg;

	(void)thread;
	(void)err;
	snet__pipe_add_guard(guarding->way->pipe, guarding->guard);
	return 0;
}

static int remove_guard(struct snet__shaper_thread *thread, void *arg,
			struct snet_err *err)
{
	const struct guarding *guarding = arg;

	(void)thread;
	(void)err;
	snet__pipe_remove_guard(guarding->way->pipe, guarding->guard);
	return 0;
}

void snet__shaped_add_guard(struct snet__shaped *link, bool is_back,
			    struct snet__guard *guard)
{
	struct guarding guarding = {&link->ways[is_back], guard};

	(void)snet__shaper_call(link->thread, add_guard, &guarding,
				NULL); /* cannot fail */
}

void snet__shaped_remove_guard(struct snet__shaped *link, bool is_back,
			       struct snet__guard *guard)
{
	struct guarding guarding = {&link->ways[is_back], guard};

	(void)snet__shaper_call(link->thread, remove_guard, &guarding,
				NULL); /* cannot fail */
}

void snet__shaped_count(const struct snet__shaped *link,
			struct snet__shaper_counts ret[2])
{
	struct counting counting = {link, ret};

	(void)snet__shaper_call(link->thread, count, &counting, NULL); /* cannot fail */
}
