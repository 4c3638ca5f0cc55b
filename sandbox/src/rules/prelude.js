// What a business rule finds around it: the part of ServiceNow's server API that rules of an
// integration use (contract 11), built on the plain functions of `__host`. Reading only: a rule here
// cannot write records.
(function (global) {
  'use strict';
  var host = global.__host;
  var input = JSON.parse(global.__input);
  delete global.__host;
  delete global.__input;

  var metadata = {};
  function columns(table) {
    if (!(table in metadata)) metadata[table] = JSON.parse(host.columns(table));
    return metadata[table];
  }

  function text(value) {
    return value === null || value === undefined ? '' : String(value);
  }

  // A field as scripts see it: text when used as text, a record to walk into when it refers to one.
  function element(record, name) {
    var column = record.__columns[name] || {};
    var own = {
      toString: function () { return record.__value(name); },
      valueOf: function () { return record.__value(name); },
      toJSON: function () { return record.__value(name); },
      nil: function () { return record.__value(name) === ''; },
      changes: function () { return name in record.__changes; },
      changesTo: function (value) { return name in record.__changes && record.__changes[name] === text(value); },
      changesFrom: function (value) {
        return name in record.__changes && record.__before !== null && text(record.__before[name]) === text(value);
      },
      getDisplayValue: function () { return record.getDisplayValue(name); },
      getValue: function () { return record.getValue(name); },
      setValue: function (value) { record.setValue(name, value); },
      getName: function () { return name; },
      getReferenceTable: function () { return column.reference || ''; },
      getRefRecord: function () { return referred(column.reference, record.__value(name)); },
      getJournalEntry: function (mode) {
        var entries = JSON.parse(host.journal(record.getUniqueValue(), name));
        return mode === 1 ? text(entries[0]) : entries.join('');
      }
    };
    return new Proxy(own, {
      get: function (target, key) {
        if (typeof key !== 'string' || key in target || !column.reference) return target[key];
        return own.getRefRecord()[key];
      }
    });
  }

  function referred(table, sysId) {
    var found = new GlideRecord(table);
    found.get(sysId);
    return found;
  }

  // `changes` and `before` are only there for the record that a rule runs on.
  function dress(record, table, row, about) {
    var hidden = {
      __table: table, __columns: columns(table) || {}, __row: row,
      __changes: about ? about.changes : {}, __before: about ? about.previous : null,
      __value: function (name) {
        var column = hidden.__columns[name];
        if (column && column.type === 'journal_input') return text(hidden.__changes[name]);
        return text(hidden.__row[name]);
      }
    };
    Object.keys(hidden).forEach(function (key) {
      Object.defineProperty(record, key, { value: hidden[key], writable: true, enumerable: false });
    });
    Object.keys(hidden.__columns).forEach(function (name) {
      Object.defineProperty(record, name, {
        configurable: true, enumerable: true,
        get: function () { return element(record, name); },
        set: function (value) { record.__row[name] = text(value); }
      });
    });
  }

  function GlideRecord(table) {
    dress(this, table, {});
    Object.defineProperty(this, '__search', {
      writable: true, value: { conditions: [], order: [], limit: 0, rows: [], at: -1 }
    });
  }

  GlideRecord.prototype = {
    getValue: function (name) { var value = this.__value(name); return value === '' ? null : value; },
    setValue: function (name, value) { this.__row[name] = text(value); },
    getDisplayValue: function (name) {
      if (name && !(name in this.__columns)) return null;
      return host.display(this.__table, this.getUniqueValue(), JSON.stringify(this.__row), text(name));
    },
    getElement: function (name) { return this[name]; },
    getUniqueValue: function () { return text(this.__row.sys_id); },
    getTableName: function () { return this.__table; },
    getRecordClassName: function () { return text(this.__row.sys_class_name) || this.__table; },
    isValidField: function (name) { return name in this.__columns; },
    isValidRecord: function () { return this.getUniqueValue() !== ''; },
    isNewRecord: function () { return false; },
    operation: function () { return null; },
    addQuery: function (field, operator, value) {
      if (arguments.length === 1) { this.__search.conditions.push(text(field)); return; }
      if (arguments.length === 2) { value = operator; operator = '='; }
      var word = { 'CONTAINS': 'LIKE', 'DOES NOT CONTAIN': 'NOT LIKE' }[operator] || operator;
      this.__search.conditions.push(field + word + text(value).replace(/\^/g, '^^'));
    },
    addEncodedQuery: function (query) { this.__search.conditions.push(text(query)); },
    addActiveQuery: function () { this.addQuery('active', 'true'); },
    addNullQuery: function (field) { this.__search.conditions.push(field + 'ISEMPTY'); },
    addNotNullQuery: function (field) { this.__search.conditions.push(field + 'ISNOTEMPTY'); },
    orderBy: function (field) { this.__search.order.push('ORDERBY' + field); },
    orderByDesc: function (field) { this.__search.order.push('ORDERBYDESC' + field); },
    setLimit: function (limit) { this.__search.limit = limit; },
    query: function () {
      var search = this.__search;
      var encoded = search.conditions.concat(search.order).join('^');
      search.rows = JSON.parse(host.query(this.__table, encoded, search.limit | 0));
      search.at = -1;
    },
    getRowCount: function () { return this.__search.rows.length; },
    hasNext: function () { return this.__search.at + 1 < this.__search.rows.length; },
    next: function () {
      if (!this.hasNext()) return false;
      this.__search.at += 1;
      this.__row = this.__search.rows[this.__search.at];
      var record = this;
      this.__value = function (name) { return text(record.__row[name]); };
      return true;
    },
    get: function (field, value) {
      this.__search.conditions = [];
      this.addQuery(arguments.length === 1 ? 'sys_id' : field, arguments.length === 1 ? field : value);
      this.setLimit(1);
      this.query();
      return this.next();
    }
  };
  GlideRecord.prototype._next = GlideRecord.prototype.next;
  GlideRecord.prototype._query = GlideRecord.prototype.query;

  function subject(row, about) {
    var record = new GlideRecord(input.table);
    dress(record, input.table, row, about);
    record.operation = function () { return input.operation; };
    record.isNewRecord = function () { return input.operation === 'insert'; };
    return record;
  }

  function RESTMessageV2() {
    this.__request = { endpoint: '', method: 'GET', headers: [], query: [], body: null, timeout_ms: null };
  }
  RESTMessageV2.prototype = {
    setEndpoint: function (url) { this.__request.endpoint = text(url); },
    setHttpMethod: function (method) { this.__request.method = text(method); },
    setRequestHeader: function (name, value) { this.__request.headers.push([text(name), text(value)]); },
    setRequestBody: function (body) { this.__request.body = text(body); },
    setQueryParameter: function (name, value) { this.__request.query.push([text(name), text(value)]); },
    setHttpTimeout: function (milliseconds) { this.__request.timeout_ms = Math.max(0, milliseconds | 0); },
    setBasicAuth: function (user, password) {
      this.setRequestHeader('Authorization', 'Basic ' + host.base64(text(user) + ':' + text(password)));
    },
    setMIDServer: function () {},
    setEccParameter: function () {},
    getRequestBody: function () { return text(this.__request.body); },
    getEndpoint: function () { return this.__request.endpoint; },
    execute: function () { return response(JSON.parse(host.send(JSON.stringify(this.__request), true))); },
    executeAsync: function () { return response(JSON.parse(host.send(JSON.stringify(this.__request), false))); }
  };

  function response(answer) {
    return {
      getStatusCode: function () { return answer.status; },
      getBody: function () { return answer.body; },
      haveError: function () { return answer.error !== null || answer.status >= 400; },
      getErrorMessage: function () { return text(answer.error); },
      getErrorCode: function () { return answer.error === null ? 0 : 1; },
      waitForResponse: function () {}
    };
  }

  function GlideDateTime(value) { this.__text = value ? text(value) : host.now(); this.__now = value ? null : host.millis(); }
  GlideDateTime.prototype = {
    getNumericValue: function () {
      return this.__now === null ? Date.parse(this.__text.replace(' ', 'T') + 'Z') : this.__now;
    },
    getValue: function () { return this.__text; },
    getDisplayValue: function () { return this.__text; },
    toString: function () { return this.__text; }
  };

  function Mac() {}
  Mac.prototype.generateMac = function (key, algorithm, data) { return host.mac(text(key), text(algorithm), text(data)); };

  function say(level) {
    return function (message) {
      var rest = Array.prototype.slice.call(arguments, 1);
      host.log(level, text(message).replace(/\{(\d)\}/g, function (all, n) { return n in rest ? text(rest[n]) : all; }));
    };
  }

  var base64Encode = function (value) { return host.base64(text(value)); };
  var base64Decode = function (value) { return host.unbase64(text(value)); };
  global.gs = {
    getProperty: function (name, otherwise) {
      var value = host.property(text(name));
      return value === undefined || value === null || value === '' ? (otherwise === undefined ? '' : otherwise) : value;
    },
    getUserName: function () { return host.userName(); },
    getUserID: function () { return host.userId(); },
    getUserDisplayName: function () { return host.userDisplayName(); },
    info: say(0), log: say(0), print: say(0), debug: say(0), warn: say(1), error: say(2), logError: say(2),
    nowDateTime: function () { return host.now(); },
    now: function () { return host.now().slice(0, 10); },
    generateGUID: function () { return host.guid(); },
    base64Encode: base64Encode, base64Decode: base64Decode,
    nil: function (value) { return text(value) === ''; },
    include: function () {}, addInfoMessage: function () {}, addErrorMessage: function () {}
  };
  global.GlideStringUtil = { base64Encode: base64Encode, base64Decode: base64Decode };
  global.GlideCertificateEncryption = Mac;
  global.CertificateEncryption = Mac;
  global.GlideDateTime = GlideDateTime;
  global.GlideRecord = GlideRecord;
  global.GlideRecordSecure = GlideRecord;
  global.sn_ws = { RESTMessageV2: RESTMessageV2 };
  global.current = subject(input.current, input);
  global.previous = input.previous === null ? null : subject(input.previous);
})(globalThis);
