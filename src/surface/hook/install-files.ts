import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { invalid } from "../../kernel/fault.js";

/** A file as it shall be. */
export interface WantedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

const recordSchema = z.array(
  z.strictObject({
    path: z.string(),
    /** What was there, in base64; null: nothing. */
    before: z.string().nullable(),
    mode: z.int().nullable(),
    /** SHA-256 of what was put there. */
    after: z.string(),
    /** Folders that were made for it, innermost first. */
    made: z.array(z.string()),
  }),
);
type Installed = z.infer<typeof recordSchema>;

/** Where it is remembered what was there before. */
export function recordPath(stateDir: string): string {
  return join(stateDir, "hook", "installed.json");
}

/** What is remembered; empty where nothing is installed. Throws Fault HOOK_STATE (exit 2) for a damaged record. */
export function readInstalled(stateDir: string): Installed {
  const path = recordPath(stateDir);
  if (!existsSync(path)) return [];
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw invalid("HOOK_STATE", `${path} is damaged: what was there before the installation is not known.`, cause);
  }
}

/** Puts the files in place, remembering what was there. Answers what was done, for people; nothing for what is so already. */
export function putFiles(stateDir: string, files: readonly WantedFile[]): string[] {
  const installed = new Map(readInstalled(stateDir).map((entry) => [entry.path, entry]));
  return files.flatMap((file) => {
    const now = readIfThere(file.path);
    if (now?.toString("utf8") === file.text) return [];
    const origin = installed.get(file.path) ?? originOf(file.path, now);
    installed.set(file.path, { ...origin, after: sha256(file.text) });
    saveRecord(stateDir, [...installed.values()]);
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text);
    if (file.mode !== undefined) chmodSync(file.path, file.mode);
    return [`${file.path} ${now === undefined ? "written" : "updated"}`];
  });
}

/** Puts back what was there, byte for byte; of a file changed since, only worknode's part goes. */
export function restoreFiles(stateDir: string, strip: (path: string, now: string) => string | undefined): string[] {
  const done = readInstalled(stateDir)
    .toReversed()
    .flatMap((entry) => restore(entry, strip));
  rmSync(recordPath(stateDir), { force: true });
  return done;
}

function restore(entry: Installed[number], strip: (path: string, now: string) => string | undefined): string[] {
  const { path, after } = entry;
  const now = readIfThere(path);
  if (now === undefined) return [];
  if (sha256(now) === after) return [putBack(entry)];
  const left = strip(path, now.toString("utf8"));
  if (left === undefined) return [`${path} was changed since and is left as it is`];
  writeFileSync(path, left);
  return [`${path} was changed since: worknode's part is gone, the rest is kept`];
}

function putBack({ path, before, mode, made }: Installed[number]): string {
  if (before === null) rmSync(path);
  else writeFileSync(path, Buffer.from(before, "base64"));
  if (before !== null && mode !== null) chmodSync(path, mode);
  for (const folder of made) removeIfEmpty(folder);
  return before === null ? `${path} removed` : `${path} is as it was`;
}

function originOf(path: string, now: Buffer | undefined): Omit<Installed[number], "after"> {
  return { path, before: now?.toString("base64") ?? null, mode: modeOf(path), made: missingFolders(path) };
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (thrown) {
    if (!/^(ENOTEMPTY|ENOENT|EEXIST)$/.test((thrown as NodeJS.ErrnoException).code ?? "")) throw thrown;
  }
}

/** Folders that are to be made for a file, innermost first. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  return missing;
}

function saveRecord(stateDir: string, entries: Installed): void {
  const path = recordPath(stateDir);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(entries)}\n`, { mode: 0o600 });
}

function readIfThere(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

function modeOf(path: string): number | null {
  return existsSync(path) ? statSync(path).mode & 0o777 : null;
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
