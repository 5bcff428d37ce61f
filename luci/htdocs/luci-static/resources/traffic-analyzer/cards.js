/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.chart as chart';
'require traffic-analyzer.sentences as sentences';
'require traffic-analyzer.svg as svg';
'require traffic-analyzer.table as table';
'require traffic-analyzer.units as units';

// What the overview shows of reports and of the status, a card each.

const COUNTING_S = 180;
const MARKS = {
	good: 'M5 10.5l3.5 3.5L15 7',
	bad: 'M10 5v6.5M10 14.2v.6',
	info: 'M10 9v5.5M10 5.8v.6',
	none: 'M6 10h8'
};

/** A frame with a title. `{node, head, body}` */
function card(name, title) {
	const head = E('div', { 'class': 'ta-head' }, [ E('h3', {}, [ title ]) ]), body = E('div', { 'class': 'ta-body' });

	return { head, body, node: E('section', { 'class': `cbi-section ta-card ta-card-${name}` }, [ head, body ]) };
}

/** A sign that goes without colour: a tick, an exclamation mark, an i, a dash. */
function mark(kind) {
	return svg.draw('svg', { 'class': `ta-sign ta-${kind}`, 'viewBox': '0 0 20 20', 'aria-hidden': 'true' },
		[ svg.draw('circle', { 'cx': 10, 'cy': 10, 'r': 9 }), svg.draw('path', { 'd': MARKS[kind] }) ]);
}

function content(node, children) {
	node.textContent = '';

	for (const child of children)
		node.appendChild(child);
}

/** The column that a report is sorted by, where that is an amount. */
function main(report) {
	const first = (report.order[0] || '').replace(/^-/, '');

	return report.columns.find(column => column.name === first) || report.columns.find(column => column.unit === 'bytes');
}

/** The column that holds labels. */
function labels(report, rows) {
	const is_label = column => column.unit === 'text' && rows.some(row => chart.labels.includes(row[column.name]));

	return report.columns.find(is_label);
}

/** Rows of a report with bars: the largest fills the width. `link(report, row)`: where a row leads, or null. */
function ranking(body, report, answer, link) {
	const amount = main(report), share = report.columns.find(column => column.unit === 'share');
	const label = labels(report, answer.rows), most = Math.max(1, ...answer.rows.map(row => row[amount.name]));

	content(body, answer.rows.length ? [ E('ol', { 'class': 'ta-ranking' }, answer.rows.map(row => {
		const kind = label ? row[label.name] : 'rx', name = row[report.columns[0].name], href = link(report, row);
		const text = name ? table.fitted(name) : table.nameless();

		return E('li', {}, [
			E('span', { 'class': 'ta-who' }, [ href ? E('a', { href }, [ text ]) : text ]),
			label ? table.label(kind) : '',
			E('span', { 'class': 'ta-amount' }, [ units.value(row[amount.name], amount.unit) ]),
			share ? E('span', { 'class': 'ta-part' }, [ units.share(row[share.name]) ]) : '',
			chart.shares([ { kind, amount: row[amount.name] } ], most).node
		]);
	})) ] : [ E('p', { 'class': 'ta-nothing' }, [ _(report.nothing) ]) ]);
}

/** How sure names are: one bar, and what its parts mean. */
function sureness(body, report, answer) {
	const amount = main(report), label = labels(report, answer.rows), sums = {};
	const whole = answer.rows.reduce((sum, row) => sum + row[amount.name], 0);

	for (const row of label && whole ? answer.rows : [])
		sums[row[label.name]] = (sums[row[label.name]] || 0) + row[amount.name];

	const kinds = [ ...chart.labels, ...Object.keys(sums).filter(kind => !chart.labels.includes(kind)) ];
	const parts = kinds.filter(kind => sums[kind]).map(kind => ({
		kind, amount: sums[kind], text: `${sentences.label(kind)} ${units.share(sums[kind] / whole)}`
	}));

	content(body, parts.length ? [
		E('div', { 'class': 'ta-sureness' }, [ chart.shares(parts).node ]),
		E('dl', { 'class': 'ta-legend' }, parts.map(part => E('div', {}, [
			E('dt', {}, [ chart.shares([ part ]).node, E('b', {}, [ sentences.label(part.kind) ]), E('span', {}, [
				`${units.share(part.amount / whole)} · ${units.value(part.amount, amount.unit)}`
			]) ]),
			E('dd', {}, [ sentences.meaning(part.kind) ])
		])))
	] : [ E('p', { 'class': 'ta-nothing' }, [ _(report.nothing) ]) ]);
}

function said(notice) {
	const topic = sentences.topic(notice.code), remedy = sentences.remedy(notice.code);

	return E('li', { 'class': 'ta-notice' }, [ mark(sentences.isHarmless(notice.code) ? 'info' : 'bad'), E('div', {}, [
		topic ? E('b', {}, [ topic ]) : '', E('p', {}, [ sentences.notice(notice) ]), remedy ? E('p', {}, [ remedy ]) : ''
	]) ]);
}

function place(iface, now_unix_s, offsets) {
	const is_old = now_unix_s - iface.last_unix_s > COUNTING_S;
	const until = units.filled(_('counted until {time}'), { time: units.time(iface.last_unix_s, offsets).slice(11) });

	return E('li', { 'class': is_old ? 'ta-old' : null }, [
		E('span', { 'class': 'ifacebadge ta-badge' }, [ table.name(iface.iface) ]), ' ',
		is_old ? `${sentences.role(iface.role)}, ${until}` : sentences.role(iface.role)
	]);
}

/** What is said where no notice is known of anything hidden. */
function nothing(is_complete, status) {
	if (!status.interfaces.length)
		return [ mark('none'), E('span', {}, [ _('That can be told once something is counted.') ]) ];

	return is_complete === false ? [ mark('none'), E('span', {}, [ _('Nothing is known that hides what is missing.') ]) ]
		: [ mark('good'), E('span', {}, [ _('Nothing, as far as can be told: no traffic passes it uncounted.') ]) ];
}

/** Whether it adds up, what is hidden, and where is counted. `counted`: {completeness, title} of the chosen period. */
function health(body, counted, status, remarks) {
	const { hiding, other } = sentences.sorted(status.notices), is_complete = sentences.isComplete(counted.completeness);

	content(body, [
		E('p', { 'class': 'ta-verdict' }, [
			mark(is_complete ? 'good' : is_complete === null ? 'none' : 'bad'),
			E('span', {}, [
				E('b', {}, [ units.filled(_('{period}:'), { period: counted.title }), ' ' ]), sentences.verdict(counted.completeness)
			])
		]),
		...remarks.map(text => E('p', { 'class': 'ta-remark' }, [ text ])),
		E('h4', {}, [ _('What this machine hides') ]),
		hiding.length ? E('ul', { 'class': 'ta-notices' }, hiding.map(said))
			: E('p', { 'class': 'ta-verdict' }, nothing(is_complete, status)),
		...other.length ? [ E('h4', {}, [ _('To know') ]), E('ul', { 'class': 'ta-notices' }, other.map(said)) ] : [],
		E('h4', {}, [ _('Counted on') ]),
		status.interfaces.length
			? E('ul', { 'class': 'ta-places' }, status.interfaces.map(iface => place(iface, status.now_unix_s, status.offsets)))
			: E('p', { 'class': 'ta-nothing' }, [ _('No interface was counted on in the last hour.') ])
	]);
}

return baseclass.extend({ card, ranking, sureness, health });
