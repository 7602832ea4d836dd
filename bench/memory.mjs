/**
 * Cost of memory at 10,000 and 1,000,000 records, in ratios within this run (issue 5, Speed). Prints one JSON row a
 * line: {name, ratio, limit}. The stores are filled through the store itself, so that the log, its tables and search
 * tables are real; WORKNODE_BENCH_RECORDS sets another size than 1,000,000 for a first look.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { loadSources } from "./load.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const MANY = Number(process.env.WORKNODE_BENCH_RECORDS ?? 1_000_000);
const FEW = 10_000;
const BATCH = 5_000;
const ROUNDS = 41;
/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".memory-"));

function load() {
  return loadSources(scratch, "memory", ["store/store", "memory/brief", "memory/decisions", "memory/issues"]);
}

/** Words by Zipf's law: the first stands in every record, the last in very few. Always the same. */
function createWriter() {
  let state = 12_345;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  return () => Array.from({ length: 12 }, () => `w${Math.floor(20_000 ** random())}`).join(" ");
}

const COMMON = "everywhere";

function decisionEvent(index, words) {
  const record = {
    id: `D-${index}`,
    question: `${COMMON} ${words}`,
    decision: `choose ${index}`,
    rationale: words,
    alternatives_rejected: [],
    made_by: "bench",
    timestamp: index,
    confidence: 1,
  };
  return {
    type: "DECISION_RECORDED",
    stream: "project",
    actor: "bench",
    run: 1,
    task: `T-${index % 500}`,
    execution: null,
    payload: record,
  };
}

function issueEvent(index, words) {
  const payload = {
    id: `is_${index}`,
    fingerprint: `f${index}`,
    type: "ERROR",
    error: `${COMMON} ${words} call_${index % 5_000}_failed`,
    file: `src/f${index % 1_000}.c`,
    resolved: index % 3 === 0,
    ...(index % 3 === 0 ? { solution: { fix: words, root_cause: "" } } : {}),
  };
  return { type: "ISSUE_RECORDED", stream: "project", actor: "bench", run: 1, task: null, execution: null, payload };
}

function cycleEvents() {
  const place = { actor: "bench", run: 1, task: null, execution: null, stream: "cycle:1" };
  const tasks = Array.from({ length: 50 }, (_, index) => ({
    id: `T-${index}`,
    title: `Build part w${index} of the w${index * 7}`,
    phase: "build",
    owner: "implementer",
    estimate: 1,
    needs: index === 0 ? [] : [`T-${index - 1}`],
    files: [`src/f${index}.c`],
  }));
  const payload = {
    cycle: 1,
    plan_id: "bench",
    plan_hash: "a".repeat(64),
    plan_path: "plan.yaml",
    plan_source: "",
    title: "Bench",
    instruction: "",
    branch: "b",
    base_commit: "c".repeat(40),
    opened_by: "run",
    inputs: {},
    tasks,
  };
  return [{ ...place, type: "CYCLE_STARTED", payload }];
}

/** A store of so many records, half decisions and half issues of each kind asked for. */
function fill(library, count) {
  const path = join(scratch, `${count}`, "worknode.db");
  const store = library.openStore(path);
  const words = createWriter();
  store.append(cycleEvents());
  for (let start = 0; start < count; start += BATCH) {
    store.append(
      Array.from({ length: Math.min(BATCH, count - start) }, (_, offset) => decisionEvent(start + offset, words())),
    );
    store.append(
      Array.from({ length: Math.min(BATCH, count - start) }, (_, offset) => issueEvent(start + offset, words())),
    );
  }
  return { store, path };
}

const timeOf = async (work) => {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start);
};
const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const median = (values) => quantile(values, 0.5);

/** A mix of rare, middling and commonest words, alone and together. */
const QUERIES = [
  "w19990",
  "w15000 w18000",
  "w300",
  "w40 w900",
  "w3",
  COMMON,
  `${COMMON} w2`,
  `${COMMON} w17000`,
  "w1 w2 w3",
];

async function times(rounds, work) {
  const values = [];
  for (let round = 0; round < rounds; round += 1) values.push(await timeOf(() => work(round)));
  return values;
}

function likeScan(path, table, column) {
  const database = new Database(path, { readonly: true });
  const statement = database.prepare(`SELECT * FROM ${table} WHERE ${column} LIKE ? ORDER BY position DESC LIMIT 20`);
  return { run: (word) => statement.all(`%${word}%`), close: () => database.close() };
}

/** p95 over the mix of queries, in turns with one LIKE scan of the same table for a word that is nowhere. */
async function searchRows(library, few, many) {
  const rows = [];
  const searches = {
    searchDecisions: {
      work: (store, query) => library.searchDecisions(store, { query }),
      table: "decisions",
      column: "words",
    },
    searchIssues: { work: (store, query) => library.searchIssues(store, { query }), table: "issues", column: "words" },
  };
  for (const [name, { work, table, column }] of Object.entries(searches)) {
    const scan = likeScan(many.path, table, column);
    const small = await times(ROUNDS, (round) => work(few.store, QUERIES[round % QUERIES.length]));
    const large = await times(ROUNDS, (round) => work(many.store, QUERIES[round % QUERIES.length]));
    const bare = await times(3, () => scan.run("nowhere-to-be-found"));
    scan.close();
    rows.push({
      name: `${name} p95 / one LIKE scan (${MANY} records)`,
      ratio: quantile(large, 0.95) / median(bare),
      limit: 0.1,
    });
    rows.push({
      name: `${name} p95, ${MANY} / ${FEW} records`,
      ratio: quantile(large, 0.95) / quantile(small, 0.95),
      limit: 5,
    });
  }
  return rows;
}

/** The indexed queries a brief cannot do without, bare. */
function bareBrief(path) {
  const database = new Database(path, { readonly: true });
  const statements = [
    "SELECT * FROM cycles WHERE status NOT IN ('done', 'failed') ORDER BY number DESC LIMIT 1",
    "SELECT * FROM tasks WHERE cycle = 1 AND status IN ('IN_PROGRESS', 'VERIFIED', 'REJECTED') ORDER BY position LIMIT 200",
    "SELECT * FROM tasks WHERE cycle = 1 AND status IN ('READY', 'PENDING') ORDER BY position LIMIT 200",
    "SELECT * FROM sessions WHERE cycle = 1 ORDER BY seq DESC LIMIT 1",
    "SELECT * FROM escalations WHERE cycle = 1 AND action IS NULL ORDER BY seq",
    "SELECT * FROM approvals WHERE cycle = 1 AND decision IS NULL ORDER BY requested_seq",
    "SELECT * FROM executions WHERE cycle = 1 AND verdict = 'Approved' AND result_seq IS NULL",
    "SELECT * FROM decisions ORDER BY position DESC LIMIT 25",
    "SELECT * FROM decisions WHERE cycle = 1 AND task = 'T-0' ORDER BY position DESC LIMIT 25",
    "SELECT * FROM decisions WHERE position IN (SELECT rowid FROM decisions_fts WHERE decisions_fts MATCH 'w0 OR part OR build' ORDER BY rowid DESC LIMIT 25)",
    "SELECT * FROM issues WHERE resolved = 1 ORDER BY seq DESC LIMIT 25",
    "SELECT * FROM issues WHERE position IN (SELECT rowid FROM issues_fts WHERE issues_fts MATCH 'w0 OR part OR build' ORDER BY rowid DESC LIMIT 25)",
    "SELECT * FROM files_kept WHERE cycle = 1 ORDER BY seq DESC LIMIT 25",
    "SELECT * FROM tasks WHERE cycle = 1 AND status = 'DONE' ORDER BY ended_hlc DESC LIMIT 25",
    "SELECT * FROM notes ORDER BY seq DESC LIMIT 25",
  ].map((sql) => database.prepare(sql));
  return { run: () => statements.map((statement) => statement.all()), close: () => database.close() };
}

async function briefRows(library, few, many) {
  const bare = bareBrief(many.path);
  const small = [];
  const large = [];
  const queries = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    small.push(await timeOf(() => library.projectBrief(few.store)));
    large.push(await timeOf(() => library.projectBrief(many.store)));
    queries.push(await timeOf(() => bare.run()));
  }
  bare.close();
  return [
    { name: `brief, ${MANY} / ${FEW} records of each kind`, ratio: median(large) / median(small), limit: 1.5 },
    { name: `brief / its bare indexed queries (${MANY} records)`, ratio: median(large) / median(queries), limit: 10 },
  ];
}

/** One record in a transaction of its own, in turns in both stores. */
async function storeRow(few, many) {
  const words = createWriter();
  const [small, large] = [[], []];
  for (let round = 0; round < 400; round += 1) {
    const event = issueEvent(10_000_000 + round, words());
    small.push(await timeOf(() => few.store.append([event])));
    large.push(await timeOf(() => many.store.append([event])));
  }
  return { name: `one record stored, ${MANY} / 1000 records`, ratio: median(large) / median(small), limit: 1.3 };
}

async function main() {
  const library = await load();
  const [tiny, few, many] = [1_000, FEW, MANY].map((count) => fill(library, count));
  const rows = [
    ...(await briefRows(library, few, many)),
    ...(await searchRows(library, few, many)),
    await storeRow(tiny, many),
  ];
  for (const row of rows) console.log(JSON.stringify({ ...row, ratio: Number(row.ratio.toFixed(3)) }));
  for (const { store } of [tiny, few, many]) store.close();
}

try {
  await main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
