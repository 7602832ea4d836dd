import type { Span } from "../own-length.js";
import type { OpenedText } from "./conditional.js";
import { type FlatTree, typeName } from "./flat-tree.js";
import { type FileItems, fileItems, type Patch, patchedTree } from "./patched-tree.js";
import { spanLook } from "./span-look.js";
import type { WalkedTree } from "./tree-walk.js";

/** What was read of a text. */
export interface Reading {
  readonly flat: FlatTree;
  readonly walked: WalkedTree;
}

/** A text and its tree, patched. */
export interface Patched {
  readonly flat: FlatTree;
  /** What opens conditional compilation and is not in the tree. */
  readonly opened: readonly Span[];
}

/** Reads a part of the text by itself; null when it takes too long. */
type ReadPart = (text: string) => Reading | null;

/** What a text with many places costs is bounded: behind so many, all of the rest is one. */
const MAX_PLACES = 1_000;
/** How many whole functions more on either side a place is read with, as long as something in it cannot be read. */
const WIDTHS = [0, 1] as const;

/**
 * Reads anew what of a text could not be read: each such place with all between the whole functions around it, without the
 * lines of conditional compilation. Where a branch holds half of a block, a function before it may end too early and look
 * whole: what alone does not help is read with its neighbours. Null where nothing is won.
 */
export function readAgain(first: Reading, open: OpenedText, readPart: ReadPart): Patched | null {
  const { flat } = first;
  if (open.text === flat.text) return null;
  const items = fileItems(flat);
  const loose = looseItems(flat, items);
  const offsets = offsetsOf(first, loose);
  const whole = wholeFunctions(flat, items.all, offsets);
  const patches = patchesOf({ text: flat.text, open: open.text, isLoose: loose.length > 0, offsets, whole, readPart });
  if (patches.length === 0) return null;
  const isPatched = spanLook(patches);
  const kept = items.all.filter((at) => !isPatched(flat.starts[at] as number));
  const isKept = spanLook(kept.map((at) => spanOf(flat, at)));
  const text = patchedText(flat.text, open.text, patches);
  const parts = new Set(loose);
  return {
    flat: patchedTree(flat, { kept, patches, text, isWhole: !kept.some((at) => parts.has(at)) }),
    opened: open.opened.filter(({ start }) => !isKept(start)),
  };
}

/** Of what could not be put together: what may be parts of an item. */
function looseItems({ types, grammar }: FlatTree, { inUnread }: FileItems): readonly number[] {
  return inUnread.filter((at) => !ITEMS.has(typeName(grammar, types[at] as number)));
}

/** Types of nodes that are no part of another one where they stand in a file. */
const ITEMS: ReadonlySet<string> = new Set([
  "comment",
  "declaration",
  "function_definition",
  "preproc_call",
  "preproc_def",
  "preproc_function_def",
  "preproc_include",
  "type_definition",
]);

/** Where something could not be read, ascending. */
function offsetsOf({ flat, walked }: Reading, loose: readonly number[]): readonly number[] {
  const offsets = walked.errors.map(({ offset }) => offset);
  if (loose.length === 0) return offsets;
  return [...offsets, ...loose.map((at) => flat.starts[at] as number)].sort((one, other) => one - other);
}

function spanOf({ starts, ends }: FlatTree, at: number): Span {
  return { start: starts[at] as number, end: ends[at] as number };
}

function patchedText(text: string, open: string, patches: readonly Patch[]): string {
  let [patched, end] = ["", 0];
  for (const patch of patches) {
    patched += text.slice(end, patch.start) + open.slice(patch.start, patch.end);
    end = patch.end;
  }
  return patched + text.slice(end);
}

/** Functions of the file that begin a line and hold nothing unread: between two of them the text can be cut. */
function wholeFunctions(flat: FlatTree, items: readonly number[], offsets: readonly number[]): Span[] {
  const definition = flat.grammar.types.indexOf("function_definition");
  let next = 0;
  return items.flatMap((at) => {
    const span = spanOf(flat, at);
    while ((offsets[next] ?? Number.POSITIVE_INFINITY) < span.start) next += 1;
    const isUnread = (offsets[next] ?? Number.POSITIVE_INFINITY) < span.end;
    const beginsLine = span.start === 0 || flat.text[span.start - 1] === "\n";
    return flat.types[at] === definition && beginsLine && !isUnread ? [span] : [];
  });
}

interface Search {
  readonly text: string;
  readonly open: string;
  /** Whether what was read whole may not be items of the file, so that all else is read again. */
  readonly isLoose: boolean;
  /** Of what could not be read, ascending. */
  readonly offsets: readonly number[];
  readonly whole: readonly Span[];
  readonly readPart: ReadPart;
}

/** A place: the first of the offsets in it, the whole functions on either side of it, and how far the text is done. */
interface Place {
  readonly first: number;
  readonly before: number;
  readonly behind: number;
  readonly done: number;
}

function patchesOf(search: Search): Patch[] {
  const { offsets, whole } = search;
  const patches: Patch[] = [];
  let [done, next, places] = [0, 0, 0];
  for (const [first, offset] of offsets.entries()) {
    if (offset < done) continue;
    while (startOf(whole, next) <= offset) next += 1;
    places += 1;
    const behind = places > MAX_PLACES ? whole.length : next;
    const patch = patchAt(search, { first, before: next - 1, behind, done });
    if (patch !== null) patches.push(patch);
    done = patch?.end ?? startOf(whole, behind);
  }
  return patches;
}

/** Where one of the functions begins; no text is behind the last. */
function startOf(whole: readonly Span[], at: number): number {
  return whole[at]?.start ?? Number.POSITIVE_INFINITY;
}

/** What leaves the least of a place unread; null where nothing is won. */
function patchAt(search: Search, place: Place): Patch | null {
  let best = NOTHING;
  for (const width of WIDTHS) {
    const around = spanAround(search, place, width);
    const attempt = readPlace(search, place, around);
    if (attempt.won > best.won) best = attempt;
    if (attempt.isSettled || isAll(place, around)) break;
  }
  return best.patch;
}

/** What a place gave, and how much less is left unread there than before. */
interface Attempt {
  readonly patch: Patch | null;
  readonly won: number;
  /** Whether its neighbours can change nothing of it. */
  readonly isSettled: boolean;
}

const NOTHING: Attempt = { patch: null, won: 0, isSettled: false };

function readPlace(search: Search, place: Place, { start, end }: Span): Attempt {
  const { text, open, isLoose, offsets, readPart } = search;
  const part = open.slice(start, end);
  const reading = part === text.slice(start, end) && !isLoose ? null : readPart(part);
  if (reading === null) return NOTHING;
  const won = countBefore(offsets, place.first, end) - reading.walked.errors.length;
  return { patch: { start, end, tree: reading.flat }, won, isSettled: isSettled(reading) };
}

/**
 * Whether every block that begins in it ends in it, or all that is left unread lies within functions, behind where they begin.
 * What half of another function leaves is neither.
 */
function isSettled({ flat, walked }: Reading): boolean {
  if (isBalanced(flat)) return true;
  const definition = flat.grammar.types.indexOf("function_definition");
  const functions = fileItems(flat).all.filter((at) => flat.types[at] === definition);
  const isWithin = spanLook(
    functions.map((at) => ({ start: (flat.starts[at] as number) + 1, end: flat.ends[at] as number })),
  );
  return walked.errors.every(({ offset }) => isWithin(offset));
}

function isBalanced({ types, size, grammar, missing }: FlatTree): boolean {
  const [begin, end] = [grammar.types.indexOf("{"), grammar.types.indexOf("}")];
  let depth = 0;
  for (let at = 0; at < size && depth >= 0; at += 1) {
    const type = types[at];
    if (type === begin && !missing.has(at)) depth += 1;
    if (type === end && !missing.has(at)) depth -= 1;
  }
  return depth === 0;
}

function spanAround({ whole }: Search, { before, behind, done }: Place, width: number): Span {
  const start = Math.max(done, whole[before - width]?.end ?? 0);
  return { start, end: startOf(whole, behind + width) };
}

/** Whether no more can be read around a place. */
function isAll(place: Place, { start, end }: Span): boolean {
  return start === place.done && end === Number.POSITIVE_INFINITY;
}

function countBefore(offsets: readonly number[], first: number, end: number): number {
  let at = first;
  while ((offsets[at] ?? Number.POSITIVE_INFINITY) < end) at += 1;
  return at - first;
}
