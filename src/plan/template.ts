/** A part of a template: literal text, or the expression between `${{` and `}}` with its offset. */
export type TemplatePart = { kind: "text"; text: string } | { kind: "expression"; text: string };

const OPEN = "$" + "{{";

/** Splits a template into its parts; undefined when a `${{` is not closed. Linear in the text's length. */
export function splitTemplate(template: string): TemplatePart[] | undefined {
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf(OPEN, at);
    if (open === -1) break;
    const close = findClose(template, open + OPEN.length);
    if (close === undefined) return undefined;
    if (open > at) parts.push({ kind: "text", text: template.slice(at, open) });
    parts.push({ kind: "expression", text: template.slice(open + OPEN.length, close).trim() });
    at = close + 2;
  }
  if (at < template.length) parts.push({ kind: "text", text: template.slice(at) });
  return parts;
}

const NESTING: Readonly<Record<string, number>> = { "{": 1, "}": -1 };

/** Offset of the `}}` that ends an expression: not one inside quotes or closing map literals. */
function findClose(template: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < template.length; at += 1) {
    const character = template.charAt(at);
    if (character === '"' || character === "'") at = endOfQuote(template, at);
    depth += NESTING[character] ?? 0;
    if (depth < 0) return template.charAt(at + 1) === "}" ? at : undefined;
  }
  return undefined;
}

/** Offset of the quote that closes the one at `from`, or of the text's end. */
function endOfQuote(template: string, from: number): number {
  const quote = template.charAt(from);
  let at = from + 1;
  while (at < template.length && template.charAt(at) !== quote) at += template.charAt(at) === "\\" ? 2 : 1;
  return at;
}

/** The expression of a condition written bare or as one `${{ ... }}` (as in GitHub Actions). */
export function bareExpression(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith(OPEN)) return trimmed;
  const parts = splitTemplate(trimmed);
  const only = parts?.[0];
  return parts?.length === 1 && only?.kind === "expression" ? only.text : trimmed;
}

/** The expressions of a template, in order; undefined when it is malformed. */
export function templateExpressions(template: string): string[] | undefined {
  return splitTemplate(template)?.flatMap((part) => (part.kind === "expression" ? [part.text] : []));
}
