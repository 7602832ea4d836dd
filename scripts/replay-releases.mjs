// Replays the difference of two releases of a package as if an agent had made it, with a whitelist of the files it
// touched, and says how many files the write-time and completion rules would refuse, by rule: the rate of false
// denials, as the people who made those releases found their code good. Refusals by the tier's own numbers are told
// apart: functions that are new, and those made worse. node scripts/replay-releases.mjs OLD NEW
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LIMITS = { maxComplexity: 8, maxFunctionLines: 60 };
const [before, after] = process.argv.slice(2);

/** The measures, bundled below the package so that they find their packages. */
async function loadMeasures() {
  const scratch = mkdtempSync(join(ROOT, ".replay-"));
  const names = ["measure/completion", "measure/declared-documentation", "measure/function-pair", "measure/grammar"];
  const entry = [...names, "measure/language", "measure/source"]
    .map((name) => `export * from ${JSON.stringify(join(ROOT, "src", `${name}.ts`))};`)
    .join("\n");
  const outfile = join(scratch, "measure.mjs");
  await build({
    stdin: { contents: entry, resolveDir: ROOT },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const measures = await loadMeasures();

function codeFiles(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length).replace(/^\//, ""))
    .filter((path) => measures.languageOf(path) !== undefined && !/\.d\.[cm]?ts$|\.min\.js$/.test(path));
}

const [old, now] = [codeFiles(before), codeFiles(after)];
await measures.loadGrammars(new Set([...old, ...now].map(measures.languageOf)), join(ROOT, "grammars"));

const read = (directory, path) => readFileSync(join(directory, path), "utf8");
const elsewhere = new Set(
  old.flatMap((path) => measures.measureSource(path, read(before, path)).functions.map((one) => one.token_hash)),
);
const changed = now
  .map((path) => ({ path, before: old.includes(path) ? read(before, path) : null, after: read(after, path) }))
  .filter((file) => file.before !== file.after);

const sources = now.map((path) => ({ path, text: read(after, path) }));
/** Rules of the tier's numbers: complexity and length. */
const NUMBERS = new Set(["max-complexity", "max-function-lines"]);

/** What refuses a file: the rules, and whether they object to new functions, to worse ones, or to something else. */
function refusals(file) {
  const input = { files: [file], limits: LIMITS, requireDocs: true, waivers: [], elsewhere };
  const { findings } = measures.judgeCompletion(input);
  const blocking = measures.withoutDeclared(findings, sources).filter(({ blocks }) => blocks);
  const was = file.before === null ? undefined : measures.measureSource(file.path, file.before);
  const pairs = measures.changedFunctions(was, measures.measureSource(file.path, file.after), elsewhere);
  const known = new Set(pairs.filter((pair) => pair.was !== undefined).map(({ now: { line } }) => line));
  const causes = blocking
    .filter(({ rule }) => rule !== "documentation")
    .map(({ rule, line }) => (NUMBERS.has(rule) ? (known.has(line) ? "worse" : "new") : "other"));
  const named = blocking.filter(({ rule }) => NUMBERS.has(rule));
  if (process.env.SHOW) for (const one of named) console.log(`${one.file}:${one.line} ${one.message}`);
  return {
    rules: new Set(blocking.map(({ rule }) => rule)),
    causes: new Set(causes),
    functions: pairs.length,
    above: new Set(named.map(({ line }) => line)).size,
  };
}

const byRule = {};
const byCause = { new: 0, worse: 0, other: 0, "other alone": 0 };
let [refused, functions, above] = [0, 0, 0];
for (const file of changed) {
  const { rules, causes, functions: count, above: many } = refusals(file);
  functions += count;
  above += many;
  for (const rule of rules) byRule[rule] = (byRule[rule] ?? 0) + 1;
  for (const cause of causes) byCause[cause] += 1;
  if (causes.size === 1 && causes.has("other")) byCause["other alone"] += 1;
  if (causes.size === 0) continue;
  refused += 1;
  if (process.env.SHOW) console.log(file.path, [...rules].join(" "), [...causes].join(" "));
}
const gone = old.filter((path) => !now.includes(path)).length;
const share = (count) => (changed.length === 0 ? 0 : (100 * count) / changed.length).toFixed(1);
console.log(`${changed.length} files, ${functions} functions changed; ${refused} files refused (${share(refused)} %)`);
const ofFunctions = functions === 0 ? 0 : (100 * above) / functions;
console.log(`  ${above} functions above a limit (${ofFunctions.toFixed(1)} % of those changed)`);
console.log(`  for a new function over a limit: ${byCause.new}, for one made worse: ${byCause.worse}`);
console.log(
  `  for something else: ${byCause.other}, for that alone: ${byCause["other alone"]} (${share(byCause["other alone"])} %)`,
);
for (const [rule, count] of Object.entries(byRule)) console.log(`  ${rule}: ${count}`);
if (gone > 0) console.log(`  ${gone} files removed or renamed, which agents never do`);
