// One field of a record (GlideElement): text when used as text, a record to walk into when it refers to one.
(function (global, inside) {
  'use strict';

  inside.ask = function (name) {
    return JSON.parse(inside.call(name, JSON.stringify(Array.prototype.slice.call(arguments, 1))));
  };

  inside.text = function (value) {
    return value === null || value === undefined ? '' : String(value);
  };

  var described = {};
  // What the dictionary says of a table; nothing for one that is not there.
  inside.table = function (name) {
    if (!(name in described)) described[name] = inside.ask('table', name);
    return described[name];
  };

  var ask = inside.ask, text = inside.text;

  function Element(record, name, column) {
    Object.defineProperty(this, '__', { value: { record: record, name: name, column: column } });
  }

  Element.prototype = {
    constructor: Element,
    toString: function () { return this.__.record.__.value(this.__.name); },
    valueOf: function () { return this.toString(); },
    toJSON: function () { return this.toString(); },
    nil: function () { return this.toString() === ''; },
    hasValue: function () { return !this.nil(); },
    getValue: function () { return this.toString(); },
    getName: function () { return this.__.name; },
    getLabel: function () { return this.__.column.label; },
    getTableName: function () { return this.__.record.getTableName(); },
    getED: function () {
      var own = this.__;
      return {
        getName: function () { return own.name; },
        getLabel: function () { return own.column.label; },
        getInternalType: function () { return own.column.type; },
        getReference: function () { return text(own.column.reference); },
        getTableName: function () { return own.record.getTableName(); }
      };
    },
    getDisplayValue: function () { return this.__.record.getDisplayValue(this.__.name); },
    getHTMLValue: function () { return this.getDisplayValue(); },
    getDecryptedValue: function () { return this.toString(); },
    setValue: function (value) { this.__.record.setValue(this.__.name, value); },
    setDisplayValue: function (value) { this.__.record.setDisplayValue(this.__.name, value); },
    setError: function (message) { ask('message', true, text(message)); },
    changes: function () { return this.__.name in this.__.record.__.changes; },
    changesTo: function (value) { return this.changes() && this.__.record.__.changes[this.__.name] === text(value); },
    changesFrom: function (value) {
      var before = this.__.record.__.previous;
      return this.changes() && before !== null && text(before[this.__.name]) === text(value);
    },
    getReferenceTable: function () { return text(this.__.column.reference); },
    getRefRecord: function () {
      var found = new global.GlideRecord(this.__.column.reference);
      if (!this.nil()) found.get(this.toString());
      return found;
    },
    // 1 is the newest entry alone, anything else all of them, newest first.
    getJournalEntry: function (mode) {
      var entries = ask('journal', this.__.record.getUniqueValue(), this.__.name);
      return mode === 1 ? text(entries[0]) : entries.join('');
    },
    getGlideObject: function () { return new global.GlideDateTime(this.toString()); },
    dateNumericValue: function () { return this.getGlideObject().getNumericValue(); },
    canRead: function () { return true; },
    canWrite: function () { return true; },
    canCreate: function () { return true; }
  };
  global.GlideElement = Element;

  // On the platform a boolean field equals true and 'true' alike. JavaScript gives an object one primitive
  // value only, so that a comparison of a field with true or false itself is rewritten before a script runs.
  Object.defineProperty(global, '__plain', {
    value: function (value) {
      var isBoolean = value instanceof Element && value.__.column.type === 'boolean';
      return isBoolean ? value.toString() === 'true' : value;
    }
  });
  var COMPARED = /(^|[^\w$.'"])((?:[A-Za-z_$][\w$]*\.)+[A-Za-z_$][\w$]*)(\s*[!=]=\s*)(true|false)\b/g;
  inside.prepared = function (source) { return source.replace(COMPARED, '$1__plain($2)$3$4'); };

  inside.element = function (record, name, column) {
    var own = new Element(record, name, column);
    if (!column.reference) return own;
    return new Proxy(own, {
      get: function (target, key) {
        if (typeof key !== 'string' || key in target) return target[key];
        return target.getRefRecord()[key];
      }
    });
  };
})
