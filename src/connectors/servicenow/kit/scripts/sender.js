// Tells Isthmus that a record moved. Sends identifiers only: Isthmus reads the record itself, with its own rights.
// Comes from the console and is written anew with each installation: settings are the properties isthmus.CONNECTION.*
var Isthmus_CONNECTION = Class.create();
Isthmus_CONNECTION.prototype = {
    SETTINGS: 'isthmus.CONNECTION.',
    EVENT: 'isthmus.CONNECTION.send',
    // Seconds before each further try. After the last one Isthmus finds the change by polling.
    PAUSES: [30, 120, 600, 3600],
    LONGEST_WAIT_MS: 10000,

    initialize: function () {},

    // For asynchronous rules: nobody waits for them.
    tell: function (kind, current) {
        if (this.isOn()) this._send(this._notice(kind, current), 0);
    },

    // For whatever runs while a person waits: only a row of the event queue is written here.
    tellLater: function (kind, current) {
        if (!this.isOn()) return false;
        try {
            gs.eventQueue(this.EVENT, null, this._written(this._notice(kind, current)), '0');
            return true;
        } catch (problem) {
            // What the person does goes through all the same.
            gs.warn('Isthmus CONNECTION: the event queue did not take the news: ' + problem);
            return false;
        }
    },

    // For the script action of the event.
    tellAgain: function (event) {
        if (this.isOn()) this._send(this._read(String(event.parm1)), parseInt(String(event.parm2), 10) || 0);
    },

    isOn: function () {
        return this._setting('enabled') === 'true';
    },

    // Who wrote is not asked. Isthmus knows its own writes by what they say, and its account may be a person's too.
    _notice: function (kind, current) {
        var own = String(current.getUniqueValue());
        var at = own + '@' + current.getValue('sys_updated_on') + '#' + current.getValue('sys_mod_count');
        switch (kind) {
        case 'journal':
            return { kind: kind, record: String(current.getValue('element_id')), event: kind + ':' + own };
        case 'attachment':
            return { kind: kind, record: String(current.getValue('table_sys_id')), event: kind + ':' + at };
        case 'deleted':
            return { kind: kind, record: own, event: kind + ':' + at };
        case 'manual':
            // Each press counts, also on a record that has not moved.
            return { kind: kind, record: own, event: kind + ':' + own + '@' + new Date().getTime() };
        default:
            return { kind: kind, record: own, event: at };
        }
    },

    // A parameter of an event holds 255 characters on some releases, less than the body may have.
    _written: function (notice) {
        return [notice.kind, notice.record, notice.event].join('|');
    },

    _read: function (text) {
        var parts = text.split('|');
        return { kind: parts[0], record: parts[1], event: parts[2] };
    },

    _send: function (notice, tries) {
        var outcome = this._post(notice);
        if (outcome.taken) return;
        if (outcome.mayPass && tries < this.PAUSES.length) {
            var next = new GlideDateTime();
            next.addSeconds(this.PAUSES[tries]);
            gs.eventQueueScheduled(this.EVENT, null, this._written(notice), String(tries + 1), next);
            return;
        }
        gs.warn('Isthmus CONNECTION: the news of ' + notice.record + ' was given up after ' + (tries + 1) +
            (tries === 0 ? ' try: ' : ' tries: ') + outcome.cause + '. Isthmus finds the change by polling.');
    },

    _post: function (notice) {
        try {
            var body = this.body(notice), timestamp = String(new Date().getTime());
            var request = new sn_ws.RESTMessageV2();
            request.setHttpMethod('POST');
            request.setEndpoint(this._setting('endpoint'));
            request.setHttpTimeout(this.LONGEST_WAIT_MS);
            if (this._setting('mid_server') !== '') request.setMIDServer(this._setting('mid_server'));
            request.setRequestHeader('Content-Type', 'application/json');
            request.setRequestHeader('X-Isthmus-Timestamp', timestamp);
            request.setRequestHeader('X-Isthmus-Signature', this.signature(timestamp, body));
            request.setRequestBody(body);
            return this._judged(request.execute());
        } catch (problem) {
            return { taken: false, mayPass: true, cause: String(problem) };
        }
    },

    _judged: function (response) {
        var status = Number(response.getStatusCode());
        // 409: this very call was taken before, and only its answer got lost.
        if ((status >= 200 && status < 300) || status === 409) return { taken: true };
        var said = status > 0 ? status + ' ' + response.getBody() : response.getErrorMessage();
        // What the console refuses by its rules it refuses again; these two pass by themselves.
        var isRefused = status >= 400 && status < 500 && status !== 408 && status !== 429;
        return { taken: false, mayPass: !isRefused, cause: String(said).replace(/\s+/g, ' ').substring(0, 200) };
    },

    // Every character is ASCII, so that the bytes that are signed are the bytes that are sent.
    body: function (notice) {
        var plain = JSON.stringify({
            event: notice.event,
            table: this._setting('table'),
            sys_id: notice.record,
            kind: notice.kind
        });
        return plain.replace(/[\u007f-\uffff]/g, function (letter) {
            return '\\u' + ('000' + letter.charCodeAt(0).toString(16)).slice(-4);
        });
    },

    // HMAC-SHA256 over the time stamp, a dot and the body. Key and answer of generateMac are Base64.
    signature: function (timestamp, body) {
        var key = GlideStringUtil.base64Encode(this._setting('secret'));
        return String(new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', timestamp + '.' + body));
    },

    _setting: function (name) {
        return String(gs.getProperty(this.SETTINGS + name, ''));
    },

    type: 'Isthmus_CONNECTION'
};
