// What script includes are built with, and the small classes that the platform brings along.
(function (global, inside) {
  'use strict';
  var ask = inside.ask, text = inside.text;

  global.Class = {
    create: function () {
      return function () { if (this.initialize) this.initialize.apply(this, arguments); };
    }
  };
  Object.extend = function (target, source) { return Object.assign(target, source); };
  // A prototype with what the parent class has and the child says differently.
  Object.extendsObject = function (parent, child) {
    return Object.assign(Object.create(typeof parent === 'function' ? parent.prototype : parent), child);
  };
  Object.clone = function (source) { return Object.assign({}, source); };

  // For script includes that forms call; what the form sent is not there in a rule.
  function AbstractAjaxProcessor() { this.initialize.apply(this, arguments); }
  AbstractAjaxProcessor.prototype = {
    initialize: function (request) { this.__parameters = request || {}; this.__answer = null; },
    getParameter: function (name) { return name in this.__parameters ? text(this.__parameters[name]) : null; },
    getName: function () { return this.getParameter('sysparm_name'); },
    setAnswer: function (value) { this.__answer = value; },
    type: 'AbstractAjaxProcessor'
  };
  global.AbstractAjaxProcessor = AbstractAjaxProcessor;

  function Mac() {}
  Mac.prototype.generateMac = function (key, algorithm, data) {
    return ask('mac', text(key), text(algorithm), text(data));
  };
  global.GlideCertificateEncryption = Mac;
  global.CertificateEncryption = Mac;

  function GlideDigest() {}
  GlideDigest.prototype.getSHA256Hex = function (value) { return ask('sha256', text(value), true).toUpperCase(); };
  GlideDigest.prototype.getSHA256Base64 = function (value) { return ask('sha256', text(value), false); };
  global.GlideDigest = GlideDigest;

  // Files are found as records of `sys_attachment`; this reads what is in them.
  function GlideSysAttachment() {}
  GlideSysAttachment.prototype = {
    getContentBase64: function (file) { return ask('content', file.getUniqueValue()); },
    getContent: function (file) { return ask('unbase64', this.getContentBase64(file)); }
  };
  global.GlideSysAttachment = GlideSysAttachment;

  global.GlideSecureRandomUtil = {
    getSecureRandomString: function (length) {
      var made = '';
      while (made.length < length) made += ask('guid');
      return made.slice(0, length);
    }
  };

  global.JSUtil = {
    nil: function (value) { return text(value) === ''; },
    notNil: function (value) { return text(value) !== ''; },
    has: function (value) { return value !== null && value !== undefined; },
    isEmpty: function (value) { return text(value) === ''; }
  };

  // `new JSON().encode(...)` is the old way of the same.
  var json = global.JSON;
  function JSON() {}
  JSON.prototype = { encode: json.stringify, decode: json.parse };
  JSON.parse = json.parse;
  JSON.stringify = json.stringify;
  global.JSON = JSON;

  // A job that runs once (contract 11.2: the way to try again later).
  function ScheduleOnce(time) {
    this.time = time || new global.GlideDateTime();
    this.script = '';
    this.label = 'Script: ScheduleOnce';
    this.document = '';
    this.document_key = '';
  }
  ScheduleOnce.prototype = {
    setTime: function (time) { this.time = time; },
    setScript: function (script) { this.script = script; },
    setLabel: function (label) { this.label = label; },
    setDocument: function (record) {
      this.document = record.getTableName();
      this.document_key = record.getUniqueValue();
    },
    schedule: function () {
      var job = new global.GlideRecord('sys_trigger');
      job.initialize();
      job.name = this.label;
      job.script = this.script;
      job.next_action = text(this.time);
      job.trigger_type = '0';
      job.state = '0';
      job.document = this.document;
      job.document_key = this.document_key;
      return job.insert();
    },
    type: 'ScheduleOnce'
  };
  global.ScheduleOnce = ScheduleOnce;
})
