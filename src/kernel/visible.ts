const JOINER = "\\u200c\\u200d";
const SELECTOR = "\\p{Variation_Selector}";

/**
 * Characters that a reader does not see, or that steer a terminal or turn what is read: control characters but tabs and
 * line breaks, line separators, marks of direction, tags, fillers. Joiners and selectors of variants are letters' own in
 * some scripts, but beside letters of ASCII, and one after another, they only hide. A source for a RegExp with `u`.
 */
export const HIDDEN_CHARACTERS = [
  "(?![\\t\\n])[\\p{Cc}\\p{Zl}\\p{Zp}]",
  `(?![${JOINER}${SELECTOR}])[\\p{Cf}\\p{Default_Ignorable_Code_Point}]`,
  `(?<=^|[\\0-\\x7f])[${JOINER}${SELECTOR}]`,
  `(?<=[${JOINER}${SELECTOR}])${SELECTOR}`,
  `[${JOINER}](?=$|[\\0-\\x7f${JOINER}])`,
].join("|");

/** What most texts are. */
const PLAIN = /^[\t\n -~]*$/;

/**
 * Text from a model or a repository with nothing in it that is not seen: each hidden character stands as `<U+001B>`. It is
 * never left out, as what is agreed to must be what was read, and as leaving some out could join the rest to something else.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  const hidden = new RegExp(HIDDEN_CHARACTERS, "gu"); // made where it is needed: classes of Unicode take long to set up
  return text.replace(/\r(?=\n|$)/g, "").replace(hidden, mark);
}

/** An item of a list on lines of its own: a line break in it begins no other item. */
export function visibleItem(text: string): string {
  const indent = /^ */.exec(text)?.[0] ?? "";
  return visible(text.trimEnd()).replaceAll("\n", `\n${indent}  | `);
}

/** A name on one line: what would end the line stands as it is written in JSON, so that it cannot pass for another line. */
export function oneLine(name: string): string {
  return name.replace(/[\n\r\u0085\u2028\u2029]/g, (end) => LINE_ENDS[end] ?? escape(end));
}

const LINE_ENDS: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r" };

/**
 * A value as JSON in which nothing is hidden and nothing steers a terminal: what `visible` marks is written as `\uXXXX`, which
 * is the same value to whoever reads it. Not for what is to be the exact bytes of something: `export`, whose lines are verified
 * by their hashes, and what MCP hands a model of a file.
 */
export function visibleJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent) ?? "null";
  if (PLAIN.test(text)) return text;
  return text.replace(new RegExp(HIDDEN_CHARACTERS, "gu"), escape);
}

function escape(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

function mark(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
