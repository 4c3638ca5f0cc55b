// Finding records: the searching half of GlideRecord, and GlideAggregate.
(function (global, inside) {
  'use strict';
  var ask = inside.ask, text = inside.text, GlideRecord = global.GlideRecord;
  var WORDS = { 'CONTAINS': 'LIKE', 'DOES NOT CONTAIN': 'NOT LIKE', '==': '=', '<>': '!=' };

  function Search() {
    // Each a list of alternatives.
    this.conditions = [];
    this.order = [];
    this.limit = 0;
    this.skip = 0;
    this.rows = [];
    this.more = [];
    this.total = 0;
    this.at = -1;
  }
  Search.prototype.encoded = function () {
    var all = this.conditions.map(function (alternatives) { return alternatives.join('^OR'); });
    return all.concat(this.order).join('^');
  };

  function search(record) {
    if (record.__.search === null) record.__.search = new Search();
    return record.__.search;
  }

  function condition(args) {
    var field = args[0], operator = args[1], value = args[2];
    if (args.length === 2) { value = operator; operator = '='; }
    operator = text(operator);
    if (Array.isArray(value)) value = value.join(',');
    return text(field) + (WORDS[operator] || operator) + text(value).replace(/\^/g, '^^');
  }

  function QueryCondition(owner, alternatives) {
    this.addOrCondition = function () {
      alternatives.push(condition(arguments));
      return this;
    };
    this.addCondition = function () { return owner.addQuery.apply(owner, arguments); };
  }

  function add(record, encoded) {
    var alternatives = [encoded];
    search(record).conditions.push(alternatives);
    return new QueryCondition(record, alternatives);
  }

  inside.methods(GlideRecord, {
    addQuery: function () { return add(this, arguments.length === 1 ? text(arguments[0]) : condition(arguments)); },
    addEncodedQuery: function (query) { if (text(query) !== '') add(this, text(query)); },
    addActiveQuery: function () { return this.addQuery('active', 'true'); },
    addInactiveQuery: function () { return this.addQuery('active', 'false'); },
    addNullQuery: function (field) { return add(this, text(field) + 'ISEMPTY'); },
    addNotNullQuery: function (field) { return add(this, text(field) + 'ISNOTEMPTY'); },
    // Records to which a record of the other table belongs; conditions on that one may be added before query().
    addJoinQuery: function (table, ours, theirs) {
      var other = new GlideRecord(table), place = add(this, '');
      var conditions = search(this).conditions, at = conditions.length - 1;
      Object.defineProperty(conditions, at, {
        get: function () {
          var values = {};
          other.query();
          while (other.next()) values[other.__.value(text(theirs || 'sys_id'))] = true;
          return [text(ours || 'sys_id') + 'IN' + Object.keys(values).join(',')];
        }
      });
      place.addCondition = function () { return other.addQuery.apply(other, arguments); };
      return place;
    },
    orderBy: function (field) { search(this).order.push('ORDERBY' + text(field)); },
    orderByDesc: function (field) { search(this).order.push('ORDERBYDESC' + text(field)); },
    setLimit: function (limit) { search(this).limit = limit | 0; },
    chooseWindow: function (first, last) {
      search(this).skip = Math.max(0, first | 0);
      search(this).limit = Math.max(0, last | 0);
    },
    getEncodedQuery: function () { return search(this).encoded(); },
    query: function () {
      var own = search(this);
      if (arguments.length === 2) this.addQuery(arguments[0], arguments[1]);
      var found = ask('query', this.__.table, own.encoded(), own.limit, this.__.manner.secure);
      own.rows = found.rows;
      own.more = found.more;
      own.total = found.rows.length + found.more.length - own.skip;
      own.at = own.skip - 1;
    },
    getRowCount: function () { return search(this).total; },
    hasNext: function () {
      var own = search(this);
      return own.at + 1 < own.rows.length || own.more.length > 0;
    },
    next: function () {
      if (!this.hasNext()) return false;
      var own = search(this);
      own.at += 1;
      if (own.at >= own.rows.length) {
        own.rows = ask('rows', this.__.table, own.more.splice(0, 500));
        own.at = 0;
      }
      if (own.at >= own.rows.length) return this.next();
      inside.load(this, own.rows[own.at]);
      return true;
    },
    get: function (field, value) {
      this.__.search = new Search();
      if (arguments.length === 1) this.addQuery('sys_id', field); else this.addQuery(field, value);
      this.setLimit(1);
      this.query();
      return this.next();
    },
    // `a=1^b=2` written onto the record.
    applyEncodedQuery: function (query) {
      text(query).split('^').forEach(function (part) {
        var at = part.indexOf('=');
        if (at > 0) this.setValue(part.slice(0, at), part.slice(at + 1));
      }, this);
    },
    updateMultiple: function () {
      var written = this.__.written, each = again(this);
      while (each.next()) {
        Object.keys(written).forEach(function (name) { each.setValue(name, written[name]); });
        each.update();
      }
    },
    deleteMultiple: function () {
      var each = again(this);
      while (each.next()) each.deleteRecord();
    }
  });
  Object.defineProperty(GlideRecord.prototype, '_next', { value: GlideRecord.prototype.next });
  Object.defineProperty(GlideRecord.prototype, '_query', { value: GlideRecord.prototype.query });

  // The same search from its beginning, in the same manner.
  function again(record) {
    var each = new GlideRecord(record.__.table);
    each.addEncodedQuery(record.getEncodedQuery());
    Object.assign(each.__.manner, record.__.manner);
    each.setLimit(search(record).limit);
    each.query();
    return each;
  }

  function GlideAggregate(table) {
    this.__ = { record: new GlideRecord(table), groups: [], wanted: [], rows: [], at: -1 };
  }
  ['addQuery', 'addEncodedQuery', 'addActiveQuery', 'addNullQuery', 'addNotNullQuery', 'getEncodedQuery']
    .forEach(function (name) {
      GlideAggregate.prototype[name] = function () {
        return this.__.record[name].apply(this.__.record, arguments);
      };
    });
  inside.methods(GlideAggregate, {
    // Counting by a field means a group for each of its values.
    addAggregate: function (kind, field) {
      kind = text(kind).toUpperCase();
      if (kind === 'COUNT' && text(field) !== '') this.groupBy(field);
      this.__.wanted.push([kind, text(field)]);
    },
    groupBy: function (field) { this.__.groups.push(text(field)); },
    orderBy: function () {},
    setGroup: function () {},
    getTableName: function () { return this.__.record.getTableName(); },
    query: function () {
      var own = this.__;
      own.rows = ask('aggregate', own.record.getTableName(), own.record.getEncodedQuery(), own.groups, own.wanted);
      own.at = -1;
    },
    hasNext: function () { return this.__.at + 1 < this.__.rows.length; },
    next: function () {
      if (!this.hasNext()) return false;
      this.__.at += 1;
      var own = this.__, row = own.rows[own.at], shown = new GlideRecord(own.record.getTableName());
      inside.load(shown, row.groups);
      own.groups.forEach(function (name) { this[name] = shown.getElement(name); }, this);
      own.shown = shown;
      return true;
    },
    getRowCount: function () { return this.__.rows.length; },
    getAggregate: function (kind, field) {
      var value = this.__.rows[this.__.at].values[text(kind).toUpperCase() + ' ' + text(field)];
      return value === undefined || value === null ? null : text(value);
    },
    getValue: function (name) { return this.__.shown.getValue(name); },
    getDisplayValue: function (name) { return this.__.shown.getDisplayValue(name); }
  });
  GlideAggregate.prototype._next = GlideAggregate.prototype.next;
  GlideAggregate.prototype._query = GlideAggregate.prototype.query;
  global.GlideAggregate = GlideAggregate;
})
