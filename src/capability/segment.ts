/**
 * One part of a path pattern between slashes: literal text, `*` (any text), `?` (one character) and
 * `[a-z]`, `[!a-z]` (one of a class). Matching takes time linear in pattern times text: an agent that
 * hands on a pattern of its own cannot make the gate hang.
 */
export interface Segment {
  readonly text: string;
  readonly parts: readonly Part[];
  /** Literal text before the first and after the last wildcard; the whole text when there is none. */
  readonly prefix: string;
  readonly suffix: string;
  readonly literal: boolean;
  /** Whether its only wildcard is one star, so that prefix and suffix say all. */
  readonly starred: boolean;
}

type Part = string | Wildcard;
type Wildcard = { readonly kind: "star" } | { readonly kind: "one" } | CharacterClass;
interface CharacterClass {
  readonly kind: "class";
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}

/** Compiles one segment. A `[` without its `]` is a literal. */
export function compileSegment(text: string): Segment {
  const parts: Part[] = [];
  for (let index = 0; index < text.length; ) {
    const [part, length] = readPart(text, index);
    if (!(isStar(part) && isStar(parts.at(-1)))) parts.push(part);
    index += length;
  }
  const first = parts.findIndex((part) => typeof part !== "string");
  if (first === -1) return { text, parts, prefix: text, suffix: text, literal: true, starred: false };
  const last = parts.findLastIndex((part) => typeof part !== "string");
  const [prefix, suffix] = [textOf(parts.slice(0, first)), textOf(parts.slice(last + 1))];
  return { text, parts, prefix, suffix, literal: false, starred: first === last && isStar(parts[first]) };
}

function textOf(parts: readonly Part[]): string {
  return parts.filter((part) => typeof part === "string").join("");
}

function isStar(part: Part | undefined): boolean {
  return typeof part === "object" && part.kind === "star";
}

function readPart(text: string, index: number): [Part, number] {
  const character = text.charAt(index);
  if (character === "*") return [{ kind: "star" }, 1];
  if (character === "?") return [{ kind: "one" }, 1];
  const close = character === "[" ? text.indexOf("]", index + 2) : -1;
  if (close === -1) return [character, 1];
  return [readClass(text.slice(index + 1, close)), close - index + 1];
}

function readClass(body: string): CharacterClass {
  const negated = /^[!^]./.test(body);
  const ranges: [string, string][] = [];
  for (let index = negated ? 1 : 0; index < body.length; ) {
    const isRange = body.charAt(index + 1) === "-" && index + 2 < body.length;
    ranges.push([body.charAt(index), body.charAt(isRange ? index + 2 : index)]);
    index += isRange ? 3 : 1;
  }
  return { kind: "class", negated, ranges };
}

/** Whether a segment of a path is one the pattern names. */
export function matchesSegment(pattern: Segment, text: string): boolean {
  if (pattern.literal) return pattern.text === text;
  if (!text.startsWith(pattern.prefix) || !text.endsWith(pattern.suffix)) return false;
  if (pattern.starred) return text.length >= pattern.prefix.length + pattern.suffix.length;
  return matchParts(pattern.parts, text);
}

/** Greedy matching that only ever goes back to the last star. */
function matchParts(parts: readonly Part[], text: string): boolean {
  let [part, at, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    const current = parts[part];
    if (isStar(current)) [star, resume, part] = [part, at, part + 1];
    else if (current !== undefined && matchesOne(current, text.charAt(at))) [part, at] = [part + 1, at + 1];
    else if (star === -1) return false;
    else [resume, at, part] = [resume + 1, resume + 1, star + 1];
  }
  return part === parts.length || (part === parts.length - 1 && isStar(parts[part]));
}

function matchesOne(part: Part, character: string): boolean {
  if (typeof part === "string") return part === character;
  if (part.kind !== "class") return part.kind === "one";
  return part.ranges.some(([low, high]) => low <= character && character <= high) !== part.negated;
}

/** Whether every text `child` names is one that `parent` names. Sound: unsure means no. */
export function coversSegment(parent: Segment, child: Segment): boolean {
  if (child.literal) return matchesSegment(parent, child.text);
  if (parent.text === child.text) return true;
  if (!parent.starred) return false;
  return child.prefix.startsWith(parent.prefix) && child.suffix.endsWith(parent.suffix);
}

/** Whether a text may be named by both. Sound: unsure means yes. */
export function segmentsMayMeet(left: Segment, right: Segment): boolean {
  if (left.literal) return matchesSegment(right, left.text);
  if (right.literal) return matchesSegment(left, right.text);
  const starts = left.prefix.startsWith(right.prefix) || right.prefix.startsWith(left.prefix);
  return starts && (left.suffix.endsWith(right.suffix) || right.suffix.endsWith(left.suffix));
}
