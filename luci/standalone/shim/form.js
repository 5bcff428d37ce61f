/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require dom';
'require uci';

/* LuCI's form as far as it can be read: declared in the same way, drawn as text. */

const Option = baseclass.extend({
	__init__(map, section, name, title, description) {
		Object.assign(this, { map, section, option: name, title, description });
	},

	value() {},

	depends() {},

	/** The value as text; empty: there is none, and the help says what that means. */
	text() {
		return [].concat(uci.get(this.map.config, this.section, this.option) ?? []).join(', ');
	},

	render() {
		const text = this.text();
		const said = text ? [ E('output', [ text ]) ] : [];

		if (!text || text == this.placeholder)
			said.push(E('em', [ _('default') ]));

		return E('div', { 'class': 'cbi-value', 'data-name': this.option }, [
			E('div', { 'class': 'cbi-value-title' }, [ this.title ]),
			E('div', { 'class': 'cbi-value-field' }, [
				...said,
				E('div', { 'class': 'cbi-value-description' }, [ this.description ?? '' ])
			])
		]);
	}
});

const NamedSection = baseclass.extend({
	__init__(map, section) {
		Object.assign(this, { map, section, tabs: [], options: {} });
	},

	tab(name, title) {
		this.tabs.push({ name, title });
		this.options[name] = [];
	},

	taboption(tab, Kind, name, title, description) {
		const option = new Kind(this.map, this.section, name, title, description);

		this.options[tab].push(option);

		return option;
	},

	/** One block for each tab; all are seen, as there is room. */
	render() {
		return this.tabs.map(({ name, title }) => E('section', { 'class': 'cbi-section', 'data-tab': name }, [
			E('h3', [ title ]),
			...this.options[name].map((option) => option.render())
		]));
	}
});

const FormMap = baseclass.extend({
	__init__(config, title, description) {
		Object.assign(this, { config, title, description, sections: [] });
	},

	section(Kind, type, name) {
		const section = new Kind(this, name);

		this.sections.push(section);

		return section;
	},

	render() {
		const root = E('div', { 'class': 'cbi-map', 'id': `cbi-${this.config}` }, [
			E('h2', [ this.title ]),
			E('div', { 'class': 'cbi-map-descr' }, [ this.description ])
		]);

		this.sections.forEach((section) => dom.append(root, section.render()));

		return Promise.resolve(root);
	}
});

return baseclass.extend({
	Map: FormMap,
	NamedSection,
	GridSection: NamedSection,
	Value: Option,
	ListValue: Option,
	DynamicList: Option
});
