/* SPDX-License-Identifier: MIT */
/* A node is killed, or paused, again and again while many buttons are pressed, in turns of the loop
 * that a seed chooses, at each point of such a turn by turns: before what was written is committed,
 * after that and before anything of it is sent, and after that. What was acknowledged has to arrive,
 * and nothing twice. */

#include <sys/eventfd.h>

#include "base/cleanup.h"
#include "base/map.h"
#include "base/random.h"
#include "breaking.h"
#include "lab/run.h"
#include "suite.h"

#define BUTTONS   24
#define ACTUATORS 4
#define PRESSES   2000
#define GUARD_MS  100000

/* A button that is killed loses what was not acknowledged, and that is told. */
static const struct round {
	const struct snet__breakage_kind *kind;
	const char *victim;
	unsigned int times;
	bool has_functions;
} rounds[] = {
	{KILL, "r0", 40, false},  {KILL, "a0", 40, false},  {KILL, "b0", 30, false},
	{KILL, "r0", 30, true},   {KILL, "fn", 10, true},   {PAUSE, "r0", 60, false},
	{PAUSE, "a0", 60, false}, {PAUSE, "b0", 60, false}, {PAUSE, "fn", 20, true},
};

/* When in a turn it is done. */
enum point {
	BEFORE_COMMIT,
	BEFORE_SENDING,
	AFTER_TURN,
	POINT_COUNT,
};

struct press {
	char id[SNET_EVENT_ID_MAX + 1];
	bool is_acknowledged, is_dropped;
	unsigned int applied;
};

/* All of it on the lab's thread but for what the test looks at when that is done. */
static struct {
	const struct round *round;
	struct press presses[PRESSES];
	struct snet__map by_id;
	unsigned int pressed, applied, breaks[POINT_COUNT], count, turns_down;
	bool is_down, has_functions;
	struct snet__random random;
	struct snet__timer *timer;
	struct snet__observer observer;
	int done_fd;
} all;

static void set_up(void)
{
	static char names[2 * BUTTONS][8], data[BUTTONS][32];

	programs_set_up();
	memset(&all, 0, sizeof(all));
	all.done_fd = eventfd(0, EFD_CLOEXEC);
	snet__random_seed(&all.random, 42, "breakage");
	LABS_OK(snet_lab_add_native(lab, "local", "echo", labs_echo, NULL, &err));
	for (int i = 0; i < BUTTONS; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "b%d", i);
		(void)snprintf(data[i], sizeof(data[i]), "{\"target\":\"a%d\"}",
			       i % ACTUATORS);
		LABS_NODE(lab, .name = names[i], .kind = "button", .data = data[i]);
	}
	for (int i = 0; i < ACTUATORS; i++) {
		(void)snprintf(names[BUTTONS + i], sizeof(names[0]), "a%d", i);
		LABS_NODE(lab, .name = names[BUTTONS + i], .kind = "actuator",
			  .state = "-1");
	}
}

static void tear_down(void)
{
	programs_tear_down();
	snet__map_clear(&all.by_id);
	close(all.done_fd);
}

static void on_acknowledged(struct snet__observer *observer, const char *id)
{
	struct press *press = snet__map_find(&all.by_id, id);

	(void)observer;
	if (press)
		press->is_acknowledged = true;
}

static void on_dropped(struct snet__observer *observer, const char *id, const char *why)
{
	struct press *press = snet__map_find(&all.by_id, id);

	(void)observer;
	(void)why;
	if (press)
		press->is_dropped = true;
}

/* Each press sets a state of its own. */
static void on_state(struct snet__observer *observer, const char *node, const char *state)
{
	int number = atoi(state);

	(void)observer;
	if (node[0] == 'a' && number >= 0 && number < PRESSES)
		all.applied += all.presses[number].applied++ == 0;
}

/* Until it was killed often enough. */
static bool is_pressing(void)
{
	return all.pressed < PRESSES && all.count < all.round->times;
}

static bool is_all_done(void)
{
	if (is_pressing() || all.is_down)
		return false;
	for (unsigned int i = 0; i < all.pressed; i++)
		if (!all.presses[i].applied && !all.presses[i].is_dropped)
			return false;
	return true;
}

static void press_one(struct snet__run *run)
{
	struct press *press = &all.presses[all.pressed];
	char name[8], data[64];
	struct snet__run_node *node;

	(void)snprintf(name, sizeof(name), "b%u", all.pressed % BUTTONS);
	(void)snprintf(data, sizeof(data), "{\"target\":\"a%u\",\"set\":%u}",
		       all.pressed % ACTUATORS, all.pressed);
	node = snet__run_find(run, name, NULL);
	if (!node->device)
		return; /* it is dead: later */
	LABS_OK(snet__device_press(node->device, data, press->id, &err));
	LABS_OK(snet__map_add(&all.by_id, press->id, press, &err));
	all.pressed++;
}

static void on_timer(void *user)
{
	if (is_pressing())
		press_one(user);
	if (!is_all_done())
		return;
	snet__timer_stop(all.timer);
	(void)!write(all.done_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void break_now(struct snet__run *run, enum point point)
{
	const struct snet__breakage breakage = {.node = all.round->victim};

	LABS_OK(snet__breakage_begin(all.round->kind, run, &breakage, &err));
	all.is_down = true;
	all.turns_down = (unsigned int)(snet__random_unit(&all.random) * 12);
	all.breaks[point]++;
	all.count++;
}

static void begin_again(struct snet__run *run)
{
	const struct snet__breakage breakage = {.node = all.round->victim};

	all.is_down = false;
	LABS_OK(snet__breakage_end(all.round->kind, run, &breakage, &err));
}

/* The end of a turn of the loop: most of those in which something was written are worth a thought
 * of it. */
static void on_turn(void *user)
{
	struct snet__run *run = user;
	bool is_busy = snet__store_is_dirty(run->store);
	enum point point = (enum point)(all.count % POINT_COUNT);
	bool is_chosen = is_busy && !all.is_down && all.count < all.round->times &&
			 snet__random_unit(&all.random) < 0.2;

	if (is_chosen && point == BEFORE_COMMIT)
		break_now(run, point);
	if (is_chosen && point == BEFORE_SENDING) {
		LABS_OK(snet__store_commit(run->store, &err));
		break_now(run, point);
	}
	snet__run_on_turn(run);
	if (is_chosen && point == AFTER_TURN)
		break_now(run, point);
	else if (!is_chosen && all.is_down && all.turns_down-- == 0)
		begin_again(run);
}

static int start(void *arg, struct snet_err *why)
{
	struct snet__run *run = lab->run;
	int r;

	(void)arg;
	all.observer = (struct snet__observer){.acknowledged = on_acknowledged,
					       .dropped = on_dropped,
					       .state = on_state};
	snet__run_observe(run, &all.observer);
	r = snet__timer_new(&all.timer, run->loop, on_timer, run, why);
	if (r < 0)
		return r;
	snet__timer_start(all.timer, 0, 2 * SNET__NS_PER_MS);
	snet__loop_set_turn(run->loop, on_turn, run);
	return 0;
}

static int stop(void *arg, struct snet_err *why)
{
	struct snet__run *run = lab->run;

	(void)arg;
	(void)why;
	snet__loop_set_turn(run->loop, snet__run_on_turn, run);
	snet__run_unobserve(run, &all.observer);
	snet__timer_free(all.timer);
	return 0;
}

static void break_and_press(const struct round *round)
{
	struct pollfd done = {.fd = all.done_fd, .events = POLLIN};
	unsigned int acknowledged = 0, dropped = 0, lost = 0, doubled = 0;
	int r;

	if (!all.has_functions)
		labs_route(lab, NULL, NULL, "echo", "local", 0);
	programs_up();
	all.round = round;
	LABS_OK(snet__lab_call(lab, start, NULL, &err));
	r = poll(&done, 1, GUARD_MS);
	LABS_OK(snet__lab_call(lab, stop, NULL, &err));
	for (unsigned int i = 0; i < all.pressed; i++) {
		const struct press *press = &all.presses[i];

		acknowledged += press->is_acknowledged;
		dropped += press->is_dropped;
		lost += press->is_acknowledged && !press->applied;
		doubled += press->applied > 1;
	}
	ck_assert_msg(r == 1 && !lost && !doubled,
		      "of %u pressed, %u acknowledged, %u dropped: %u lost, %u doubled",
		      all.pressed, acknowledged, dropped, lost, doubled);
	/* The test itself must have bitten. */
	ck_assert_uint_gt(acknowledged, 0);
	for (int i = 0; i < POINT_COUNT; i++)
		ck_assert_uint_gt(all.breaks[i], 0);
}

START_TEST(nothing_is_lost_or_doubled)
{
	if (rounds[_i].has_functions) {
		add_functions(ECHO);
		labs_route(lab, NULL, NULL, "echo", "cloud", 0);
		all.has_functions = true;
	}
	break_and_press(&rounds[_i]);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("breakage_often");
	TCase *tcase = tcase_create("breakage_often");

	rights_get();
	tcase_set_timeout(tcase, 180);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, nothing_is_lost_or_doubled, 0,
			    sizeof(rounds) / sizeof(*rounds));
	suite_add_tcase(suite, tcase);
	return suite;
}
