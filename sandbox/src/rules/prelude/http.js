// Calls to other systems (sn_ws.RESTMessageV2, contract 11.2).
(function (global, inside) {
  'use strict';
  var ask = inside.ask, text = inside.text;

  // With names: a `sys_rest_message` and one of its functions, whose ${variables} the script fills in.
  function RESTMessageV2(message, name) {
    this.__variables = {};
    this.__request = {
      endpoint: '', method: 'GET', headers: [], query: [], body: null, attachment: null, timeout_ms: null
    };
    if (message !== undefined) Object.assign(this.__request, ask('restMessage', text(message), text(name)));
  }

  function escaped(value) {
    return text(value).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
  }

  function ready(message) {
    function fill(value) {
      return text(value).replace(/\$\{(\w+)\}/g, function (all, name) {
        return name in message.__variables ? message.__variables[name] : all;
      });
    }
    function pair(both) { return [both[0], fill(both[1])]; }
    var request = Object.assign({}, message.__request);
    request.endpoint = fill(request.endpoint);
    request.headers = request.headers.map(pair);
    request.query = request.query.map(pair);
    if (request.body !== null) request.body = fill(request.body);
    return request;
  }

  RESTMessageV2.prototype = {
    constructor: RESTMessageV2,
    setEndpoint: function (url) { this.__request.endpoint = text(url); },
    getEndpoint: function () { return ready(this).endpoint; },
    setHttpMethod: function (method) { this.__request.method = text(method); },
    setRequestHeader: function (name, value) {
      var other = function (both) { return both[0].toLowerCase() !== text(name).toLowerCase(); };
      this.__request.headers = this.__request.headers.filter(other).concat([[text(name), text(value)]]);
    },
    getRequestHeaders: function () {
      var all = {};
      this.__request.headers.forEach(function (both) { all[both[0]] = both[1]; });
      return all;
    },
    setRequestBody: function (body) { this.__request.body = text(body); },
    getRequestBody: function () { return text(ready(this).body); },
    setRequestBodyFromAttachment: function (id) { this.__request.attachment = text(id); },
    setQueryParameter: function (name, value) { this.__request.query.push([text(name), text(value)]); },
    setStringParameter: function (name, value) { this.__variables[name] = escaped(value); },
    setStringParameterNoEscape: function (name, value) { this.__variables[name] = text(value); },
    setHttpTimeout: function (milliseconds) { this.__request.timeout_ms = Math.max(0, milliseconds | 0); },
    setBasicAuth: function (user, password) {
      this.setRequestHeader('Authorization', 'Basic ' + ask('base64', text(user) + ':' + text(password)));
    },
    setAuthenticationProfile: function () {},
    setMIDServer: function () {},
    setEccParameter: function () {},
    setEccCorrelator: function () {},
    setLogLevel: function () {},
    execute: function () { return new RESTResponseV2(ask('send', ready(this), true)); },
    executeAsync: function () { return new RESTResponseV2(null, ask('send', ready(this), false)); }
  };

  // The answer of a call that was not waited for is fetched when something of it is asked.
  function RESTResponseV2(answer, waiting) {
    this.__answer = answer || null;
    this.__waiting = waiting;
  }

  function answer(response) {
    if (response.__answer === null) response.waitForResponse(30);
    return response.__answer || { status: 0, body: '', headers: [], error: 'No response was received in time' };
  }

  RESTResponseV2.prototype = {
    constructor: RESTResponseV2,
    waitForResponse: function (seconds) {
      if (this.__answer === null && this.__waiting !== undefined) this.__answer = ask('await', this.__waiting, Math.max(0, seconds | 0));
    },
    getStatusCode: function () { return answer(this).status; },
    getBody: function () { return answer(this).body; },
    getHeader: function (name) {
      var found = answer(this).headers.filter(function (both) { return both[0] === text(name).toLowerCase(); });
      return found.length ? found[0][1] : null;
    },
    getHeaders: function () {
      var all = {};
      answer(this).headers.forEach(function (both) { all[both[0]] = both[1]; });
      return all;
    },
    getAllHeaders: function () {
      return answer(this).headers.map(function (both) { return { name: both[0], value: both[1] }; });
    },
    haveError: function () { return answer(this).error !== null; },
    getErrorMessage: function () { return text(answer(this).error); },
    getErrorCode: function () { return answer(this).error === null ? 0 : 1; }
  };

  global.sn_ws = { RESTMessageV2: RESTMessageV2, RESTResponseV2: RESTResponseV2 };
})
