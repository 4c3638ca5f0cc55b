// What each page of the console costs: the server's time with a million lines of history, and the WebAssembly that a browser
// loads for it. The first argument is how many lines.

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { ADMINISTRATOR, DIST, ms, quantile, report } from './drive.mjs';
import { growHistory, seeded } from './seed.mjs';

const LINES = Number(process.argv[2] ?? 1_000_000);
const TIMES = 15;
const LIMIT_MS = 20;
const LIMIT_KB = 350;
const DAY = 24 * 60 * 60 * 1000;
const FIND = fileURLToPath(new URL('../find.sh', import.meta.url));

/** Every page, by what a person would call it. */
async function addresses(at) {
  const [{ id }] = (await at.ask('connections')).filter(({ name }) => name === 'IT service desk');
  const day = (ago) => new Date(Date.now() - ago * DAY).toISOString().slice(0, 16);
  const history = (query) => `/history?${new URLSearchParams(query)}`;
  const found = (query) => {
    const names = ['connection', 'ticket', 'record', 'person', 'field', 'kind', 'from', 'to', 'before'];
    return at.ask('history', { ...Object.fromEntries(names.map((name) => [`filter[${name}]`, query[name] ?? ''])), 'filter[recovered]': 'false' });
  };
  const deep = async (query, pages) => {
    let before = '';
    for (let i = 0; i < pages; i++) before = (await found({ ...query, before })).next || before;
    return history({ ...query, before });
  };
  const { rows } = await at.ask('tickets', { 'filter[search]': 'room', 'filter[status]': '', 'filter[page]': '60' });
  const [{ id: ticket, number, reference }] = rows;
  const [{ link }] = await at.ask('find-records', { number });
  const { rows: lines } = await found({ connection: id, field: 'description', kind: 'fields' });
  const { records } = await at.ask('conflicts', { 'filter[connection]': '', 'filter[page]': '1' });
  const { groups } = await at.ask('failures', { 'filter[connection]': '', 'filter[cause]': '', 'filter[page]': '1' });
  const { runs } = await at.ask('drift', { id, page: '1' });
  const who = ADMINISTRATOR.name;
  const connection = `/settings/connections/${id}`;
  return {
    Overview: '/',
    History: '/history',
    'History, 40 pages back': await deep({}, 40),
    'History of a connection': history({ connection: id }),
    'History of a connection, 40 pages back': await deep({ connection: id }, 40),
    'History of a person': history({ person: who }),
    'History of a field': history({ field: 'title' }),
    'History of a kind': history({ kind: 'conflict' }),
    'History of a record': history({ record: reference }),
    'History of a time': history({ from: day(200), to: day(190) }),
    'History: connection, person': history({ connection: id, person: who }),
    'History: connection, field': history({ connection: id, field: 'description' }),
    'History: connection, field, 20 pages back': await deep({ connection: id, field: 'description' }, 20),
    'History: connection, kind': history({ connection: id, kind: 'conflict' }),
    'History: connection, time': history({ connection: id, from: day(120), to: day(90) }),
    'History: person, field, kind': history({ person: who, field: 'status', kind: 'fields' }),
    'History: connection, person, field, kind, time': history({ connection: id, person: who, field: 'status', kind: 'fields', from: day(300), to: day(30) }),
    'History: the same, 10 pages back': await deep({ connection: id, person: who, field: 'status', kind: 'fields', from: day(300), to: day(30) }, 10),
    'History: what is never together': history({ connection: id, person: 'Nobody', field: 'due', kind: 'restored' }),
    'A change': `/history/${lines[0].id}`,
    Records: '/links',
    'Records, found by number': `/links?number=${reference}`,
    'A record': `/links/${link}`,
    'A record in the past': `/links/${link}?at=${day(20)}`,
    Tickets: '/tickets',
    'Tickets, page 60': '/tickets?page=60',
    'Tickets, searched': '/tickets?search=payslip',
    'Tickets by title': '/tickets?order=title',
    'Tickets by status, searched, page 20': '/tickets?order=status&search=room&page=20',
    'Tickets by owner': '/tickets?order=owner',
    'Tickets by priority of a status': '/tickets?order=priority&status=In+Progress',
    'Tickets in sync of a connection': `/tickets?connection=${id}&standing=in-sync`,
    'Tickets waiting': `/tickets?connection=${id}&standing=waiting`,
    'Tickets not linked': '/tickets?standing=not-linked',
    'Tickets excluded': '/tickets?standing=excluded',
    'A ticket': `/tickets/${ticket}`,
    Conflicts: '/conflicts',
    'Conflicts, page 2': '/conflicts?page=2',
    'A conflict': `/conflicts/${records[0].conflicts[0].id}`,
    Failures: '/failures',
    'Failures of a cause': `/failures?connection=${groups[0].connection_id}&cause=${groups[0].cause}`,
    Connections: '/settings/connections',
    'A connection': connection,
    'Its mapping': `${connection}/mappings`,
    'Its tokens': `${connection}/tokens`,
    'Its permissions': `${connection}/permissions`,
    Drift: `${connection}/drift`,
    'A run': `/drift/${runs[0].id}`,
    Audit: '/settings/audit',
    'Audit: action, time': `/settings/audit?action=tickets.edit&from=${day(200).slice(0, 10)}&to=${day(100).slice(0, 10)}`,
    'Audit of a ticket': `/settings/audit?subject=${number}`,
    People: '/settings/people',
    'API tokens': '/settings/tokens',
    Retention: '/settings/retention',
  };
}

/** Milliseconds from the question to the last byte of the answer. */
async function time(at, path) {
  const begun = performance.now();
  const answer = await at.browse(at.console, 'GET', path);
  await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  return performance.now() - begun;
}

async function measureTimes(at, pages) {
  const slow = [];
  for (const [name, path] of Object.entries(pages)) {
    await time(at, path);
    const times = [];
    for (let i = 0; i < TIMES; i++) times.push(await time(at, path));
    const median = quantile(times, 0.5);
    if (median > LIMIT_MS) slow.push(name);
    report(name, `${ms(median)} / ${ms(Math.max(...times))}`, `limit ${LIMIT_MS} ms`, median <= LIMIT_MS);
  }
  const what = `pages over it, of ${Object.keys(pages).length}, with ${LINES.toLocaleString('en')} lines of history`;
  report(what, String(slow.length), 'limit 0', slow.length === 0);
}

/** What a browser with an empty cache loads of WebAssembly to open a page. */
async function measureWebAssembly(at, pages) {
  const { status, stdout } = spawnSync(FIND, ['chromium'], { encoding: 'utf8' });
  if (status) return console.log('WebAssembly is not measured: there is no Chromium (scripts/setup.sh test installs it).');
  const browser = await chromium.launch({ executablePath: stdout.trim(), args: ['--no-sandbox'] });
  const seen = new Set();
  for (const path of Object.values(pages)) {
    const like = path.replace(/\?.*/, '').replace(/\/01[0-9A-Z]{24}/g, '/*');
    if (seen.has(like)) continue;
    seen.add(like);
    const context = await browser.newContext();
    const [name, value] = at.cookies[at.console].split('=');
    await context.addCookies([{ name, value, url: at.console }]);
    const page = await context.newPage();
    let bytes = 0;
    page.on('response', (answer) => {
      const { pathname } = new URL(answer.url());
      if (pathname.endsWith('.wasm')) bytes += statSync(`${DIST}/site${pathname}.br`).size;
    });
    const loaded = page.waitForResponse((answer) => answer.url().endsWith('.wasm'));
    await page.goto(at.console + path);
    await loaded;
    report(`WebAssembly of ${like}`, `${(bytes / 1000).toFixed(0)} kB`, `limit ${LIMIT_KB} kB, brotli`, bytes > 0 && bytes / 1000 < LIMIT_KB);
    await context.close();
  }
  await browser.close();
}

const at = await seeded();
try {
  await growHistory(at, LINES);
  const pages = await addresses(at);
  await measureTimes(at, pages);
  await measureWebAssembly(at, pages);
} finally {
  await at.remove();
}
