// SPDX-License-Identifier: MIT
/**
 * Flip the actuator that a button names.
 *
 * @param {object} params the event, a CloudEvent: {id, source, type, subject, time, data};
 *   data is what the lab file gives the button, here {"target": "a0"}
 * @returns {object} what the relayer is to do. {target: "a0"} toggles one actuator;
 *   {commands: [{target: "a0", set: 1}, ...]} sets or toggles several; {} does nothing
 */
function main(params) {
	const target = params.data && params.data.target;

	// An error is the event's end: it is not tried again, and its trace says why.
	if (!target)
		return { error: `the event of ${params.source} names no target` };

	// Whatever is logged here is read with "snet logs cloud".
	console.log(`${params.source} flips ${target}`);
	return { target };
}
