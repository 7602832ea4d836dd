import { type BigIntStats, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { TAKEN, tryRename } from "../disk/try-rename.js";
import { discardLayer, freshenLayer, layerAt, openForRemoval, placesOf, removeTree } from "./layer.js";
import type { Layer } from "./spec.js";

/** A layer for one command. */
export interface TakenLayer {
  readonly layer: Layer;
  /** Whether the command wrote nothing, nor changed the workspace's own folder. */
  isUntouched(): boolean;
  /**
   * Ends its use: an untouched one waits for the next command, any other is removed; so is one whose command did not come to
   * its own end, as something may still hold it. To be called once.
   */
  discard(ended: boolean): Promise<void>;
}

/** The one layer that waits beside those in use. Moved, never copied, so that two commands cannot both have it. */
const SPARE = "spare";

/** Times of files go on by a kernel's tick, at most 10 ms: two changes that close together may bear one time. */
const TICKS_NS = 20_000_000n;

/**
 * An empty layer in `dir`, with room for so many links. Most commands of an agent only look, and what a disk takes to make and
 * remove the folders of a layer can be more than all else: so one that stayed empty is used again, and what the kernel
 * left of its last mounts is removed while the next command runs. Removes an earlier layer in `dir`.
 */
export async function takeLayer(dir: string, links: number): Promise<TakenLayer> {
  const layer = layerAt(dir);
  if (existsSync(dir)) await discardLayer(layer);
  const removal = tryRename(join(dirname(dir), SPARE), dir, ["ENOENT"]) ? removeUsed(layer, links) : Promise.resolve();
  removal.catch(() => undefined); // `discard` says it
  freshenLayer(layer, links);
  const nowNs = timesOf(dir)?.ctimeNs ?? 0n; // by the disk's own clock: the folder was moved or made just now
  const uppers = placesOf(layer, links).map(({ upper }) => {
    return { upper, made: stampOf(upper), young: isYoung(upper, nowNs) };
  });
  const isUntouched = (): boolean =>
    uppers.every(({ upper, made }) => stampOf(upper) === made && readdirSync(upper).length === 0);
  return {
    layer,
    isUntouched,
    discard: async (ended) => {
      await removal;
      const again = ended && isUntouched();
      if (again) for (const { upper } of uppers.filter(({ young }) => young)) makeAnew(upper);
      if (!again || !tryRename(dir, join(dirname(dir), SPARE), TAKEN)) await discardLayer(layer);
    },
  };
}

/** Moves what mounts left in the work directories out of their way at once, and removes it. */
async function removeUsed(layer: Layer, links: number): Promise<void> {
  const used: string[] = [];
  for (const [index, { work }] of placesOf(layer, links).entries()) {
    if (!existsSync(join(work, "work"))) continue;
    openForRemoval(work);
    const aside = join(layer.dir, `used-${index}`);
    renameSync(join(work, "work"), aside);
    used.push(aside);
  }
  await Promise.all(used.map(removeTree));
}

/** Whether a command could still change the folder's attributes in the tick it was last changed in, which no time would tell. */
function isYoung(upper: string, nowNs: bigint): boolean {
  return nowNs - (timesOf(upper)?.ctimeNs ?? nowNs) < TICKS_NS;
}

/** An empty folder without what may have been done to the one before it. */
function makeAnew(upper: string): void {
  rmdirSync(upper);
  mkdirSync(upper, { mode: 0o755 });
}

/** Tells any change of a folder's names, mode, owner and attributes; empty where there is none. Never follows a link. */
function stampOf(directory: string): string {
  const stats = timesOf(directory);
  if (stats === undefined) return "";
  const { dev, ino, mode, uid, gid, mtimeNs, ctimeNs } = stats;
  return [dev, ino, mode, uid, gid, mtimeNs, ctimeNs].join(" ");
}

function timesOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
