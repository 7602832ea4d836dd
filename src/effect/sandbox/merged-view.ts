import { constants, type Stats } from "node:fs";
import { lstat, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MAX_REPORT_BYTES } from "../../kernel/bounds.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { hashFile } from "./effects.js";
import { findOpaque } from "./opaque.js";
import { isWhiteout, makeReadable, missing } from "./upper-walk.js";

/** A layer that commands ran in, and the worktree below it. */
interface Layers {
  readonly upper: string;
  readonly lower: string;
}

/** Where a file of the merged view is found; why there is no regular file to read. */
type Found = { readonly layer: "upper" | "lower" } | NotFound;
type NotFound = "missing" | "a link" | "a folder" | "no regular file";

/** Segments that no path within has. */
const OUTSIDE: ReadonlySet<string> = new Set(["", ".", ".."]);

/** What is said of a report that no command wrote. */
export function noReport(path: string): string {
  return `the commands wrote no report ${path}`;
}

/**
 * Reads a report that commands wrote in the layer, as they would see it, without following a link anywhere on the way;
 * one that was there before is none. `path` is workspace-relative. A text says why there is none that can be read.
 */
export async function readWritten(layers: Layers, path: string): Promise<Result<string, string>> {
  const found = await findMerged(layers, path);
  if (found === "missing") return err(noReport(path));
  if (typeof found === "string") return err(`${noReport(path)}: ${found} is there, or on the way there`);
  if (found.layer === "lower") return err(noReport(path));
  const text = await readBounded(join(layers.upper, path));
  return text === undefined ? err(`the report ${path} is longer than ${MAX_REPORT_BYTES} bytes`) : ok(text);
}

/** Of files of the worktree those that a command in the layer would not see as they are there. */
export async function listAltered({ upper, lower }: Layers, paths: readonly string[]): Promise<string[]> {
  const altered: string[] = [];
  for (const path of paths) {
    const found = await findMerged({ upper, lower }, path);
    if (typeof found === "string" || (found.layer === "upper" && !(await isCopy(join(upper, path), join(lower, path)))))
      altered.push(path);
  }
  return altered;
}

async function findMerged(layers: Layers, path: string): Promise<Found> {
  const segments = path.split("/");
  if (segments.some((segment) => OUTSIDE.has(segment))) return "missing";
  let shown: Shown = { upper: true, lower: true };
  for (let depth = 1; depth < segments.length; depth += 1) {
    const here = await look(layers, segments.slice(0, depth).join("/"), shown);
    const stop = obstacle(here.upper ?? here.lower, false);
    if (stop !== undefined) return stop;
    shown = await shownBelow(layers, here);
  }
  const { upper, lower } = await look(layers, path, shown);
  return obstacle(upper ?? lower, true) ?? { layer: upper === undefined ? "lower" : "upper" };
}

/** Which layers hold the directories on the way, so that what they have further down is seen. */
interface Shown {
  readonly upper: boolean;
  readonly lower: boolean;
}

interface Here {
  readonly path: string;
  readonly upper: Stats | undefined;
  readonly lower: Stats | undefined;
}

async function look(layers: Layers, path: string, shown: Shown): Promise<Here> {
  const upper = shown.upper ? await statsOf(join(layers.upper, path)) : undefined;
  const lower = shown.lower ? await statsOf(join(layers.lower, path)) : undefined;
  return { path, upper, lower };
}

function statsOf(path: string): Promise<Stats | undefined> {
  return lstat(path).catch(missing);
}

/** Why the walk may not go on: it leads through directories only, to a regular file at the end. */
function obstacle(stats: Stats | undefined, last: boolean): NotFound | undefined {
  if (stats === undefined || isWhiteout(stats)) return "missing";
  if (stats.isSymbolicLink()) return "a link";
  if (stats.isDirectory()) return last ? "a folder" : undefined;
  if (!stats.isFile()) return "no regular file";
  return last ? undefined : "missing";
}

/** What shows through a directory of the merged view, which the owner can look into from then on. */
async function shownBelow(layers: Layers, { path, upper, lower }: Here): Promise<Shown> {
  const inLower = lower?.isDirectory() === true;
  if (upper === undefined) return { upper: false, lower: inLower };
  await makeReadable(join(layers.upper, path));
  return { upper: true, lower: inLower && !(await findOpaque(layers.upper, [path])).has(path) };
}

/** Undefined where it is longer than MAX_REPORT_BYTES. */
async function readBounded(path: string): Promise<string | undefined> {
  await makeReadable(path);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    return size > MAX_REPORT_BYTES ? undefined : await readFile(file, "utf8");
  } finally {
    await file.close();
  }
}

/** Whether a file of the layer holds what that of the worktree does. */
async function isCopy(upper: string, lower: string): Promise<boolean> {
  await makeReadable(upper);
  const [copy, original] = [await lstat(upper), await lstat(lower).catch(missing)];
  if (original?.isFile() !== true || original.size !== copy.size) return false;
  return (await hashFile(upper, copy)) === (await hashFile(lower, original));
}
