/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

// The steps of an axis that has download above zero and upload below.

const PREFIXES = [ '', 'k', 'M', 'G', 'T' ];
const STEPS = 6;             // at most, both directions together
const STEP_MIN_BIT_S = 5e4;  // what rustles in an idle network stays flat
const ROOM = 1.25;           // before an axis shrinks, what it is to hold must fit with so much room

/** The least round step with which all fits. */
function least(rx_bit_s, tx_bit_s) {
	for (let power = 1; ; power *= 10)
		for (const digit of [ 1, 2, 5 ]) {
			const step = digit * power;
			const up = Math.max(1, Math.ceil(rx_bit_s / step)), down = Math.max(1, Math.ceil(tx_bit_s / step));

			if (step >= STEP_MIN_BIT_S && up + down <= STEPS)
				return { step, up, down };
		}
}

function size(scale) {
	return (scale.up + scale.down) * scale.step;
}

/**
 * An axis on which both fit: `{step, up, down}`, bit/s from line to line, and lines above and below zero. `before`, the
 * one until now or null, stays while it fits and is not much too large.
 */
function fit(rx_bit_s, tx_bit_s, before) {
	if (!before || rx_bit_s > before.up * before.step || tx_bit_s > before.down * before.step)
		return least(rx_bit_s, tx_bit_s);

	const smaller = least(rx_bit_s * ROOM, tx_bit_s * ROOM);

	return size(smaller) < size(before) ? smaller : before;
}

/** What a line of an axis is called: `0`, `500 kbit/s`, `1.5 Mbit/s`. */
function tick(bit_s) {
	let value = bit_s, prefix = 0;

	if (!bit_s)
		return '0';

	for (; value >= 1000 && prefix < PREFIXES.length - 1; prefix++)
		value /= 1000;

	return `${Number(value.toFixed(3))} ${PREFIXES[prefix]}bit/s`;
}

return baseclass.extend({ fit, tick });
