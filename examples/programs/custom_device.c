/* SPDX-License-Identifier: MIT */
/* A kind of device of our own, a radio: three of them find one another by UDP broadcasts, which
 * they send and receive on sockets inside their network namespaces. What a radio keeps in its
 * memory is whom it has heard lately; its state is their number, or "off".
 *
 * The scene: all hear all; then "east" is pressed, the function turns the others off, and after
 * a while "east" hears nobody. */

#define _DEFAULT_SOURCE /* for SO_BINDTODEVICE */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <snet/snet.h>

#define PORT       4000
#define RADIO_MAX  8
#define TICKS_KEPT 5        /* who is not heard for so many ticks is gone */
#define TICK_NS    20000000 /* 20 ms */

static const char *const names[] = {"east", "north", "west"};

/* The memory of one radio; the library owns it, and it is zeroed before radio_init(). */
struct radio {
	int fd; /* 0 until there is one, so that radio_fini() can tell */
	int is_off;
	struct {
		char name[SNET_NAME_MAX + 1];
		int ticks_left;
	} heard[RADIO_MAX];
};

static int radio_init(struct snet_device *device, struct snet_err *err)
{
	struct radio *radio = snet_device_memory(device);
	struct sockaddr_in any = {0};
	int fd, on = 1;

	(void)err; /* may be left empty: the library then has the errno to tell */
	fd = socket(AF_INET, SOCK_DGRAM, 0); /* in the device's namespace: so am I */
	if (fd < 0)
		return -errno;
	radio->fd = fd; /* from here on radio_fini() closes it */

	any.sin_family = AF_INET;
	any.sin_port =
		htons(PORT); /* one port for all: every radio has its own network */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "eth0", sizeof("eth0")) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -errno;
	return 0;
}

static void radio_fini(struct snet_device *device)
{
	struct radio *radio = snet_device_memory(device);

	if (radio->fd > 0)
		close(radio->fd);
}

static void hear(struct radio *radio, const char *name)
{
	int i, at = -1;

	for (i = 0; i < RADIO_MAX; i++) {
		if (strcmp(radio->heard[i].name, name) == 0) {
			at = i;
			break;
		}
		if (at < 0 && radio->heard[i].ticks_left == 0)
			at = i;
	}
	if (at < 0)
		return; /* too many to remember */
	strcpy(radio->heard[at].name, name);
	radio->heard[at].ticks_left = TICKS_KEPT;
}

/* Read what has come in. The socket does not block: a callback must not. */
static void listen_to_all(struct radio *radio, const char *own_name)
{
	char name[SNET_NAME_MAX + 1];
	ssize_t length;

	while ((length = recv(radio->fd, name, sizeof(name) - 1, 0)) >= 0) {
		name[length] = '\0';
		if (strcmp(name, own_name) != 0)
			hear(radio, name);
	}
}

/* Called each "every" of the node: say who I am, and count whom I hear. */
static int radio_tick(struct snet_device *device, struct snet_err *err)
{
	struct radio *radio = snet_device_memory(device);
	const char *name = snet_device_name(device);
	struct sockaddr_in all = {0};
	int i, count = 0;
	char state[12];

	listen_to_all(radio, name);
	if (radio->is_off)
		return 0;

	all.sin_family = AF_INET;
	all.sin_port = htons(PORT);
	all.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	if (sendto(radio->fd, name, strlen(name), 0, (struct sockaddr *)&all,
		   sizeof(all)) < 0)
		return -errno;

	for (i = 0; i < RADIO_MAX; i++)
		if (radio->heard[i].ticks_left) {
			radio->heard[i].ticks_left--;
			count++;
		}
	snprintf(state, sizeof(state), "%d", count);
	return snet_device_set_state(device, state, err);
}

/* "snet press", snet_device_press(): send an event, of a type and with data of our own. */
static int radio_press(struct snet_device *device, const char *data, struct snet_err *err)
{
	(void)data; /* what the caller of snet_device_press() gave */
	return snet_device_emit(device, "silence", NULL, err);
}

/* A command of a function, once a command id: {"id": "...", "set": VALUE}. */
static int radio_command(struct snet_device *device, const char *command,
			 char state[SNET_STATE_MAX], struct snet_err *err)
{
	struct radio *radio = snet_device_memory(device);

	(void)err;
	/* Our own function sends one command only; else a JSON library would be in order. */
	if (!strstr(command, "\"off\""))
		return -EINVAL;
	radio->is_off = 1;
	strcpy(state, "\"off\"");
	return 0;
}

static struct snet_device_kind make_radio_kind(void)
{
	struct snet_device_kind kind = {0};

	kind.size = sizeof(kind);
	kind.name = "radio";
	kind.state_size = sizeof(struct radio);
	kind.init = radio_init;
	kind.fini = radio_fini;
	kind.tick = radio_tick;
	kind.press = radio_press;
	kind.command = radio_command;
	return kind;
}

/* The function, in C too: whoever asks for silence turns all the others off. */
static int silence(void *user, const char *params, char *result, size_t result_size,
		   struct snet_err *err)
{
	(void)user;
	(void)params;
	(void)err;
	snprintf(result, result_size,
		 "{\"commands\": [{\"target\": \"north\", \"set\": \"off\"},"
		 " {\"target\": \"west\", \"set\": \"off\"}]}");
	return 0;
}

static int add_node(struct snet_lab *lab, const char *name, const char *kind,
		    uint64_t every_ns, struct snet_err *err)
{
	struct snet_node_opts node = {0};
	struct snet_link_opts link = {0};
	int r;

	node.size = sizeof(node);
	node.name = name;
	node.kind = kind;
	node.every_ns = every_ns;
	link.size = sizeof(link);
	link.from = name;
	link.to = "air";

	r = snet_lab_add_node(lab, &node, err);
	if (r == 0 && strcmp(kind, "switch") != 0)
		r = snet_lab_add_link(lab, &link, err);
	return r;
}

static int describe(struct snet_lab *lab, const struct snet_device_kind *radio,
		    struct snet_err *err)
{
	struct snet_backend_opts backend = {0};
	struct snet_route_opts route = {0};
	size_t i;
	int r;

	backend.size = sizeof(backend);
	backend.name = "here";
	backend.kind = "native";
	route.size = sizeof(route);
	route.key = "silence"; /* the type of the events that go to ... */
	route.function = "silence";

	r = snet_lab_add_device_kind(lab, radio, err); /* before nodes of it */
	if (r == 0)
		r = add_node(lab, "air", "switch", 0, err);
	if (r == 0)
		r = add_node(lab, "base", "relayer", 0, err);
	for (i = 0; r == 0 && i < 3; i++)
		r = add_node(lab, names[i], "radio", TICK_NS, err);
	if (r == 0)
		r = snet_lab_add_backend(lab, &backend, err);
	if (r == 0)
		r = snet_lab_add_native(lab, "here", "silence", silence, NULL, err);
	if (r == 0)
		r = snet_lab_add_route(lab, "base", &route, err);
	return r;
}

static int print_states(struct snet_lab *lab, struct snet_err *err)
{
	char state[SNET_STATE_MAX];
	size_t i;
	int r;

	for (i = 0; i < 3; i++) {
		r = snet_device_state(lab, names[i], state, err);
		if (r < 0)
			return r;
		printf("  %-5s %s\n", names[i], state);
	}
	return 0;
}

static void print_trace(const struct snet_trace *trace)
{
	const struct snet_step *first = snet_trace_step(trace, 0), *step;
	size_t i;

	for (i = 0; i < snet_trace_step_count(trace); i++) {
		step = snet_trace_step(trace, i);
		printf("  %8.1f us  %-12s  %-5s  %s\n",
		       (double)(step->at_ns - first->at_ns) / 1e3, step->step, step->node,
		       step->detail);
	}
}

static int play(struct snet_lab *lab, struct snet_err *err)
{
	struct snet_trace *trace = NULL;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < 3; i++)
		r = snet_device_wait_state(lab, names[i], "2", 5000, err);
	if (r < 0)
		return r;
	printf("each radio hears the other two:\n");
	r = print_states(lab, err);
	if (r == 0)
		r = snet_device_press(lab, "east", NULL, &trace, 5000, err);
	if (r < 0)
		return r;
	printf("east asks for silence: %s\n",
	       snet_outcome_name(snet_trace_outcome(trace)));
	print_trace(trace);
	snet_trace_free(trace);

	r = snet_device_wait_state(lab, "east", "0", 5000, err);
	if (r < 0)
		return r;
	printf("east hears nobody:\n");
	return print_states(lab, err);
}

int main(void)
{
	const struct snet_device_kind radio = make_radio_kind(); /* outlives the lab */
	struct snet_lab *lab = NULL;
	struct snet_err err = {0};
	int r;

	r = snet_init(&err);
	if (r == 0)
		r = snet_lab_new(&lab, "radios", &err);
	if (r == 0)
		r = describe(lab, &radio, &err);
	if (r == 0)
		r = snet_lab_up(lab, &err);
	if (r == 0)
		r = play(lab, &err);
	if (r < 0)
		fprintf(stderr, "custom_device: %s\n", err.msg);
	snet_lab_free(lab);
	return r < 0;
}
