import { MAX_TOOL_RESULT_CHARS } from "../../kernel/bounds.js";
import type { ToolInput } from "../../schema/tool.js";
import { splitLines } from "../disk/text.js";
import { clipLine } from "./read-tool.js";
import type { SearchHit, SearchText } from "./search-program.js";

/** Gathers what `Grep` found, as its output mode wants it, up to `head_limit` entries and the size of a tool result. */
export class GrepReport {
  readonly #input: ToolInput<"Grep">;
  readonly #root: string;
  readonly #rows: string[] = [];
  readonly #notes: string[] = [];
  #chars = 0;
  #full = false;

  constructor(input: ToolInput<"Grep">, root: string) {
    this.#input = input;
    this.#root = root;
  }

  /** A remark shown below the entries. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** Whether nothing more would be shown. */
  isFull(): boolean {
    return this.#full;
  }

  /** Adds the hits in one batch of files. */
  add(texts: readonly SearchText[], hits: readonly SearchHit[]): void {
    const byPath = new Map(texts.map(({ path, text }) => [path, text]));
    for (const hit of hits) {
      for (const row of this.#rowsOf(hit, byPath.get(hit.path) ?? "")) if (!this.#push(row)) return;
    }
  }

  /** The result as the model reads it. */
  render(): string {
    if (this.#full) this.#notes.push("(cut: more was found; narrow the search or raise head_limit)");
    if (this.#rows.length === 0) return ["No matches found", ...this.#notes].join("\n");
    return [...this.#rows, ...this.#notes].join("\n");
  }

  #push(row: string): boolean {
    const limit = this.#input.head_limit ?? Number.POSITIVE_INFINITY;
    this.#full ||= this.#rows.length >= limit || this.#chars + row.length > MAX_TOOL_RESULT_CHARS;
    if (this.#full) return false;
    this.#rows.push(row);
    this.#chars += row.length + 1;
    return true;
  }

  #rowsOf(hit: SearchHit, text: string): string[] {
    const path = `${this.#root}/${hit.path}`;
    const mode = this.#input.output_mode ?? "files_with_matches";
    if (mode === "files_with_matches") return [path];
    if (mode === "count") return [`${path}:${hit.lines.length}`];
    return this.#contentRows(path, hit.lines, splitLines(text));
  }

  /** As grep prints: `:` after a matching line's number, `-` after a neighbour's, `--` between groups where neighbours are asked for. */
  #contentRows(path: string, matching: readonly number[], lines: readonly string[]): string[] {
    const hits = new Set(matching);
    const context = this.#context();
    const grouped = context.before + context.after > 0;
    const rows: string[] = [];
    let last = 0;
    for (const number of withNeighbours(matching, context, lines.length)) {
      if (grouped && last > 0 && number > last + 1) rows.push("--");
      const mark = hits.has(number) ? ":" : "-";
      const at = this.#input["-n"] === false ? "" : `${number}${mark}`;
      rows.push(`${path}${mark}${at}${clipLine(lines[number - 1] ?? "")}`);
      last = number;
    }
    return rows;
  }

  #context(): { before: number; after: number } {
    const both = this.#input["-C"] ?? 0;
    return { before: this.#input["-B"] ?? both, after: this.#input["-A"] ?? both };
  }
}

function withNeighbours(
  matching: readonly number[],
  context: { before: number; after: number },
  lineCount: number,
): number[] {
  const shown = new Set<number>();
  for (const number of matching) {
    const first = Math.max(1, number - context.before);
    const last = Math.min(lineCount, number + context.after);
    for (let line = first; line <= last; line += 1) shown.add(line);
  }
  return [...shown].sort((a, b) => a - b);
}
