// What this one script finds: its records, the script includes, and what it leaves behind.
(function (global, inside) {
  'use strict';
  var text = inside.text, input = JSON.parse(inside.input);
  var redirect = null, own = null;

  function loaded(about) {
    if (about === null) return null;
    var record = new global.GlideRecord(about.table);
    inside.load(record, about.row);
    return record;
  }

  Object.keys(input.records).forEach(function (name) { global[name] = loaded(input.records[name]); });
  if (input.current) {
    var current = loaded(input.current);
    own = current.__;
    own.changes = input.current.changes;
    own.previous = input.current.previous;
    own.operation = input.current.operation;
    own.unsaved = input.current.unsaved;
    own.isNew = own.unsaved && own.operation === 'insert';
    Object.keys(input.current.typed).forEach(function (name) { current.setValue(name, input.current.typed[name]); });
    global.current = current;
  }

  global.global = global;
  global.action = {
    setRedirectURL: function (target) {
      redirect = target && target.getLink ? target.getLink(true) : text(target);
    },
    setReturnURL: function (target) { this.setRedirectURL(target); },
    openGlideRecord: function (record) { this.setRedirectURL(record); },
    setNoReturn: function () {}
  };

  // Each script include is loaded when its name is first used, under the scope that it belongs to.
  inside.ask('includes').forEach(function (full) {
    var dot = full.lastIndexOf('.'), scope = full.slice(0, Math.max(dot, 0)), name = full.slice(dot + 1);
    var holder = global;
    if (scope !== '' && scope !== 'global') holder = global[scope] = global[scope] || {};
    if (Object.prototype.hasOwnProperty.call(holder, name)) return;
    Object.defineProperty(holder, name, {
      configurable: true, enumerable: false,
      get: function () {
        set(undefined);
        inside.evaluate(full, inside.prepared(text(inside.ask('include', full))));
        if (holder !== global) set(global[name]);
        return holder[name];
      },
      set: set
    });
    function set(value) {
      Object.defineProperty(holder, name, { configurable: true, enumerable: false, writable: true, value: value });
    }
  });

  inside.outcome = function (ran) {
    return JSON.stringify({
      set: own && own.unsaved ? own.written : {},
      aborted: own !== null && own.aborted,
      redirect: redirect,
      ran: ran
    });
  };
})
