// Replays the last commits of a repository as if an agent had made them, each from its parent, and says how many writes
// the gate refuses by rule: the rate of false denials, as the people who made those commits found their code good.
// Merges are left out, and commits that change no measured code are passed over. Agents never delete: what a commit
// removed or renamed is counted, and what it was renamed to is a new file whose functions moved.
// `--under` leaves out what lies elsewhere, in the call graph of the Power of Ten too.
// node scripts/replay-commits.mjs REPO [--last N] [--from REVISION] [--under DIR]… [--limits 8/60,8/40] [--enforce] [--show]
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { JUDGING, kindOf, loadGrammarsOf, startReplay } from "./replay-judge.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    last: { type: "string", default: "200" },
    from: { type: "string", default: "HEAD" },
    under: { type: "string", multiple: true, default: [] },
    ...JUDGING,
  },
});
const [repository] = positionals;
if (repository === undefined) throw new Error("name a repository");
const { product, judge, print } = await startReplay(options);

const OUTPUT_BYTES = 1024 * 1024 * 1024;
const git = (args, input) => execFileSync("git", ["-C", repository, ...args], { input, maxBuffer: OUTPUT_BYTES });
const records = (output) => output.toString("utf8").split("\0").filter(Boolean);

/** Texts by object name; null for what is no text, and for what a partial clone lacks. */
const texts = new Map();

function readObjects(names) {
  const missing = [...new Set(names)].filter((name) => !texts.has(name));
  if (missing.length === 0) return;
  const output = git(["cat-file", "--batch"], missing.join("\n"));
  let at = 0;
  for (const name of missing) {
    const end = output.indexOf("\n", at);
    const [, type, size] = output.subarray(at, end).toString("latin1").split(" ");
    const isThere = type === "blob";
    texts.set(name, isThere ? product.decodeText(output.subarray(end + 1, end + 1 + Number(size))) : null);
    at = end + 1 + (isThere ? Number(size) + 1 : 0);
  }
}

const REGULAR = /^100/;

/** Files that a commit changed, as `{path, mode, was, is, status}`. */
function differencesOf(commit) {
  const fields = records(git(["diff-tree", "-r", "-z", "--no-renames", "--no-commit-id", `${commit}^`, commit]));
  const found = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, mode, was, is, status] = fields[at].slice(1).split(" ");
    found.push({ path: fields[at + 1], mode, was, is, status });
  }
  return found;
}

const isCode = (path) => product.languageOf(path) !== undefined;
const isUnder = (path) => options.under.length === 0 || options.under.some((folder) => path.startsWith(`${folder}/`));

/** The base's files of code, by kind: `{path, name}`. */
function baseFiles(commit) {
  const found = new Map();
  for (const line of records(git(["ls-tree", "-r", "-z", `${commit}^`]))) {
    const [entry, path] = line.split("\t");
    const [mode, , name] = entry.split(" ");
    if (!REGULAR.test(mode) || !isCode(path)) continue;
    const kind = kindOf(product, path);
    if (!found.has(kind)) found.set(kind, []);
    found.get(kind).push({ path, name });
  }
  return found;
}

/** Token hashes by path and object name. */
const hashes = new Map();
function hashesOf({ path, name }) {
  const key = `${name} ${path}`;
  const text = texts.get(name);
  if (!hashes.has(key))
    hashes.set(key, text === null ? [] : product.measureSource(path, text).functions.map((one) => one.token_hash));
  return hashes.get(key);
}

/** Sources by path and object name: the same object each time, as what is read of it is remembered by it. */
const sources = new Map();
function sourceOf({ path, name }) {
  const key = `${name} ${path}`;
  if (!sources.has(key)) sources.set(key, { path, text: texts.get(name) ?? "" });
  return sources.get(key);
}

/** A commit as a change; undefined where it changes no code. */
async function changeOf(commit) {
  const differences = differencesOf(commit).filter(({ path }) => isUnder(path));
  const written = differences.filter(({ mode, status }) => REGULAR.test(mode) && (status === "A" || status === "M"));
  if (!written.some(({ path }) => isCode(path))) return undefined;
  readObjects(written.flatMap(({ was, is, status }) => (status === "A" ? [is] : [was, is])));
  const files = written
    .filter(({ was, is, status }) => texts.get(is) !== null && (status === "A" || texts.get(was) !== null))
    .map(({ path, was, is, status }) => ({
      path,
      before: status === "A" ? null : texts.get(was),
      after: texts.get(is),
    }))
    .filter(({ before, after }) => before !== after);
  const base = baseFiles(commit);
  await loadGrammarsOf(
    product,
    [...base.values()]
      .flat()
      .map(({ path }) => path)
      .concat(files.map(({ path }) => path)),
  );
  const gone = differences.filter(({ path, status }) => status === "D" && isCode(path)).length;
  return { files, gone, ...baseFacts(base, new Set(files.map(({ path }) => path))) };
}

function baseFacts(base, changed) {
  const found = new Map();
  return {
    elsewhere: (path) => {
      const kind = kindOf(product, path);
      const files = base.get(kind) ?? [];
      readObjects(files.map(({ name }) => name));
      if (!found.has(kind)) found.set(kind, new Set(files.flatMap(hashesOf)));
      return found.get(kind);
    },
    others: (isJudged) => {
      const files = [...base.values()]
        .flat()
        .filter(({ path }) => isJudged(path) && isUnder(path) && !changed.has(path));
      readObjects(files.map(({ name }) => name));
      return files.map(sourceOf);
    },
  };
}

const last = Number(options.last);
let [replayed, gone, newest, oldest] = [0, 0, "", ""];
for (const line of git(["log", "--no-merges", "--min-parents=1", "--format=%h %cs", options.from])
  .toString()
  .split("\n")) {
  if (replayed >= last || line === "") break;
  const [commit] = line.split(" ");
  const change = await changeOf(commit);
  if (change === undefined) continue;
  [replayed, gone, newest, oldest] = [replayed + 1, gone + change.gone, newest || line, line];
  judge(change, commit);
  if (process.stderr.isTTY) process.stderr.write(`\r${replayed} commits`);
}
if (replayed === 0) throw new Error("no commit changes measured code");
print(`${repository}: ${replayed} commits with code, ${oldest} to ${newest}`);
if (gone > 0) console.log(`  ${gone} files of code removed or renamed, which agents never do`);
