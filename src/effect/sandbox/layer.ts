import { spawn } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { makeFolder } from "../disk/make-folder.js";
import type { Layer } from "./spec.js";

/** Longest time to remove what a command left. */
const REMOVAL_MS = 300_000;

/** Opens the layer in `dir`, creating it where it is missing. What it holds from before stays. */
export async function openLayer(dir: string): Promise<Layer> {
  const layer = layerAt(dir);
  makePlace(layer);
  return layer;
}

/** The parts of a layer in `dir`. */
export function layerAt(dir: string): Layer {
  return { dir, upper: join(dir, "upper"), work: join(dir, "work") };
}

/** The directories of all overlays of a layer, the workspace's own first. */
export function placesOf(layer: Layer, links: number): Pick<Layer, "upper" | "work">[] {
  return [layer, ...Array.from({ length: links }, (_, index) => layerAt(join(layer.dir, "links", String(index))))];
}

/** Removes a layer and everything in it, whatever modes and depths a command left. */
export async function discardLayer(layer: Pick<Layer, "dir">): Promise<void> {
  if (isUntouched(layer.dir)) {
    openForRemoval(join(layer.dir, "work"));
    rmSync(layer.dir, { recursive: true, force: true });
  } else await removeTree(layer.dir);
}

/** Makes the work directories of a layer fresh for the next mount: a volatile overlay refuses a used one. */
export function freshenLayer(layer: Layer, links: number): void {
  for (const place of placesOf(layer, links)) {
    const used = join(place.work, "work");
    if (existsSync(used)) {
      openForRemoval(place.work);
      rmSync(used, { recursive: true, force: true }); // a handful of entries of the kernel's own
    }
    makePlace(place);
  }
}

/** The directories of one overlay. In step: three calls of the kernel take less than their trip to another thread. */
function makePlace({ upper, work }: Pick<Layer, "upper" | "work">): void {
  makeFolder(upper, 0o755);
  makeFolder(work);
}

/** What the kernel makes in a work directory, without any permission, so that an ordinary user can remove none of it. */
const KERNEL_FOLDERS = ["work", "work/incompat", "work/incompat/volatile"];

/**
 * Lets the owner remove what the kernel made in a work directory. Real folders only: in what a command left, a link of such
 * a name may lead out to the host.
 */
export function openForRemoval(work: string): void {
  for (const folder of [work, ...KERNEL_FOLDERS.map((name) => join(work, name))]) {
    if (!isRealDirectory(folder)) return;
    chmodSync(folder, 0o700);
  }
}

function isRealDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Removes a directory tree. A command may leave directories of odd modes or deeper than any path can name: then `chmod` and
 * `rm`, which walk by descriptor, do it. Throws Fault LAYER_NOT_REMOVED.
 */
export async function removeTree(path: string): Promise<void> {
  if (!isRealDirectory(path)) return await rm(path, { force: true }); // of a link: the link
  try {
    openForRemoval(join(path, "work"));
    await rm(path, { recursive: true, force: true });
  } catch {
    await runTool("chmod", ["-R", "u+rwx", "--", path]).catch(() => undefined);
    await runTool("rm", ["-rf", "--", path]);
  }
}

/** Whether a command left nothing: the few entries that remain are removed sooner than waited for. */
function isUntouched(dir: string): boolean {
  return isEmpty(join(dir, "upper")) && !existsSync(join(dir, "links"));
}

/**
 * Whether a folder of a layer holds nothing. A command may close the workspace's own, which an ordinary user cannot look
 * into then: of that one nothing is known.
 */
export function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    return false;
  }
}

function runTool(name: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const bounds = { timeout: REMOVAL_MS, killSignal: "SIGKILL" } as const;
    const child = spawn(name, args, { env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "ignore", "pipe"], ...bounds });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-2_000);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else {
        const why = code === null ? `stopped after ${REMOVAL_MS / 1_000} s` : said.trim();
        reject(new Fault("LAYER_NOT_REMOVED", `${name} ${args.join(" ")} failed: ${why}`));
      }
    });
  });
}
