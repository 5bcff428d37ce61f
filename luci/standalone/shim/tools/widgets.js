/* SPDX-License-Identifier: GPL-2.0-only */
'use strict';
'require baseclass';
'require form';

/** Nothing is picked here, so a device is drawn as its name. */
return baseclass.extend({
	DeviceSelect: form.DynamicList
});
