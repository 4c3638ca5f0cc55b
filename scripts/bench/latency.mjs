// What a user would feel: from a webhook's arrival to the other side's write, how fast pages answer, and what the
// browser loads. Each figure stands beside its limit or beside the same request without Isthmus, from the same run.

import { readdirSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { DIST, Installation, ms, pause, quantile, report } from './drive.mjs';

const CHANGES_A_SECOND = 50;
const SECONDS = Number(process.argv[2] ?? 20);
const PAIRS = 100;

/** Quantiles of the time from the news to the finished write, per side, as the server measured them itself. */
async function newsToWrite(at) {
  const text = await at.metrics();
  const read = (side, q) =>
    1000 * Number(text.match(new RegExp(`isthmus_news_to_write_seconds\\{side="${side}",quantile="${q}"\\} (\\S+)`))?.[1] ?? NaN);
  return Object.fromEntries(['platform', 'servicenow'].map((side) => [side, { p50: read(side, '0.5'), p99: read(side, '0.99') }]));
}

const at = await Installation.make();
try {
  await at.serve('--poll-seconds', '15');
  await at.connect();
  const pairs = await at.pairs(PAIRS);
  await at.until('all is quiet', () => at.isQuiet());
  console.log(`${cpus().length} cores, ${CHANGES_A_SECOND} changes a second for ${SECONDS} s, half of them on each side, ${PAIRS} pairs\n`);

  // The same request without anybody listening for its change: what a write costs by itself.
  const raw = [];
  for (let i = 0; i < 100; i++) {
    const begun = performance.now();
    await at.table('PATCH', `incident/${pairs[i % PAIRS].incident}`, { work_notes_list: '', urgency: String((i % 3) + 1) });
    raw.push(performance.now() - begun);
  }
  await pause(1000);

  const sent = [];
  const begun = performance.now();
  for (let i = 0; i < CHANGES_A_SECOND * SECONDS; i++) {
    const wait = begun + (i * 1000) / CHANGES_A_SECOND - performance.now();
    if (wait > 0) await pause(wait);
    const pair = pairs[i % PAIRS];
    if (i % 2 === 0) sent.push(at.table('PATCH', `incident/${pair.incident}`, { short_description: `bench edit ${i}` }));
    else sent.push(at.editTicket(pair.ticket, { description: `bench edit ${i}` }));
  }
  await Promise.all(sent);
  await at.until('all work is done', () => at.isQuiet());
  const times = await newsToWrite(at);
  const limit = 'limit 10 / 40 ms';
  const within = ({ p50, p99 }) => p50 < 10 && p99 < 40;
  report('webhook arrived to ticket written, p50 / p99', `${ms(times.platform.p50)} / ${ms(times.platform.p99)}`, limit, within(times.platform));
  report('ticket edited to incident written, p50 / p99', `${ms(times.servicenow.p50)} / ${ms(times.servicenow.p99)}`, limit, within(times.servicenow));
  report('  a raw PATCH of the practice instance, p50 / p99', `${ms(quantile(raw, 0.5))} / ${ms(quantile(raw, 0.99))}`, 'the same run, without Isthmus');

  for (const path of ['/', '/tickets', `/tickets/${pairs[0].ticket}`, '/history', '/settings/connections']) {
    const took = [];
    for (let i = 0; i < 60; i++) {
      const begun = performance.now();
      const answer = await at.browse(at.console, 'GET', path);
      await answer.text();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      took.push(performance.now() - begun);
    }
    const label = path.replace(/[0-9A-Z]{26}/, '{id}');
    report(`page ${label}, p50 / p99`, `${ms(quantile(took, 0.5))} / ${ms(quantile(took, 0.99))}`, 'limit 30 ms', quantile(took, 0.99) < 30);
  }

  // What a page loads of it: the parts that its own links name.
  const pkg = join(DIST, 'site', 'pkg');
  for (const path of ['/', '/tickets', '/history', '/settings/connections']) {
    const page = await (await at.browse(at.console, 'GET', path)).text();
    const parts = new Set(page.match(/[\w.-]+\.wasm/g));
    const loaded = [...parts].reduce((sum, part) => sum + statSync(join(pkg, `${part}.br`)).size, 0) / 1000;
    report(`WebAssembly of ${path}, brotli`, `${loaded.toFixed(0)} kB`, 'limit 350 kB', loaded < 350);
  }
  const size = (ending) => readdirSync(pkg).filter((name) => name.endsWith(ending)).reduce((sum, name) => sum + statSync(join(pkg, name)).size, 0) / 1000;
  report('  all of it', `${size('.wasm.br').toFixed(0)} kB`, '');
  report('  JavaScript and CSS, brotli', `${(size('.js.br') + size('.css.br')).toFixed(0)} kB`, '');
} finally {
  await at.remove();
}
