/* SPDX-License-Identifier: MIT */
/* Profiles of links. Each number is that of a standard, of a published measurement, or follows
 * from one by what is written beside it; they are for one hop without other traffic. A wait
 * that is evenly spread from 0 to T is a delay of T/2 and a uniform jitter of T/2. snet-lab(5)
 * has the same numbers for users. */

#include "topo/profile.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "topo/impairment.h"
#include "topo/value.h"

#define US(value)   ((uint64_t)((value)*1e3 + 0.5))
#define MS(value)   ((uint64_t)((value)*1e6 + 0.5))
#define KBIT(value) ((uint64_t)((value)*1e3 + 0.5))
#define MBIT(value) ((uint64_t)((value)*1e6 + 0.5))

/* What a bit error ratio makes of the longest Ethernet frame, 1,518 bytes: nearly its bits times
 * that. */
#define FRAME_LOSS(bit_errors) (1518 * 8 * (bit_errors))

/* LoRa at 125 kHz and a code rate of 4/5: SF bits a symbol of 2^SF chips. Before the payload there
 * are 8 + 4.25 symbols of preamble; the network answers a class A device 1 s after it sent.
 * Packets are lost as at the end of the range: sensitivity is defined by a loss of 1 %. Source:
 * Semtech SX1276 datasheet, sections 2.5.5, 4.1.1 and 4.1.1.7; preamble and RECEIVE_DELAY1: LoRaWAN
 * Regional Parameters RP002, section 3.1. */
#define LORA_BPS(sf)    ((uint64_t)((sf)*125000.0 / (1 << (sf)) * 4 / 5 + 0.5))
#define LORA_BEGIN(sf)  MS(12.25 * (1 << (sf)) / 125)
#define LORA_LOSS       0.01
#define LORA_ANSWERS_NS MS(1000)

#define LORA(sf)                                                       \
	{                                                              \
		.name = "lora-sf" #sf,                                 \
		.forth = {.delay_ns = LORA_BEGIN(sf),                  \
			  .rate_bps = LORA_BPS(sf),                    \
			  .loss = LORA_LOSS},                          \
		.back = {.delay_ns = LORA_ANSWERS_NS + LORA_BEGIN(sf), \
			 .rate_bps = LORA_BPS(sf),                     \
			 .loss = LORA_LOSS},                           \
	}

/* Both directions alike. */
#define BOTH(...) .forth = {__VA_ARGS__}, .back = {__VA_ARGS__}

static const struct snet__profile profiles[] = {
	/* 1000BASE-T over 100 m. Source: a channel's propagation delay of ANSI/TIA-568, at most
	 * 555 ns; the bit error ratio of IEEE 802.3 section 40.1, 1e-10. */
	{.name = "ethernet",
	 BOTH(.delay_ns = 555, .loss = FRAME_LOSS(1e-10), .rate_bps = MBIT(1000))},
	/* 10GBASE-LR over 5 km, of the 10 that it reaches. Source: 5 us per km of fibre, ITU-T
	 * G.114 annex A; the bit error ratio of IEEE 802.3 section 52.1, 1e-12. */
	{.name = "fibre",
	 BOTH(.delay_ns = US(25), .loss = FRAME_LOSS(1e-12), .rate_bps = MBIT(10000))},
	/* 2,000 km of fibre. Source: ITU-T G.114 as above; loss is the bound of ITU-T Y.1541
	 * table 1, classes 0 to 4, 1e-3; the rate is what the FCC calls broadband since 2024 (FCC
	 * 24-27). The jitter, a tenth of the delay, is an assumption. */
	{.name = "wan",
	 BOTH(.delay_ns = MS(10), .jitter_ns = MS(1),
	      .distribution = SNET_DISTRIBUTION_NORMAL, .loss = 0.001,
	      .rate_bps = MBIT(100))},
	/* Source: half of the median round trip on a campus, 3 ms (Sui et al., "Characterizing and
	 * Improving WiFi Latency in Large-Scale Operational Networks", MobiSys 2016), of which
	 * the tail is longer than a normal distribution's; one spatial stream at 20 MHz, IEEE
	 * 802.11-2020 table 19-27; a tenth of the frames fails (its sensitivity is defined so)
	 * and each is tried seven times (dot11ShortRetryLimit). */
	{.name = "wifi",
	 BOTH(.delay_ns = MS(1.5), .jitter_ns = MS(1.5),
	      .distribution = SNET_DISTRIBUTION_PARETO, .loss = 1e-7,
	      .rate_bps = MBIT(65))},
	/* A connection event each 50 ms, for which a packet waits, evenly spread. The link layer
	 * repeats until it is acknowledged, so nothing is lost. Source: Bluetooth Core 5.3 volume 6
	 * part B section 4.5 (7.5 ms to 4 s); rate: Tosi et al., "Performance Evaluation of
	 * Bluetooth Low Energy", Sensors 17 (2017) 2898: about 100 kbit/s in applications. */
	{.name = "ble",
	 BOTH(.delay_ns = MS(25), .jitter_ns = MS(25), .rate_bps = KBIT(100))},
	/* Unslotted CSMA-CA: a back-off of 0 to 7 times 320 us (macMinBE 3), an assessment of
	 * 128 us and a turnaround of 192 us. Frames and acknowledgements of which a tenth is
	 * lost, the bound of a good link, four times in a row (macMaxFrameRetries 3). Source:
	 * IEEE 802.15.4-2020; Srinivasan et al., "An Empirical Study of Low-Power Wireless",
	 * ACM TOSN 6 (2010) 16. */
	{.name = "zigbee",
	 BOTH(.delay_ns = US(1440), .jitter_ns = US(1120), .loss = 0.0013,
	      .rate_bps = KBIT(250))},
	/* The same radio, and 16 tries, after which nothing is lost that would be noticed: 0.19 to
	 * the power of 16. Source: as above; OpenThread's
	 * OPENTHREAD_CONFIG_MAC_DEFAULT_MAX_FRAME_RETRIES_DIRECT, 15. */
	{.name = "thread",
	 BOTH(.delay_ns = US(1440), .jitter_ns = US(1120), .rate_bps = KBIT(250))},
	LORA(7),
	LORA(8),
	LORA(9),
	LORA(10),
	LORA(11),
	LORA(12),
	/* Category NB1, half duplex. Source: sustained peak rates of release 13, 62 kbit/s up and
	 * 26 down; of the 1.6 to 10 s that a message and its answer take, the least, half of it
	 * each way; 10 s is the bound where coverage ends (3GPP TR 45.820 section 4.1). Loss of QCI
	 * 9, 1e-6 (3GPP TS 23.203 table 6.1.7-A). */
	{.name = "nb-iot",
	 .forth = {.delay_ns = MS(800), .loss = 1e-6, .rate_bps = KBIT(62)},
	 .back = {.delay_ns = MS(800), .loss = 1e-6, .rate_bps = KBIT(26)}},
	/* Category M1, half duplex. Source: 0.1 s for a message where normal coverage ends
	 * ("Evaluation of LTE-M towards 5G IoT requirements", version 1.1); a scheduling request
	 * each 40 ms (3GPP TS 36.213 table 10.1.5-1); loss as above; peak rates of release 13. */
	{.name = "lte-m",
	 .forth = {.delay_ns = MS(100),
		   .jitter_ns = MS(20),
		   .loss = 1e-6,
		   .rate_bps = KBIT(375)},
	 .back = {.delay_ns = MS(100), .loss = 1e-6, .rate_bps = KBIT(300)}},
	/* Source: WebPageTest's profile "3G" (www/settings/connectivity.ini.sample), by
	 * measurements of mobile networks: round trip 300 ms, halved. */
	{.name = "3g",
	 .forth = {.delay_ns = MS(150), .rate_bps = KBIT(768)},
	 .back = {.delay_ns = MS(150), .rate_bps = KBIT(1600)}},
	/* Source: the same, "LTE": round trip 70 ms; loss as of nb-iot. */
	{.name = "lte", BOTH(.delay_ns = MS(35), .loss = 1e-6, .rate_bps = MBIT(12))},
	/* What a user must get at least. Source: ITU-R M.2410 sections 4.3 (50 Mbit/s up, 100 down)
	 * and 4.7.1 (4 ms for mobile broadband); loss of 5QI 9, 1e-6 (3GPP TS 23.501 table
	 * 5.7.4-1). */
	{.name = "5g",
	 .forth = {.delay_ns = MS(4), .loss = 1e-6, .rate_bps = MBIT(50)},
	 .back = {.delay_ns = MS(4), .loss = 1e-6, .rate_bps = MBIT(100)}},
	/* Source: as of 3g, "DSL": round trip 50 ms. */
	{.name = "dsl",
	 .forth = {.delay_ns = MS(25), .rate_bps = KBIT(384)},
	 .back = {.delay_ns = MS(25), .rate_bps = KBIT(1500)}},
	/* Source: a median round trip of 50 ms, quartiles 40 and 60 ms, which of a normal
	 * distribution are 1.349 deviations apart; halved (Michel et al., "A First Look at
	 * Starlink Performance", IMC 2022). Rates: Starlink's medians in Maine, October to December
	 * 2024 (Ookla, "Above Maine, Starlink Twinkles", 18 December 2024). */
	{.name = "leo",
	 .forth = {.delay_ns = MS(25),
		   .jitter_ns = MS(7.4),
		   .distribution = SNET_DISTRIBUTION_NORMAL,
		   .rate_bps = MBIT(18.17)},
	 .back = {.delay_ns = MS(25),
		  .jitter_ns = MS(7.4),
		  .distribution = SNET_DISTRIBUTION_NORMAL,
		  .rate_bps = MBIT(116.77)}},
	/* Source: RFC 2488 section 2: one hop takes 239.6 ms below the satellite and 279.0 ms at
	 * the edge of its view, here the middle; a bit error ratio of 1e-7. Rates: what the FCC
	 * called broadband until 2024 and such services are sold as (FCC 15-10). */
	{.name = "geo",
	 .forth = {.delay_ns = MS(259.3), .loss = FRAME_LOSS(1e-7), .rate_bps = MBIT(3)},
	 .back = {.delay_ns = MS(259.3), .loss = FRAME_LOSS(1e-7), .rate_bps = MBIT(25)}},
};
#define COUNT (sizeof(profiles) / sizeof(*profiles))

const char *const snet__profile_keys[] = {
	"delay", "jitter", "delay_correlation", "distribution",
	"loss",  "rate",   "loss_correlation",  NULL};

const char *snet_profile_name(size_t index)
{
	return index < COUNT ? profiles[index].name : NULL;
}

int snet__profile_find(const struct snet__profile **ret, const char *name,
		       struct snet_err *err)
{
	const char *names[COUNT + 1] = {0}, *similar;
	char all[COUNT * 12] = ""; /* no name has more than ten */
	struct snet__shown shown;
	size_t length = 0;

	for (size_t i = 0; i < COUNT; i++) {
		names[i] = profiles[i].name;
		if (strcmp(name, names[i]) != 0)
			continue;
		*ret = &profiles[i];
		return 0;
	}
	similar = snet__text_find_similar(name, names);
	if (similar)
		return snet__err_set(err, -EINVAL,
				     "unknown profile '%s', did you mean '%s'?",
				     snet__show(&shown, name), similar);
	for (size_t i = 0; i < COUNT; i++)
		length += (size_t)snprintf(all + length, sizeof(all) - length, "%s%s",
					   i ? ", " : "", names[i]);
	return snet__err_set(err, -EINVAL, "unknown profile '%s': there are %s",
			     snet__show(&shown, name), all);
}

int snet_profile_get(struct snet_impairment *ret_forth, struct snet_impairment *ret_back,
		     const char *name, struct snet_err *err)
{
	const struct snet__profile *profile;
	int r = snet__profile_find(&profile, name, err);

	if (r < 0)
		return r;
	*ret_forth = profile->forth;
	*ret_back = profile->back;
	return 0;
}
