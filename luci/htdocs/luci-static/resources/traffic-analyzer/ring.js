/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

// What was measured lately, kept in the page: slots as api.live() has them, oldest first, none twice.

const FIELDS = [ 'until_unix_s', 'seconds', 'rx_bytes', 'tx_bytes' ];
const JITTER_S = 0.001;
const AHEAD_S = 5; // no slot ends so long after now, or the clock was put back

class Ring {
	/** `span_s`: seconds that are kept. */
	constructor(span_s) {
		this.span_s = span_s;
		this.clear();
	}

	clear() {
		this.since = 0; // what to ask api.live() for
		this.slots = {};

		for (const field of FIELDS)
			this.slots[field] = [];
	}

	/** Until when slots are there, Unix seconds; -Infinity: there are none. */
	get until_unix_s() {
		const until = this.slots.until_unix_s;

		return until.length ? until[until.length - 1] : -Infinity;
	}

	/** Takes an answer of api.live(). Of a collector that was started anew there is a gap. */
	add(answer) {
		const came = answer.slots, now_unix_s = answer.now_unix_s, latest_unix_s = now_unix_s + AHEAD_S;

		if (this.until_unix_s > latest_unix_s)
			this.clear();

		const until_unix_s = this.until_unix_s;

		for (let i = 0; i < came.seconds.length; i++)
			if (came.until_unix_s[i] > until_unix_s + JITTER_S && came.until_unix_s[i] <= latest_unix_s)
				for (const field of FIELDS)
					this.slots[field].push(came[field][i]);

		this.since = answer.sequence;
		this.forget(now_unix_s - this.span_s);
	}

	forget(before_unix_s) {
		const kept = this.slots.until_unix_s.findIndex(until_unix_s => until_unix_s > before_unix_s);

		for (const field of FIELDS)
			this.slots[field].splice(0, kept < 0 ? Infinity : kept);
	}

	/** Mean bytes/s of the last `seconds`: `{rx, tx}`; null where nothing was measured then. */
	rates(seconds, now_unix_s) {
		const slots = this.slots;
		let rx = 0, tx = 0, passed = 0;

		// A slot may be longer than what is asked for: it holds until the next one is due.
		for (let i = slots.seconds.length - 1; i >= 0 && passed < seconds; i--) {
			if (now_unix_s - slots.until_unix_s[i] > Math.max(seconds, 2 * slots.seconds[i]))
				break;

			rx += slots.rx_bytes[i];
			tx += slots.tx_bytes[i];
			passed += slots.seconds[i];
		}

		return passed ? { rx: rx / passed, tx: tx / passed } : null;
	}
}

return baseclass.extend({
	/** An empty one, of `span_s` seconds: `{since, slots, until_unix_s, add(answer), rates(seconds, now_unix_s)}`. */
	create(span_s) {
		return new Ring(span_s);
	}
});
