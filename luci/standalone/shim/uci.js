/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require traffic-analyzer.api as api';

/** The one section that there is: what the running collector keeps to, as UCI would have it. Nothing is written. */
return baseclass.extend({
	/** An Error of api's is passed on. */
	load() {
		return api.settings().then((settings) => {
			this.collector = { '.name': 'collector', '.type': 'collector' };

			for (const { name, value } of settings)
				this.collector[name] = value == null ? null : Array.isArray(value) ? value : `${value}`;
		});
	},

	get(_config, section, option) {
		if (section != 'collector')
			return null;

		return option == null ? this.collector : this.collector[option] ?? null;
	},

	add() {}
});
