/* SPDX-License-Identifier: MIT */
#ifndef SNET_SNET_H
#define SNET_SNET_H

/**
 * DOC: libsnet - networks of virtual IoT devices, wired to serverless functions
 *
 *     button --CoAP--> relayer --HTTP--> function --HTTP--> relayer --CoAP--> actuator
 *
 * A program calls snet_init() first in main(), loads or builds a lab, brings it up, and
 * presses buttons. Each header documents its part; libsnet(3) is the overview.
 */

#include <snet/backend.h>
#include <snet/calibrate.h>
#include <snet/device.h>
#include <snet/err.h>
#include <snet/event.h>
#include <snet/fault.h>
#include <snet/lab.h>
#include <snet/link.h>
#include <snet/log.h>
#include <snet/node.h>
#include <snet/relay.h>
#include <snet/store.h>
#include <snet/topo.h>
#include <snet/version.h>

#endif
