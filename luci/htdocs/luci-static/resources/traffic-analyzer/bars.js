/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.periods as periods';
'require traffic-analyzer.steps as steps';
'require traffic-analyzer.svg as svg';
'require traffic-analyzer.units as units';

// Bytes by time: download above the line, upload below it, so that both can be compared with their own neighbours.

const HEIGHT = 220, TOP = 10, BOTTOM = 24, LEFT = 66, RIGHT = 8;  // px around what is plotted
const WORD = 64;  // px that a word below it takes
const LETTER = 7, SIGN = 13;  // px of one of it: of ours, of Chinese, Japanese and Korean
const WIDEST = 120;  // px of a bar
const GAP = 0.18;  // of a step, between two bars; where there is room

/* Px that a word takes, or a little more. */
function wide(text) {
	return Array.from(text).reduce((sum, letter) => sum + (letter < '\u2e80' ? LETTER : SIGN), 0);
}

class Bars {
	/**
	 * @param {object[]} rows - with a time, rx_bytes and tx_bytes
	 * @param {string} time - the column of the time
	 * @param {object} options - since_unix_s, until_unix_s, step (minute, hour, day), offsets: of the answer;
	 *   onzoom(since_unix_s, until_unix_s): is called with the steps that were picked
	 */
	constructor(rows, time, options) {
		this.options = options;
		this.steps = steps.all(options.since_unix_s, options.until_unix_s, options.step, options.offsets);
		this.rx = this.steps.map(() => 0);
		this.tx = this.steps.map(() => 0);

		for (const row of rows) {
			// The first step may have begun before the window.
			const at = steps.holding(this.steps, Math.max(row[time], options.since_unix_s));

			if (at < 0)
				continue;

			this.rx[at] += row.rx_bytes;
			this.tx[at] += row.tx_bytes;
		}

		const sum = values => values.reduce((total, v) => total + v, 0);
		const [ rx, tx ] = [ this.rx, this.tx ].map(values => units.bytes(sum(values)));
		const key = (name, title, total) => E('span', {}, [
			E('i', { 'class': `ta-key ta-key-${name}` }), ` ${title} `, E('b', {}, [ total ])
		]);

		this.at = this.anchor = -1;
		this.plot = svg.draw('svg', { 'role': 'img', 'height': HEIGHT, 'class': 'ta-bars-plot' });
		this.title = svg.draw('title', {}, [
			document.createTextNode(units.filled(_('Download {rx}, upload {tx}'), { rx, tx }))
		]);
		this.readout = E('div', { 'class': 'ta-bars-readout', 'hidden': '' });
		this.frame = E('div', {
			'class': 'ta-bars-frame', 'tabindex': '0', 'role': 'group',
			'aria-label': _('Traffic by time: arrow keys read single steps, Enter shows one alone')
		}, [ this.plot, this.readout ]);
		this.node = E('div', { 'class': 'ta-bars' }, [
			E('div', { 'class': 'ta-bars-legend' }, [
				key('rx', _('Download'), rx), key('tx', _('Upload'), tx),
				// A report may tell of less than what is selected: of one kind of it.
				E('span', { 'class': 'ta-bars-about' }, [ {
					minute: _('all of the selection, by minute'), hour: _('all of the selection, by hour')
				}[options.step] || _('all of the selection, by day') ])
			]),
			this.frame
		]);
		this.listen();
		new ResizeObserver(() => this.draw()).observe(this.frame);
	}

	draw() {
		const width = this.frame.clientWidth;

		if (!width || width === this.width)
			return;

		const { step, offsets } = this.options, count = this.steps.length;
		const lines = steps.lines(Math.max(0, ...this.tx), Math.max(0, ...this.rx));
		const [ low, high ] = [ lines[0], lines[lines.length - 1] ];
		const plot = { left: LEFT, right: width - RIGHT, top: TOP, bottom: HEIGHT - BOTTOM };
		const y = bytes => svg.px(plot.top + (high - bytes) / (high - low || 1) * (plot.bottom - plot.top));
		const size = (plot.right - plot.left) / count;
		const grid = [], zero = y(0);

		this.width = width;
		this.x = at => plot.left + at * size;
		this.plot.textContent = '';
		this.plot.setAttribute('width', width);
		this.plot.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);

		for (const line of lines)
			grid.push(
				svg.draw('path', { 'd': `M${plot.left} ${y(line)}H${plot.right}`, 'class': line ? '' : 'ta-bars-zero' }),
				svg.draw('text', { 'x': plot.left - 8, 'y': y(line) + 4, 'text-anchor': 'end' },
					[ document.createTextNode(line ? steps.amount(line) : '0') ])
			);

		const words = steps.words(this.steps, step, offsets, Math.floor((plot.right - plot.left) / WORD));

		for (const { x, text, is_new, from } of steps.apart(words.map(({ at, text, is_new }) => {
			// Times are at the beginning of a step, days under all of it.
			const x = step === 'day' ? this.x(at + 0.5) : this.x(at), size = wide(text);
			const from = Math.max(plot.left, Math.min(plot.right - size, x - size / 2));

			return { x, text, is_new, from, until: from + size };
		})))
			grid.push(
				svg.draw('path', { 'd': `M${svg.px(x)} ${is_new && step !== 'day' ? plot.top : plot.bottom}V${plot.bottom + 4}` }),
				svg.draw('text', { 'x': svg.px(from + wide(text) / 2), 'y': HEIGHT - 5, 'text-anchor': 'middle',
					'class': is_new ? 'ta-bars-day' : '' }, [ document.createTextNode(text) ])
			);

		const gap = size > 3 ? Math.max(Math.min(size * GAP, 6), size - WIDEST) : 0;
		const across = svg.px(Math.max(size - gap, 0.5));
		const bar = (v, at) => v && `M${svg.px(this.x(at) + gap / 2)} ${zero}V${y(v)}h${across}V${zero}Z`;
		const path = values => values.map(bar).filter(text => text).join('');

		this.band = svg.draw('rect', { 'y': plot.top, 'height': plot.bottom - plot.top, 'class': 'ta-bars-band', 'width': 0 });

		for (const node of [
			this.title, this.band, svg.draw('g', { 'class': 'ta-bars-grid' }, grid),
			svg.draw('path', { 'class': 'ta-bars-rx', 'd': path(this.rx) }),
			svg.draw('path', { 'class': 'ta-bars-tx', 'd': path(this.tx.map(v => -v)) })
		])
			this.plot.appendChild(node);

		this.read();
	}

	/* The step below a pointer, the nearest where it is beside the plot. */
	found(event) {
		const x = event.clientX - this.frame.getBoundingClientRect().left;
		const at = Math.floor((x - this.x(0)) / (this.x(1) - this.x(0)));

		return Math.max(0, Math.min(this.steps.length - 1, at));
	}

	listen() {
		const to = at => {
			this.at = at;
			this.read();
		};
		const leave = () => {
			this.anchor = -1;
			to(-1);
		};

		this.frame.addEventListener('pointermove', ev => to(this.found(ev)));
		this.frame.addEventListener('pointerdown', ev => {
			const at = this.found(ev);

			// A finger reads a bar first, and picks it the second time; it drags the page, not a range.
			this.is_touch = ev.pointerType === 'touch';
			this.anchor = this.is_touch && this.at !== at || ev.button ? -1 : at;
			to(at);
		});
		this.frame.addEventListener('pointerup', ev => {
			const [ first, last ] = [ this.anchor, this.found(ev) ].sort((a, b) => a - b);

			this.anchor = -1;

			if (first >= 0)
				this.zoom(first, last);
		});
		this.frame.addEventListener('pointerleave', ev => ev.pointerType === 'touch' || leave());
		this.frame.addEventListener('pointercancel', leave);
		this.frame.addEventListener('blur', leave);
		this.frame.addEventListener('keydown', ev => {
			const end = this.steps.length - 1, here = this.at;
			const keys = {
				ArrowLeft: here < 0 ? end : Math.max(0, here - 1), ArrowRight: here < 0 ? 0 : Math.min(end, here + 1),
				Home: 0, End: end, Escape: -1
			};

			if (ev.key === 'Enter' && here >= 0)
				this.zoom(here, here);
			else if (ev.key in keys)
				to(keys[ev.key]);
			else
				return;

			ev.preventDefault();
		});
	}

	zoom(first, last) {
		const { since_unix_s, until_unix_s, onzoom } = this.options;

		if (!onzoom || last - first + 1 >= this.steps.length)
			return;

		const end_unix_s = Math.ceil(until_unix_s / 60) * 60;

		onzoom(Math.max(this.steps[first][0], since_unix_s), Math.min(this.steps[last][1], end_unix_s));
	}

	/* Shows what is under the pointer, or nothing. */
	read() {
		this.readout.hidden = this.at < 0;

		if (!this.band)
			return;

		if (this.at < 0) {
			this.band.setAttribute('width', 0);
			return;
		}

		const [ first, last ] = [ this.anchor < 0 ? this.at : this.anchor, this.at ].sort((a, b) => a - b);
		const sum = values => values.slice(first, last + 1).reduce((total, v) => total + v, 0);
		const { offsets, onzoom } = this.options;

		this.band.setAttribute('x', svg.px(this.x(first)));
		this.band.setAttribute('width', svg.px(this.x(last + 1) - this.x(first)));
		this.readout.textContent = '';

		for (const [ tag, text ] of [
			[ 'b', periods.words(this.steps[first][0], this.steps[last][1], offsets) ],
			[ 'span', `↓ ${units.bytes(sum(this.rx))}` ],
			[ 'span', `↑ ${units.bytes(sum(this.tx))}` ],
			[ 'small', onzoom && this.steps.length > 1 ?
				this.is_touch ? _('tap again: this alone') : _('click: this alone; drag: a span') : '' ]
		])
			if (text)
				this.readout.appendChild(E(tag, {}, [ text ]));

		const middle = (this.x(first) + this.x(last + 1)) / 2, room = this.frame.clientWidth - this.readout.offsetWidth;

		this.readout.style.left = `${Math.max(0, Math.min(room, middle - this.readout.offsetWidth / 2))}px`;
	}
}

return baseclass.extend({
	/** A chart's node. */
	bars(rows, time, options) {
		return new Bars(rows, time, options).node;
	}
});
