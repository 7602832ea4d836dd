import { realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { History } from "../../effect/git/history.js";
import { readAt } from "../../effect/git/history-files.js";
import { invalid, messageOf } from "../../kernel/fault.js";

/** A file that says how to judge: policy, plan, baseline or keys. */
export interface RuleFile {
  /** Repository-relative, or absolute where it lies outside. */
  readonly path: string;
  readonly text: string;
  /** Whether the repository holds it, so that a change to it is one to the rules. */
  readonly inside: boolean;
}

/** Where rule files are read from. */
export interface RulePlace {
  readonly history: History;
  /** Commit of the base. */
  readonly rules: string;
  /** Directory that relative paths of the command line are meant from. */
  readonly cwd: string;
}

/**
 * Reads a rule file from the base, never from the change under judgement. One that lies outside the repository is
 * read from the disk: no change of the repository reaches it. Undefined where there is none.
 */
export async function findRuleFile(place: RulePlace, path: string): Promise<RuleFile | undefined> {
  const { history, rules } = place;
  const inside = isAbsolute(path) ? rulePath(place, path) : path;
  if (isAbsolute(inside)) return await readOutside(inside);
  const bytes = await readAt(history, rules, inside);
  return bytes === null ? undefined : { path: inside, text: decode(bytes, inside), inside: true };
}

async function readOutside(path: string): Promise<RuleFile | undefined> {
  try {
    return { path, text: decode(await readFile(path), path), inside: false };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw invalid("BAD_RULE_FILE", `${path} cannot be read: ${messageOf(thrown)}.`, thrown);
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid("BAD_RULE_FILE", `${path} is not UTF-8 text.`, cause);
  }
}

/** A rule file that somebody named and that must be there. Throws Fault NO_RULE_FILE (exit 2). */
export async function requireRuleFile(place: RulePlace, path: string): Promise<RuleFile> {
  const file = await findRuleFile(place, path);
  if (file !== undefined) return file;
  const where = isAbsolute(path) ? "does not exist" : `is not in the base commit ${place.rules.slice(0, 12)}`;
  throw invalid(
    "NO_RULE_FILE",
    `${path} ${where}. Rules are read from the base, so that a change cannot bring its own.`,
  );
}

/**
 * A path of the command line or the policy as `findRuleFile` takes it: what lies in the checkout, by whatever links it is
 * named, is a path of the repository, so that it is read from the base.
 */
export function rulePath({ history, cwd }: RulePlace, path: string): string {
  if (history.top === null) return path;
  const whole = resolve(cwd, path);
  const tops = [history.top, realPath(history.top)];
  const found = [whole, realPath(whole)].flatMap((each) => tops.map((top) => relative(top, each)));
  return found.find((inside) => !inside.startsWith("..") && !isAbsolute(inside)) ?? whole;
}

/** Links followed as far as the path exists. */
function realPath(path: string): string {
  const names = path.split("/");
  for (let kept = names.length; kept > 1; kept -= 1) {
    try {
      return join(realpathSync(names.slice(0, kept).join("/")), ...names.slice(kept));
    } catch {
      // not there: the folder above it may be, and may be a link
    }
  }
  return path;
}
