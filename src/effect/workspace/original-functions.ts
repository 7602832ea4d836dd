import { MAX_BASE_CODE_BYTES, MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { isEcmaScript, type Language, languageOf } from "../../measure/language.js";
import { measureSource } from "../../measure/source.js";
import { decodeText } from "../disk/text.js";
import { type Git, splitNul } from "../git/git.js";
import type { TaskWorkspace } from "./workspace.js";

/** Files read by one run of git. */
const FILES_A_RUN = 200;

const known = new WeakMap<TaskWorkspace, Map<string, Promise<ReadonlySet<string>>>>();

/**
 * Token hashes of the functions that the task's base commit holds in files of the same kind as `path`, so that
 * code which merely moved is not taken for new (DESIGN §9). Read once for each workspace and kind. Beyond
 * MAX_BASE_CODE_BYTES files are left out: what they hold then counts as new. Throws Fault GIT_FAILED.
 */
export function baseFunctions(workspace: TaskWorkspace, path: string): Promise<ReadonlySet<string>> {
  const kind = kindOf(languageOf(path));
  const kinds = known.get(workspace) ?? new Map<string, Promise<ReadonlySet<string>>>();
  known.set(workspace, kinds);
  const reading = kinds.get(kind) ?? readFunctions(workspace, kind);
  kinds.set(kind, reading);
  reading.catch(() => kinds.delete(kind));
  return reading;
}

/**
 * Sources of the task's base commit in the languages of these paths, without those paths: what a call graph needs of
 * what did not change. Beyond MAX_BASE_CODE_BYTES files are left out. Throws Fault GIT_FAILED.
 */
export async function baseSources(workspace: TaskWorkspace, paths: readonly string[]): Promise<BaseSource[]> {
  const sources: BaseSource[] = [];
  for (const kind of new Set(paths.map((path) => kindOf(languageOf(path))))) {
    const files = (await listCode(workspace, kind)).filter(({ path }) => !paths.includes(path));
    for (let start = 0; start < files.length; start += FILES_A_RUN)
      sources.push(...(await readBlobs(workspace.git, files.slice(start, start + FILES_A_RUN))));
  }
  return sources;
}

/** A file of the base commit. */
export interface BaseSource {
  readonly path: string;
  readonly text: string;
}

/** Code moves between the dialects of one language. */
function kindOf(language: Language | undefined): string {
  if (isEcmaScript(language)) return "ecmascript";
  return language === "cpp" ? "c" : (language ?? "none");
}

async function readFunctions(workspace: TaskWorkspace, kind: string): Promise<ReadonlySet<string>> {
  const files = await listCode(workspace, kind);
  const hashes = new Set<string>();
  for (let start = 0; start < files.length; start += FILES_A_RUN)
    for (const { path, text } of await readBlobs(workspace.git, files.slice(start, start + FILES_A_RUN)))
      for (const { token_hash } of measureSource(path, text).functions) hashes.add(token_hash);
  return hashes;
}

interface Blob {
  readonly path: string;
  readonly object: string;
}

async function listCode(workspace: TaskWorkspace, kind: string): Promise<Blob[]> {
  const listing = await workspace.git.run(["ls-tree", "-r", "-l", "-z", workspace.baseCommit]);
  const files = splitNul(listing)
    .flatMap(parseEntry)
    .filter(({ path, bytes }) => kindOf(languageOf(path)) === kind && bytes <= MAX_FILE_BYTES);
  let left = MAX_BASE_CODE_BYTES;
  return files.filter(({ bytes }) => {
    left -= bytes;
    return left >= 0;
  });
}

/** `<mode> <type> <object> <size>\t<path>`, regular files only. */
function parseEntry(line: string): (Blob & { bytes: number })[] {
  const found = /^100\d+ blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line);
  return found === null ? [] : [{ object: String(found[1]), bytes: Number(found[2]), path: String(found[3]) }];
}

/** Contents in the order asked for; what is no text is left out. */
async function readBlobs(git: Git, blobs: readonly Blob[]): Promise<BaseSource[]> {
  const input = blobs.map(({ object }) => `${object}\n`).join("");
  const { stdout } = await git.attempt(["cat-file", "--batch"], { input });
  const texts: BaseSource[] = [];
  let at = 0;
  for (const { path } of blobs) {
    const end = stdout.indexOf("\n", at);
    const size = Number(stdout.subarray(at, end).toString("latin1").split(" ")[2]);
    if (end === -1 || !Number.isInteger(size)) break; // the hashes of the rest are missing: it counts as new
    const text = decodeText(stdout.subarray(end + 1, end + 1 + size));
    if (text !== null) texts.push({ path, text });
    at = end + 1 + size + 1;
  }
  return texts;
}
