import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { missing } from "./upper-walk.js";

/** What a set of processes holds that no file system shows (bytes). */
export interface ProcessUse {
  /** Anonymous and shared memory and its swap, and files that live in memory and have no name. */
  readonly memoryBytes: number;
  /** Files on disk that are open but removed. */
  readonly removedBytes: number;
}

const KB = 1_024;
const BLOCK_BYTES = 512;
/** A process that ended while it was looked at, or one of the host's that is none of ours. */
const GONE = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);

/** Adds up what a process and all that descend from it hold. Shared pages are shared out among those that map them. */
export async function processUse(root: number): Promise<ProcessUse> {
  const processes = await descendants(root);
  const rough = await Promise.all(processes.map((id) => sumOf(id, "status", ["RssAnon", "RssShmem", "VmSwap"])));
  const files = await openFiles(processes);
  return { memoryBytes: sum(rough) + files.inMemory, removedBytes: files.removed };
}

/** The memory part again, each page counted once: slower, for where the rough sum is too much. */
export async function exactMemory(root: number): Promise<number> {
  const processes = await descendants(root);
  const exact = await Promise.all(
    processes.map((id) => sumOf(id, "smaps_rollup", ["Pss_Anon", "Pss_Shmem", "SwapPss"])),
  );
  return sum(exact) + (await openFiles(processes)).inMemory;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A process and all below it. What the sandbox starts stays below its first process, whatever it detaches from. */
async function descendants(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const { id, parent } of await processTable()) children.set(parent, [...(children.get(parent) ?? []), id]);
  const found = [root];
  for (let index = 0; index < found.length; index += 1) found.push(...(children.get(found[index] ?? -1) ?? []));
  return found;
}

async function processTable(): Promise<{ id: number; parent: number }[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const rows = await Promise.all(
    ids.map(async (id) => {
      const text = await readText(`/proc/${id}/stat`);
      const parent = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]); // a name may hold anything
      return { id, parent };
    }),
  );
  return rows.filter(({ parent }) => Number.isSafeInteger(parent));
}

/** Lines `Name:   123 kB` of a file of `/proc/<id>`, added up in bytes. */
async function sumOf(id: number, file: string, names: readonly string[]): Promise<number> {
  const lines = (await readText(`/proc/${id}/${file}`)).split("\n");
  const values = lines.filter((line) => names.some((name) => line.startsWith(`${name}:`)));
  return sum(values.map((line) => Number(/\d+/.exec(line.slice(line.indexOf(":")))?.[0] ?? 0) * KB));
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((thrown: unknown) => (isGone(thrown) ? "" : raise(thrown)));
}

function isGone(thrown: unknown): boolean {
  return GONE.has(String((thrown as NodeJS.ErrnoException).code));
}

function raise(thrown: unknown): never {
  throw thrown;
}

/** Open files without a name, each once. */
async function openFiles(processes: readonly number[]): Promise<{ inMemory: number; removed: number }> {
  const found = new Map<string, { bytes: number; inMemory: boolean }>();
  for (const id of processes) {
    const names = await readdir(`/proc/${id}/fd`).catch((thrown: unknown) => (isGone(thrown) ? [] : raise(thrown)));
    for (const name of names) await noteFile(`/proc/${id}/fd/${name}`, found);
  }
  const of = (inMemory: boolean): number =>
    sum([...found.values()].filter((file) => file.inMemory === inMemory).map(({ bytes }) => bytes));
  return { inMemory: of(true), removed: of(false) };
}

async function noteFile(path: string, found: Map<string, { bytes: number; inMemory: boolean }>): Promise<void> {
  const target = await readlink(path).catch((thrown: unknown) => (isGone(thrown) ? "" : raise(thrown)));
  if (!target.endsWith(" (deleted)")) return;
  const stats = await stat(path).catch(missing);
  if (stats?.isFile() !== true || stats.nlink > 0) return;
  found.set(`${stats.dev}:${stats.ino}`, {
    bytes: stats.blocks * BLOCK_BYTES,
    inMemory: target.startsWith("/memfd:"),
  });
}
