// One record (GlideRecord): its fields, and saving it. Searching is in search.js.
(function (global, inside) {
  'use strict';
  var ask = inside.ask, text = inside.text;
  var shapes = {};

  // The prototype of a table's records: a property for each column. It is made once for each table.
  function shape(table) {
    if (shapes[table]) return shapes[table];
    var prototype = Object.create(GlideRecord.prototype);
    var columns = (inside.table(table) || { columns: {} }).columns;
    Object.keys(columns).forEach(function (name) {
      if (name in GlideRecord.prototype) return;
      Object.defineProperty(prototype, name, {
        configurable: true, enumerable: true,
        get: function () { return inside.element(this, name, columns[name]); },
        set: function (value) { this.setValue(name, value); }
      });
    });
    shapes[table] = prototype;
    return prototype;
  }

  function State(table, about) {
    this.table = table;
    this.about = about;
    this.row = {};
    // What the script has set since the row was read.
    this.written = {};
    // These three only for the record that a rule runs on.
    this.changes = {};
    this.previous = null;
    this.operation = null;
    this.unsaved = false;
    this.isNew = false;
    this.aborted = false;
    this.failure = '';
    this.manner = { workflow: true, stamps: true, secure: false };
    this.search = null;
  }
  // A journal has no value of its own, only the text that is being added.
  State.prototype.value = function (name) {
    var column = this.about.columns[name];
    if (!column || column.type !== 'journal_input') return text(this.row[name]);
    return text(name in this.written ? this.written[name] : this.changes[name]);
  };

  function GlideRecord(table) {
    table = text(table);
    var about = inside.table(table) || { label: '', display: '', ancestors: [], columns: {} };
    var made = Object.create(shape(table));
    Object.defineProperty(made, '__', { value: new State(table, about) });
    return made;
  }

  inside.load = function (record, row) {
    record.__.row = row;
    record.__.written = {};
    record.__.isNew = false;
  };

  inside.methods = function (constructor, methods) {
    Object.keys(methods).forEach(function (name) {
      Object.defineProperty(constructor.prototype, name, {
        value: methods[name], writable: true, configurable: true, enumerable: false
      });
    });
  };

  // Saving answers with the sys_id, or with nothing and the reason in getLastErrorMessage().
  function saved(record, save) {
    try {
      inside.load(record, save());
      return record.getUniqueValue();
    } catch (failure) {
      record.__.failure = failure.message;
      ask('log', 2, record.__.table + ': ' + failure.message);
      return null;
    }
  }

  inside.methods(GlideRecord, {
    getValue: function (name) {
      if (!this.isValidField(name)) return null;
      var value = this.__.value(name);
      return value === '' ? null : value;
    },
    setValue: function (name, value) {
      if (!this.isValidField(name)) return;
      this.__.row[name] = text(value);
      this.__.written[name] = text(value);
    },
    getDisplayValue: function (name) {
      if (name && !this.isValidField(name)) return null;
      return ask('display', this.__.table, this.__.row, text(name));
    },
    setDisplayValue: function (name, value) {
      var reference = this.isValidField(name) && this.__.about.columns[name].reference;
      var display = reference && inside.table(reference).display;
      if (!display) return this.setValue(name, value);
      var found = new GlideRecord(reference);
      this.setValue(name, found.get(display, value) ? found.getUniqueValue() : '');
    },
    getElement: function (name) {
      var column = this.__.about.columns[name];
      return column ? inside.element(this, name, column) : null;
    },
    getElements: function () {
      return Object.keys(this.__.about.columns).map(function (name) { return this.getElement(name); }, this);
    },
    getUniqueValue: function () { return text(this.__.row.sys_id); },
    setNewGuidValue: function (id) { this.__.row.sys_id = text(id); },
    getTableName: function () { return this.__.table; },
    getRecordClassName: function () { return text(this.__.row.sys_class_name) || this.__.table; },
    getLabel: function () { return this.__.about.label; },
    getClassDisplayValue: function () { return this.__.about.label; },
    instanceOf: function (table) { return this.__.about.ancestors.indexOf(text(table)) >= 0; },
    isValid: function () { return this.__.about.label !== ''; },
    isValidField: function (name) { return Object.prototype.hasOwnProperty.call(this.__.about.columns, name); },
    isValidRecord: function () { return this.getUniqueValue() !== '' && !this.__.isNew; },
    isNewRecord: function () { return this.__.isNew; },
    isActionAborted: function () { return this.__.aborted; },
    operation: function () { return this.__.operation; },
    changes: function () { return Object.keys(this.__.changes).length > 0; },
    getLink: function (bare) {
      var link = this.__.table + '.do?sys_id=' + this.getUniqueValue();
      return bare ? link : link + '&sysparm_stack=' + this.__.table + '_list.do?sysparm_query=active=true';
    },
    getLastErrorMessage: function () { return this.__.failure; },

    setWorkflow: function (on) { this.__.manner.workflow = on !== false; },
    autoSysFields: function (on) { this.__.manner.stamps = on !== false; },
    setAbortAction: function (aborted) { this.__.aborted = aborted === true; },
    setForceUpdate: function () {},
    setUseEngines: function () {},

    initialize: function () {
      inside.load(this, {});
      this.__.isNew = true;
    },
    newRecord: function () {
      this.initialize();
      var columns = this.__.about.columns;
      Object.keys(columns).forEach(function (name) { this.__.row[name] = columns[name].default; }, this);
      this.setNewGuidValue(ask('guid'));
    },
    insert: function () {
      var own = this.__;
      var values = Object.assign({}, own.row, own.written);
      return saved(this, function () { return ask('insert', own.table, values, own.manner); });
    },
    update: function () {
      var own = this.__;
      if (own.unsaved) {
        ask('log', 1, 'current.update() is ignored in a before rule: the record is saved when the rules are done');
        return this.getUniqueValue();
      }
      if (own.isNew || this.getUniqueValue() === '') return this.insert();
      return saved(this, function () {
        return ask('update', own.table, text(own.row.sys_id), own.written, own.manner);
      });
    },
    deleteRecord: function () {
      try {
        ask('delete', this.__.table, this.getUniqueValue(), this.__.manner);
        return true;
      } catch (failure) {
        this.__.failure = failure.message;
        return false;
      }
    },
    canRead: function () { return true; },
    canWrite: function () { return true; },
    canCreate: function () { return true; },
    canDelete: function () { return true; }
  });

  function GlideRecordSecure(table) {
    var made = new GlideRecord(table);
    made.__.manner.secure = true;
    return made;
  }
  GlideRecordSecure.prototype = GlideRecord.prototype;

  global.GlideRecord = GlideRecord;
  global.GlideRecordSecure = GlideRecordSecure;
})
