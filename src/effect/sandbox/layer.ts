import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/fault.js";
import type { Layer } from "./spec.js";

/** Opens the layer in `dir`, creating it where it is missing. What it holds from before stays. */
export async function openLayer(dir: string): Promise<Layer> {
  const layer = { dir, upper: join(dir, "upper"), work: join(dir, "work") };
  await mkdir(layer.upper, { recursive: true, mode: 0o755 });
  await mkdir(layer.work, { recursive: true });
  return layer;
}

/** Removes a layer and everything in it, whatever modes and depths a command left. */
export async function discardLayer(layer: Pick<Layer, "dir">): Promise<void> {
  await removeTree(layer.dir);
}

/** Makes the work directories of a layer fresh for the next mount: a volatile overlay refuses a used one. */
export function freshenLayer(layer: Layer, links: number): void {
  const places = [layer, ...Array.from({ length: links }, (_, index) => linkLayer(layer, index))];
  for (const place of places) {
    openForRemoval(place.work);
    rmSync(place.work, { recursive: true, force: true }); // a handful of entries of the kernel's own
    mkdirSync(place.upper, { recursive: true, mode: 0o755 });
    mkdirSync(place.work, { recursive: true });
  }
}

function linkLayer(layer: Layer, index: number): Pick<Layer, "upper" | "work"> {
  const dir = join(layer.dir, "links", String(index));
  return { upper: join(dir, "upper"), work: join(dir, "work") };
}

/** The kernel leaves `<work>/work` without any permission. */
function openForRemoval(work: string): void {
  const inner = join(work, "work");
  if (existsSync(inner)) chmodSync(inner, 0o700);
}

/**
 * Removes a directory tree. The kernel leaves its work directory without any permission, and a
 * command may leave directories of odd modes or deeper than any path can name: then `chmod` and
 * `rm`, which walk by descriptor, do it. Throws Fault LAYER_NOT_REMOVED.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    openForRemoval(join(path, "work"));
    await rm(path, { recursive: true, force: true });
  } catch {
    await runTool("chmod", ["-R", "u+rwx", "--", path]).catch(() => undefined);
    await runTool("rm", ["-rf", "--", path]);
  }
}

function runTool(name: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(-2_000);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Fault("LAYER_NOT_REMOVED", `${name} ${args.join(" ")} failed: ${said.trim()}`));
    });
  });
}
