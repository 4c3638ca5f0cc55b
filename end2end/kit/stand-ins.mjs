// As much of ServiceNow as the scripts touch, written down as it is called. Each test makes its own.

import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

const SCRIPTS = new URL('../../src/connectors/servicenow/kit/scripts/', import.meta.url);
export const TAG = 'ab12cd34';

/** A script's text as the connection `ab12cd34` gets it. */
export function script(name) {
  return readFileSync(new URL(`${name}.js`, SCRIPTS), 'utf8').replaceAll('CONNECTION', TAG);
}

/** A record as scripts see it: values only by asking, and as texts. */
export function record(table, values) {
  return {
    getTableName: () => table,
    getUniqueValue: () => values.sys_id,
    getValue: (name) => values[name] ?? null,
    updates: 0,
    update() {
      this.updates += 1;
      return values.sys_id;
    },
  };
}

/** `answer` is what each post gets: `{status, body}`, `{error}` for no answer at all, or an exception. */
export function instance({ answer = { status: 202, body: '' }, settings = {}, queueFails = false, now = 1_795_231_330_000 } = {}) {
  const seen = { posts: [], events: [], warnings: [], messages: [], redirects: [] };
  const properties = {
    enabled: 'true',
    table: 'incident',
    endpoint: 'https://isthmus.example/hooks/key',
    secret: 'kq0mC9_x-7Zr2v',
    ...settings,
  };

  class RESTMessageV2 {
    post = { headers: {} };
    setHttpMethod(method) { this.post.method = method; }
    setEndpoint(url) { this.post.endpoint = url; }
    setHttpTimeout(ms) { this.post.timeout = ms; }
    setMIDServer(name) { this.post.midServer = name; }
    setRequestHeader(name, value) { this.post.headers[name] = value; }
    setRequestBody(body) { this.post.body = body; }
    execute() {
      seen.posts.push(this.post);
      const given = typeof answer === 'function' ? answer(seen.posts.length) : answer;
      if (given instanceof Error) throw given;
      return {
        getStatusCode: () => given.status ?? 0,
        getBody: () => given.body ?? null,
        haveError: () => given.error !== undefined,
        getErrorMessage: () => given.error ?? '',
      };
    }
  }

  class GlideDateTime {
    millis = now;
    addSeconds(seconds) { this.millis += seconds * 1000; }
  }

  function queue(name, about, parm1, parm2, at) {
    if (queueFails) throw new Error('the queue is full');
    for (const text of [name, parm1, parm2]) {
      if (typeof text !== 'string' || text.length > 255) throw new Error(`the queue does not hold ${text}`);
    }
    seen.events.push({ name, about, parm1, parm2, after: at === undefined ? 0 : (at.millis - now) / 1000 });
  }

  class FixedDate extends Date {
    constructor() { super(now); }
  }

  const world = {
    Class: {
      create: () =>
        function () {
          this.initialize.apply(this, arguments);
        },
    },
    Date: FixedDate,
    GlideDateTime,
    GlideStringUtil: { base64Encode: (text) => Buffer.from(text, 'utf8').toString('base64') },
    GlideCertificateEncryption: class {
      generateMac(key, algorithm, data) {
        if (algorithm !== 'HmacSHA256') throw new Error(`no algorithm ${algorithm}`);
        return createHmac('sha256', Buffer.from(key, 'base64')).update(data, 'utf8').digest('base64');
      }
    },
    sn_ws: { RESTMessageV2 },
    gs: {
      getProperty: (name, otherwise) => {
        const [product, tag, ...rest] = name.split('.');
        if (product !== 'isthmus' || tag !== TAG) throw new Error(`a property of somebody else: ${name}`);
        return properties[rest.join('.')] ?? otherwise;
      },
      eventQueue: (name, about, parm1, parm2) => queue(name, about, parm1, parm2),
      eventQueueScheduled: queue,
      warn: (message) => seen.warnings.push(String(message)),
      addInfoMessage: (message) => seen.messages.push(String(message)),
      addErrorMessage: (message) => seen.messages.push(String(message)),
    },
    action: { setRedirectURL: (target) => seen.redirects.push(target) },
  };
  const context = createContext(world);
  runInContext(script('sender'), context);

  /** Runs a script of the kit with what it finds around it. */
  function run(name, around) {
    Object.assign(world, { current: null, previous: null, event: null }, around);
    return runInContext(script(name), context);
  }

  /** Lets the events that were queued so far happen, and answers how many they were. */
  function runEvents() {
    const due = seen.events.splice(0);
    due.forEach((event) => run('script_action', { event }));
    return due.length;
  }

  const sender = () => runInContext(`new Isthmus_${TAG}()`, context);
  return { ...seen, run, runEvents, sender };
}
