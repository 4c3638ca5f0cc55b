// Moments and spans of time (GlideDateTime, GlideDate, GlideDuration). Everything is kept in UTC.
(function (global, inside) {
  'use strict';
  var ask = inside.ask, text = inside.text;
  var SECOND = 1000, DAY = 86400 * SECOND;

  function two(number) { return (number < 10 ? '0' : '') + number; }

  function parse(value) {
    var found = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2}))?)?/.exec(text(value).trim());
    if (!found) return NaN;
    return Date.UTC(found[1], found[2] - 1, found[3], found[4] || 0, found[5] || 0, found[6] || 0);
  }

  function stamp(millis) {
    return isNaN(millis) ? '' : new Date(millis).toISOString().slice(0, 19).replace('T', ' ');
  }
  inside.stamp = stamp;

  function GlideDateTime(value) {
    if (value instanceof GlideDateTime) this.__millis = value.__millis;
    else this.__millis = value === undefined || value === null || value === '' ? ask('now') : parse(value);
  }

  function moved(method, size) {
    ['', 'UTC', 'LocalTime'].forEach(function (kind) {
      GlideDateTime.prototype[method + kind] = function (amount) { this.__millis += Math.trunc(amount) * size; };
    });
  }

  // The last day stays the last day: a month after 31 January is the end of February.
  function addMonths(moment, amount) {
    var date = new Date(moment.__millis), day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + Math.trunc(amount));
    var last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, last));
    moment.__millis = date.getTime();
  }

  function span(other) { return other instanceof GlideDuration ? other.__millis : Math.trunc(Number(other)); }

  GlideDateTime.prototype = {
    constructor: GlideDateTime,
    isValid: function () { return !isNaN(this.__millis); },
    getErrorMsg: function () { return this.isValid() ? '' : 'Could not parse DateTime'; },
    getNumericValue: function () { return this.isValid() ? this.__millis : 0; },
    setNumericValue: function (millis) { this.__millis = Number(millis); },
    getValue: function () { return stamp(this.__millis); },
    setValue: function (value) {
      this.__millis = value instanceof GlideDateTime ? value.__millis
        : typeof value === 'number' ? value : parse(value);
    },
    getDisplayValue: function () { return ask('local', this.getValue()); },
    getDisplayValueInternal: function () { return ask('local', this.getValue()); },
    setDisplayValue: function (value) { this.__millis = parse(value); },
    toString: function () { return this.getValue(); },
    toJSON: function () { return this.getValue(); },
    valueOf: function () { return this.getValue(); },
    add: function (amount) { this.__millis += span(amount); },
    subtract: function (amount) {
      if (amount instanceof GlideDateTime) return GlideDateTime.subtract(amount, this);
      this.__millis -= span(amount);
    },
    addMonths: function (amount) { addMonths(this, amount); },
    addYears: function (amount) { addMonths(this, amount * 12); },
    compareTo: function (other) { return Math.sign(this.__millis - other.__millis); },
    equals: function (other) { return this.getValue() === text(other); },
    before: function (other) { return this.compareTo(other) < 0; },
    after: function (other) { return this.compareTo(other) > 0; },
    onOrBefore: function (other) { return this.compareTo(other) <= 0; },
    onOrAfter: function (other) { return this.compareTo(other) >= 0; },
    getDate: function () { return new GlideDate(this.getValue()); },
    getLocalDate: function () { return this.getDate(); },
    getYearUTC: function () { return new Date(this.__millis).getUTCFullYear(); },
    getMonthUTC: function () { return new Date(this.__millis).getUTCMonth() + 1; },
    getDayOfMonthUTC: function () { return new Date(this.__millis).getUTCDate(); },
    // Monday is 1.
    getDayOfWeekUTC: function () { return (new Date(this.__millis).getUTCDay() + 6) % 7 + 1; },
    hasDate: function () { return this.isValid(); }
  };
  GlideDateTime.prototype.addMonthsUTC = GlideDateTime.prototype.addMonthsLocalTime = GlideDateTime.prototype.addMonths;
  GlideDateTime.prototype.addYearsUTC = GlideDateTime.prototype.addYearsLocalTime = GlideDateTime.prototype.addYears;
  moved('addSeconds', SECOND);
  moved('addDays', DAY);
  moved('addWeeks', 7 * DAY);
  GlideDateTime.subtract = function (start, end) { return new GlideDuration(end.__millis - start.__millis); };

  function GlideDate(value) {
    GlideDateTime.call(this, value);
    this.__millis = Math.floor(this.__millis / DAY) * DAY;
  }
  GlideDate.prototype = Object.create(GlideDateTime.prototype);
  GlideDate.prototype.constructor = GlideDate;
  GlideDate.prototype.getValue = function () { return stamp(this.__millis).slice(0, 10); };
  GlideDate.prototype.getDisplayValue = GlideDate.prototype.getDisplayValueInternal = GlideDate.prototype.getValue;
  GlideDate.subtract = GlideDateTime.subtract;

  // Milliseconds, or `days hh:mm:ss`.
  function GlideDuration(value) {
    var found = /^(?:(\d+)\s+)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text(value).trim());
    if (value instanceof GlideDuration) this.__millis = value.__millis;
    else if (found) this.__millis = (((found[1] || 0) * 24 + Number(found[2])) * 60 + Number(found[3])) * 60000 + found[4] * 1000;
    else this.__millis = Number(value) || 0;
  }
  GlideDuration.prototype = {
    constructor: GlideDuration,
    getNumericValue: function () { return this.__millis; },
    getValue: function () { return stamp(this.__millis); },
    setValue: function (value) { this.__millis = typeof value === 'number' ? value : parse(value); },
    getDayPart: function () { return Math.floor(this.__millis / DAY); },
    getRoundedDayPart: function () { return Math.round(this.__millis / DAY); },
    getDurationValue: function () {
      var seconds = Math.floor(this.__millis / SECOND) % 86400, days = this.getDayPart();
      var time = two(Math.floor(seconds / 3600)) + ':' + two(Math.floor(seconds / 60) % 60) + ':' + two(seconds % 60);
      return (days ? days + ' ' : '') + time;
    },
    getDisplayValue: function () {
      var minutes = Math.floor(this.__millis / 60000), parts = [];
      [['Day', Math.floor(minutes / 1440)], ['Hour', Math.floor(minutes / 60) % 24], ['Minute', minutes % 60]]
        .forEach(function (part) { if (part[1]) parts.push(part[1] + ' ' + part[0] + (part[1] === 1 ? '' : 's')); });
      return parts.join(' ') || Math.floor(this.__millis / SECOND) + ' Seconds';
    },
    add: function (other) { return new GlideDuration(this.__millis + span(other)); },
    subtract: function (other) { return new GlideDuration(this.__millis - span(other)); },
    toString: function () { return this.getValue(); }
  };

  global.GlideDateTime = GlideDateTime;
  global.GlideDate = GlideDate;
  global.GlideDuration = GlideDuration;
})
