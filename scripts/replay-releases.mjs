// Replays the difference of two releases of a package as if an agent had made it, with a whitelist of the files it
// touched, and says how many files the write-time and completion rules would refuse, by rule: the rate of false
// denials, as the people who made those releases found their code good.
// node scripts/replay-releases.mjs OLD NEW [--limits 8/60,8/40] [--enforce] [--show]
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { JUDGING, kindOf, loadGrammarsOf, startReplay } from "./replay-judge.mjs";

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: JUDGING });
const [before, after] = positionals;
if (after === undefined) throw new Error("name the folders of two releases");
const { product, judge, print } = await startReplay(options);

/** Files of code below a folder, less what was built or only declares. */
function codeFiles(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length).replace(/^\//, ""))
    .filter((path) => product.languageOf(path) !== undefined && !/\.d\.[cm]?ts$|\.min\.js$/.test(path));
}

const [old, now] = [codeFiles(before), codeFiles(after)];
await loadGrammarsOf(product, [...old, ...now]);

const read = (directory, path) => readFileSync(join(directory, path), "utf8");
const base = old.map((path) => ({ path, text: read(before, path) }));
const earlier = new Map(base.map(({ path, text }) => [path, text]));
const files = now
  .map((path) => ({ path, before: earlier.get(path) ?? null, after: read(after, path) }))
  .filter((file) => file.before !== file.after);
const changed = new Set(files.map(({ path }) => path));

/** Token hashes of the old release's functions, by kind of language. */
const hashes = new Map();
for (const { path, text } of base) {
  const found = product.measureSource(path, text).functions.map((one) => one.token_hash);
  const kind = kindOf(product, path);
  hashes.set(kind, [...(hashes.get(kind) ?? []), ...found]);
}
const change = {
  files,
  elsewhere: (path) => new Set(hashes.get(kindOf(product, path)) ?? []),
  others: (isJudged) => base.filter(({ path }) => isJudged(path) && !changed.has(path)),
};

judge(change);
print(`${before} to ${after}`);
const gone = old.filter((path) => !now.includes(path)).length;
if (gone > 0) console.log(`  ${gone} files removed or renamed, which agents never do`);
