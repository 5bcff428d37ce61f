/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.api as api';
'require traffic-analyzer.bars as bars';
'require traffic-analyzer.download as download';
'require traffic-analyzer.known as known';
'require traffic-analyzer.periods as periods';
'require traffic-analyzer.selection as selection';
'require traffic-analyzer.sentences as sentences';
'require traffic-analyzer.table as table';
'require traffic-analyzer.units as units';

// What a question is answered with, as nodes: a chart, a table or several, and how complete they are.

const CHART_ROWS = 10000;
const PAGES = [ 20, 50, 100, 500 ];
const ROWS = 100;  // where a report has no limit of its own, but takes one
const TO_CHOOSE = 50;

const href = state => `#${selection.format(state)}`;

function limit_of(state, report) {
	const limit = report.filters.find(filter => filter.name === 'limit');

	return Number(state.limit) || limit && limit.default || ROWS;
}

/* What a report tells. */
function help(report) {
	return E('p', { 'class': 'ta-help' }, [ units.sentence(_(report.help)) ]);
}

/* Where a row leads, to the report of that name. */
function leads(page, state, name, columns) {
	const target = page.reports.find(one => one.name === name);

	return row => {
		const next = target && selection.into(state, target, selection.selected(columns, row));

		return next && href(next);
	};
}

/* Which column rows are sorted by, and links to sort them otherwise; null where they cannot be. */
function sorting(state, report) {
	if (!selection.takes(report, 'sort'))
		return null;

	const own = report.order[0] || '';

	return {
		column: state.sort || own.replace(/^-/, ''),
		order: state.sort ? state.order || 'desc' : own.startsWith('-') ? 'desc' : 'asc',
		href: (sort, order) => href(Object.assign(selection.without(state, [ 'offset' ]), { sort, order }))
	};
}

/* A phone has no heads to sort by. */
function sort_list(state, report, sort) {
	const signs = [ [ 'desc', '▾' ], [ 'asc', '▴' ] ];
	const list = E('select', { 'class': 'cbi-input-select', 'name': 'sort', 'aria-label': _('Sort by'), 'change': () => {
		window.location.hash = sort.href(...list.value.split(' '));
	} }, [].concat(...report.columns.map(column => signs.map(([ order, sign ]) => E('option', {
		'value': `${column.name} ${order}`,
		'selected': column.name === sort.column && order === sort.order ? '' : null
	}, [ `${_(column.title, 'column')} ${sign}` ])))));

	return E('span', { 'class': 'ta-sort-list' }, [ list ]);
}

function first(count) {
	return units.filled(_('The first {count} rows'), { count: units.count(count) });
}

/* Which rows these are, and the ones before and after. */
function pages(state, report, answer) {
	const count = answer.rows.length, offset = Number(state.offset) || 0, limit = limit_of(state, report);
	const at = offset => href(Object.assign(selection.without(state, [ 'offset' ]), offset > 0 ? { offset } : {}));
	const step = (text, about, to) => E(to === null ? 'span' : 'a', {
		'class': `cbi-button btn${to === null ? ' disabled' : ''}`, 'href': to, 'title': about, 'aria-label': about,
		'aria-disabled': to === null ? 'true' : null
	}, [ text ]);

	if (!selection.takes(report, 'offset'))
		return answer.has_more ? E('span', {}, [ first(count) ]) : null;

	const sizes = E('select', { 'class': 'cbi-input-select', 'name': 'limit', 'aria-label': _('Rows on a page'), 'change': () => {
		window.location.hash = href(Object.assign(selection.without(state, [ 'offset' ]), { limit: sizes.value }));
	} }, Array.from(new Set([ ...PAGES, limit ])).sort((a, b) => a - b).map(size => E('option', {
		'value': size, 'selected': size === limit ? '' : null
	}, [ units.filled(_('{count} rows'), { count: size }) ])));

	return E('span', { 'class': 'ta-pages' }, [ sizes ].concat(offset || answer.has_more ? [ E('span', { 'class': 'ta-turn' }, [
		step('‹', _('Rows before'), offset ? at(Math.max(0, offset - limit)) : null),
		E('span', {}, [ count ? `${units.count(offset + 1)}–${units.count(offset + count)}` : '–' ]),
		step('›', _('Rows after'), answer.has_more ? at(offset + limit) : null)
	]) ] : []));
}

/* Two buttons that make a file of all rows. */
function downloads(report, asked) {
	const said = E('span', { 'class': 'ta-said', 'role': 'status' });
	const make = async (node, extension) => {
		node.disabled = true;
		said.textContent = _('Asking for all rows…');

		try {
			const answer = await download.whole(report, asked, one => api.report(report.name, one), count => {
				said.textContent = units.filled(_('{count} rows…'), { count: units.count(count) });
			});
			const is_cut = answer.has_more || Object.values(answer.parts || {}).some(part => part.has_more);
			const count = units.count(answer.rows ? answer.rows.length : download.MOST_ROWS);

			download.save(answer, extension);
			said.textContent = !is_cut ? '' : units.filled(_(
				'There are more rows than the {count} in the file: narrow the selection, or use the command line.'), { count });
		}
		catch (error) {
			said.textContent = error.message;
		}

		node.disabled = false;
	};
	const button = extension => E('button', {
		'type': 'button', 'class': 'cbi-button btn', 'name': extension, 'aria-label': `${_('Download')} ${extension.toUpperCase()}`,
		'click': ev => make(ev.currentTarget, extension)
	}, [ extension.toUpperCase() ]);

	return E('span', { 'class': 'ta-files' }, [
		E('span', { 'class': 'ta-files-of' }, [ _('Download') ]), button('csv'), button('json'), said
	]);
}

/* The chart of an answer of the report's timeline. */
function chart(state, answer) {
	const time = answer.columns.find(column => [ 'unix_s', 'day_unix_s' ].includes(column.unit));
	const { since_unix_s, until_unix_s } = answer.selection;

	if (!time || !answer.rows.length)
		return null;

	return E('div', { 'class': 'cbi-section ta-card' }, [ bars.bars(answer.rows, time.name, {
		since_unix_s, until_unix_s, step: answer.step, offsets: answer.offsets,
		onzoom: (since, until) => {
			const within = [ ...(state.within || []), selection.format(periods.of(state)) ];

			window.location.hash = href(Object.assign(periods.put(state, periods.between(since, until)), { within }));
		}
	}) ]);
}

/* How complete it is, what else is to know, and what was asked. */
function foot(answer) {
	const { since_unix_s, until_unix_s } = answer.selection;
	const part = answer.completeness.share;

	return E('div', { 'class': 'ta-foot' }, [
		E('p', { 'class': part !== null && part < 1 ? 'ta-incomplete' : null }, [ sentences.verdict(answer.completeness) ]),
		...answer.remarks.map(remark => E('p', { 'class': 'ta-remark' }, [ sentences.notice(remark) ])),
		E('p', { 'class': 'ta-window' }, [
			units.filled(_('{window}, by the router’s clock ({zone}).'), {
				window: periods.words(since_unix_s, until_unix_s, answer.offsets),
				zone: periods.zones(since_unix_s, until_unix_s, answer.offsets)
			})
		])
	]);
}

function sections(page, state, report, answer) {
	if (answer.parts)
		return report.parts.filter(part => answer.parts[part.name]).map(part => {
			const { columns, rows, has_more } = answer.parts[part.name];

			return E('div', { 'class': 'cbi-section ta-card' }, [
				E('h3', {}, [ _(part.title) ]),
				help(part),
				table.render({
					columns, rows, offsets: answer.offsets, nothing: _(part.nothing), link: leads(page, state, part.leads_to, columns)
				}),
				has_more ? E('p', { 'class': 'ta-help' }, [ first(rows.length) ]) : null
			].filter(Boolean));
		});

	const sort = sorting(state, report), { columns, rows, offsets } = answer;

	return [ E('div', { 'class': 'cbi-section ta-card' }, [
		E('div', { 'class': 'ta-tools' }, [
			sort && rows.length > 1 ? sort_list(state, report, sort) : null,
			pages(state, report, answer),
			rows.length ? downloads(report, selection.question(state, report)) : null
		].filter(Boolean)),
		table.render({
			columns, rows, offsets, sort, nothing: _(report.nothing), link: leads(page, state, report.leads_to, columns)
		})
	]) ];
}

return baseclass.extend({
	/** Nodes for the answer of `report` to what `state` asks; `page` is told what was learnt. */
	async given(page, state, report) {
		const asked = selection.question(Object.assign({}, state, { limit: String(limit_of(state, report)) }), report);
		const timeline = page.reports.find(one => one.name === report.timeline);
		const [ answer, times ] = await Promise.all([
			api.report(report.name, asked),
			// A table without its chart is still an answer.
			timeline ? api.report(timeline.name, selection.question(
				Object.assign(selection.without(state, [ 'sort', 'order', 'offset' ]), { limit: String(CHART_ROWS) }), timeline
			)).catch(() => null) : null
		]);

		page.shown = answer;
		page.known.read(answer);

		return [
			help(report),
			times && chart(state, times),
			...sections(page, state, report, answer),
			answer.parts ? E('div', { 'class': 'ta-tools' }, [ downloads(report, selection.question(state, report)) ]) : null,
			foot(answer)
		].filter(Boolean);
	},

	/** Nodes that ask for the device or name that a report cannot do without, with a list to choose from. */
	async wanted(page, filter) {
		const source = known.summary(page.reports, filter), state = page.state, report = page.report();
		const nodes = [ help(report), E('h3', {}, [ filter === 'device' ? _('Of which device?') : _('Of which site or name?') ]) ];

		page.shown = null;

		if (!source)
			return nodes;

		const asked = Object.assign(periods.of(state), { by: source.summary.by, limit: String(TO_CHOOSE) });
		const answer = await api.report(source.name, selection.question(asked, source));

		page.known.read(answer);
		page.shown = answer;

		return [ ...nodes, E('div', { 'class': 'cbi-section ta-card' }, [ table.render({
			columns: answer.columns, rows: answer.rows, offsets: answer.offsets, nothing: _(source.nothing),
			link: row => {
				const found = selection.selected(answer.columns, row);

				return found && found[filter] ? href(Object.assign({}, state, { [filter]: [ found[filter] ] })) : null;
			}
		}) ]), foot(answer) ];
	}
});
