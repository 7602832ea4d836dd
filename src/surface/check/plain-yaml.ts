/** Data of a plain text: records of scalars, lists of them, and records of those. */
export type PlainData = Readonly<Record<string, PlainValue>>;
type PlainValue = Scalar | readonly Scalar[] | Readonly<Record<string, Scalar>>;
type Scalar = string | number | boolean;

/** Characters of a text that is read here. */
const MAX_CHARS = 20_000;
const CHARACTERS = /^[ -~\n\p{L}\p{M}\p{N}]*$/u;
const COMMENT = /^ *(?:#.*)?$/;
const ENTRY = /^(?!(?:null|true|false):)([a-z][\w-]*):(?: +(.+?))?(?: +#.*)?$/i;
const ITEM = /^- +(.+?)(?: +#.*)?$/;
const INSIDE = /^(?:\[(.*)\]|\{(.*)\})$/;
const COMMA = / *, *(?=(?:[^'"]*(?:'[^']*'|"[^"]*"))*[^'"]*$)/;
const NUMBER = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?$/;
const QUOTED = /^(?:'([^']*)'|"([^"\\]*)")$/;
/** Text that needs no quotes, wherever it stands, and in a line of its own, where brackets end nothing. */
const WORDS = /^(?:[\p{L}_/]|\.[\p{L}_/])[^:#'"\\[\]{},]*$/u;
const LINE = /^(?:[\p{L}_/]|\.[\p{L}_/])[^:#'"\\]*$/u;
/** What looks like text and is none, in any case. */
const NO_TEXT = /^(?:null|true|false|\.inf|\.nan)$/i;

/**
 * Reads YAML of the forms that policies have: entries of a scalar, a list or a record, in a line or in lines of their
 * own, with comments. Undefined for every other text, also for good YAML: the whole program reads those. What it reads
 * is what YAML says of it.
 */
export function plainData(text: string): PlainData | undefined {
  const unix = text.replaceAll("\r\n", "\n");
  if (unix.length > MAX_CHARS || !CHARACTERS.test(unix)) return undefined;
  const lines = unix.split("\n").map((line) => line.trimEnd());
  const said = lines.filter((line) => !COMMENT.test(line));
  const entries = inEntries(said[0] === "---" ? said.slice(1) : said);
  return entries.length === 0 ? undefined : recordOf(entries, valueOf);
}

/** An entry: its line, and those that belong to it, further in or items of its list. */
type Entry = readonly string[];

function inEntries(lines: readonly string[]): Entry[] {
  const entries: string[][] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    if (last === undefined || !/^(?: |- )/.test(line)) entries.push([line]);
    else last.push(line);
  }
  return entries;
}

type Read<T> = (text: string, body: readonly string[]) => T | undefined;

/** Values by key; undefined where an entry is of no known form, or a key is given twice. */
function recordOf<T>(entries: readonly Entry[], read: Read<T>): Record<string, T> | undefined {
  const pairs = whole(entries.map((entry) => pairOf(entry, read)));
  const values = new Map(pairs);
  return values.size === entries.length ? Object.fromEntries(values) : undefined;
}

function pairOf<T>([line = "", ...body]: Entry, read: Read<T>): readonly [string, T] | undefined {
  const [, key = "", text = ""] = ENTRY.exec(line) ?? [];
  const value = key === "" ? undefined : read(text, body);
  return value === undefined ? undefined : [key, value];
}

function valueOf(text: string, body: readonly string[]): PlainValue | undefined {
  if (body.length > 0) return text === "" ? blockOf(body) : undefined;
  const [, list, record] = INSIDE.exec(text) ?? [];
  if (list !== undefined) return whole(inside(list).map((each) => scalarOf(each, WORDS)));
  if (record !== undefined) return flatRecord(inside(record), WORDS);
  return scalarOf(text, LINE);
}

/** Lines of one depth: a list's items, or a record's entries. */
function blockOf(lines: readonly string[]): PlainValue | undefined {
  const depth = lines[0]?.search(/[^ ]/) ?? 0;
  if (lines.some((line) => line.search(/[^ ]/) !== depth)) return undefined;
  const own = lines.map((line) => line.slice(depth));
  if (!own[0]?.startsWith("- ")) return flatRecord(own, LINE);
  return whole(own.map((line) => scalarOf(ITEM.exec(line)?.[1] ?? "", LINE)));
}

function flatRecord(entries: readonly string[], words: RegExp): Readonly<Record<string, Scalar>> | undefined {
  return recordOf(
    entries.map((each) => [each]),
    (text) => scalarOf(text, words),
  );
}

/** Parts between commas that stand outside of quotes. */
function inside(text: string): string[] {
  return text.trim().split(COMMA);
}

function whole<T>(all: readonly (T | undefined)[]): readonly T[] | undefined {
  return all.includes(undefined) ? undefined : (all as readonly T[]);
}

function scalarOf(text: string, words: RegExp): Scalar | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (NUMBER.test(text)) return Number(text);
  const quoted = QUOTED.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  return words.test(text) && !NO_TEXT.test(text) ? text : undefined;
}
