// An installation with data as a person finds it after a while: 3 connections, 5,000 links, 40 conflicts and 60 failures of
// several causes. What people must act on is made by the program itself, as are a few links of every kind; multiply.py makes
// many of these, on both sides. The specs and the bench of the pages share it.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sparePorts } from '../ports.mjs';
import { Installation } from './drive.mjs';

const MULTIPLY = fileURLToPath(new URL('multiply.py', import.meta.url));
const BETH = '46d44a23a9fe19810012d100cca80666';
const FRED = '5137153cc611227c000bbd1bd8cd2005';

// `conflicts`: so many records in dispute about the title, so many about the description too. `failures`: by cause.
const CONNECTIONS = [
  { name: 'IT service desk', links: 2500, conflicts: [14, 8], failures: { code: 20, draft: 8, due: 4 } },
  { name: 'HR Europe', links: 1500, conflicts: [8, 4], failures: { code: 10, draft: 6, due: 2 } },
  { name: 'Facilities', links: 1000, conflicts: [4, 2], failures: { code: 10, draft: 0, due: 0 } },
];
export const SEEDED = { connections: 3, links: 5000, conflicts: 40, failures: 60 };

// What the copies are made of. The room is a number of its own, so that each copy has another.
const QUIET = [
  ['VPN drops every hour in room', 'inquiry', { state: '2', assigned_to: BETH, comments: 'It began after the update on Monday.' }],
  ['Payslip is missing, says the office in room', 'payroll', { caller_id: BETH, due_date: '2026-12-01 16:00:00' }],
  ['Access to the finance share for room', 'access_request', { state: '2', assigned_to: FRED }],
  ['Monitor flickers after the move to room', 'inquiry', { assigned_to: BETH }],
];
const DRIFTED = 3;

/** What the business rules of an instance refuse, and the edit of a ticket that runs into it. */
const REFUSALS = {
  code: { status: 'Resolved' },
  draft: { title: 'DRAFT: not to be published' },
  due: { due: '2020-01-01T09:00' },
};
const RULES = {
  'Titles are not drafts': "if (current.getValue('short_description').indexOf('DRAFT') == 0) current.setAbortAction(true);",
  'Nothing is due in the past': "var due = current.getValue('due_date'); if (due && due < '2021-01-01') current.setAbortAction(true);",
};

/** An installation with all of it, its server running. `more` are arguments of `isthmus serve`. */
export async function seeded(...more) {
  const at = await Installation.make();
  try {
    await at.serve('--poll-seconds', '60', ...more);
    await at.beginAsAdministrator();
    const ports = await sparePorts(CONNECTIONS.length - 1);
    at.instances = [at.servicenow];
    for (const [i, port] of ports.entries()) at.instances.push(await at.practice(port, `servicenow-${i + 1}.db`));
    const made = [];
    for (const [i, wanted] of CONNECTIONS.entries()) made.push(await begin(at, at.instances[i], wanted));
    await Promise.all(made.map((connection) => work(at, connection)));
    await at.until('every conflict and failure is there', () => isAsWanted(at), 3000, 100);
    await look(at, made[0]);
    await at.stopServer();
    multiply(at, 'links', ...made.map(({ id, wanted, quiet }) => `${id}:${wanted.links}:${quiet.map(({ incident }) => incident).join(',')}`));
    await at.serve('--poll-seconds', '60', ...more);
    return at;
  } catch (error) {
    await at.remove();
    throw error;
  }
}

/** Its history grown to so many lines, and with it all that grows with history. The server rests meanwhile. */
export async function growHistory(at, lines) {
  await at.stopServer();
  multiply(at, 'history', String(lines));
  await at.serve('--poll-seconds', '60');
}

function multiply(at, ...what) {
  const practice = at.instances.map((_, i) => join(at.data, i ? `servicenow-${i}.db` : 'servicenow.db'));
  execFileSync('python3', [MULTIPLY, at.database, practice.join(','), ...what], { stdio: 'inherit' });
}

/** A connection on whose mapping a person decides where both sides changed a field. */
async function begin(at, instance, wanted) {
  const id = await at.addConnection(wanted.name, instance, instance);
  const editor = `/settings/connections/${id}/mapping.json`;
  const mapping = await (await at.browse(at.console, 'GET', editor)).json();
  const form = new FormData();
  form.set('file', new Blob([JSON.stringify({ ...mapping, strategy: 'manual_review' })]), 'mapping.json');
  await fetch(at.console + editor, { method: 'POST', redirect: 'manual', headers: { cookie: at.cookies[at.console] }, body: form });
  const { draft } = await at.ask('mapping', { 'ask[connection]': id, 'ask[tab]': 'versions' });
  const change = (what, of, more) =>
    at.browse(at.console, 'POST', '/fn/change-mapping', { 'form[connection]': id, 'form[what]': what, 'form[of]': of, ...more });
  await change('look', 'newest 50');
  await change('publish', String(draft.revision), { 'form[typed][note]': 'A person decides' });
  await at.until('the links are judged by the new mapping', () => isRunOver(at, id));
  for (const [name, script] of Object.entries(RULES)) {
    const rule = { name, script, collection: 'incident', when: 'before', active: 'true', advanced: 'true', action_update: 'true' };
    await at.table('POST', 'sys_script', rule, instance);
  }
  // The code that the mapping resolves with is no choice any longer, so the data policy refuses a resolution.
  const query = 'sys_choice?sysparm_query=name=incident^element=close_code^value=Solution provided';
  for (const { sys_id } of await at.table('GET', query, undefined, instance)) {
    await at.table('PATCH', `sys_choice/${sys_id}`, { inactive: 'true' }, instance);
  }
  return { id, instance, wanted };
}

/** Records and tickets, edits and comments of both sides; then the conflicts and the failures. */
async function work(at, connection) {
  const { id, instance, wanted } = connection;
  const { conflicts, failures } = wanted;
  const refused = Object.entries(failures).flatMap(([cause, count]) => Array(count).fill(cause));
  const some = (count, title) => Array.from({ length: count }, (_, i) => [`${title} ${i + 1}`, 'inquiry', {}]);
  const plain = [...some(conflicts[0], 'Badge opens nothing, door'), ...some(refused.length, 'Chair is broken, desk'), ...some(DRIFTED, 'Lamp')];
  const quiet = QUIET.map(([title, ...rest], i) => [`${title} ${1001 + i}`, ...rest]);
  const pairs = await pairsOf(at, connection, [...quiet, ...plain]);
  connection.quiet = pairs.splice(0, QUIET.length);
  const disputed = pairs.splice(0, conflicts[0]);
  connection.drifted = pairs.splice(-DRIFTED);

  await inTurn(connection.quiet, async ({ ticket }, i) => {
    await at.ask('comment', { ticket, body: 'Thank you. We look at it today.' });
    await at.editTicket(ticket, { description: 'Seen on the spot.', priority: i % 2 ? 'High' : 'Normal', status: 'In Progress' });
  });
  await at.until('what was edited here is there', () => isQuiet(at, id), 3000, 50);
  await inTurn(connection.quiet, ({ incident }) =>
    at.table('PATCH', `incident/${incident}`, { comments: 'It is better since noon.', description: 'As told on the phone.' }, instance),
  );
  await at.until('what was edited there is here', () => isQuiet(at, id), 3000, 50);

  await at.ask('pause-connection', { id });
  await inTurn(disputed, async ({ incident, ticket }, i) => {
    const both = i < conflicts[1];
    const there = { short_description: `Badge does not open door ${i + 1}`, ...(both && { description: 'The reader blinks red.' }) };
    const here = { title: `Badge is not known at door ${i + 1}`, ...(both && { description: 'The reader shows no light.' }) };
    await at.table('PATCH', `incident/${incident}`, there, instance);
    await at.editTicket(ticket, here);
  });
  await inTurn(pairs, ({ ticket }, i) => at.editTicket(ticket, REFUSALS[refused[i]]));
  await at.ask('resume-connection', { id });
}

/** One incident each, and the tickets that they became. */
async function pairsOf(at, { id, instance }, incidents) {
  const pairs = [];
  await inTurn(incidents, async ([short_description, category, more], i) => {
    const made = await at.table('POST', 'incident', { short_description, category, description: 'By phone.', ...more }, instance);
    pairs[i] = { incident: made.sys_id, number: made.number };
  });
  await at.until('every incident is a ticket', async () => {
    const tickets = new Map();
    for (let page = 1, last = 1; page <= last; page++) {
      const { rows, pages } = await at.ask('tickets', { 'filter[search]': '', 'filter[status]': '', 'filter[connection]': id, 'filter[page]': page });
      for (const row of rows) tickets.set(row.reference, row.id);
      last = pages;
    }
    for (const pair of pairs) pair.ticket = tickets.get(pair.number);
    return pairs.every(({ ticket }) => ticket);
  }, 1500, 100);
  await at.until('their first exchange is over', () => isQuiet(at, id), 3000, 50);
  return pairs;
}

/** A dry run that finds drift: what scripts of the instance changed so that nobody was told. */
async function look(at, { id, instance, drifted }) {
  for (const { incident } of drifted) {
    const body = JSON.stringify({ table: 'incident', sys_id: incident, values: { short_description: 'Lamp, as a script says' } });
    await at.admin('POST', '/sandbox/quiet-edit', body, instance);
  }
  await at.ask('begin-run', { connection: id, how: 'dry' });
  await at.until('the run is over', () => isRunOver(at, id), 3000, 50);
}

async function isAsWanted(at) {
  const rows = await at.ask('connections');
  const sum = (what) => rows.reduce((sum, row) => sum + row[what], 0);
  return sum('conflicts') === SEEDED.conflicts && sum('failing') === SEEDED.failures && sum('waiting') === 0;
}

async function isQuiet(at, connection) {
  return (await at.ask('connections')).find(({ id }) => id === connection).waiting === 0;
}

async function isRunOver(at, id) {
  const { runs } = await at.ask('drift', { id, page: '1' });
  return runs.length > 0 && runs.every(({ state }) => state === 'done');
}

/** Eight at a time. */
async function inTurn(all, act) {
  for (let i = 0; i < all.length; i += 8) await Promise.all(all.slice(i, i + 8).map((one, j) => act(one, i + j)));
}
