/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.sentences as sentences';
'require traffic-analyzer.units as units';

// Rows of a report as a table. All texts become text nodes.

const NAME_MOST = 44;  // characters of a name that are shown
const NAME_SHORT = 24;  // that are not broken
const ADDRESS = /^[0-9a-f.:]+( \+[0-9]+)?$/i;  // neither is a MAC or IP address, with the number of others
const CARDS_BELOW = 480;  // px
const LABELS = [ 'exact', 'ambiguous', 'hidden', 'unknown' ];
const BY_TIME = [ 'unix_s', 'day_unix_s' ];
const AMOUNTS = [ 'count', 'bytes', 'packets', 'share' ];

/** A label as a coloured tag that says what it means. */
function label(kind) {
	return E('span', { 'class': `ta-tag ta-tag-${kind}`, 'title': sentences.meaning(kind) }, [ sentences.label(kind) ]);
}

/** A text that somebody else chose: it neither turns nor breaks what is around it. */
function name(text, most) {
	const whole = units.escaped(sentences.name(String(text))), shown = units.shortened(whole, most || NAME_MOST);
	const is_short = shown.length <= NAME_SHORT || ADDRESS.test(shown);

	return E('bdi', { 'class': `ta-name${is_short ? ' ta-short' : ''}`, 'title': shown === whole ? null : whole }, [ shown ]);
}

/** The same in whole, where style cuts it off at the end of its place. */
function fitted(text) {
	const node = name(text, Infinity);

	node.title = node.textContent;

	return node;
}

/** What a cell is about, where it shows less; null else. */
function whole(v, unit) {
	if (unit === 'bytes' && typeof(v) === 'number')
		return units.filled(_('{count} bytes'), { count: units.count(v) });

	return Array.isArray(v) && v.length > 1 ? v.map(text => units.escaped(String(text))).join('\n') : null;
}

/** A part of 1, with a bar as long as it is beside the `largest` one. */
function share(v, largest) {
	const bar = E('span', { 'class': 'ta-bar' });

	// No style attribute: the page's policy forbids them.
	bar.style.width = `${largest > 0 ? Math.max(0, Math.min(1, v / largest)) * 100 : 0}%`;

	return E('span', { 'class': 'ta-share' }, [
		E('span', { 'class': 'ta-track', 'aria-hidden': 'true' }, [ bar ]), E('span', { 'class': 'ta-part-of' }, [ units.share(v) ])
	]);
}

/** In place of a name that nothing has. */
function nameless() {
	return E('em', {}, [ _('no name') ]);
}

function content(v, column, options, largest) {
	if (v === null || v === undefined || v === '')
		return column.selects === 'domain' || column.unit === 'name' && v === '' ? nameless() : units.value(v, column.unit);

	if (column.unit === 'share')
		return share(v, largest);

	if (column.unit === 'text' && LABELS.includes(v))
		return label(v);

	if (column.unit === 'name' || column.unit === 'list')
		return name(units.value(v, column.unit), NAME_MOST);

	if (column.unit === 'text' || column.unit === 'direction')
		return _(units.value(v, column.unit));

	return units.value(v, column.unit, options.offsets);
}

/** True where it is sorted from the most before it is from the least. */
function is_from_most(column) {
	return AMOUNTS.includes(column.unit) || BY_TIME.includes(column.unit);
}

function classes(column) {
	return `ta-of-${column.unit}${units.isNumber(column.unit) ? ' right' : ''}${column.is_extra ? ' ta-extra' : ''}`;
}

/** The column that tells which row it is, and bears its link: the first that is shown however narrow the page is. */
function lead(columns) {
	return columns.find(column => !column.is_extra) || columns[0];
}

function head(column, options) {
	const sort = options.sort, title = _(column.title, 'column');

	if (!sort)
		return E('th', { 'class': `th ${classes(column)}`, 'scope': 'col' }, [ title ]);

	const is_now = sort.column === column.name, is_up = is_now && sort.order === 'asc';
	const next = is_now ? (is_up ? 'desc' : 'asc') : is_from_most(column) ? 'desc' : 'asc';

	return E('th', {
		'class': `th ${classes(column)}`, 'scope': 'col', 'aria-sort': is_now ? (is_up ? 'ascending' : 'descending') : null
	}, [
		E('a', { 'href': sort.href(column.name, next), 'title': _('Sort by this') },
			[ title, is_now ? (is_up ? ' ▴' : ' ▾') : '' ])
	]);
}

/**
 * Keeps a table to the room there is: first goes what can be done without, then rows become cards. What it takes is
 * measured, as fonts and names are what they are. Gives `node`.
 */
function fit(node) {
	const frame = () => node.closest('.ta-card') || node;
	const is_over = () => node.scrollWidth > node.clientWidth;
	const measure = () => {
		const { classList } = frame();

		classList.remove('ta-lean', 'ta-stacked');

		if (node.clientWidth < CARDS_BELOW || is_over())
			classList.add('ta-lean');

		if (node.clientWidth < CARDS_BELOW || is_over())
			classList.add('ta-stacked');
	};
	// In the next frame: what changes sizes while they are observed is reported as an error.
	const observer = new ResizeObserver(() => window.requestAnimationFrame(() => node.isConnected && measure()));

	observer.observe(node);
	observer.observe(node.firstChild);

	return node;
}

/**
 * A table of `rows`, objects by column name, or `nothing` where there are none.
 *
 * `offsets`: of the answer. `sort`: {column, order, href(column, order)}, or none. `link(row)`: where a row leads, null
 * for nowhere.
 */
function render(options) {
	const { columns, rows } = options;

	if (!rows.length)
		return E('p', { 'class': 'ta-nothing' }, [ options.nothing || _('no traffic in this window') ]);

	const largest = {};

	for (const column of columns)
		if (column.unit === 'share')
			largest[column.name] = Math.max(...rows.map(row => row[column.name] || 0));

	const first = lead(columns);
	let above = null;
	const body = rows.map(row => {
		const href = options.link ? options.link(row) : null;
		let is_same = above !== null;

		const cells = columns.map(column => {
			const v = row[column.name];
			let inner = content(v, column, options, largest[column.name]);

			is_same = is_same && column.is_heading && above[column.name] === v;

			if (column === first && href)
				inner = E('a', { 'href': href }, [ inner ]);

			return E('td', {
				'class': `td ${classes(column)}${column === first ? ' ta-lead' : ''}${is_same ? ' ta-same' : ''}`,
				'data-title': _(column.title, 'column'), 'title': whole(v, column.unit)
			}, [ inner ]);
		});

		above = row;

		return E('tr', { 'class': 'tr' }, cells);
	});

	return fit(E('div', { 'class': 'ta-scroll' }, [
		E('table', { 'class': 'table ta-table' }, [
			E('thead', {}, [ E('tr', { 'class': 'tr table-titles' }, columns.map(column => head(column, options))) ]),
			E('tbody', {}, body)
		])
	]));
}

return baseclass.extend({ render, lead, name, fitted, nameless, label });
