// Changes synced a second, end to end, against a bare loop that makes the same HTTP requests with the same client and
// the same concurrency, and has no engine. Which requests those are, and which of them are made at the same time, is
// recorded, not guessed: a few changes are first synced through a proxy that writes every request down.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request as send } from 'node:http';
import { join } from 'node:path';
import { Installation, pause, report } from './drive.mjs';

const LINKS = Number(process.argv[2] ?? 500);
const ROUNDS = 4;
/** As many as by default. */
const WORKERS = 40;
const SAMPLE = 20;
const REPLAY = process.env.ISTHMUS_REPLAY;

/** Half of the changes on each side, each on a link of its own, made while the connection rests. */
async function edit(at, connection, pairs, words) {
  await at.ask('pause-connection', { id: connection });
  for (let i = 0; i < pairs.length; i += 8) {
    await Promise.all(
      pairs.slice(i, i + 8).map((pair, j) =>
        (i + j) % 2 === 0
          ? at.table('PATCH', `incident/${pair.incident}`, { short_description: `${words} ${i + j}` })
          : at.editTicket(pair.ticket, { description: `${words} ${i + j}` }),
      ),
    );
  }
  // The last webhooks are on their way for a moment.
  let before = -1;
  for (let jobs = 0; jobs !== before; await pause(500)) {
    before = jobs;
    jobs = Number((await at.metrics()).match(/isthmus_jobs\{state="ready"\} (\d+)/)?.[1] ?? 0);
  }
}

/** What was asked for one change, in order: what was sent before the requests around it were answered is one step with them. */
function steps(requests) {
  const steps = [];
  let answered = -Infinity;
  for (const { sent, answered: then, ...request } of requests) {
    if (sent < answered) steps.at(-1).push(request);
    else steps.push([request]);
    answered = Math.max(answered, then);
  }
  return steps;
}

async function recorded() {
  const at = await Installation.make();
  const requests = [];
  const proxy = createServer((from, to) => {
    const chunks = [];
    from.on('data', (chunk) => chunks.push(chunk));
    from.on('end', () => {
      const body = Buffer.concat(chunks);
      const { host: _, 'content-length': __, authorization: ___, ...headers } = from.headers;
      const request = { method: from.method, path: from.url, headers, body: body.toString(), sent: performance.now() };
      if (from.url.startsWith('/api/')) requests.push(request);
      const options = { method: from.method, headers: { ...from.headers, host: new URL(at.servicenow).host } };
      send(at.servicenow + from.url, options, (answer) => {
        request.answered = performance.now();
        to.writeHead(answer.statusCode, answer.headers);
        answer.pipe(to);
      }).end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    await at.serve('--poll-seconds', '3600', '--workers', String(WORKERS));
    const connection = await at.connect(`http://127.0.0.1:${proxy.address().port}`);
    const pairs = await at.pairs(SAMPLE);
    await at.until('all is quiet', () => at.isQuiet());
    // Once before, so that what the connector remembers for a while is known, as it is in the long run.
    await edit(at, connection, pairs, 'warm');
    await at.ask('resume-connection', { id: connection });
    await at.until('all is quiet', () => at.isQuiet());
    await edit(at, connection, pairs, 'sample');
    await pause(500);
    requests.length = 0;
    await at.ask('resume-connection', { id: connection });
    await at.until('all is quiet', () => at.isQuiet());
    await pause(200);
    return pairs.map((pair) => ({ pair, steps: steps(requests.filter(({ path }) => path.includes(pair.incident))) }));
  } finally {
    await at.remove();
    proxy.closeAllConnections();
    proxy.close();
  }
}

const sample = await recorded();
const perChange = sample.reduce((sum, { steps }) => sum + steps.flat().length, 0) / sample.length;

const at = await Installation.make();
const file = join(at.data, 'requests.json');
const seconds = { engine: 0, bare: 0 };

/** Edits these pairs and answers in how many seconds the engine has synced them. */
async function synced(connection, pairs, words) {
  await edit(at, connection, pairs, words);
  const begun = performance.now();
  await at.ask('resume-connection', { id: connection });
  // The more is left, the later it is asked again: each question is work for the same two cores.
  for (let left; (left = await at.waiting()) > 0; await pause(Math.min(2 * left, 400)));
  return (performance.now() - begun) / 1000;
}

/** In how many seconds the instance does all that it does for as many changes, and nothing is decided or stored. */
async function replayed(pairs, words) {
  const authorization = `Bearer ${await at.token()}`;
  const changes = pairs.map((pair, i) => {
    const { pair: like, steps } = sample[i % sample.length];
    const again = ({ path, body, ...rest }) => ({
      ...rest,
      url: at.servicenow + path.replaceAll(like.incident, pair.incident),
      body: body.replaceAll('sample', words),
      headers: { ...rest.headers, authorization },
    });
    return steps.map((step) => step.map(again));
  });
  writeFileSync(file, JSON.stringify(changes));
  return Number(execFileSync(REPLAY, [file, String(WORKERS), new URL(at.console).port], { encoding: 'utf8' })) / 1000;
}

try {
  await at.serve('--poll-seconds', '3600', '--workers', String(WORKERS));
  const connection = await at.connect();
  const pairs = await at.pairs(2 * LINKS);
  await at.until('all is quiet', () => at.isQuiet(), 6000);
  // The bare loop has pairs of its own, since nobody tells the engine of what it does.
  const [ours, apart] = [pairs.slice(0, LINKS), pairs.slice(LINKS)];
  // By turns, as a machine that others use as well is faster in one minute than in the next.
  for (let round = 1; round <= ROUNDS; round++) {
    // What the connector remembers for a while is known again, as it is in the long run.
    await synced(connection, ours.slice(0, SAMPLE), `warm ${round}`);
    seconds.engine += await synced(connection, ours, `round ${round}`);
    await at.stopServer();
    seconds.bare += await replayed(apart, `replay ${round}`);
    await at.serve('--poll-seconds', '3600', '--workers', String(WORKERS));
  }
  const wrong = [];
  for (const [i, pair] of ours.entries()) {
    if (i % 50 > 1) continue;
    const [incident, ticket] = await Promise.all([at.table('GET', `incident/${pair.incident}`), at.ask('ticket', { id: pair.ticket })]);
    const isTheLast = (i % 2 ? ticket.description : ticket.title) === `round ${ROUNDS} ${i}`;
    const isTheSame = incident.short_description === ticket.title && incident.description === ticket.description;
    if (!isTheLast || !isTheSame) wrong.push(pair.number);
  }
  if (wrong.length) throw new Error(`not the same on both sides: ${wrong.join(' ')}`);

  const [engine, bare] = [seconds.engine, seconds.bare].map((taken) => (ROUNDS * LINKS) / taken);
  report('changes synced a second, end to end', engine.toFixed(0), `${ROUNDS} times ${LINKS} links, one change each, ${WORKERS} workers`);
  report('  a bare loop of the same requests', bare.toFixed(0), `${perChange.toFixed(1)} requests a change, by turns`);
  report('  so the engine reaches', (engine / bare).toFixed(2), 'limit 0.70 of the bare loop', engine / bare >= 0.7);
} finally {
  await at.remove();
}
