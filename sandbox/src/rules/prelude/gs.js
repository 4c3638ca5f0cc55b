// `gs` (GlideSystem): settings, the session, the log, events, texts.
(function (global, inside) {
  'use strict';
  var ask = inside.ask, text = inside.text;
  var session = ask('session');

  function filled(message, values) {
    if (values.length === 1 && Array.isArray(values[0])) values = values[0];
    return text(message).replace(/\{(\d)\}/g, function (all, n) { return n in values ? text(values[n]) : all; });
  }

  function say(level) {
    return function (message) { ask('log', level, filled(message, Array.prototype.slice.call(arguments, 1)), null); };
  }

  // In global scope the second argument names the source of the line.
  function note(level) {
    return function (message, source) { ask('log', level, text(message), source === undefined ? null : text(source)); };
  }

  function tell(error) { return function (message) { ask('message', error, text(message)); }; }

  function moment(seconds) { return inside.stamp(ask('now') + seconds * 1000); }
  function ago(size) { return function (amount) { return moment(-amount * size); }; }

  function hasRole(roles) { return ask('hasRole', text(roles)); }

  var user = {
    getID: function () { return session.id; },
    getName: function () { return session.userName; },
    getUserName: function () { return session.userName; },
    getDisplayName: function () { return session.name; },
    getFullName: function () { return session.name; },
    getRecord: function () { var found = new global.GlideRecord('sys_user'); found.get(session.id); return found; },
    getEmail: function () { return text(user.getRecord().getValue('email')); },
    getFirstName: function () { return text(user.getRecord().getValue('first_name')); },
    getLastName: function () { return text(user.getRecord().getValue('last_name')); },
    getCompanyID: function () { return text(user.getRecord().getValue('company')); },
    isMemberOf: function (group) {
      var member = new global.GlideRecord('sys_user_grmember');
      member.addQuery('user', session.id);
      member.addQuery('group', group).addOrCondition('group.name', group);
      member.setLimit(1);
      member.query();
      return member.next();
    },
    hasRole: hasRole
  };

  var kept = {};
  var here = {
    isInteractive: function () { return session.interactive; },
    isLoggedIn: function () { return true; },
    getLanguage: function () { return 'en'; },
    getTimeZoneName: function () { return 'GMT'; },
    hasRole: hasRole,
    getUser: function () { return user; },
    getUserID: user.getID,
    getUserName: user.getUserName,
    putClientData: function (name, value) { kept[name] = text(value); },
    getClientData: function (name) { return name in kept ? kept[name] : null; },
    putProperty: function (name, value) { kept[name] = text(value); },
    getProperty: function (name) { return name in kept ? kept[name] : null; }
  };

  function base64Encode(value) { return ask('base64', text(value)); }
  function base64Decode(value) { return ask('unbase64', text(value)); }
  function nil(value) { return text(value) === ''; }

  // Events live as rows of `sysevent`; without a time they are due at once.
  function queue(name, record, parm1, parm2, when) {
    var about = record ? { table: record.getTableName(), id: record.getUniqueValue() } : { table: '', id: '' };
    var due = when === undefined || when === null ? null : new global.GlideDateTime(text(when)).getNumericValue();
    ask('queue', text(name), about.table, about.id, text(parm1), text(parm2), due);
  }

  global.gs = {
    getProperty: function (name, otherwise) {
      var value = ask('property', text(name));
      return value === null || value === '' ? (otherwise === undefined ? '' : otherwise) : value;
    },
    setProperty: function (name, value) { ask('setProperty', text(name), text(value)); },
    getUser: function () { return user; },
    getUserName: user.getUserName,
    getUserID: user.getID,
    getUserDisplayName: user.getDisplayName,
    getSession: function () { return here; },
    getSessionID: function () { return ''; },
    isInteractive: here.isInteractive,
    isLoggedIn: here.isLoggedIn,
    hasRole: hasRole,
    getCurrentScopeName: function () { return 'rhino.global'; },
    getCallerScopeName: function () { return null; },

    info: say(0), debug: say(0), warn: say(1), error: say(2),
    log: note(0), print: note(0), logWarning: note(1), logError: note(2),
    isDebugging: function () { return false; },
    getMessage: function (message) { return filled(message, Array.prototype.slice.call(arguments, 1)); },
    addInfoMessage: tell(false),
    addErrorMessage: tell(true),
    flushMessages: function () { ask('forgetMessages'); },

    eventQueue: function (name, record, parm1, parm2) { queue(name, record, parm1, parm2, null); },
    eventQueueScheduled: queue,

    nowDateTime: function () { return moment(0); },
    nowNoTZ: function () { return moment(0); },
    now: function () { return moment(0).slice(0, 10); },
    secondsAgo: ago(1), minutesAgo: ago(60), hoursAgo: ago(3600), daysAgo: ago(86400),
    monthsAgo: function (amount) { var at = new global.GlideDateTime(); at.addMonths(-amount); return at.getValue(); },
    yearsAgo: function (amount) { var at = new global.GlideDateTime(); at.addYears(-amount); return at.getValue(); },
    beginningOfToday: function () { return moment(0).slice(0, 10) + ' 00:00:00'; },
    endOfToday: function () { return moment(0).slice(0, 10) + ' 23:59:59'; },
    dateDiff: function (start, end, numeric) {
      var span = global.GlideDateTime.subtract(new global.GlideDateTime(start), new global.GlideDateTime(end));
      return numeric ? String(Math.floor(span.getNumericValue() / 1000)) : span.getDurationValue();
    },
    // A script that sleeps holds up everybody, and scoped scripts on the platform may not either.
    sleep: function () { throw new Error('gs.sleep is not allowed here'); },

    generateGUID: function () { return ask('guid'); },
    base64Encode: base64Encode,
    base64Decode: base64Decode,
    urlEncode: function (value) { return encodeURIComponent(text(value)).replace(/%20/g, '+'); },
    urlDecode: function (value) { return decodeURIComponent(text(value).replace(/\+/g, ' ')); },
    nil: nil,
    tableExists: function (name) { return inside.table(text(name)) !== null; },
    include: function () {}
  };

  global.GlideStringUtil = {
    base64Encode: base64Encode,
    base64Decode: base64Decode,
    nil: nil,
    notNil: function (value) { return !nil(value); },
    isEligibleSysID: function (value) { return /^[0-9a-f]{32}$/.test(text(value)); },
    escapeHTML: function (value) {
      return text(value).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
    },
    unEscapeHTML: function (value) {
      return text(value).replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&');
    }
  };
})
