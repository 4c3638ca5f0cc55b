// Memory must not grow with what is kept: the same load and the same pages, with a thousand links and with a million.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Installation, ms, pause, quantile, report } from './drive.mjs';

const COUNTS = [1_000, Number(process.argv[2] ?? 1_000_000)];
const PAIRS = 40;
const CHANGES = 400;

// Copies one link, its ticket and its history so often, whatever columns they have by now.
const GROW = `
import sqlite3, sys
file, count = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(file)
db.execute("pragma journal_mode = off"); db.execute("pragma synchronous = off"); db.execute("pragma foreign_keys = off")
like = db.execute("select id, platform_id from links where platform_id is not null order by id limit 1").fetchone()
def copies(table, where, value, changed):
    columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
    taken = ", ".join(changed.get(column, column) for column in columns)
    db.execute(f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {count}) "
               f"insert into {table} ({', '.join(columns)}) select {taken} from {table}, n where {where} = ?", (value,))
# Older than all that is really there: the clone guard asks the instance for the newest.
name = "printf('%010d', i)"
copies("desk_tickets", "id", like[1], {"id": f"'00T' || {name}", "number": f"'TKX' || {name}", "origin": f"'O' || {name}"})
copies("links", "id", like[0], {"id": f"'00L' || {name}", "servicenow_id": f"'{'0' * 22}' || {name}", "platform_id": f"'00T' || {name}"})
first = db.execute("select id from history where link_id = ? order by id limit 1", (like[0],)).fetchone()[0]
copies("history", "id", first, {"id": f"'00H' || {name}", "link_id": f"'00L' || {name}"})
db.commit()
`;

const peaks = [];
for (const count of COUNTS) {
  const at = await Installation.make();
  try {
    await at.serve('--poll-seconds', '5');
    await at.connect();
    const pairs = await at.pairs(PAIRS);
    await at.until('all is quiet', () => at.isQuiet());
    await at.stopServer();
    execFileSync('python3', ['-c', GROW, at.database, String(count)], { stdio: 'inherit' });
    await at.serve('--poll-seconds', '5');
    const pages = [];
    for (let i = 0; i < CHANGES; i++) {
      const pair = pairs[i % PAIRS];
      await (i % 2 === 0
        ? at.table('PATCH', `incident/${pair.incident}`, { short_description: `memory ${i}` })
        : at.editTicket(pair.ticket, { description: `memory ${i}` }));
      if (i % 20 === 0) {
        for (const path of ['/', '/tickets', '/history', '/settings/connections']) {
          const begun = performance.now();
          await (await at.browse(at.console, 'GET', path)).text();
          pages.push(performance.now() - begun);
        }
      }
    }
    await pause(500);
    await at.until('all is quiet', () => at.isQuiet());
    const peak = Number(readFileSync(`/proc/${at.server.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1]) / 1024;
    peaks.push(peak);
    report(`${count.toLocaleString('en')} links: peak memory of \`isthmus serve\``, `${peak.toFixed(0)} MiB`, 'limit 150 MiB', peak < 150);
    report('  pages meanwhile, p50 / p99', `${ms(quantile(pages, 0.5))} / ${ms(quantile(pages, 0.99))}`, '');
  } finally {
    await at.remove();
  }
}
const growth = peaks[1] / peaks[0];
report('  so memory grows by', `${growth.toFixed(2)} x`, 'limit 1.50', growth < 1.5);
