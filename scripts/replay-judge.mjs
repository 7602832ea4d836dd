// What the replays of commits and of releases share: a change is judged as if an agent had made it, one `Write` for
// each file with a whitelist of the files it touched, by the gate itself (`judge`, asked again with the base's
// functions where a limit refuses, as a run does) and then by the rules on a submitted result that need no command run.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PARTS = [
  "capability/write-set",
  "effect/disk/text",
  "gate/judge",
  "kernel/bounds",
  "kernel/canonical",
  "measure/completion",
  "measure/function-pair",
  "measure/tree/grammar",
  "measure/language",
  "measure/source",
];

/** What the command lines of both replays say of the judging. */
export const JUDGING = {
  limits: { type: "string" },
  enforce: { type: "boolean", default: false },
  show: { type: "boolean", default: false },
};

/**
 * A replay by what a command line says: the product, `judge(change, label)`, which counts what is refused of a change and shows
 * it where asked to, and `print(title)`, which prints the counts. By each of the limits, those of the tier without any.
 */
export async function startReplay({ limits: text, enforce, show }) {
  const asked = text === undefined ? undefined : limitsOf(text);
  const product = await loadProduct(asked);
  const limits = asked ?? [{ maxComplexity: product.MAX_COMPLEXITY, maxFunctionLines: product.MAX_FUNCTION_LINES }];
  const tallies = limits.map(newTally);
  const judge = (change, ...label) => {
    for (const [index, judged] of judgeReplayed(product, change, { limits, enforce }).entries()) {
      addTo(tallies[index], judged);
      if (show) printRefusals(judged, [nameOf(limits[index]), ...label].join("\t"));
    }
  };
  const print = (title) => {
    for (const [index, each] of limits.entries()) printTally(tallies[index], { title, limits: each });
  };
  return { product, judge, print };
}

/** The limits a command line asks for, as `8/60,8/40`. */
function limitsOf(text) {
  return text.split(",").map((pair) => {
    const [maxComplexity, maxFunctionLines] = pair.split("/").map(Number);
    if (!(maxComplexity > 0 && maxFunctionLines > 0)) throw new Error(`--limits ${pair} is not PATHS/LINES`);
    return { maxComplexity, maxFunctionLines };
  });
}

/**
 * The product's own functions, bundled below the package so that they find their packages. In the gate no token loosens the
 * tier's numbers: for limits above them the bundle's own are raised, that of `p10-4-length` too.
 */
async function loadProduct(limits) {
  const scratch = mkdtempSync(join(ROOT, ".replay-"));
  const contents = PARTS.map((name) => `export * from ${JSON.stringify(join(ROOT, "src", `${name}.ts`))};`).join("\n");
  const outfile = join(scratch, "product.mjs");
  const plugins = limits === undefined ? [] : [raisedTo(limits)];
  const shape = { bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "error", plugins };
  try {
    await build({ stdin: { contents, resolveDir: ROOT }, outfile, ...shape });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** A plugin that has the tier's numbers be the highest that were asked for. */
function raisedTo(limits) {
  const highest = (pattern, key) => [pattern, Math.max(...limits.map((each) => each[key]))];
  const numbers = [
    highest(/(?<=export const MAX_COMPLEXITY = )\d+/, "maxComplexity"),
    highest(/(?<=export const MAX_FUNCTION_LINES = )\d+/, "maxFunctionLines"),
  ];
  const raise = ({ path }) => {
    const contents = numbers.reduce(
      (text, [pattern, number]) => {
        if (!pattern.test(text)) throw new Error(`${path} has no line for ${pattern.source}`);
        return text.replace(pattern, (was) => String(Math.max(Number(was), number)));
      },
      readFileSync(path, "utf8"),
    );
    return { contents, loader: "ts" };
  };
  return { name: "raised", setup: (building) => building.onLoad({ filter: /src\/kernel\/bounds\.ts$/ }, raise) };
}

/** Loads the grammars that paths need. */
export function loadGrammarsOf(product, paths) {
  return product.loadGrammars(new Set(paths.map((path) => product.languageOf(path))), join(ROOT, "grammars"));
}

/** Code moves between the dialects of one language. */
export function kindOf(product, path) {
  const language = product.languageOf(path);
  if (product.isEcmaScript(language)) return "ecmascript";
  return language === "cpp" ? "c" : (language ?? "none");
}

const NOW_MS = 1_780_000_000_000;
const PLAN_HASH = "a".repeat(64);

/** An implementer's capability over the files a change touched. */
function capabilityFor(write, { maxComplexity, maxFunctionLines }) {
  return {
    v: 1,
    id: "cap_replay",
    project: "replay",
    agent: "implementer",
    role: "implementer",
    tier: "implementation",
    task: "T-1",
    cycle: 1,
    plan_hash: PLAN_HASH,
    phase: "execute",
    tools: ["Write"],
    write,
    limits: { max_complexity: maxComplexity, max_function_lines: maxFunctionLines, max_executions: 150 },
    budget: { usd: null, tokens: null },
    epoch: 1,
    depth: 0,
    parent: null,
    ancestors: [],
    nbf: NOW_MS - 1,
    exp: NOW_MS + 60_000,
  };
}

/** One write as a proposal, with the facts under which nothing but paths, policies of the tier and limits can refuse it. */
function writeOf(product, { path, before, after }, capability) {
  const args = { file_path: path, content: after };
  const proposal = {
    call_id: "1:T-1:work:1:1",
    what: { tool: "Write", args, args_hash: product.hashOf(args) },
    when: { phase: capability.phase, cycle: 1 },
    who: { agent: capability.agent, tier: capability.tier, task: capability.task },
    verification: "the kept file's hash equals the judged post-image's",
    action: "Write",
    expectedOutcomes: [],
    failureModes: [],
    observation: { data: {}, sources: [], signals: [] },
    analysis: { meaning: "", probabilities: { success: 0.9 }, risks: [] },
  };
  const facts = {
    nowMs: NOW_MS,
    shownRoot: "/workspace",
    capability: { ok: true, value: capability },
    planHash: PLAN_HASH,
    killed: false,
    phaseActive: true,
    writes: product.compileWriteSet(capability.write),
    laterFiles: product.compileWriteSet([]),
    loadedFiles: new Set(),
    isDenied: () => false,
    paths: [{ path, kind: before === null ? "missing" : "file", linkOnTheWay: false }],
    images: [{ path, before, after }],
    budget: { executionsLeft: 1, tokensLeft: null, usdLeft: null, timeLeftMs: null },
    policies: [],
    risk: {
      auto: 100,
      auditor: 100,
      human: 100,
      humanReview: "never",
      violatedWithinDay: false,
      rejectedBefore: false,
    },
    review: { auditor: null, humans: [], excluded: [] },
  };
  return { proposal, facts };
}

/** What the gate denies of a write; where a limit refuses it is asked again with the base's functions. */
function denialsOf(product, file, { capability, elsewhere }) {
  const { proposal, facts } = writeOf(product, file, capability);
  const { denials } = product.judge(proposal, facts);
  if (!denials.some(({ check }) => check === "limits")) return denials;
  const images = facts.images.map((image) => ({ ...image, base: file.before }));
  return product.judge(proposal, { ...facts, images, elsewhere: elsewhere(file.path) }).denials;
}

/** Rules of the tier's numbers: complexity and length. */
const NUMBERS = new Set(["max-complexity", "max-function-lines"]);

/** What a file's functions were, whatever the limits. */
const pairs = new WeakMap();

/** Functions of a file that a change made or altered, each with what it was. */
function pairsOf(product, file, elsewhere) {
  if (!pairs.has(file)) pairs.set(file, findPairs(product, file, elsewhere));
  return pairs.get(file);
}

function findPairs(product, { path, before, after }, elsewhere) {
  if (product.languageOf(path, after) === undefined) return [];
  const was = before === null ? undefined : product.measureSource(path, before);
  return product.changedFunctions(was, product.measureSource(path, after), elsewhere(path));
}

/** A denial with the line it is about, and the function as it is and as it was where the rule is one of numbers. */
function explain({ rule, object, message }, { path }, changed) {
  const line = Number(/^:(\d+)/.exec(object.slice(path.length))?.[1] ?? 0);
  const isAbout = ({ now }) => now.line === line && object.endsWith(now.qualified_name);
  const pair = NUMBERS.has(rule) ? changed.find(isAbout) : undefined;
  return { path, line, rule, message, cause: causeOf(pair), pair };
}

function causeOf(pair) {
  if (pair === undefined) return "other";
  return pair.was === undefined ? "new" : "worse";
}

/** One write judged: what refuses it, and how many functions it changed. */
function judgeCall(product, file, context) {
  const isCode = product.languageOf(file.path, file.after) !== undefined;
  const denials = denialsOf(product, file, context);
  const changed = pairsOf(product, file, context.elsewhere);
  const findings = denials.map((denial) => explain(denial, file, changed));
  return { path: file.path, isCode, functions: changed.length, findings };
}

/** Rules that the gate has judged already. */
const WRITE_TIME = new Set([...NUMBERS, "parse", "no-suppression"]);

/** What the rules on a submitted result object to besides: documentation, and the Power of Ten where it blocks. */
function judgeSubmitted(product, change, { limits, enforce }) {
  const files = change.files.filter(({ path, after }) => product.languageOf(path, after) !== undefined);
  const judgesTen = (path) => enforce || kindOf(product, path) === "c";
  const ten = files.some(({ path }) => judgesTen(path))
    ? { powerOfTen: { enforce, others: change.others(judgesTen) } }
    : {};
  const kinds = new Map(files.map(({ path }) => [kindOf(product, path), path]));
  const elsewhere = new Set([...kinds.values()].flatMap((path) => [...change.elsewhere(path)]));
  const input = { files, limits, requireDocs: true, waivers: [], elsewhere, ...ten };
  return product.judgeCompletion(input).findings.filter(({ blocks, rule }) => blocks && !WRITE_TIME.has(rule));
}

/**
 * Judges a change: `files` (path, text before or null, text after), `elsewhere(path)` the token hashes of the base's
 * functions in that path's languages, `others(isJudged)` the base's sources of the languages judged, less the files.
 * One result for each of the limits.
 */
function judgeReplayed(product, change, { limits, enforce }) {
  const write = change.files.map(({ path }) => path);
  const submitted = judgeSubmitted(product, change, { limits: limits[0], enforce });
  return limits.map((each) => {
    const context = { capability: capabilityFor(write, each), elsewhere: change.elsewhere };
    return { calls: change.files.map((file) => judgeCall(product, file, context)), submitted };
  });
}

function newTally() {
  const causes = { new: 0, worse: 0, other: 0, otherAlone: 0 };
  return {
    changes: 0,
    refusedChanges: 0,
    calls: 0,
    functions: 0,
    refused: 0,
    above: 0,
    causes,
    rules: {},
    late: {},
    lateFiles: 0,
    documentation: 0,
    anyFiles: 0,
    plain: 0,
    plainRefused: {},
  };
}

function addTo(tally, { calls, submitted }) {
  const code = calls.filter(({ isCode }) => isCode);
  if (code.length > 0) tally.changes += 1;
  for (const call of code) addCall(tally, call);
  for (const call of calls.filter(({ isCode }) => !isCode)) addPlain(tally, call);
  addSubmitted(tally, code, submitted);
}

function addCall(tally, { functions, findings }) {
  tally.calls += 1;
  tally.functions += functions;
  if (findings.length === 0) return;
  tally.refused += 1;
  tally.above += new Set(findings.filter(({ rule }) => NUMBERS.has(rule)).map(({ line }) => line)).size;
  for (const rule of new Set(findings.map((one) => one.rule))) count(tally.rules, rule);
  const causes = new Set(findings.map(({ cause }) => cause));
  for (const cause of causes) tally.causes[cause] += 1;
  if (causes.size === 1 && causes.has("other")) tally.causes.otherAlone += 1;
}

function addPlain(tally, { findings }) {
  tally.plain += 1;
  for (const rule of new Set(findings.map((one) => one.rule))) count(tally.plainRefused, rule);
}

function addSubmitted(tally, code, submitted) {
  const bare = new Set(submitted.filter(({ rule }) => rule === "documentation").map(({ file }) => file));
  const late = submitted.filter(({ rule }) => rule !== "documentation");
  const lateFiles = new Set(late.map(({ file }) => file));
  const written = new Set(code.filter(({ findings }) => findings.length > 0).map(({ path }) => path));
  tally.documentation += bare.size;
  tally.lateFiles += lateFiles.size;
  tally.anyFiles += new Set([...lateFiles, ...written]).size;
  if (lateFiles.size + written.size > 0) tally.refusedChanges += 1;
  for (const key of new Set(late.map(({ rule, file }) => `${rule} ${file}`))) count(tally.late, key.split(" ")[0]);
}

function count(counts, key) {
  counts[key] = (counts[key] ?? 0) + 1;
}

function printTally(tally, { title, limits }) {
  const { calls, causes } = tally;
  const share = (some, all = calls) => `${some} (${all === 0 ? "0.0" : ((100 * some) / all).toFixed(1)} %)`;
  const list = (counts) =>
    Object.entries(counts)
      .map(([rule, some]) => `${rule} ${some}`)
      .join(", ") || "none";
  console.log(`${title}, at most ${limits.maxComplexity} paths and ${limits.maxFunctionLines} lines:`);
  console.log(`  ${tally.changes} changes, ${calls} files of code written, ${tally.functions} functions changed`);
  console.log(`  writes refused: ${share(tally.refused)}; by rule: ${list(tally.rules)}`);
  console.log(
    `    a new function over a limit: ${share(causes.new)}, one made worse: ${share(causes.worse)}, something else: ${share(causes.other)}, that alone: ${share(causes.otherAlone)}`,
  );
  console.log(`    functions over a limit: ${share(tally.above, tally.functions)} of those changed`);
  console.log(
    `  files refused when handed in, documentation apart: ${share(tally.lateFiles)}; by rule: ${list(tally.late)}`,
  );
  console.log(
    `  files refused by either: ${share(tally.anyFiles)}; changes: ${share(tally.refusedChanges, tally.changes)}; documentation: ${share(tally.documentation)}`,
  );
  if (tally.plain > 0) console.log(`  ${tally.plain} other files written, refused: ${list(tally.plainRefused)}`);
}

/** Prints each refusal, a line each. */
function printRefusals({ calls, submitted }, label) {
  for (const { path, line, rule, cause, pair, message } of calls.flatMap(({ findings }) => findings)) {
    const figures = pair === undefined ? message : `${figuresOf(pair.was)} -> ${figuresOf(pair.now)}`;
    console.log([label, `${path}:${line}`, rule, cause, pair?.now.qualified_name ?? "", figures].join("\t"));
  }
  for (const { file, line, rule, message } of submitted.filter((one) => one.rule !== "documentation"))
    console.log([label, `${file}:${line}`, rule, "submitted", "", message].join("\t"));
}

/** Limits in short, as a command line gives them. */
function nameOf({ maxComplexity, maxFunctionLines }) {
  return `${maxComplexity}/${maxFunctionLines}`;
}

function figuresOf(one) {
  return one === undefined ? "new" : `${one.complexity}/${one.length}`;
}
