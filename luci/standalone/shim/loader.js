/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';

/* Stands in for LuCI's loader: modules were wrapped at build by hack/compile-page, so that nothing is fetched or evaluated. */
(function() {
	const factories = {};
	const instances = {};
	const words = { language: 'en', known: {} };

	/** LuCI's class: `extend` it, `new` it; `__init__` is the constructor. */
	const Class = Object.assign(function() {}, {
		extend(members) {
			const Made = function(...args) {
				if (this.__init__)
					this.__init__(...args);
			};

			Made.prototype = Object.assign(Object.create(this.prototype), members, { constructor: Made });

			return Object.assign(Made, this);
		},

		isSubclass(value) {
			return typeof(value) == 'function' && value.prototype instanceof this;
		}
	});

	/** Notes module *name*; *factory* is called with L and what it *needs*, when it is needed first. */
	window.define = function(name, needs, factory) {
		factories[name] = { needs, factory };
	};

	/** The one instance of module *name*; where its factory gives no class, what it gives. */
	function load(name) {
		if (!(name in instances)) {
			const { needs, factory } = factories[name];
			const made = factory(L, ...needs.map(load));

			instances[name] = Class.isSubclass(made) ? new made() : made;
		}

		return instances[name];
	}

	const spaces = (text) => String(text).trim().replace(/[ \t\n]+/g, ' ');
	const keyed = (text, context) => (context != null ? spaces(context) + '\u0001' : '') + spaces(text);

	instances.baseclass = Class;

	window.L = {
		/** What the host is; `is_standalone` is only here. */
		env: { is_standalone: true },

		require: (name) => Promise.resolve().then(() => load(name)),

		/** admin/status/traffic-analyzer/explore is /explore here. */
		url: (...parts) => '/' + parts.join('/').split('/').pop(),
		resource: (...parts) => '/static/' + parts.join('/').split('/').pop()
	};

	/** Speaks *language* from now on; *known* maps English, behind context and U+0001 where it has one, to it. */
	window.speak = function(language, known) {
		Object.assign(words, { language, known });
		document.documentElement.lang = language;
	};

	window.E = (...args) => load('dom').create(...args);
	window._ = (text, context) => words.known[keyed(text, context)] || text;

	/** *one* or *many*, as *n* takes it; plural forms of a translation stand in the order of their categories in CLDR. */
	window.N_ = function(n, one, many, context) {
		const rules = new Intl.PluralRules(words.language);
		const known = words.known[keyed(one, context) + '\u0002'];
		const order = [ 'zero', 'one', 'two', 'few', 'many', 'other' ];
		const categories = order.filter((category) => rules.resolvedOptions().pluralCategories.includes(category));

		return known ? known[Math.min(categories.indexOf(rules.select(n)), known.length - 1)] : n == 1 ? one : many;
	};

	/** Of LuCI's formats those that our modules use: %s, %d, %.1f and %%. */
	Object.defineProperty(String.prototype, 'format', { value(...args) {
		return this.replace(/%(?:\.(\d+))?([sdf%])/g, (_all, digits, kind) => {
			if (kind == '%')
				return '%';

			const value = args.shift();

			return kind == 's' ? `${value}` : kind == 'd' ? Math.floor(+value || 0).toFixed(0) :
				digits ? (+value || 0).toFixed(+digits) : `${+value || 0}`;
		});
	} });
})();
