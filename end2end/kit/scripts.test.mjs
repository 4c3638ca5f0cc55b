// The scripts that run in ServiceNow, against stand-ins that write down what they are asked.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TAG, instance, record, script } from './stand-ins.mjs';

const ID = '9d385017c611228701d22104cc95c371';
const OTHER = '0123456789abcdef0123456789abcdef';
const MOVED = { sys_id: ID, sys_updated_on: '2026-11-21 03:22:10', sys_mod_count: '7' };
const incident = () => record('incident', MOVED);
const signed = JSON.parse(readFileSync(new URL('./signed.json', import.meta.url), 'utf8'));

function only(list) {
  assert.equal(list.length, 1, JSON.stringify(list));
  return list[0];
}

test('a changed record is told of with identifiers only', () => {
  const { posts, run, events, warnings } = instance();
  run('rule_record', { current: incident() });
  const post = only(posts);
  assert.deepEqual(JSON.parse(post.body), { event: `${ID}@2026-11-21 03:22:10#7`, table: 'incident', sys_id: ID, kind: 'record' });
  assert.deepEqual([post.method, post.endpoint, post.timeout], ['POST', 'https://isthmus.example/hooks/key', 10_000]);
  assert.equal(post.headers['Content-Type'], 'application/json');
  assert.deepEqual([events, warnings, post.midServer], [[], [], undefined]);
});

test('comments and files name the record that they are on', () => {
  const { posts, run } = instance();
  const entry = { sys_id: OTHER, element_id: ID, value: 'Grüße '.repeat(2_000), sys_created_by: 'ada' };
  run('rule_journal', { current: record('sys_journal_field', entry) });
  const file = { sys_id: OTHER, table_sys_id: ID, file_name: 'Übersicht.pdf', sys_updated_on: '2026-11-21 03:22:11', sys_mod_count: '1' };
  run('rule_attachment', { current: record('sys_attachment', file) });
  assert.deepEqual(posts.map((post) => JSON.parse(post.body)), [
    { event: `journal:${OTHER}`, table: 'incident', sys_id: ID, kind: 'journal' },
    { event: `attachment:${OTHER}@2026-11-21 03:22:11#1`, table: 'incident', sys_id: ID, kind: 'attachment' },
  ]);
});

test('the signature is the one that the server makes of the same bytes', () => {
  const { sender } = instance({ settings: { secret: signed.secret } });
  const made = sender().body({ kind: 'deleted', record: ID, event: `deleted:${ID}@2026-11-21 03:22:10#7` });
  assert.equal(made, signed.body);
  assert.equal(sender().signature(signed.timestamp, signed.body), signed.signature);
});

test('what is sent carries the signature of its own bytes and moment', () => {
  const now = Number(signed.timestamp);
  const { posts, run, runEvents } = instance({ settings: { secret: signed.secret }, now });
  run('rule_deleted', { current: incident() });
  runEvents();
  const post = only(posts);
  assert.equal(post.body, signed.body);
  assert.equal(post.headers['X-Isthmus-Timestamp'], signed.timestamp);
  assert.equal(post.headers['X-Isthmus-Signature'], signed.signature);
});

test('every byte of a body is ASCII, whatever the table is called', () => {
  const { posts, run } = instance({ settings: { table: 'u_störung_\u2028' } });
  run('rule_record', { current: incident() });
  const { body } = only(posts);
  assert.match(body, /^[\x20-\x7e]*$/);
  assert.equal(JSON.parse(body).table, 'u_störung_\u2028');
});

test('a deletion waits for a row of the event queue and for nothing else', () => {
  const { posts, events, run, runEvents } = instance();
  run('rule_deleted', { current: incident() });
  assert.deepEqual(posts, []);
  assert.deepEqual([events[0].name, events[0].about, events[0].after], [`isthmus.${TAG}.send`, null, 0]);
  assert.equal(runEvents(), 1);
  assert.equal(JSON.parse(only(posts).body).kind, 'deleted');
});

test('a deletion goes through when the event queue fails', () => {
  const { warnings, run } = instance({ queueFails: true });
  run('rule_deleted', { current: incident() });
  assert.match(only(warnings), /the queue is full/);
});

test('what was not taken is tried again with growing pauses and then left to polling', () => {
  for (const answer of [{ status: 503, body: 'Busy' }, { status: 429 }, { error: 'Connect timed out' }, new Error('no route')]) {
    const { posts, events, warnings, run, runEvents } = instance({ answer });
    run('rule_record', { current: incident() });
    const pauses = [];
    while (events.length > 0) {
      pauses.push(events[0].after);
      runEvents();
    }
    assert.deepEqual(pauses, [30, 120, 600, 3600]);
    assert.equal(posts.length, 5);
    assert.equal(new Set(posts.map((post) => post.body)).size, 1, 'the same news each time');
    assert.match(only(warnings), new RegExp(`${ID} was given up after 5 tries: .*polling`));
  }
});

test('a try that succeeds is the last one', () => {
  const { posts, events, warnings, run, runEvents } = instance({ answer: (post) => ({ status: post < 3 ? 502 : 202 }) });
  run('rule_record', { current: incident() });
  while (runEvents() > 0);
  assert.deepEqual([posts.length, events, warnings], [3, [], []]);
});

test('what the console refuses by its rules is not tried again, and the log says why', () => {
  for (const status of [400, 401, 404, 413]) {
    const { posts, events, warnings, run } = instance({ answer: { status, body: `The reason.\n${'x'.repeat(5_000)}` } });
    run('rule_record', { current: incident() });
    assert.deepEqual([posts.length, events], [1, []]);
    const warning = only(warnings);
    assert.ok(warning.includes(`1 try: ${status} The reason.`) && warning.length < 500, warning);
  }
});

test('what was taken before is not sent again, and nobody is troubled', () => {
  const { posts, events, warnings, run } = instance({ answer: { status: 409, body: 'Taken before.' } });
  run('rule_record', { current: incident() });
  assert.deepEqual([posts.length, events, warnings], [1, [], []]);
});

test('nothing secret is ever logged', () => {
  const { warnings, run } = instance({ answer: { status: 401, body: 'No.' } });
  run('rule_record', { current: incident() });
  assert.doesNotMatch(only(warnings), /hooks|kq0mC9/);
});

test('switched off, nothing is sent or queued', () => {
  const { posts, events, messages, run } = instance({ settings: { enabled: 'false' } });
  for (const rule of ['rule_record', 'rule_journal', 'rule_attachment', 'rule_deleted', 'ui_action']) {
    run(rule, { current: incident() });
  }
  run('script_action', { event: { parm1: `record|${ID}|x`, parm2: '1' } });
  assert.deepEqual([posts, events], [[], []]);
  assert.match(only(messages), /was not told/);
});

test('the button saves the form, queues the news and says so', () => {
  const current = incident();
  const { posts, messages, redirects, run, runEvents } = instance();
  run('ui_action', { current });
  assert.deepEqual([current.updates, posts, redirects], [1, [], [current]]);
  assert.match(only(messages), /will look/);
  runEvents();
  const hint = JSON.parse(only(posts).body);
  assert.deepEqual([hint.kind, hint.sys_id], ['manual', ID]);
  assert.equal(hint.event, `manual:${ID}@1795231330000`);
});

test('pressed twice is told twice', () => {
  const heard = [1, 2].map((second) => {
    const { posts, run, runEvents } = instance({ now: 1_795_231_330_000 + second });
    run('ui_action', { current: incident() });
    runEvents();
    return JSON.parse(only(posts).body).event;
  });
  assert.notEqual(heard[0], heard[1]);
});

test('a MID server is used where a property names one', () => {
  const { posts, run } = instance({ settings: { mid_server: 'mid.dmz' } });
  run('rule_record', { current: incident() });
  assert.equal(only(posts).midServer, 'mid.dmz');
});

test('the texts name one connection and no other', () => {
  for (const name of ['sender', 'rule_record', 'rule_journal', 'rule_attachment', 'rule_deleted', 'script_action', 'ui_action']) {
    const text = script(name);
    assert.match(text, new RegExp(`Isthmus_${TAG}`), name);
    assert.doesNotMatch(text, /CONNECTION/, name);
  }
});
