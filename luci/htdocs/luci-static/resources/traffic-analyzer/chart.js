/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.plot as plot';
'require traffic-analyzer.svg as svg';
'require traffic-analyzer.units as units';

// Charts as SVG. Colours are style.css's; every text is a text node.

const SPARK = 20; // its height, in units of its own
const SPARK_MIN_BYTES_S = 12500; // what stays below that stays low
const TILE = 8; // px a pattern repeats in
const MARKS = {
	'ambiguous': 'M-2 2L2 -2M0 8L8 0M6 10L10 6',
	'hidden': 'M0 4H8M4 0V8',
	'unknown': 'M1 2h3M5 6h3'
};

let patterns = 0;

/** A small area without numbers. Its top is its own highest, or 100 kbit/s. */
class Spark {
	constructor(history) {
		this.title = svg.draw('title');
		this.path = svg.draw('path');
		this.node = svg.draw('svg', { 'class': 'ta-spark', 'role': 'img', 'preserveAspectRatio': 'none' },
			[ this.title, this.path ]);
		this.update(history || []);
	}

	/** `history`: bytes/s, oldest first, evenly apart. */
	update(history) {
		const highest = history.reduce((a, b) => Math.max(a, b), 0);
		const unit = (SPARK - 1) / Math.max(highest, SPARK_MIN_BYTES_S);
		const path = history.map((bytes_s, i) => `V${svg.px(SPARK - bytes_s * unit)}H${i + 1}`).join('');

		if (path === this.drawn)
			return;

		this.drawn = path;
		this.node.setAttribute('viewBox', `0 0 ${history.length || 1} ${SPARK}`);
		this.path.setAttribute('d', path && `M0 ${SPARK}${path}V${SPARK}Z`);
		svg.put(this.title, units.filled(_('Last ten minutes, highest {rate}'), { rate: units.rate(highest) }));
	}
}

/** A bar cut into parts, each of a class of its own: `ta-<kind>`. Labels have a pattern too. */
class Shares {
	constructor(parts, whole) {
		this.title = svg.draw('title');
		this.bars = svg.draw('g');
		this.node = svg.draw('svg', { 'class': 'ta-shares', 'role': 'img' }, [ this.title, this.bars ]);
		this.patterns = {};
		this.update(parts || [], whole);
	}

	/**
	 * `parts`: `[{kind, amount, text}]` from the left; `text` is what is said of it to who cannot see the bar. `whole`:
	 * what the full width stands for; all parts together, where it is not given.
	 */
	update(parts, whole) {
		const full = whole || parts.reduce((sum, part) => sum + part.amount, 0) || 1;
		let at = 0;

		this.bars.textContent = '';

		for (const part of parts) {
			const width = part.amount / full * 100;

			this.bars.appendChild(svg.draw('rect', {
				'x': `${at}%`, 'width': `${width}%`, 'height': '100%', 'fill': `url(#${this.pattern(part.kind)})`
			}));
			at += width;
		}

		const said = parts.map(part => part.text).filter(text => text).join(', ');

		svg.put(this.title, said);
		this.node.setAttribute('aria-hidden', !said); // what is not told here stands beside it
	}

	/** The id of the pattern of a kind, which is in this bar: one of another bar may leave the page. */
	pattern(kind) {
		if (!this.patterns[kind]) {
			const id = this.patterns[kind] = `ta-pattern-${++patterns}`;
			const size = { 'width': TILE, 'height': TILE };

			this.node.appendChild(svg.draw('pattern', { id, 'class': `ta-${kind}`, 'patternUnits': 'userSpaceOnUse', ...size }, [
				svg.draw('rect', { 'class': 'ta-ground', ...size }),
				svg.draw('path', { 'class': 'ta-mark', 'd': MARKS[kind] || '' })
			]));
		}

		return this.patterns[kind];
	}
}

return baseclass.extend({
	/** How sure a name is, surest first: kinds of parts that have a pattern. */
	labels: [ 'exact', ...Object.keys(MARKS) ],

	/** The network's last minutes: `{node, update(slots, now_unix_s, offsets)}`. */
	live: plot.live,

	/** `{node, update(history)}` */
	spark(history) {
		return new Spark(history);
	},

	/** `{node, update(parts, whole)}` */
	shares(parts, whole) {
		return new Shares(parts, whole);
	}
});
