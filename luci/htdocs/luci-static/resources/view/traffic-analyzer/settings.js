/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require view';
'require dom';
'require form';
'require poll';
'require uci';
'require tools.widgets as widgets';
'require traffic-analyzer.settings as declared';
'require traffic-analyzer.theme as theme';
'require traffic-analyzer.units as units';

const CONFIG = 'traffic-analyzer';
const RETRY_S = 3;

const SIZE = /^(?=.*[1-9])[0-9]{1,15}(?:\.[0-9]{1,9})? ?(?:[kmgtp]i?)?b$/i;

/* What is more than its kind: how it looks, and what to do where it does not. */
const SHAPES = {
	role: {
		like: 'eth1=wan',
		pattern: /^[^\s\/=]{1,15}=(?:lan|wan|host)$/,
		otherwise: () => _('Write it as eth1=wan: an interface, and lan, wan or host.')
	},
	web_listen: {
		pattern: /^(?:off|(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[0-9]{1,3}\.){3}[0-9]{1,3}):(?!0+$)(?:[0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))$/,
		otherwise: () => _('Write it as 127.0.0.1:8377: an address and a port; or off.')
	}
};

const KINDS = {
	integer: (option, setting) => { option.datatype = `and(integer,range(${setting.minimum},${setting.maximum}))` },
	choice: (option, setting) => setting.choices.forEach((choice) => option.value(choice)),
	list: (option, setting) => setting.choices.forEach((choice) => option.value(choice))
};

/** The widget of a declared setting. */
function widget(setting) {
	if (setting.name == 'iface')
		return widgets.DeviceSelect;

	return { list: form.DynamicList, choice: form.ListValue }[setting.kind] ?? form.Value;
}

/** The help of a setting as a sentence; on the page without LuCI also its flag. */
function description(setting) {
	const sentence = units.sentence(setting.help);

	return L.env.is_standalone
		? E('span', [ sentence, ' ', E('code', [ `--${setting.name.replace(/_/g, '-')}` ]) ])
		: sentence;
}

/** Lets nothing be saved that `validate` refuses: LuCI takes into a list what was entered without a key, as by pasting. */
function refused(option, shape) {
	const { isValid, getValidationError } = option;

	option.isValid = function(id) {
		return isValid.call(this, id) && [].concat(this.formvalue(id) ?? []).every((one) => this.validate(id, one) === true);
	};
	option.getValidationError = function(id) {
		return getValidationError.call(this, id) || shape.otherwise();
	};
}

function addSettings(map) {
	const section = map.section(form.NamedSection, 'collector', 'collector');

	declared.tabs.forEach(({ name, title }) => section.tab(name, title));

	for (const setting of declared.settings) {
		const shape = SHAPES[setting.name];
		const option = section.taboption(setting.tab, widget(setting), setting.name, setting.title, description(setting));

		option.rmempty = true;
		option.optional = true;
		option.placeholder = setting.default == null ? null : `${setting.default}`;
		KINDS[setting.kind]?.(option, setting);

		if (setting.name == 'iface') {
			option.multiple = true;
			option.noaliases = true;
		}
		else if (shape) {
			option.placeholder ??= shape.like;
			option.validate = (_id, value) => !value || shape.pattern.test(value) || shape.otherwise();
			refused(option, shape);
		}
	}
}

function addDevices(map) {
	const section = map.section(form.GridSection, 'device', _('Names of devices'),
		_('Your own names go before those that devices and leases say.'));
	let option;

	section.addremove = true;
	section.anonymous = true;
	section.sortable = true;
	section.nodescriptions = true;
	section.addbtntitle = _('Name a device');
	section.modaltitle = _('Device');

	option = section.option(form.Value, 'name', _('Name'));
	option.rmempty = false;

	option = section.option(form.Value, 'mac', _('MAC address'));
	option.datatype = 'macaddr';
	option.placeholder = 'aa:bb:cc:dd:ee:ff';
	option.onchange = function(_event, id) {
		this.section.getOption('address').triggerValidation(id);
	};

	option = section.option(form.Value, 'address', _('IP address'), _('Where there is no MAC address, as on a tunnel.'));
	option.datatype = 'ipaddr("nomask")';
	option.placeholder = '10.8.0.2';
	option.validate = function(id, value) {
		return value || this.section.formvalue(id, 'mac') ? true : _('Give a MAC address or an IP address.');
	};
}

function addQuotas(map) {
	const section = map.section(form.GridSection, 'quota', _('Quotas'),
		_('Each warns once at a part of its limit and once at all of it: in the log, in the status, and by a program of yours.'));
	let option;

	section.addremove = true;
	section.nodescriptions = true;
	section.addbtntitle = _('Add a quota');
	section.modaltitle = _('Quota');

	option = section.option(form.Value, 'limit', _('Bytes allowed'), _('Bytes with a unit: kB to PB, or KiB to PiB.'));
	option.placeholder = '500GB';
	option.rmempty = false;
	option.validate = (_id, value) => SIZE.test(value) || _('Write a size with its unit, as 500GB or 500GiB.');

	option = section.option(form.ListValue, 'period', _('Period'));
	option.default = 'month';
	shown(option, _('Month'), { month: _('Month'), week: _('Week'), day: _('Day') });

	option = section.option(form.Value, 'start_day', _('Months begin on day'));
	option.datatype = 'and(integer,range(1,31))';
	option.placeholder = '1';
	option.depends('period', 'month');
	option.modalonly = true;

	option = section.option(form.Value, 'device', _('Device'), _('A MAC or an IP address. Empty: all.'));
	option.datatype = 'or(macaddr,ipaddr("nomask"))';
	shown(option, _('all'));

	option = section.option(widgets.DeviceSelect, 'network', _('Interface'), _('Empty: all.'));
	option.noaliases = true;
	option.depends('device', '');
	shown(option, _('all'));

	option = section.option(form.ListValue, 'direction', _('Direction'));
	option.default = 'both';
	shown(option, _('Both'), { both: _('Both'), down: _('Download'), up: _('Upload') });

	option = section.option(form.Value, 'warn_percent', _('Warn at (percent)'));
	option.datatype = 'and(integer,range(1,100))';
	option.placeholder = '80';
	shown(option, '80');

	option = section.option(form.Value, 'hook', _('Program'), _('Started without a shell when a part is used up; it finds what happened in its environment.'));
	option.placeholder = '/etc/quota.sh';
	option.modalonly = true;
	option.validate = (_id, value) => !value || value.startsWith('/') || _('Write a path from / on.');
}

/** Lets a table show *otherwise* where *option* is not set, and the titles of choices instead of their names. */
function shown(option, otherwise, titles) {
	const written = option.textvalue;

	option.textvalue = function(id) {
		const value = this.cfgvalue(id);

		return value == null ? otherwise : titles?.[value] ?? written.call(this, id);
	};

	for (const value in titles ?? {})
		option.value(value, titles[value]);
}

/** The form of what uci has loaded. */
function draw() {
	const map = new form.Map(CONFIG, _('Settings'), L.env.is_standalone
		? _('What the running collector keeps to. To change a value, start it with the flag that stands below; your own names of devices, and quotas, are in /etc/config/traffic-analyzer or the file that --config names.')
		: _('What the collector keeps to. A field that is left empty has the value that it shows in grey.'));

	if (!uci.get(CONFIG, 'collector'))
		uci.add(CONFIG, 'collector', 'collector');

	addSettings(map);

	if (!L.env.is_standalone) {
		addDevices(map);
		addQuotas(map);
	}

	return map.render();
}

/** What to do where uci cannot load our file. */
function explain(error) {
	return E('div', { 'class': 'alert-message warning' }, [ E('p', [ L.env.is_standalone
		? error.message
		: _('The file /etc/config/traffic-analyzer cannot be read. Make an empty one with “touch /etc/config/traffic-analyzer”, then load this page again.')
	]) ]);
}

return view.extend({
	load() {
		return uci.load(CONFIG).then(() => null, (error) => error);
	},

	render(error) {
		const root = theme.apply(E('div', { 'class': 'ta ta-settings' }));
		const put = (node) => dom.content(root, node);
		const retry = () => uci.load(CONFIG).then(() => {
			poll.remove(retry);

			return draw().then(put);
		}, (again) => put(explain(again)));

		if (!error)
			return draw().then(put).then(() => root);

		put(explain(error));
		poll.add(retry, RETRY_S);

		return root;
	}
});
