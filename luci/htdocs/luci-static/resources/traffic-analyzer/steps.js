/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.units as units';

// Time in steps of the router's local time, and what an axis says of them.

const SIZE_S = { minute: 60, hour: 3600, day: 86400 };
const MOST = 400;  // bars that can still be told apart
const EVERY = {  // steps between two words, by kind of step
	minute: [ 1, 2, 5, 10, 15, 30, 60 ],
	hour: [ 1, 2, 3, 6, 12, 24, 48 ],
	day: [ 1, 2, 7 ]
};
const CLEAR = 4;  // px between two words
const MONTHS = [ 1, 2, 3, 6, 12, 24, 60, 120 ];  // likewise, where days are too many

/** The end of the step of that kind that holds `unix_s`: local midnights, whatever the clock does between. */
function end_of(unix_s, kind, offsets) {
	const size_s = SIZE_S[kind], offset_s = units.offset(unix_s, offsets);
	const found_unix_s = unix_s + size_s - ((unix_s + offset_s) % size_s + size_s) % size_s;

	return kind === 'day' ? found_unix_s + offset_s - units.offset(found_unix_s, offsets) : found_unix_s;
}

/** All steps of a window, [[since_unix_s, until_unix_s], …]; where there are too many, several in one. */
function all(since_unix_s, until_unix_s, kind, offsets) {
	const found = [];

	for (let at = since_unix_s; at < until_unix_s;) {
		const end = end_of(at, kind, offsets);

		found.push([ at, end ]);
		at = end;
	}

	const size = Math.ceil(found.length / MOST);

	if (size <= 1)
		return found;

	return found.filter((step, at) => at % size === 0)
		.map(([ since ], at) => [ since, found[Math.min(found.length, (at + 1) * size) - 1][1] ]);
}

/** Which of `steps` holds `unix_s`; -1: none. */
function holding(steps, unix_s) {
	let low = 0, high = steps.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (steps[middle][1] <= unix_s)
			low = middle + 1;
		else
			high = middle;
	}

	return low < steps.length && steps[low][0] <= unix_s ? low : -1;
}

/** `Thu` of a local time; in the language of the page. */
function weekday(local) {
	const lang = document.documentElement.lang.replace('_', '-');
	const format = tag => new Intl.DateTimeFormat(tag, { weekday: 'short', timeZone: 'UTC' }).format(new Date(`${local}Z`));

	try {
		return format(lang || undefined);
	}
	catch (error) {
		return format(undefined);  // LuCI has languages that browsers have no name for
	}
}

/* Words where months begin: `2026-03`. */
function months(locals, most) {
	const number = local => Number(local.slice(0, 4)) * 12 + Number(local.slice(5, 7)) - 1;
	const begins = locals.map((local, at) => ({ at, text: local.slice(0, 7), n: number(local), is_new: false }))
		.filter(({ at, n }) => at ? n !== number(locals[at - 1]) : locals[0].slice(8, 10) === '01');
	const by = every => begins.filter(({ n }) => n % every === 0);

	return by(MONTHS.find(every => by(every).length <= most) || MONTHS[MONTHS.length - 1]);
}

/**
 * Words below `steps`, [{at, text, is_new}, …], no more than `most`: `13:05`, `Thu 03-12` where a day begins; below days
 * `03-12`, or `2026-03` where a month begins.
 */
function words(steps, kind, offsets, most) {
	const locals = steps.map(([ since ]) => units.local(since, offsets));
	const numbers = locals.map(text => Math.floor(Date.parse(`${text}Z`) / 1000 / SIZE_S[kind]));
	const fits = every => numbers.filter(n => n % every === 0).length <= most;
	const every = EVERY[kind].find(fits) || EVERY[kind][EVERY[kind].length - 1];

	if (kind === 'day' && !fits(every))
		return months(locals, most);

	return locals.map((local, at) => {
		const [ day, time ] = [ local.slice(5, 10), local.slice(11, 16) ];

		return kind === 'day' ? { at, text: day, is_new: day.endsWith('-01') }
			: { at, text: time === '00:00' ? `${weekday(local)} ${day}` : time, is_new: time === '00:00' };
	}).filter((word, at) => numbers[at] % every === 0);
}

/**
 * Those of `words`, [{from, until, is_new, …}, …] in px, that stand clear of each other. Where a day begins goes before
 * other words: it is a longer one, and beside a clock that is set there is less room.
 */
function apart(words) {
	const found = [];

	for (const is_new of [ true, false ])
		for (const word of words.filter(word => !!word.is_new === is_new))
			if (found.every(other => word.until + CLEAR <= other.from || other.until + CLEAR <= word.from))
				found.push(word);

	return found;
}

/** The lines of an axis from -`low` to `high` bytes: [bytes, …], round numbers, five or so. */
function lines(low, high) {
	const rough = Math.max(low + high, 5) / 5, power = 10 ** Math.floor(Math.log10(rough));
	const size = power * [ 1, 2, 2.5, 5, 10 ].find(digit => digit * power >= rough);
	const found = [];

	for (let n = -Math.ceil(low / size); n <= Math.ceil(high / size); n++)
		found.push(n * size);

	return found;
}

/** A line's word: `500 MB`, `1.5 GB`. */
function amount(bytes) {
	return units.bytes(Math.abs(bytes)).replace(/(\.\d*?)0+ /, '$1 ').replace('. ', ' ');
}

return baseclass.extend({ all, holding, words, apart, lines, amount });
