/** Data of a plain text: records and lists of scalars, lists and records. */
export interface PlainData {
  readonly [key: string]: PlainValue;
}
type PlainValue = string | number | boolean | readonly PlainValue[] | PlainData;

/** Characters of a text that is read here, and how deep its values may lie in each other. */
const MAX_CHARS = 200_000;
const MAX_DEPTH = 20;
/** Controls and blanks other than the space and the line's end: some end a line, some are taken off at its ends. */
const ODD = /[^\n -~\u00a1-\u167f\u1681-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ufefe\uff00-\uffef]/;
const COMMENT = /^ *(?:#.*)?$/;
const KEY = "(?!(?:null|true|false):)([A-Za-z][\\w.-]*):";
const ENTRY = new RegExp(`^${KEY}(?: +(?:#.*|(.*)))?$`, "i");
const FLOW_KEY = new RegExp(` *${KEY} +`, "iy");
const FLOW_TOKEN = / *('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^ ,[\]{}][^,[\]{}]*?) *(?=[,\]}])/y;
/** What a line says, apart from a comment behind it. */
const SAID = /^('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^'"].*?)(?: +#.*)?$/;
const BLOCK = /^[|>]-?$/;
const NUMBER = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?$/;
/** What other forms of numbers begin and end like; none of them is taken for text. */
const LIKE_NUMBER = /^[-+.]*\d[\d_]*\.?[\d_]*(?:e[-+]?\d*)?$|^[-+]?0[ox]/i;
const QUOTED = /^(?:'(?:[^']|'')*'|"(?:[^"\\]|\\["\\/nt])*")$/;
/** Text that needs no quotes: between brackets, and in a line of its own, where brackets end nothing. */
const BEGIN = "(?:[\\w/$(^=\\x80-\\uffff]|--?[A-Za-z.]|\\.(?=[A-Za-z_/]|$))";
const COLON = ":(?=[^ ,[\\]{}])";
const WORDS = new RegExp(`^${BEGIN}(?:[^:#\\\\[\\]{},]|${COLON})*$`);
const LINE = new RegExp(`^${BEGIN}(?:[^:#]|${COLON}|(?<! )#)*$`);
/** What looks like text and is none, in any case. */
const NO_TEXT = /^(?:null|true|false|\.inf|\.nan)$/i;

/** Lines of a text, and the one that is read next. */
interface Lines {
  readonly all: string[];
  at: number;
}

/**
 * Reads YAML of the forms that policies and plans have: entries and items of scalars, lists and records, in a line or in
 * lines of their own, and texts of several lines, with comments. Undefined for every other text, also for good YAML: the
 * whole program reads those. What it reads is what YAML says of it.
 */
export function plainData(text: string): PlainData | undefined {
  const unix = text.replaceAll("\r\n", "\n");
  if (unix.length > MAX_CHARS || !unix.endsWith("\n") || ODD.test(unix)) return undefined;
  const lines: Lines = { all: unix.split("\n"), at: 0 };
  const first = depthOfNext(lines);
  if (saidAt(lines, 0) === "---") lines.at += 1;
  const data = first === 0 && depthOfNext(lines) === 0 ? recordAt(lines, 0, 0) : undefined;
  return depthOfNext(lines) === undefined ? data : undefined;
}

/** Blanks before what the next line says; undefined at the end. */
function depthOfNext(lines: Lines): number | undefined {
  while (lines.at < lines.all.length && COMMENT.test(lines.all[lines.at] ?? "")) lines.at += 1;
  return lines.all[lines.at]?.search(/[^ ]/);
}

/** What the line that is read next says from `depth` on. */
function saidAt({ all, at }: Lines, depth: number): string {
  return (all[at] ?? "").slice(depth).trimEnd();
}

/** The entries that begin at `depth`; undefined where one is of no known form, or a key is given twice. */
function recordAt(lines: Lines, depth: number, level: number): PlainData | undefined {
  const values = new Map<string, PlainValue>();
  while (depthOfNext(lines) === depth) {
    const [, key, text = ""] = ENTRY.exec(saidAt(lines, depth)) ?? [];
    if (key === undefined || values.has(key)) return undefined;
    const value = text === "" ? blockBelow(lines, depth, level) : valueAt(lines, text, depth);
    if (value === undefined) return undefined;
    values.set(key, value);
  }
  return Object.fromEntries(values);
}

/** The items that begin at `depth`. */
function listAt(lines: Lines, depth: number, level: number): readonly PlainValue[] | undefined {
  const items: PlainValue[] = [];
  while (depthOfNext(lines) === depth && saidAt(lines, depth).startsWith("- ")) {
    const item = itemAt(lines, depth, level);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** An item: a value, or a record whose first entry stands behind the dash as if that were a blank. */
function itemAt(lines: Lines, depth: number, level: number): PlainValue | undefined {
  const text = saidAt(lines, depth + 1).trimStart();
  if (!ENTRY.test(text)) return valueAt(lines, text, depth);
  const line = lines.all[lines.at] ?? "";
  lines.all[lines.at] = `${line.slice(0, depth)} ${line.slice(depth + 1)}`;
  return level < MAX_DEPTH ? recordAt(lines, depthOfNext(lines) ?? 0, level + 1) : undefined;
}

/** What stands below an entry: a record or a list further in, or a list as far in as the entry itself. */
function blockBelow(lines: Lines, above: number, level: number): PlainValue | undefined {
  lines.at += 1;
  const depth = depthOfNext(lines) ?? 0;
  if (level >= MAX_DEPTH) return undefined;
  if (depth >= above && saidAt(lines, depth).startsWith("- ")) return listAt(lines, depth, level + 1);
  return depth > above ? recordAt(lines, depth, level + 1) : undefined;
}

/** A value that begins in a line; a text that it goes on in further ones belongs to nobody, and ends the reading. */
function valueAt(lines: Lines, text: string, depth: number): PlainValue | undefined {
  lines.at += 1;
  if (BLOCK.test(text)) return textBelow(lines, text, depth);
  if (/^[[{]/.test(text)) return flowOf(flowText(lines, text, depth));
  return scalarOf(SAID.exec(text)?.[1] ?? "", LINE);
}

/** A text in lines of its own (`|`, or `>` of one paragraph), with or without the end of its last line (`-`). */
function textBelow(lines: Lines, head: string, above: number): string | undefined {
  const said = linesBelow(lines, above);
  const isFolded = head.startsWith(">");
  if (said === undefined || (isFolded && said.some((line) => /^(?: |$)/.test(line)))) return undefined;
  return `${said.join(isFolded ? " " : "\n")}${head.endsWith("-") ? "" : "\n"}`;
}

/** Lines as far in as the first of them, or without a character, from there on; the last ones without are left off. */
function linesBelow(lines: Lines, above: number): readonly string[] | undefined {
  const start = lines.at;
  const depth = depthAt(lines);
  if (depth <= above) return undefined;
  while (lines.at < lines.all.length && (lines.all[lines.at] === "" || depthAt(lines) >= depth)) lines.at += 1;
  const next = lines.all[lines.at] ?? "";
  if (depthAt(lines) > above || /^ +$/.test(next)) return undefined;
  const own = lines.all.slice(start, lines.at).map((line) => line.slice(depth));
  return own.slice(0, own.findLastIndex((line) => line !== "") + 1);
}

/** Blanks before what the line that is read next says; -1 where it says nothing. */
function depthAt({ all, at }: Lines): number {
  return (all[at] ?? "").search(/[^ ]/);
}

const QUOTES = /'[^']*'|"(?:[^"\\]|\\.)*"/g;

/** What begins with a bracket, as one line: as many lines as it takes until each bracket is closed. */
function flowText(lines: Lines, begin: string, above: number): string {
  let text = begin;
  while (isOpen(text)) {
    const line = lines.all[lines.at] ?? "";
    if (depthAt(lines) <= above || text.includes("#") || line.includes("#")) return "";
    lines.at += 1;
    text = `${text} ${line.trim()}`;
  }
  return text;
}

/** Whether a text opens more brackets than it closes, those between quotes apart. */
function isOpen(text: string): boolean {
  const bare = text.replace(QUOTES, "");
  return bare.split(/[[{]/).length > bare.split(/[\]}]/).length;
}

/** A text between brackets, and how far it is read. */
interface Flow {
  readonly text: string;
  at: number;
}

function flowOf(text: string): PlainValue | undefined {
  const flow: Flow = { text, at: 0 };
  const value = flowValue(flow, 0);
  return COMMENT.test(text.slice(flow.at).replace(/^#/, "?")) ? value : undefined;
}

function flowValue(flow: Flow, level: number): PlainValue | undefined {
  if (level > MAX_DEPTH) return undefined;
  if (take(flow, / *\[ */y) !== undefined) return flowList(flow, level);
  if (take(flow, / *\{ */y) !== undefined) return flowRecord(flow, level);
  return scalarOf(take(flow, FLOW_TOKEN) ?? "", WORDS);
}

/** What stands at the place of reading, which moves behind it; its part where the pattern names one. */
function take(flow: Flow, pattern: RegExp): string | undefined {
  pattern.lastIndex = flow.at;
  const found = pattern.exec(flow.text);
  if (found !== null) flow.at = pattern.lastIndex;
  return found === null ? undefined : (found[1] ?? found[0]);
}

function flowList(flow: Flow, level: number): readonly PlainValue[] | undefined {
  const items: PlainValue[] = [];
  if (take(flow, /\]/y) !== undefined) return items;
  do {
    const item = flowValue(flow, level + 1);
    if (item === undefined) return undefined;
    items.push(item);
  } while (take(flow, / *, */y) !== undefined);
  return take(flow, / *\]/y) === undefined ? undefined : items;
}

function flowRecord(flow: Flow, level: number): PlainData | undefined {
  const values = new Map<string, PlainValue>();
  if (take(flow, /\}/y) !== undefined) return {};
  do {
    const key = take(flow, FLOW_KEY) ?? "";
    const value = key === "" || values.has(key) ? undefined : flowValue(flow, level + 1);
    if (value === undefined) return undefined;
    values.set(key, value);
  } while (take(flow, / *, */y) !== undefined);
  return take(flow, / *\}/y) === undefined ? undefined : Object.fromEntries(values);
}

function scalarOf(text: string, words: RegExp): PlainValue | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (NUMBER.test(text)) return Number(text);
  if (QUOTED.test(text)) return unquoted(text);
  return words.test(text) && !NO_TEXT.test(text) && !LIKE_NUMBER.test(text) ? text : undefined;
}

function unquoted(text: string): string {
  return text.startsWith('"') ? JSON.parse(text) : text.slice(1, -1).replaceAll("''", "'");
}
