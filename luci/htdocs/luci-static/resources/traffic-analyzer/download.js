/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.periods as periods';
'require traffic-analyzer.units as units';

// A whole selection as a file, made in the browser from pages of an answer: LuCI has no way to link to the endpoint.

const PAGE_ROWS = 1000, MOST_ROWS = 10000;
const FORMULA = /^[=+\-@\t\r]/;

/**
 * The answer of `report` with the rows of all pages, and `has_more` where it was cut at MOST_ROWS; `asked` as
 * selection.question() has it. `ask(asked)` gives the answer to one question, `onrows(count)` is called before the next.
 */
async function whole(report, asked, ask, onrows) {
	const takes = name => report.filters.some(filter => filter.name === name);
	const paged = Object.assign({}, asked), is_paged = takes('offset');

	delete paged.offset;

	if (takes('limit'))
		paged.limit = is_paged ? PAGE_ROWS : MOST_ROWS;

	const answer = await ask(paged);

	if (!is_paged || !answer.rows)
		return answer;

	// The window stays that of the first page, whatever the time; a minute that still runs may grow.
	const window = periods.between(answer.selection.since_unix_s, answer.selection.until_unix_s);

	for (const name of [ 'lookback_minutes', 'period', 'start_day', 'day' ])
		delete paged[name];

	Object.assign(paged, window);

	while (answer.has_more && answer.rows.length < MOST_ROWS) {
		onrows(answer.rows.length);

		const page = await ask(Object.assign({}, paged, { offset: answer.rows.length }));

		answer.rows.push(...page.rows);
		answer.has_more = page.has_more && page.rows.length > 0;
	}

	answer.selection.limit = MOST_ROWS;

	return answer;
}

/**
 * A text as a CSV field, quoted as RFC 4180 has it. Names are chosen by strangers: one that begins like a formula gets a '
 * in front, or a spreadsheet would compute it when the file is opened, and could be made to call programs or to send cells
 * away. Numbers stay as they are.
 */
function field(v) {
	if (v === null || v === undefined)
		return '';

	if (typeof(v) === 'number')
		return String(v);

	const text = Array.isArray(v) ? v.join(' ') : String(v);

	const harmless = FORMULA.test(text) ? `'${text}` : text;

	return `"${harmless.replace(/"/g, '""')}"`;
}

function lines({ columns, rows }) {
	const texts = [ columns.map(column => column.name), ...rows.map(row => columns.map(column => field(row[column.name]))) ];

	return texts.map(line => `${line.join(',')}\r\n`).join('');
}

/** An answer as CSV: column names, a line a row, numbers as numbers; parts follow each other after an empty line. */
function csv(answer) {
	return answer.parts ? Object.keys(answer.parts).map(name => lines(answer.parts[name])).join('\r\n') : lines(answer);
}

/** What the file is called: `traffic-analyzer_top-device_20260312T1946_20260312T2046.csv`. */
function file_name(answer, extension) {
	const times = [ 'since_unix_s', 'until_unix_s' ].map(name =>
		units.local(answer.selection[name], answer.offsets).slice(0, 16).replace(/[-:]/g, ''));

	return [ 'traffic-analyzer', answer.report, ...times ].join('_') + `.${extension}`;
}

/** Hands an answer to the user as a file, `csv` or `json`. */
function save(answer, extension) {
	// Without the byte order mark, spreadsheets take UTF-8 for something else.
	const text = extension === 'csv' ? `\ufeff${csv(answer)}` : `${JSON.stringify(answer, null, 2)}\n`;
	const type = extension === 'csv' ? 'text/csv;charset=utf-8' : 'application/json';
	const url = URL.createObjectURL(new Blob([ text ], { type }));
	const anchor = E('a', { 'href': url, 'download': file_name(answer, extension) });

	document.body.appendChild(anchor);
	anchor.click();
	anchor.remove();
	setTimeout(() => URL.revokeObjectURL(url), 60000);
}

return baseclass.extend({ MOST_ROWS, whole, csv, file_name, save });
