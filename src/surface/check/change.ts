import { decodeText } from "../../effect/disk/text.js";
import type { History } from "../../effect/git/history.js";
import { type BlobContent, listNames, listTree, readBlobs, type TreeFile } from "../../effect/git/history-files.js";
import type { TreeDifference } from "../../effect/workspace/tree.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import type { FileMeasure } from "../../measure/file-measure.js";
import { isEcmaScript, type Language, languageOf, languagesOf } from "../../measure/language.js";
import type { SourceText } from "../../measure/power-of-ten/analysis.js";
import { measureSource } from "../../measure/source.js";
import type { CheckPlace } from "./run-check.js";
import { findScripts } from "./script.js";
import type { Selection } from "./selection.js";
import type { Subject } from "./subject.js";

/** A measured file of the change, with its texts. */
export interface ChangedCode {
  readonly path: string;
  /** Null where the base has none, or none that is text. */
  readonly before: string | null;
  readonly after: string;
  readonly was: FileMeasure | undefined;
  readonly now: FileMeasure;
}

/** A file that should be measured and cannot be read. */
export interface UnreadableFile {
  readonly path: string;
  readonly why: string;
}

/** Kinds of change that leave a file to be read. */
const READABLE: ReadonlySet<string> = new Set(["add", "modify", "type"]);

/** What a change holds, as far as it can be read. */
export interface ReadChange {
  readonly code: readonly ChangedCode[];
  readonly unreadable: readonly UnreadableFile[];
  /** Code that was deleted, as it was. */
  readonly gone: readonly SourceText[];
  /** Files that are of no measured language. */
  readonly unmeasured: number;
  /** Scripts of a language that the policy does not want. */
  readonly unwanted: readonly string[];
}

/** Reads and measures what changed, files of measured languages alone, scripts among them. */
export async function readChange(
  { history, selection }: { history: History; selection: Selection },
  differences: readonly TreeDifference[],
  loadMeasures: CheckPlace["loadMeasures"],
): Promise<ReadChange> {
  const readable = differences.filter(({ path, kind }) => READABLE.has(kind) && !selection.isLeftOut(path));
  const named = readable.map(({ path, after }) => ({ path, object: after ?? "" }));
  const scripts = await findScripts(history, named, selection);
  const wanted = readable.filter(({ path }) => selection.isMeasured(path, scripts.get(path)));
  const { texts, unreadable } = await readTexts(history, wanted);
  const gone = await readGone({ history, selection }, differences);
  await loadMeasures([...languagesOf(texts), ...gone.map(({ path, text }) => languageOf(path, text))]);
  const code = texts.map((text) => {
    const was = text.before === null ? undefined : measureSource(text.path, text.before);
    return { ...text, was, now: measureSource(text.path, text.after) };
  });
  const unwanted = [...scripts].filter(([path, head]) => selection.isLeftOut(path, head)).map(([path]) => path);
  return { code, unreadable, gone, unwanted, unmeasured: readable.length - wanted.length - unwanted.length };
}

/** What a change deletes of measured code, as far as it can be read. */
async function readGone(
  { history, selection }: { history: History; selection: Selection },
  differences: readonly TreeDifference[],
): Promise<SourceText[]> {
  const deleted = differences.filter(({ kind }) => kind === "delete");
  const files = deleted.map(({ path, before }) => ({ path, object: before ?? "" }));
  const scripts = await findScripts(history, files, selection);
  const code = files.filter(({ path }) => selection.isMeasured(path, scripts.get(path)));
  const objects = code.map(({ object }) => object);
  const blobs = await readBlobs(history, objects, MAX_FILE_BYTES);
  return code.flatMap(({ path, object }) => {
    const text = textOf(blobs.get(object));
    return typeof text === "string" ? [{ path, text }] : [];
  });
}

async function readTexts(
  history: History,
  wanted: readonly TreeDifference[],
): Promise<{ texts: Omit<ChangedCode, "was" | "now">[]; unreadable: UnreadableFile[] }> {
  const objects = wanted.flatMap(({ before, after }) => [before, after]).filter((id) => id !== null);
  const blobs = await readBlobs(history, objects, MAX_FILE_BYTES);
  const texts: Omit<ChangedCode, "was" | "now">[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const { path, before: earlier, after: later } of wanted) {
    const after = textOf(blobs.get(later ?? ""));
    if (typeof after === "object") {
      unreadable.push({ path, why: after.why });
      continue;
    }
    const former = earlier === null ? null : textOf(blobs.get(earlier));
    texts.push({ path, before: typeof former === "string" ? former : null, after });
  }
  return { texts, unreadable };
}

/** What Git LFS keeps in git in place of a file. */
const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\//;

/** The text of a blob, or why it cannot be read. */
export function textOf(content: BlobContent | undefined): string | { why: string } {
  if (content === "too-long") return { why: `is longer than ${MAX_FILE_BYTES} bytes` };
  if (content === undefined || content === "missing") return { why: "is missing from this clone" };
  const text = decodeText(content);
  if (text === null) return { why: "is not UTF-8 text" };
  return POINTER.test(text) ? { why: "is a pointer of Git LFS: its text is not in git" } : text;
}

/** Token hashes of the functions that deleted and changed files had: what is found there moved. */
export function changedHashes({ code, gone }: Pick<ReadChange, "code" | "gone">): Set<string> {
  const hashes = new Set(code.flatMap(({ was }) => (was?.functions ?? []).map((one) => one.token_hash)));
  for (const { path, text } of gone) addHashes(hashes, path, text);
  return hashes;
}

function addHashes(hashes: Set<string>, path: string, text: string | { why: string }): void {
  if (typeof text === "string")
    for (const { token_hash } of measureSource(path, text).functions) hashes.add(token_hash);
}

/**
 * Token hashes of every function the base holds in these languages, by the names of its files: costs a look at all of them, and is
 * asked for where something new is objected to. What is too long or no text adds nothing.
 */
export async function baseHashes(
  history: History,
  { from }: Subject,
  languages: readonly (Language | null)[],
): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  const kinds = new Set(languages.map((language) => kindOf(language ?? undefined)));
  if (from === null || kinds.size === 0) return hashes;
  const files = (await listTree(history, from)).filter(({ path }) => kinds.has(kindOf(languageOf(path))));
  for await (const { path, content } of readFiles(history, files)) addHashes(hashes, path, textOf(content));
  return hashes;
}

/** Code moves between the dialects of one language. */
function kindOf(language: Language | undefined): string {
  if (isEcmaScript(language)) return "ecmascript";
  return language === "cpp" ? "c" : (language ?? "none");
}

/** Files read at a time where a whole tree is looked at, so that memory stays bounded. */
const FILES_AT_A_TIME = 400;

/** The files of a tree with their contents, a part at a time. */
export async function* readFiles(
  history: History,
  files: readonly Pick<TreeFile, "path" | "object">[],
): AsyncGenerator<{ path: string; content: BlobContent | undefined }> {
  for (let start = 0; start < files.length; start += FILES_AT_A_TIME) {
    const part = files.slice(start, start + FILES_AT_A_TIME);
    const objects = part.map(({ object }) => object);
    const blobs = await readBlobs(history, objects, MAX_FILE_BYTES);
    for (const { path, object } of part) yield { path, content: blobs.get(object) };
  }
}

/** Names of every file of what is judged, of where it left the base, and of other trees. */
export async function everyName(history: History, { from, head }: Subject, ...more: string[]): Promise<string[]> {
  const trees = new Set([from ?? head, head, ...more]);
  return [...new Set((await Promise.all([...trees].map((tree) => listNames(history, tree)))).flat())];
}
