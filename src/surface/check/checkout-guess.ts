import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isPattern } from "../../capability/pattern.js";
import { compileWriteSet } from "../../capability/write-set.js";
import { type PlainPolicy, type PolicyShape, plainPolicy } from "./plain-policy.js";
import { POLICY_PATH } from "./rule-path.js";

/** Folders looked into for a policy, entries for names that patterns fit, and bytes of a policy. */
const MAX_ABOVE = 32;
const MAX_ENTRIES = 5_000;
const MAX_POLICY_BYTES = 100_000;
/** Where what is found is seldom a part of the repository. */
const SELDOM: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** What the base may hold, going by the checkout. Nothing of it counts until git says so. */
export interface Guess {
  readonly plan: string | undefined;
  /** For each pattern of `exclude` a name that it fits, as far as one was found. */
  readonly names: readonly string[];
}

/**
 * Looks at the checkout for what to ask git for, so that one run of it answers all: where nothing differs, the checkout
 * mostly has the policy and the files of the base. Never throws.
 */
export function guessFrom(cwd: string, shape: PolicyShape): Guess {
  const top = topOf(cwd);
  const policy = top === undefined ? undefined : policyIn(top, shape);
  if (top === undefined || policy === undefined) return { plan: undefined, names: [] };
  const budget = { entries: MAX_ENTRIES };
  return { plan: policy.plan, names: policy.exclude.flatMap((pattern) => nameFor(pattern, top, budget) ?? []) };
}

/** The nearest folder with a policy. */
function topOf(cwd: string): string | undefined {
  let folder = cwd;
  for (let above = 0; above < MAX_ABOVE; above += 1) {
    if (statSync(join(folder, POLICY_PATH), { throwIfNoEntry: false })?.isFile() === true) return folder;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return undefined;
}

function policyIn(top: string, shape: PolicyShape): PlainPolicy | undefined {
  try {
    const path = join(top, POLICY_PATH);
    return statSync(path).size > MAX_POLICY_BYTES ? undefined : plainPolicy(readFileSync(path, "utf8"), shape);
  } catch {
    return undefined; // a file that cannot be read suggests nothing
  }
}

/** The first file of the checkout that a pattern fits, below what it begins with; undefined where none is near. */
function nameFor(pattern: string, top: string, budget: { entries: number }): string | undefined {
  if (!isPattern(pattern)) return pattern;
  const set = compileWriteSet([pattern]);
  const folders = [folderOf(pattern)];
  for (let folder = folders.pop(); folder !== undefined && budget.entries > 0; folder = folders.pop()) {
    const entries = entriesIn(join(top, folder)).slice(0, budget.entries);
    budget.entries -= entries.length;
    const inside = folder === "" ? "" : `${folder}/`;
    const found = entries.find((entry) => !entry.isDirectory() && set.has(`${inside}${entry.name}`));
    if (found !== undefined) return `${inside}${found.name}`;
    const below = entries.filter((entry) => entry.isDirectory() && !SELDOM.has(entry.name));
    folders.push(...below.map(({ name }) => `${inside}${name}`).filter((path) => set.leadsTo(path)));
  }
  return undefined;
}

/** The folders that a pattern names before anything else. */
export function folderOf(pattern: string): string {
  const names = pattern.split("/");
  const magic = names.findIndex(isPattern);
  return names.slice(0, magic === -1 ? names.length : magic).join("/");
}

function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // what cannot be listed suggests nothing
  }
}
