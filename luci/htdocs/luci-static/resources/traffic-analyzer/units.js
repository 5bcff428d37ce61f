/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

// Numbers as a person reads them: what python/traffic_analyzer/units.py says of the same value, which
// tests/browser/test_units.py watches over.

const PREFIXES = [ '', 'k', 'M', 'G', 'T', 'P', 'E' ];
const PROTOCOLS = {
	1: 'icmp', 2: 'igmp', 4: 'ipip', 6: 'tcp', 17: 'udp', 33: 'dccp', 41: 'ipv6', 47: 'gre', 50: 'esp', 51: 'ah',
	58: 'icmpv6', 88: 'eigrp', 89: 'ospf', 103: 'pim', 112: 'vrrp', 115: 'l2tp', 132: 'sctp', 136: 'udplite'
};
const QTYPES = {
	1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA', 29: 'LOC', 33: 'SRV',
	35: 'NAPTR', 39: 'DNAME', 43: 'DS', 44: 'SSHFP', 46: 'RRSIG', 47: 'NSEC', 48: 'DNSKEY', 50: 'NSEC3', 52: 'TLSA',
	64: 'SVCB', 65: 'HTTPS', 251: 'IXFR', 252: 'AXFR', 255: 'ANY', 256: 'URI', 257: 'CAA'
};
const DIRECTIONS = [ 'ingress', 'egress' ];
const NUMBERS = [ 'count', 'port', 'bytes', 'packets', 'share' ];
const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const UNPRINTABLE = /[\p{C}\p{Z}]/gu;

/** `x` with so many digits after the point. A tie goes to the even digit, as in Python; toFixed() goes up. */
function fixed(x, digits) {
	const text = x.toFixed(digits);
	// A tie at that digit is an odd number of 2^-(digits + 1), or no float.
	if (Math.abs(x * 2 ** (digits + 1)) % 2 !== 1 || '02468'.includes(text[text.length - 1]))
		return text;

	return (x - Math.sign(x) * 10 ** -digits / 2).toFixed(digits);
}

/** `n` with three digits and a decimal prefix before `unit`: `999 B`, `1.50 kB`, `12.3 GB`. */
function scaled(n, unit) {
	let value = n, prefix = 0;

	while (Math.abs(value) >= 999.5 && prefix < PREFIXES.length - 1) {
		value /= 1000;
		prefix++;
	}

	if (prefix === 0)
		return `${fixed(n, 0)} ${unit}`;

	const size = Math.abs(value);

	return `${fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0)} ${PREFIXES[prefix]}${unit}`;
}

function bytes(n) {
	return scaled(n, 'B');
}

/** Bits per second of `bytes_s`: `12.3 Mbit/s`. */
function rate(bytes_s) {
	return scaled(bytes_s * 8, 'bit/s');
}

/** A part of 1: `12.5%`. */
function share(x) {
	return `${fixed(x * 100, 1)}%`;
}

/** A whole number with a comma between thousands. */
function count(n) {
	return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Seconds by which the router's clock is ahead of UTC at `unix_s`; `offsets` are pairs of [unix_s, from then on]. */
function offset(unix_s, offsets) {
	let found = offsets && offsets.length ? offsets[0][1] : 0;

	for (const [ from_unix_s, utc_offset_s ] of offsets || [])
		if (from_unix_s <= unix_s)
			found = utc_offset_s;

	return found;
}

/** `2026-11-23T17:05:00` of the router's local time. */
function local(unix_s, offsets) {
	return new Date((unix_s + offset(unix_s, offsets)) * 1000).toISOString().slice(0, 19);
}

/** Local date and time of a minute: `2026-11-23 17:05`. */
function time(unix_s, offsets) {
	return local(unix_s, offsets).slice(0, 16).replace('T', ' ');
}

/** Local date: `2026-11-23`. */
function day(unix_s, offsets) {
	return local(unix_s, offsets).slice(0, 10);
}

/** What the router's clock goes by at `unix_s`: `UTC+02:00`. */
function zone(unix_s, offsets) {
	const minutes = Math.round(offset(unix_s, offsets) / 60), size = Math.abs(minutes);
	const [ hours, rest ] = [ Math.floor(size / 60), size % 60 ].map(n => String(n).padStart(2, '0'));

	return minutes ? `UTC${minutes < 0 ? '-' : '+'}${hours}:${rest}` : 'UTC';
}

/** `text` with everything that could turn or break a line made visible. */
function escaped(text) {
	return text.replace(UNPRINTABLE, c => {
		const code = c.codePointAt(0), hex = code.toString(16);

		if (c === ' ')
			return c;

		return SHORT[c] || (code < 0x100 ? `\\x${hex.padStart(2, '0')}`
			: code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`);
	});
}

/** `text` of at most `size` characters: what is too much goes from the middle, as both ends of a name tell it. */
function shortened(text, size) {
	const letters = Array.from(text);

	if (letters.length <= size)
		return text;

	return letters.slice(0, Math.ceil((size - 1) / 2)).join('') + '…' +
		letters.slice(letters.length - Math.floor((size - 1) / 2)).join('');
}

/** `text` with each `{name}` replaced by that one of `values`. */
function filled(text, values) {
	return text.replace(/\{(\w+)\}/g, (whole, name) => name in values ? values[name] : whole);
}

/** `text` as a sentence: a capital letter first, a full stop last. */
function sentence(text) {
	const end = /[.!?。！？]$/.test(text) ? '' : /[\u3000-\u9fff\uff00-\uffef]$/.test(text) ? '。' : '.';

	return text && text[0].toLocaleUpperCase() + text.slice(1) + end;
}

/** One cell as a person reads it. */
function value(v, unit, offsets) {
	if (v === null || v === undefined)
		return '-';

	if (Array.isArray(v))
		return v.length ? escaped(String(v[0])) + (v.length > 1 ? ` +${v.length - 1}` : '') : '-';

	if (typeof(v) === 'number') {
		if (v === -1 && [ 'port', 'l4_proto', 'qtype' ].includes(unit))
			return _('(other)');

		switch (unit) {
		case 'bytes': return bytes(v);
		case 'unix_s': return time(v, offsets);
		case 'day_unix_s': return day(v, offsets);
		case 'l4_proto': return PROTOCOLS[v] || String(v);
		case 'qtype': return QTYPES[v] || String(v);
		case 'direction': return DIRECTIONS[v] || String(v);
		case 'count': case 'packets': return count(v);
		case 'share': return share(v);
		}
	}

	return escaped(String(v)) || '-';
}

return baseclass.extend({
	bytes, rate, share, count, offset, local, time, day, zone, escaped, shortened, filled, sentence, value,

	/** True where a column of it is set to the right. */
	isNumber(unit) {
		return NUMBERS.includes(unit);
	}
});
