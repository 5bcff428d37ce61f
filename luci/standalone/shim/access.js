/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

const KEPT_AS = 'traffic-analyzer.token';

/** True where the collector takes *token*. */
async function isTaken(token) {
	try {
		return (await fetch('/api/v1/settings', { headers: { 'Authorization': `Bearer ${token}` } })).ok;
	}
	catch (error) {
		return false;
	}
}

/**
 * The token: it comes with the link, behind #, which no browser sends, and is kept for this origin. Anybody can make a
 * link: where a token is kept, another takes its place when the collector has taken it.
 */
return baseclass.extend({
	/** Takes the token out of the address. */
	__init__() {
		window.addEventListener('hashchange', async () => await this.take() && window.location.reload());
		this.given = this.take();
	},

	/** True where a token was given, and is kept from now on. */
	async take() {
		const given = new URLSearchParams(window.location.hash.slice(1));
		const token = given.get('token'), kept = this.kept();

		if (!token)
			return false;

		given.delete('token');
		window.history.replaceState(null, '', window.location.pathname + (given.toString() ? '#' + given : ''));

		if (kept && (token == kept || !await isTaken(token)))
			return false;

		this.held = token;

		try { window.localStorage.setItem(KEPT_AS, token) }
		catch (error) { console.warn(error) }

		return true;
	},

	kept() {
		try { return window.localStorage.getItem(KEPT_AS) ?? this.held ?? null }
		catch (error) { return this.held ?? null }
	},

	/** What is sent with each question; null: none is known. */
	async token() {
		await this.given;

		return this.kept();
	}
});
