'use strict';
'require view';
'require traffic-analyzer.api as api';
'require traffic-analyzer.theme as theme';

return view.extend({
	load() {
		return api.settings();
	},

	render(settings) {
		return theme.apply(E('div', { 'class': 'ta' }, [ E('p', [ `${settings.length} settings` ]) ]));
	},

	handleSave: null
});
