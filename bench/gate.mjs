/**
 * Cost of one gate decision, in ratios within this run (issue 2, Speed). Prints one JSON row a line:
 * {name, ratio, limit, us}. The decision is a structured write with all eight checks, path rules, a
 * remembered token, argument hash, permit and the whitelist; it is compared with one
 * `fs.realpathSync.native` of the same file, which is what a gate that only resolves paths would pay.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadSources } from "./load.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const NOW = Date.now();
const ROUNDS = 1_210;
const WARM_UP = 200;
const CALLS = 50;

/** Below `bench/`, so that the bundle finds its packages. */
const scratch = mkdtempSync(join(HERE, ".gate-"));
const project = mkdtempSync(join(tmpdir(), "gate-"));
async function main() {
  const gate = await load();
  mkdirSync(join(project, "src"));
  const file = join(project, "src", "module-7.md");
  writeFileSync(file, "");
  const work = {
    realpath: () => realpathSync.native(file),
    ten: decision(gate, exactFiles(10)),
    thousand: decision(gate, exactFiles(1_000)),
    tenPatterns: decision(gate, patterns(10)),
    thousandPatterns: decision(gate, patterns(1_000)),
    thousandDenied: decision(gate, patterns(1_000), "src/elsewhere.md"),
    thousandLike: decision(
      gate,
      Array.from({ length: 1_000 }, (_, index) => `src/**/*-${index}.md`),
    ),
    tenLike: decision(
      gate,
      Array.from({ length: 10 }, (_, index) => `src/**/*-${index}.md`),
    ),
    read: decision(gate, patterns(1_000), "src/module-7.md", "Read"),
  };
  const cost = measure(work);
  const row = (name, ratio, limit, us) =>
    console.log(JSON.stringify({ name, ratio: Number(ratio.toFixed(3)), limit, us: Number(us.toFixed(2)) }));
  const { realpath } = cost;
  row("gate: write, 1,000 names / realpath", cost.thousand / realpath, 3, cost.thousand);
  row("gate: write, 1,000 patterns / realpath", cost.thousandPatterns / realpath, 3, cost.thousandPatterns);
  row("gate: denied write, 1,000 patterns / realpath", cost.thousandDenied / realpath, 3, cost.thousandDenied);
  row("gate: read / realpath", cost.read / realpath, 3, cost.read);
  row("gate: 1,000 names / 10 names", cost.thousand / cost.ten, 1.5, cost.thousand);
  row("gate: 1,000 patterns / 10 patterns", cost.thousandPatterns / cost.tenPatterns, 1.5, cost.thousandPatterns);
  row("gate: 1,000 patterns ending alike / 10", cost.thousandLike / cost.tenLike, 1.5, cost.thousandLike);
}

function exactFiles(count) {
  return Array.from({ length: count }, (_, index) => `src/module-${index}.md`);
}

function patterns(count) {
  const forms = [
    (n) => `src/module-${n}*.md`,
    (n) => `src/area-${n}/**`,
    (n) => `**/part-${n}.md`,
    (n) => `lib/*/x-${n}.md`,
  ];
  return Array.from({ length: count }, (_, index) => forms[index % forms.length](index)).concat("src/module-7*.md");
}

/** One whole decision, from the token to the permit, as a closure. */
function decision(gate, write, path = "src/module-7.md", tool = "Write") {
  const { privateKey } = generateKeyPairSync("ed25519");
  const broker = gate.createBroker({ privateKey, clock: { nowMs: () => NOW, sleep: async () => undefined } });
  const minted = broker.mint({ ...GRANT, write });
  const { verifier } = broker;
  const context = { nowMs: NOW, epoch: 1, isRevoked: () => false };
  const proposal = proposalOf(gate, path, tool);
  const facts = factsOf(gate, minted.capability, { path, tool });
  const once = () => {
    facts.capability = verifier.verify(minted.token, context);
    return gate.judge(proposal, facts).verdict.outcome;
  };
  const expected = path === "src/elsewhere.md" ? "PolicyBlocked" : "Approved";
  if (once() !== expected) throw new Error(`${path} was ${once()}`);
  return once;
}

const GRANT = {
  project: "bench",
  agent: "implementer",
  role: "implementer",
  tier: "implementation",
  task: "B-1",
  cycle: 1,
  plan_hash: "a".repeat(64),
  phase: "execute",
  tools: ["Edit", "Glob", "Grep", "Read", "Write", "report_blocker", "submit_result"],
  limits: { max_complexity: 8, max_function_lines: 60, max_executions: 150 },
  budget: { usd: null, tokens: null },
  epoch: 1,
};

function proposalOf(gate, path, tool) {
  const args = tool === "Write" ? { file_path: path, content: "text\n" } : { file_path: path };
  return {
    call_id: "1:B-1:work:1:1",
    what: { tool, args, args_hash: gate.hashOf(args) },
    when: { phase: "execute", cycle: 1 },
    who: { agent: "implementer", tier: "implementation", task: "B-1" },
    verification: "the kept file's hash equals the judged post-image's",
    action: `${tool} ${path}`,
    expectedOutcomes: ["the file holds the new text"],
    failureModes: ["the file changed since it was read"],
    observation: { data: {}, sources: [{ name: "model reply ev_1", trust: "untrusted" }], signals: [] },
    analysis: { meaning: "a write", probabilities: {}, risks: [] },
  };
}

function factsOf(gate, capability, { path, tool }) {
  return {
    nowMs: NOW,
    shownRoot: "/home/user/project",
    capability: undefined,
    planHash: GRANT.plan_hash,
    killed: false,
    phaseActive: true,
    writes: gate.compileWriteSet(capability.write),
    laterFiles: gate.compileWriteSet(["later/**"]),
    loadedFiles: new Set(["plans/bench.yaml"]),
    isDenied: (name) => name.startsWith(".env"),
    paths: [{ path, kind: "file", linkOnTheWay: false }],
    images: tool === "Write" ? [{ path, before: "old\n", after: "text\n" }] : [],
    budget: { executionsLeft: 9, tokensLeft: null, usdLeft: 1, timeLeftMs: 1_000 },
    policies: [],
    risk: { auto: 24, auditor: 59, human: 84, humanReview: "on-risk", violatedWithinDay: false, rejectedBefore: false },
    review: { auditor: null, humans: [], excluded: [] },
  };
}

/**
 * Microseconds a call of each, taken in turns so that the machine's mood falls on all alike; the first
 * decile of the rounds, because what else runs here only ever adds.
 */
function measure(work) {
  const samples = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(work)) {
      const started = process.hrtime.bigint();
      for (let call = 0; call < CALLS; call += 1) run();
      if (round >= WARM_UP) samples[name].push(Number(process.hrtime.bigint() - started) / CALLS / 1_000);
    }
  }
  const decile = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 10)];
  return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, decile(values)]));
}

function load() {
  const parts = ["gate/judge", "capability/broker", "capability/token", "capability/write-set", "kernel/canonical"];
  return loadSources(scratch, "gate", parts);
}

try {
  await main();
} finally {
  for (const folder of [scratch, project]) rmSync(folder, { recursive: true, force: true });
}
