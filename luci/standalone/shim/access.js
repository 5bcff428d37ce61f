/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';

const KEPT_AS = 'traffic-analyzer.token';

/** The token: it comes with the link, behind #, which no browser sends, and is kept for this origin. */
return baseclass.extend({
	/** Takes the token out of the address. */
	__init__() {
		window.addEventListener('hashchange', () => this.take() && window.location.reload());
		this.take();
	},

	take() {
		const given = new URLSearchParams(window.location.hash.slice(1));
		const token = given.get('token');

		if (!token)
			return false;

		given.delete('token');
		this.kept = token;

		try { window.localStorage.setItem(KEPT_AS, token) }
		catch (error) { console.warn(error) }

		window.history.replaceState(null, '', window.location.pathname + (given.toString() ? '#' + given : ''));

		return true;
	},

	/** What is sent with each question; null: none is known. */
	token() {
		try { return window.localStorage.getItem(KEPT_AS) ?? this.kept ?? null }
		catch (error) { return this.kept ?? null }
	}
});
