/* SPDX-License-Identifier: MIT */
/* An expression becomes a program for the classic BPF machine, which libpcap and the kernel can
 * both run. A handle without an interface makes programs that use no extension of either. */

#include "io/filter.h"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/tag.h"

/* As much of a frame as the kernel's program keeps: all. Source: tcpdump(1), -s. */
#define SNAPLEN 262144
/* As much of one as is tagged for an expression about VLANs: headers are found there. */
#define HEAD_BYTES 2048

struct snet__filter {
	atomic_uint users;
	char *expression;
	struct bpf_program program;
	bool has_vlans;
};

/* "inbound" and its like, which ask the kernel where a frame goes: a frame does not know. */
static bool is_about_more(const struct bpf_program *program)
{
	for (unsigned int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *at = &program->bf_insns[i];

		if (BPF_CLASS(at->code) == BPF_LD && BPF_MODE(at->code) == BPF_ABS &&
		    at->k >= (bpf_u_int32)SKF_AD_OFF)
			return true;
	}
	return false;
}

static bool compares_with(const struct bpf_program *program, bpf_u_int32 number)
{
	for (unsigned int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *at = &program->bf_insns[i];

		if (at->code == (BPF_JMP | BPF_JEQ | BPF_K) && at->k == number)
			return true;
	}
	return false;
}

/* Or something else is compared with the same numbers: that costs some time, no more. */
static bool may_have_tags(const struct bpf_program *program)
{
	return compares_with(program, ETH_P_8021Q) ||
	       compares_with(program, ETH_P_8021AD);
}

/* Of a "vlan", which may be either kind; hardly anything else is compared with both. */
static bool has_vlans(const struct bpf_program *program)
{
	return compares_with(program, ETH_P_8021Q) &&
	       compares_with(program, ETH_P_8021AD);
}

static int compile(struct bpf_program *ret, const char *expression, struct snet_err *err)
{
	pcap_t *handle = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	int r = 0;

	if (!handle)
		return snet__err_oom(err);
	if (pcap_compile(handle, ret, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		r = snet__err_set(err, -EINVAL, "no filter '%.100s': %s", expression,
				  pcap_geterr(handle));
	pcap_close(handle);
	if (r < 0 || !is_about_more(ret))
		return r;
	pcap_freecode(ret);
	return snet__err_set(err, -EINVAL,
			     "no filter '%.100s': it asks for more than is in a packet",
			     expression);
}

int snet__filter_new(struct snet__filter **ret, const char *expression,
		     struct snet_err *err)
{
	autofilter *filter = calloc(1, sizeof(*filter));
	int r;

	if (filter) {
		atomic_init(&filter->users, 1);
		filter->expression = strdup(expression);
	}
	if (!filter || !filter->expression)
		return snet__err_oom(err);
	r = compile(&filter->program, expression, err);
	if (r < 0)
		return r;
	filter->has_vlans = has_vlans(&filter->program);
	*ret = steal_ptr(filter);
	return 0;
}

int snet__filter_get(struct snet__filter **ret, struct snet__filter *filter,
		     const char *expression, struct snet_err *err)
{
	if (!snet__filter_is_of(filter, expression))
		return snet__filter_new(ret, expression, err);
	*ret = snet__filter_ref(filter);
	return 0;
}

bool snet__filter_is_of(const struct snet__filter *filter, const char *expression)
{
	return filter && expression && strcmp(filter->expression, expression) == 0;
}

struct snet__filter *snet__filter_ref(struct snet__filter *filter)
{
	if (filter)
		atomic_fetch_add(&filter->users, 1);
	return filter;
}

void snet__filter_free(struct snet__filter *filter)
{
	if (!filter || atomic_fetch_sub(&filter->users, 1) > 1)
		return;
	pcap_freecode(&filter->program);
	free(filter->expression);
	free(filter);
}

bool snet__filter_matches(const struct snet__filter *filter, const void *frame,
			  size_t size, size_t captured)
{
	return bpf_filter(filter->program.bf_insns, frame, (unsigned int)size,
			  (unsigned int)captured) != 0;
}

bool snet__filter_matches_in(const struct snet__filter *filter, unsigned int vlan,
			     const void *frame, size_t size)
{
	unsigned char tagged[HEAD_BYTES + SNET__TAG_BYTES];
	size_t head = size < HEAD_BYTES ? size : HEAD_BYTES;

	if (!vlan || !filter->has_vlans || head < SNET__TAG_AT)
		return snet__filter_matches(filter, frame, size, size);
	memcpy(tagged, frame, SNET__TAG_AT);
	snet__tag_make(tagged + SNET__TAG_AT, vlan);
	memcpy(tagged + SNET__TAG_AT + SNET__TAG_BYTES,
	       (const unsigned char *)frame + SNET__TAG_AT, head - SNET__TAG_AT);
	return snet__filter_matches(filter, tagged, size + SNET__TAG_BYTES,
				    head + SNET__TAG_BYTES);
}

int snet__filter_attach(const struct snet__filter *filter, int fd, struct snet_err *err)
{
	/* Both have their instructions from BSD, in the same form. */
	const struct sock_fprog program = {
		.len = (unsigned short)filter->program.bf_len,
		.filter = (struct sock_filter *)filter->program.bf_insns,
	};

	if (may_have_tags(&filter->program))
		return 1;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0
		       ? snet__err_sys(err, -errno, "the kernel does not take the filter")
		       : 0;
}

const char *snet__filter_version(void)
{
	return pcap_lib_version();
}
