/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.scale as scale';
'require traffic-analyzer.svg as svg';
'require traffic-analyzer.units as units';

// The network's last minutes: download above zero, upload below, and a hair to read single slots by.

const TOP = 22, BOTTOM = 20, LEFT = 76, RIGHT = 8; // px around what is plotted
const HEIGHT = 180;
const NARROW = 560, WORDS = LEFT + 64;
const GAP_S = 0.5; // slots that are further apart do not touch
const NOTHING = { until_unix_s: [], seconds: [], rx_bytes: [], tx_bytes: [] };

/** The highest of a direction, bytes/s. */
function highest(slots, field) {
	let found = 0;

	for (let i = 0; i < slots.seconds.length; i++)
		found = Math.max(found, slots[field][i] / slots.seconds[i]);

	return found;
}

/** The area under a direction. It goes by steps, so it is what was measured; where slots are missing it ends. */
function area(slots, field, x, y) {
	const zero = svg.px(y(0));
	let path = '', end_unix_s = -Infinity, right = 0;

	for (let i = 0; i < slots.seconds.length; i++) {
		const until_unix_s = slots.until_unix_s[i], since_unix_s = until_unix_s - slots.seconds[i];
		const is_apart = since_unix_s - end_unix_s > GAP_S;

		if (is_apart)
			path += `${path ? 'V' + zero + 'Z' : ''}M${svg.px(x(since_unix_s))} ${zero}`;

		right = svg.px(x(until_unix_s));
		path += `V${svg.px(y(slots[field][i] / slots.seconds[i]))}H${right}`;
		end_unix_s = until_unix_s;
	}

	return path && `${path}V${zero}Z`;
}

class Live {
	constructor(options) {
		this.span_s = options && options.span_s || 600;
		this.shown = { slots: NOTHING, now_unix_s: 0, offsets: [] };
		this.at = null; // what the hair stands on: {x} of the pointer, {unix_s} of the keyboard, or nothing
		this.title = svg.draw('title');
		this.grid = svg.draw('g', { 'class': 'ta-grid' });
		this.rx = svg.draw('path', { 'class': 'ta-rx' });
		this.tx = svg.draw('path', { 'class': 'ta-tx' });
		this.zero = svg.draw('path', { 'class': 'ta-zero' });
		this.hair = svg.draw('path', { 'class': 'ta-hair' });
		this.svg = svg.draw('svg', { 'role': 'img', 'height': HEIGHT }, [
			this.title, this.grid, this.rx, this.tx, this.zero,
			svg.put(svg.draw('text', { 'x': LEFT, 'y': 12 }), `↓ ${_('Download')}`),
			svg.put(svg.draw('text', { 'x': LEFT, 'y': HEIGHT - 5 }), `↑ ${_('Upload')}`),
			this.hair
		]);
		this.reading = E('div', { 'class': 'ta-reading', 'aria-live': 'polite' });
		this.node = E('div', {
			'class': 'ta-live', 'tabindex': 0, 'role': 'group', 'aria-label': _('Chart. Arrow keys read it second by second.')
		}, [ this.svg, this.reading ]);
		this.listen();
	}

	/** Draws `slots` (columns as in answers of api.live(), oldest first) up to now; `offsets` are the router's. */
	update(slots, now_unix_s, offsets) {
		this.shown = { slots, now_unix_s, offsets };
		this.draw();
	}

	draw() {
		const { slots, now_unix_s } = this.shown, width = this.node.clientWidth;

		if (!width)
			return; // not in the page yet

		const rx = highest(slots, 'rx_bytes'), tx = highest(slots, 'tx_bytes');
		const right = width - RIGHT, px_s = (right - LEFT) / this.span_s;

		this.scale = scale.fit(rx * 8, tx * 8, this.scale);

		const { step, up, down } = this.scale, px_bit_s = (HEIGHT - TOP - BOTTOM) / (up + down) / step;

		this.x = unix_s => Math.min(right, Math.max(LEFT, right - (now_unix_s - unix_s) * px_s));
		this.y = bytes_s => TOP + (up * step - bytes_s * 8) * px_bit_s;
		this.frame(width, right);
		this.rx.setAttribute('d', area(slots, 'rx_bytes', this.x, this.y));
		this.tx.setAttribute('d', area(slots, 'tx_bytes', this.x, bytes_s => this.y(-bytes_s)));
		svg.put(this.title, units.filled(_('Traffic of the last {n} minutes. Highest: download {rx}, upload {tx}.'),
			{ n: this.span_s / 60, rx: units.rate(rx), tx: units.rate(tx) }));
		this.read();
	}

	/** Lines and their numbers; they are only drawn anew when they change. */
	frame(width, right) {
		const { step, up, down } = this.scale, frame = [ width, step, up, down ].join();

		if (frame === this.framed)
			return;

		this.framed = frame;
		this.svg.setAttribute('width', width);
		this.grid.textContent = '';

		for (let line = -down; line <= up; line++) {
			const y = svg.px(this.y(line * step / 8));

			this.grid.appendChild(svg.draw('path', { 'd': `M${LEFT} ${y}H${right}` }));
			this.grid.appendChild(svg.put(svg.draw('text', { 'x': LEFT - 8, 'y': y + 4, 'text-anchor': 'end' }),
				scale.tick(Math.abs(line) * step)));
		}

		for (let age_s = 0, every_s = width < NARROW ? 300 : 120; age_s < this.span_s; age_s += every_s) {
			const x = svg.px(right - age_s * (right - LEFT) / this.span_s);

			this.grid.appendChild(svg.draw('path', { 'd': `M${x} ${TOP}V${HEIGHT - BOTTOM}` }));
			this.grid.appendChild(svg.put(svg.draw('text', { x, 'y': 12, 'text-anchor': age_s ? 'middle' : 'end' }),
				age_s ? units.filled(_('−{n} min'), { n: age_s / 60 }) : _('now')));
		}

		this.zero.setAttribute('d', `M${LEFT} ${svg.px(this.y(0))}H${right}`);
	}

	listen() {
		const on = (names, listener) => names.forEach(name => this.node.addEventListener(name, listener));
		const stand = at => {
			this.at = at;
			this.read();
		};

		on([ 'pointermove', 'pointerdown' ], event =>
			stand({ x: event.clientX - this.node.getBoundingClientRect().left }));
		on([ 'pointerleave' ], event => event.pointerType === 'touch' || stand(null)); // a finger may be lifted to read
		on([ 'blur' ], () => stand(null));
		on([ 'keydown' ], event => {
			const until_unix_s = this.shown.slots.until_unix_s, last = until_unix_s.length - 1, here = this.found();
			const keys = {
				'ArrowLeft': here < 0 ? last : here - 1, 'ArrowRight': here < 0 ? last : here + 1, 'Home': 0, 'End': last,
				'Escape': -1
			};

			if (!(event.key in keys) || last < 0)
				return;

			event.preventDefault();
			stand(event.key === 'Escape' ? null : { unix_s: until_unix_s[Math.min(last, Math.max(0, keys[event.key]))] });
		});

		if (window.ResizeObserver)
			new ResizeObserver(() => this.draw()).observe(this.node);
		else
			window.addEventListener('resize', () => this.draw());
	}

	/** Which slot the hair stands on; -1: none. */
	found() {
		const { until_unix_s, seconds } = this.shown.slots, at = this.at;

		if (!at || !this.x)
			return -1;

		return until_unix_s.findIndex((unix_s, i) => 'unix_s' in at ? unix_s === at.unix_s
			: this.x(unix_s - seconds[i]) <= at.x && at.x <= this.x(unix_s));
	}

	read() {
		const i = this.found(), { slots, offsets } = this.shown;

		this.node.classList.toggle('ta-read', i >= 0);

		if (i < 0)
			return;

		const until_unix_s = slots.until_unix_s[i], seconds = slots.seconds[i];
		const rx = slots.rx_bytes[i] / seconds, tx = slots.tx_bytes[i] / seconds;
		const x = svg.px(this.x(until_unix_s - seconds / 2));
		const marks = [ rx, -tx ].map(bytes_s => `M${x - 4} ${svg.px(this.y(bytes_s))}h8`);

		this.hair.setAttribute('d', `M${x} ${TOP}V${HEIGHT - BOTTOM}${marks.join('')}`);
		svg.put(this.reading,
			`${units.local(until_unix_s, offsets).slice(11)} · ↓ ${units.rate(rx)} · ↑ ${units.rate(tx)}`);

		const size = this.reading.offsetWidth;

		// Below the chart, beside its words.
		this.reading.style.left = `${Math.max(WORDS, Math.min(this.node.clientWidth - size, x - size / 2))}px`;
	}
}

return baseclass.extend({
	/** The chart of the last `options.span_s` seconds (600): `{node, update(slots, now_unix_s, offsets)}`. */
	live(options) {
		return new Live(options);
	}
});
