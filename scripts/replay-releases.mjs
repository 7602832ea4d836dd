// Replays the difference of two releases of a package as if an agent had made it, with a whitelist of the files it
// touched, and says how many files the write-time and completion rules would refuse, by rule: the rate of false
// denials, as the people who made those releases found their code good. node scripts/replay-releases.mjs OLD NEW
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
  const entry = ["measure/completion", "measure/grammar", "measure/language", "measure/source"]
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

/** Rules that refuse a file, each once. */
function refusals(file, requireDocs) {
  const input = { files: [file], limits: LIMITS, requireDocs, waivers: [], elsewhere };
  const { findings } = measures.judgeCompletion(input);
  return new Set(findings.filter(({ blocks }) => blocks).map(({ rule }) => rule));
}

const byRule = {};
let refused = 0;
for (const file of changed) {
  const rules = refusals(file, true);
  for (const rule of rules) byRule[rule] = (byRule[rule] ?? 0) + 1;
  if ([...rules].some((rule) => rule !== "documentation")) {
    refused += 1;
    if (process.env.SHOW) console.log(file.path, [...rules].join(" "));
  }
}
const gone = old.filter((path) => !now.includes(path)).length;
const percent = changed.length === 0 ? 0 : (100 * refused) / changed.length;
console.log(`${changed.length} files changed, ${refused} refused outside documentation (${percent.toFixed(1)} %)`);
for (const [rule, count] of Object.entries(byRule)) console.log(`  ${rule}: ${count}`);
if (gone > 0) console.log(`  ${gone} files removed or renamed, which agents never do`);
