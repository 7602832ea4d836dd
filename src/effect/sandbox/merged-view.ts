import { constants, type Stats } from "node:fs";
import { lstat, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MAX_REPORT_BYTES } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { findOpaque } from "./opaque.js";
import { isWhiteout, makeReadable, missing } from "./upper-walk.js";

/** Where a path of the merged view is found: in the layer, in the worktree, or nowhere. */
type Found = "upper" | "lower" | undefined;

/**
 * Reads a regular file as a command that ran in the layer would see it, without following a link
 * anywhere on the way. Undefined when there is none. `path` is workspace-relative. With `fresh` only
 * a file the command wrote counts. Throws Fault REPORT_TOO_LARGE beyond MAX_REPORT_BYTES.
 */
export async function readMerged(
  layers: { readonly upper: string; readonly lower: string },
  path: string,
  fresh = false,
): Promise<string | undefined> {
  const segments = path.split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) return undefined;
  const found = await findMerged(layers, segments);
  if (found === undefined || (fresh && found === "lower")) return undefined;
  return readRegular(join(layers[found], path), found);
}

async function findMerged(
  layers: { readonly upper: string; readonly lower: string },
  segments: readonly string[],
): Promise<Found> {
  let below = true; // whether the worktree shows through
  let above = true; // whether the layer holds the directories so far
  for (let depth = 1; depth <= segments.length; depth += 1) {
    const path = segments.slice(0, depth).join("/");
    const last = depth === segments.length;
    const upper: Stats | undefined = above ? await lstat(join(layers.upper, path)).catch(missing) : undefined;
    const lower: Stats | undefined = below ? await lstat(join(layers.lower, path)).catch(missing) : undefined;
    const seen = upper ?? lower;
    if (!isStep(seen, last)) return undefined;
    if (last) return upper === undefined ? "lower" : "upper";
    above = upper !== undefined;
    below = await showsThrough(layers.upper, path, upper, lower);
  }
  return undefined;
}

/** Whether the walk may go on: through directories only, to a regular file at the end. */
function isStep(stats: Stats | undefined, last: boolean): boolean {
  if (stats === undefined || isWhiteout(stats)) return false;
  return last ? stats.isFile() : stats.isDirectory();
}

async function showsThrough(root: string, path: string, upper?: Stats, lower?: Stats): Promise<boolean> {
  if (lower?.isDirectory() !== true) return false;
  return upper === undefined || !(await findOpaque(root, [path])).has(path);
}

async function readRegular(path: string, layer: "upper" | "lower"): Promise<string> {
  if (layer === "upper") await makeReadable(path);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (stats.size > MAX_REPORT_BYTES)
      throw new Fault("REPORT_TOO_LARGE", `${path} is larger than ${MAX_REPORT_BYTES} bytes`, { exitCode: 4 });
    return await readFile(file, "utf8");
  } finally {
    await file.close();
  }
}
