/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require access';

const BASE = '/api/v1/';
const WAIT_MS = 20000;
const CODES = { 400: 'refused', 401: 'token', 403: 'token', 404: 'refused', 503: 'unreadable' };

/** Path and parameters of what rpcd's plugin would ask for. */
function question(method, params) {
	const asked = new URLSearchParams();
	let path = method;

	for (const name in params) {
		if (method == 'report' && name == 'name')
			path = 'reports/' + encodeURIComponent(params.name);
		else
			for (const value of [].concat(params[name] ?? []))
				asked.append(name, value);
	}

	return BASE + path + (asked.toString() ? '?' + asked : '');
}

/** The endpoint's answer, or `{error: {code, text}}` as rpcd's plugin gives it. */
async function ask(method, params) {
	const trouble = (code, text, why) => ({ error: { code, text, reason: why?.reason, subject: why?.subject } });
	const token = await access.token();
	const giveUp = new AbortController();
	const timer = window.setTimeout(() => giveUp.abort(), WAIT_MS);

	if (!token)
		return trouble('token', 'no token');

	try {
		const answer = await fetch(question(method, params), {
			headers: { 'Authorization': `Bearer ${token}` },
			signal: giveUp.signal
		});
		const said = await answer.json();

		return answer.ok ? said : trouble(CODES[answer.status] ?? 'broken', said.error, said);
	}
	catch (error) {
		return error instanceof SyntaxError ? trouble('broken', error.message) :
			trouble(giveUp.signal.aborted ? 'slow' : 'stopped', error.message);
	}
	finally {
		window.clearTimeout(timer);
	}
}

return baseclass.extend({
	/** A function of *params*, in their order, that asks *method* of the object `traffic-analyzer`. */
	declare({ object, method, params, expect }) {
		return async (...args) => {
			if (object != 'traffic-analyzer')
				throw new Error(`RPC call to ${object}/${method} failed with error -32000: Object not found`);

			const given = {};

			(params ?? []).forEach((name, at) => { given[name] = args[at] });

			let answer = await ask(method, given);

			for (const key in expect ?? {}) {
				if (answer != null && key != '')
					answer = answer[key];

				if (Object.prototype.toString.call(answer) != Object.prototype.toString.call(expect[key]))
					answer = expect[key];
			}

			return answer;
		};
	}
});
