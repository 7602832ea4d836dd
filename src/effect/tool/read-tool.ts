import { join } from "node:path";
import { MAX_FILE_BYTES, MAX_LINE_CHARS, MAX_TOOL_RESULT_CHARS, READ_DEFAULT_LINES } from "../../kernel/bounds.js";
import type { ToolInput } from "../../schema/tool.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { observePath, type PathFact, readOrWhy } from "../disk/path-fact.js";
import { decodeText, splitLines } from "../disk/text.js";
import { toolPath } from "../workspace/tool-path.js";
import type { TaskWorkspace } from "../workspace/workspace.js";

/** What a tool tells the model. */
export interface ToolResult {
  readonly content: string;
  readonly is_error: boolean;
}

/** An ordinary error result. */
export function toolError(content: string): ToolResult {
  return { content, is_error: true };
}

/**
 * `Read`: numbered lines of a text file, `offset` (from 1) and `limit` lines of it, at most
 * MAX_TOOL_RESULT_CHARS characters. Links, denied paths, directories and binary files are error
 * results. Throws Fault ERROR_NOT_APPROVED.
 */
export async function readFileTool(
  permit: Permit,
  workspace: TaskWorkspace,
  call: Call<ToolInput<"Read">>,
): Promise<ToolResult> {
  useOnce(permit, call);
  const path = toolPath(workspace, call.args.file_path);
  if (!path.ok) return toolError(path.error);
  if (workspace.isDenied(path.value)) return toolError(`${path.value} is kept from agents by workspace.deny.`);
  const fact = await observePath(workspace.worktree, path.value);
  const refusal = refuse(fact);
  if (refusal !== undefined) return toolError(refusal);
  const content = readOrWhy(join(workspace.worktree, path.value), MAX_FILE_BYTES);
  if (!content.ok) return toolError(`${path.value} ${content.error}.`);
  const text = decodeText(content.value);
  if (text === null)
    return toolError(`${path.value} is a binary file (${content.value.length} bytes); only text is shown.`);
  return numberLines(path.value, splitLines(text), call.args);
}

function refuse(fact: PathFact): string | undefined {
  if (fact.linkOnTheWay) return `${fact.link ?? fact.path} is a link; worknode does not read through links.`;
  if (fact.kind === "missing") return `${fact.path} does not exist. Use Glob to find files.`;
  if (fact.kind === "directory") return `${fact.path} is a directory. Use Glob to list the files in it.`;
  return fact.kind === "other" ? `${fact.path} is not a regular file.` : undefined;
}

function numberLines(path: string, lines: readonly string[], input: ToolInput<"Read">): ToolResult {
  if (lines.length === 0) return { content: `${path} is empty.`, is_error: false };
  const first = input.offset ?? 1;
  if (first > lines.length) return toolError(`${path} has ${lines.length} lines; offset ${first} is past its end.`);
  const wanted = lines.slice(first - 1, first - 1 + (input.limit ?? READ_DEFAULT_LINES));
  const shown: string[] = [];
  let chars = 0;
  for (const line of wanted) {
    const row = `${String(first + shown.length).padStart(6)}\t${clipLine(line)}`;
    chars += row.length + 1;
    if (chars > MAX_TOOL_RESULT_CHARS) break;
    shown.push(row);
  }
  const next = first + shown.length;
  if (next <= lines.length) shown.push(`(${lines.length} lines in all; continue with offset ${next})`);
  return { content: shown.join("\n"), is_error: false };
}

/** A line as shown: clipped at MAX_LINE_CHARS, and says so. */
export function clipLine(line: string): string {
  return line.length <= MAX_LINE_CHARS ? line : `${line.slice(0, MAX_LINE_CHARS)} (line clipped)`;
}
