// Measures the practice instance by itself with many records, each figure beside its limit.
// `node scripts/bench/sandbox.mjs [records]`; ISTHMUS_SANDBOX names another program than the built one, such as
// target/release/examples/serve of the package `sandbox`. The load comes from this process over kept connections, so
// its own work is in every figure; where that alone would reach the limit, the line says so.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sparePorts } from '../ports.mjs';
import { DIST, ms, pause, quantile, report } from './drive.mjs';

const RECORDS = Number(process.argv[2] ?? 1_000_000);
const SECONDS = 5;
const CONNECTIONS = 8;
const OTHER = process.env.ISTHMUS_SANDBOX;

const [port] = await sparePorts(1);
const data = await mkdtemp(join(tmpdir(), 'isthmus-bench-sandbox-'));
const listen = `127.0.0.1:${port}`;
const file = join(data, 'servicenow.db');
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
let running;

async function start() {
  const [program, args] = OTHER
    ? [OTHER, [listen, file, '-', String(RECORDS)]]
    : [join(DIST, 'isthmus'), ['sandbox', '--listen', listen, '--data', file, '--records', String(RECORDS)]];
  const begun = performance.now();
  running = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(running, 'exit').then(([code]) => {
    throw new Error(`the practice instance ended with ${code}`);
  });
  const answers = (async () => {
    while (!(await call('GET', '/login.do').then(({ status }) => status === 200, () => false))) await pause(5);
  })();
  await Promise.race([answers, ended]);
  ended.catch(() => {});
  return performance.now() - begun;
}

async function stop() {
  const ended = once(running, 'exit');
  running.kill('SIGINT');
  await ended;
}

/** Status, headers and body, unparsed: what a client makes of the body is its own affair. */
function call(method, path, body) {
  return new Promise((done, failed) => {
    const headers = { authorization, accept: 'application/json' };
    if (body) headers['content-type'] = 'application/json';
    const sent = request({ agent, host: '127.0.0.1', port, method, path, headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
      answer.on('error', failed);
    });
    sent.on('error', failed);
    sent.end(body && JSON.stringify(body));
  });
}

const table = (query) => `/api/now/table/${query}`;

async function good(method, path, body) {
  const answer = await call(method, path, body);
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`);
  return answer;
}

const result = async (path) => JSON.parse((await good('GET', path)).body).result;

/** Milliseconds of calls one after the other. */
async function times(count, path) {
  await good('GET', path(0));
  const took = [];
  for (let i = 1; i <= count; i++) {
    const begun = performance.now();
    await good('GET', path(i));
    took.push(performance.now() - begun);
  }
  return took;
}

/** Calls a second over all connections. */
async function rate(one) {
  const end = performance.now() + SECONDS * 1000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) await one(count++);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return count / SECONDS;
}

function memory() {
  const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
  const read = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024;
  return { now: read('VmRSS'), most: read('VmHWM') };
}

const TEN = 'sys_id,number,short_description,state,priority,assigned_to,assignment_group,caller_id,sys_updated_on,sys_mod_count';

try {
  console.log(`${cpus().length} cores, ${RECORDS} incidents in a file, ${CONNECTIONS} connections for the rates\n`);
  const made = await start();
  report('making the records', `${(made / 1000).toFixed(1)} s`, `limit ${(120 * RECORDS) / 1e6} s`, made < 0.12 * RECORDS);
  report('  resident memory after it, now / at most', `${memory().now.toFixed(0)} / ${memory().most.toFixed(0)} MiB`, 'limit 200 MiB', memory().most < 200);
  await stop();
  const again = await start();
  report('starting again with the same file', ms(again), 'no record is made twice');

  const sample = await result(table(`incident?sysparm_limit=1000&sysparm_query=numberSTARTSWITHINC1^ORDERBYsys_id&sysparm_fields=sys_id,number,caller_id,assigned_to,assignment_group,sys_updated_on,correlation_id&sysparm_offset=${Math.floor(RECORDS / 2)}`));
  const at = (i) => sample[(i * 37) % sample.length];
  const value = (field) => field?.value ?? field;
  const worked = sample.filter((one) => value(one.assigned_to));
  const linked = sample.filter((one) => one.correlation_id);

  const lists = {
    'active=true^state=1, newest first': () => 'active=true^state=1^ORDERBYDESCsys_created_on',
    'assigned_to=': (i) => `assigned_to=${value(worked[i % worked.length].assigned_to)}`,
    'caller_id=': (i) => `caller_id=${value(at(i).caller_id)}`,
    'a cursor, sys_updated_on>=': (i) => `sys_updated_on>=${at(i).sys_updated_on}^ORDERBYsys_updated_on^ORDERBYsys_id`,
    'a cursor by keyset, with ^NQ': (i) =>
      `sys_updated_on>${at(i).sys_updated_on}^NQsys_updated_on=${at(i).sys_updated_on}^sys_id>${at(i).sys_id}^ORDERBYsys_updated_on^ORDERBYsys_id`,
  };
  for (const [name, query] of Object.entries(lists)) {
    const fields = { 'whole records': '', 'ten columns': `&sysparm_fields=${TEN}` };
    for (const [shape, wanted] of Object.entries(fields)) {
      for (const [counted, how] of [['', 'not counted'], ['counted', 'counted']].slice(shape === 'ten columns' ? 1 : 0)) {
        const count = counted ? '' : '&sysparm_no_count=true';
        const took = await times(40, (i) => table(`incident?sysparm_limit=1000${count}&sysparm_query=${encodeURIComponent(query(i))}${wanted}`));
        const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
        report(`1,000 where ${name}, ${shape}, ${how}`, `${p50.toFixed(1)} / ${ms(p99)}`, 'limit 30 ms (p50 / p99)', p50 < 30);
      }
    }
  }
  const finds = {
    'number=': (i) => `number=${at(i).number}`,
    'correlation_id=': (i) => `correlation_id=${linked[i % linked.length].correlation_id}`,
  };
  for (const [name, query] of Object.entries(finds)) {
    const took = await times(200, (i) => table(`incident?sysparm_query=${query(i)}`));
    report(`the one where ${name}, p50 / p99`, `${quantile(took, 0.5).toFixed(1)} / ${ms(quantile(took, 0.99))}`, '');
  }

  const reads = await rate((i) => good('GET', table(`incident/${at(i).sys_id}`)));
  report('single records read', `${reads.toFixed(0)} a second`, 'limit 2,000', reads >= 2000);
  const updates = await rate((i) => good('PATCH', table(`incident/${at(i).sys_id}`), { short_description: `bench ${i}` }));
  report('single records updated', `${updates.toFixed(0)} a second`, 'limit 500', updates >= 500);
  const commented = await rate((i) => good('PATCH', table(`incident/${at(i).sys_id}`), { urgency: String((i % 3) + 1), work_notes: `bench ${i}` }));
  report('single records updated, with a work note each', `${commented.toFixed(0)} a second`, 'limit 500', commented >= 500);
  report('resident memory, now / at most', `${memory().now.toFixed(0)} / ${memory().most.toFixed(0)} MiB`, '');
} finally {
  if (running?.exitCode === null) await stop();
  agent.destroy();
  await rm(data, { recursive: true, force: true });
}
