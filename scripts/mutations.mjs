// Deliberate bugs: each is put into a scratch copy of the last commit, and a test must fail. docs/proof.md lists them.
// Run by scripts/mutations.sh, with names to take only those. Prints a line a bug, and fails when one is not caught.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const simulation = ["-p", "isthmus", "--lib", "tests::simulation::whatever_happens"];
const merge = ["-p", "merge"];
const queue = ["-p", "isthmus", "--lib", "tests::queue::on_sqlite"];
const store = ["-p", "isthmus", "--lib", "tests::store::on_sqlite"];
const sleeping = ["-p", "isthmus", "--lib", "tests::simulation::sleeping"];
const entering = ["-p", "isthmus", "--lib", "tests::simulation::entering"];
const meanwhile = ["-p", "isthmus", "--lib", "tests::simulation::meanwhile"];
const runs = ["-p", "isthmus", "--lib", "tests::runs::on_sqlite"];
const deliveries = ["-p", "isthmus", "--lib", "sync::deliver::tests"];
const readback = ["-p", "isthmus", "--lib", "tests::readback::what_came_true"];
const polling = ["-p", "isthmus", "--lib", "polling"];
const conformance = ["-p", "isthmus", "--lib", "tests::conformance::servicenow::changes"];

/** What is found must be there exactly once in its file: when the code moves, its row here moves with it. */
const bugs = [
  {
    name: "echo-by-author", test: simulation, file: "src/sync/reconcile.rs",
    says: "a record that our account touched last is taken for an echo",
    find: "    tell(connection, &link, &plan);\n",
    put: "    if seen.servicenow.edited.by == connection.acting_as {\n        return Ok(Round::Quiet);\n    }\n",
  },
  {
    name: "cursor-later-than", test: conformance, file: "src/connectors/servicenow/changes.rs",
    says: "ServiceNow is asked for what is later than the cursor: `>` instead of `>=`",
    find: 'None => format!("{of}{column}>={}"', put: 'None => format!("{of}{column}>{}"',
  },
  {
    name: "cursor-without-overlap", test: simulation, file: "src/sync/poll.rs",
    says: "no window is read again, so what committed late is never seen",
    find: "Some(asked_at - LATE_MS - SLACK_MS + self.connector.ahead_ms()?)",
    put: "Some(asked_at + self.connector.ahead_ms()?)",
  },
  {
    name: "first-page-is-the-end", test: polling, file: "src/sync/poll.rs",
    says: "the first page with rows ends the reading, and it counts as whole",
    find: "if is_last || is_empty {", put: "if is_last || is_empty || newest.is_some() {",
  },
  {
    name: "retry-without-look-up", test: simulation, file: "src/sync/deliver/append.rs",
    says: "a comment whose answer was lost is sent again without being looked for",
    find: "if out.unsure {", put: "if out.unsure && delivery.attempts < 0 {",
  },
  {
    name: "unsure-is-no", test: simulation, file: "src/sync/deliver/mod.rs",
    says: "a lost answer is taken for a no, so the comment counts as never sent",
    find: "tx.delivery_doubted(&delivery.id, engine.clock.now()).await?;", put: "tx.delivery_unsent(&delivery.id).await?;",
  },
  {
    name: "doubt-since-the-mark", test: meanwhile, file: "src/sync/deliver/mod.rs",
    says: "what may come of a lost answer counts from the mark before the request",
    find: "tx.delivery_doubted(&delivery.id, engine.clock.now()).await?;", put: "",
  },
  {
    name: "comment-without-key", test: simulation, file: "src/sync/deliver/append.rs",
    says: "a comment goes to the platform without its own key",
    find: 'key: format!("{}:{}", to.other().as_str(), entry.id),', put: "key: String::new(),",
  },
  {
    name: "append-not-paired", test: simulation, file: "src/sync/deliver/mod.rs",
    says: "an appended entry is not remembered as the other's twin",
    find: "Some(Paired::Entries((servicenow, platform))) => tx.pair_entries(&link.id, servicenow, platform).await?,",
    put: "Some(Paired::Entries(_)) => {}",
  },
  {
    name: "create-without-key", test: simulation, file: "src/sync/deliver/create.rs",
    says: "a ticket is asked for with another key each time",
    find: "side.create(&key, ", put: "side.create(&engine.clock.id(), ",
  },
  {
    name: "own-write-is-an-edit", test: readback, file: "src/sync/deliver/write.rs",
    says: "a field write whose answer was lost comes back as an edit of that side",
    find: "_ if is_there => after.base.extend(part.agreed),", put: "_ if is_there => {}",
  },
  {
    name: "base-before-write", test: simulation, file: "src/sync/reconcile.rs",
    says: "the base advances with the plan, before the other side said yes",
    find: "        if let Outcome::Agree { value } = &decision.outcome {",
    put: "        if let Outcome::Agree { value } | Outcome::Write(merge::Write { agree: Some(value), .. }) = &decision.outcome {",
  },
  {
    name: "hidden-is-deleted", test: simulation, file: "src/sync/gone.rs",
    says: "a record that is only hidden is deleted on the other side",
    find: "    let Gone::Deleted { at, by } = gone else {",
    put: "    let gone = if gone == Gone::Hidden { Gone::Deleted { at: 0, by: String::new() } } else { gone };\n    let Gone::Deleted { at, by } = gone else {",
  },
  {
    name: "hidden-is-refused", test: meanwhile, file: "src/sync/deliver/mod.rs",
    says: "what a hidden record does not take counts as refused, and a person must ask for it again",
    find: 'delivery.kind != "create" && !is_shown', put: "delivery.kind.is_empty() && !is_shown",
  },
  {
    name: "hidden-is-unsent", test: meanwhile, file: "src/sync/deliver/mod.rs",
    says: "what a hidden record does not show counts as not sent, and is sent again when it shows",
    find: "if hidden[&delivery.to()].is_some() {", put: "if hidden[&delivery.to()].is_some() && lost_on.is_some() {",
  },
  {
    name: "kept-is-deleted", test: simulation, file: "src/sync/gone.rs",
    says: "the record that is left is deleted where the connection says to keep it",
    find: "Left::Keep => Then::Keep,", put: "Left::Keep => Then::Delete,",
  },
  {
    name: "own-ticket-enters", test: simulation, file: "src/sync/enter/from_platform.rs",
    says: "a ticket that we are just making is not looked up, and becomes a second record",
    find: "if sides.platform.find_new(&link).await?", put: "if false && sides.platform.find_new(&link).await?",
  },
  {
    name: "tickets-without-run", test: entering, file: "src/sync/runs.rs",
    says: "a reconcile run looks at records without a ticket, and not at tickets without a record",
    find: "(None, _) if tickets_follow =>", put: "(None, _) if tickets_follow && run.queued < 0 =>",
  },
  {
    name: "breaker-after-a-word", test: runs, file: "src/store/runs.rs",
    says: "a look that was refused before a person let the run go on stops it again",
    find: " and touched >= allowed", put: "",
  },
  {
    name: "hidden-is-empty", test: simulation, file: "merge/src/field_rule.rs",
    says: "a field that a side does not show is read as empty",
    find: "let Some(native) = self.native(side, record) else { return Ok(None) };",
    put: "let Some(native) = self.native(side, record) else { return Ok(Some(Value::Empty)) };",
  },
  {
    name: "conflict-written-through", test: merge, file: "merge/src/clash.rs",
    says: "under manual_review the later edit is written instead of asking a person",
    find: "strategy == Strategy::ManualReview && ", put: "strategy == Strategy::ManualReview && is_first_copy && ",
  },
  {
    name: "present-value-forgotten", test: merge, file: "merge/src/value_map.rs",
    says: "on the way back the default row is taken, although the present value means the same",
    find: ".filter(|row| row.platform == platform) {", put: ".filter(|row| row.platform == platform && row.default) {",
  },
  {
    name: "collapse-loses-a-change", test: meanwhile, file: "src/store/jobs.rs",
    says: "news that arrives while its record is looked at is thought to be seen",
    find: '" where true on conflict (lane)',
    put: "\" where not exists (select 1 from jobs r where r.state = 'running' and r.lane = value->>'lane') on conflict (lane)",
  },
  {
    name: "lease-ignored", test: simulation, file: "src/store/jobs.rs",
    says: "a lease ends at once: what somebody runs is given to somebody else",
    find: "leased_by = '', lease_until = 0 where state = 'running' and lease_until <= $1\"",
    put: "leased_by = '', lease_until = 0 where state = 'running' and lease_until - 999999999 <= $1\"",
  },
  {
    name: "claim-not-asked", test: sleeping, file: "src/sync/claim.rs",
    says: "who lost a job to another goes on storing what it wants to send",
    find: "match tx.held_until(&claim.job, &claim.name).await {",
    put: "match Ok::<i64, crate::store::StoreError>(tx.held_until(&claim.job, &claim.name).await.unwrap_or(i64::MAX)) {",
  },
  {
    name: "sent-after-sleep", test: sleeping, file: "src/sync/claim.rs",
    says: "who slept between the stored intent and the request sends it all the same",
    find: "if self.clock.now().saturating_add(side.settles_ms()) < until {", put: "if until != 0 || side.settles_ms() < 0 {",
  },
  {
    name: "claim-by-process", test: queue, file: "src/queue/worker.rs",
    says: "a claim is named after its process, which takes what it lost for what it has",
    find: "tx.claim_job(&self.clock.id(), now", put: "tx.claim_job(\"this process\", now",
  },
  {
    name: "lease-not-checked", test: queue, file: "src/store/jobs.rs",
    says: "who lost a job to another still ends it",
    find: "\"delete from jobs where id = $1 and leased_by = $2 and state = 'running'\"",
    put: "\"delete from jobs where id = $1 and leased_by <= $2 || 'zzz' and state = 'running'\"",
  },
  {
    name: "version-not-checked", test: store, file: "src/store/links.rs",
    says: "a link is saved over somebody else's newer one",
    find: 'where id = $1 and version = $2"', put: 'where id = $1 and version >= $2"',
  },
  {
    name: "sent-after-pause", test: store, file: "src/store/deliveries.rs",
    says: "what a look finds is sent, although its connection was paused meanwhile",
    find: " and c.state = 'active'", put: "",
  },
  {
    name: "look-up-as-of-its-answer", test: deliveries, file: "src/sync/deliver/mod.rs",
    says: "a look-up counts as of when its answer came, so what comes true meanwhile is sent twice",
    find: "(looked_at < settled_at).then(", put: "(now < settled_at).then(",
  },
];

const [scratch, ...names] = process.argv.slice(2);
const unknown = names.filter((name) => bugs.every((bug) => bug.name !== name));
if (unknown.length > 0) {
  console.error(`There is no bug ${unknown.join(", ")}. There are: ${bugs.map((bug) => bug.name).join(", ")}`);
  process.exit(2);
}
const git = (...args) => execFileSync("git", args, { stdio: ["ignore", "pipe", "inherit"] });
const forget = () => {
  if (existsSync(scratch)) git("worktree", "remove", "--force", scratch);
};
const cargo = (test, ...more) => {
  const [of, filter] = test.at(-1).startsWith("tests::") ? [test.slice(0, -1), test.slice(-1)] : [test, []];
  return spawnSync("cargo", ["test", "--quiet", ...of, ...more, ...filter], { cwd: scratch, encoding: "utf8", maxBuffer: 1 << 30 });
};

/** Which test failed, and what it said. */
function caughtBy(output) {
  const broken = output.match(/^history (\d+) fails: (.*)/m);
  if (broken) return `the simulation, history ${broken[1]}: ${broken[2]}`;
  const failed = output.match(/^---- (\S+) stdout ----/m);
  return failed ? failed[1] : undefined;
}

function outcome({ test, file, find, put }) {
  const path = join(scratch, file);
  const text = readFileSync(path, "utf8");
  const parts = text.split(find);
  if (parts.length !== 2) return { missed: `DOES NOT APPLY: what it replaces is ${parts.length - 1} times in ${file}` };
  writeFileSync(path, parts.join(put));
  try {
    const built = cargo(test, "--no-run");
    if (built.status !== 0) return { missed: `DOES NOT COMPILE: ${built.stderr.split("\n").find((line) => line.startsWith("error"))}` };
    const run = cargo(test);
    if (run.status === 0) return { missed: "NOT CAUGHT" };
    const by = caughtBy(run.stdout + run.stderr);
    return by ? { caught: `caught by ${by.length > 150 ? `${by.slice(0, 150)}…` : by}` } : { missed: `DID NOT RUN:\n${run.stderr}` };
  } finally {
    writeFileSync(path, text);
  }
}

forget();
git("worktree", "prune");
git("worktree", "add", "--quiet", "--detach", scratch, "HEAD");
process.on("exit", forget);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
const began = Date.now();
const chosen = bugs.filter((bug) => names.length === 0 || names.includes(bug.name));
let caught = 0;
for (const bug of chosen) {
  const begun = Date.now();
  const is = outcome(bug);
  if (is.caught) caught += 1;
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(`${bug.name.padEnd(26)} ${`${seconds} s`.padStart(5)}  ${is.caught ?? is.missed}\n${" ".repeat(35)}the bug: ${bug.says}`);
}
console.log(`\n${caught} of ${chosen.length} bugs caught, ${chosen.length - caught} not (${Math.round((Date.now() - began) / 1000)} s)`);
process.exit(caught === chosen.length ? 0 : 1);
