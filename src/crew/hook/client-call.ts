import { readBelow } from "../../effect/disk/path-fact.js";
import { decodeText, replaceEvery } from "../../effect/disk/text.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { resolvePath } from "../../gate/path.js";
import { MAX_FILE_BYTES, MAX_JSON_DEPTH } from "../../kernel/bounds.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { HookEventOf } from "../../schema/hook-event.js";
import { asRecord } from "../conversation/chain.js";

/** A call of Claude Code's in worknode's words. */
export type ClientCall =
  /** One of the gate's own tools. */
  | { readonly kind: "gate"; readonly tool: string; readonly args: Record<string, unknown> }
  /** A shell command; `outside`: it asks to run without a sandbox. */
  | {
      readonly kind: "shell";
      readonly args: { readonly command: string } & Record<string, unknown>;
      readonly outside: boolean;
    }
  /** Touches nothing but the client's own conversation, or is judged by a gate of its own. */
  | { readonly kind: "free" }
  /** Any other tool. */
  | { readonly kind: "foreign"; readonly tool: string };

/**
 * Tools that reach neither files nor commands nor the network: the conversation's own. A subagent is among them because
 * every call it makes passes the same hooks. What is not here and not below is `foreign`, in later versions as well.
 */
const FREE: ReadonlySet<string> = new Set(
  (
    "Agent Task ListAgents SendMessage TaskOutput TaskStop BashOutput KillShell KillBash TodoWrite TaskCreate TaskGet " +
    "TaskList TaskUpdate AskUserQuestion EnterPlanMode ExitPlanMode Skill ToolSearch StructuredOutput ReportFindings"
  ).split(" "),
);
/** worknode's own MCP server judges each of its calls itself (`crew/service/outside.ts`). */
export const OWN_SERVER = /^mcp__(?:plugin_worknode_)?worknode__/;

type Form = (input: Record<string, unknown>, workspace: TaskWorkspace) => Result<ClientCall, string>;

const same =
  (tool: string): Form =>
  (input) =>
    ok({ kind: "gate", tool, args: input });

/** Tools that read or change files or run commands, each with what it comes to in the gate's words. */
const FORMS: Readonly<Record<string, Form>> = Object.assign(Object.create(null) as Record<string, Form>, {
  Bash: shellCall,
  Read: same("Read"),
  Write: same("Write"),
  Grep: () => err("the client's own search shows what is masked; search with `grep` in Bash, which does not"),
  Glob: (input, workspace) =>
    leavesFolder(input["pattern"]) ? err("the pattern leaves the workspace") : same("Glob")(input, workspace),
  Edit: editCall,
  MultiEdit: multiEditCall,
  NotebookEdit: notebookCall,
} satisfies Record<string, Form>);

type ToolCall = Pick<HookEventOf<"PreToolUse">, "tool_name" | "tool_input">;

/** Says what a call is. The error is an ordinary one: its input cannot be carried out. */
export function clientCall(call: ToolCall, workspace: TaskWorkspace): Result<ClientCall, string> {
  const { tool_name: tool, tool_input: input } = call;
  const form = FORMS[tool];
  if (form !== undefined) return form(input, workspace);
  return ok(isForeign(call) ? { kind: "foreign", tool } : { kind: "free" });
}

/** Whether a tool is none that worknode knows: another server's, or a later version's. */
export function isForeign({ tool_name: tool, tool_input: input }: ToolCall): boolean {
  const isFree = FREE.has(tool) && input["isolation"] === undefined;
  return FORMS[tool] === undefined && !isFree && !OWN_SERVER.test(tool);
}

function leavesFolder(pattern: unknown): boolean {
  return typeof pattern === "string" && (pattern.startsWith("/") || pattern.split("/").includes(".."));
}

function shellCall({
  command,
  timeout,
  dangerouslyDisableSandbox,
}: Record<string, unknown>): Result<ClientCall, string> {
  if (typeof command !== "string") return err("the command is no text");
  const args = { command, ...(timeout === undefined ? {} : { timeout }) };
  return ok({ kind: "shell", args, outside: dangerouslyDisableSandbox === true });
}

/** An empty `old_string` makes a file, or fills an empty one: a Write. */
function editCall(input: Record<string, unknown>, workspace: TaskWorkspace): Result<ClientCall, string> {
  if (input["old_string"] !== "") return ok({ kind: "gate", tool: "Edit", args: input });
  const text = textOf(input["file_path"], workspace);
  if (text !== undefined && text !== "") return err("old_string is empty and the file is not");
  return ok(writeOf(input["file_path"], input["new_string"]));
}

function writeOf(path: unknown, content: unknown): ClientCall {
  return { kind: "gate", tool: "Write", args: { file_path: path, content } };
}

/** Text of the file a call names; undefined where there is none that can be read. */
function textOf(named: unknown, { shownRoot, worktree }: TaskWorkspace): string | undefined {
  const path = typeof named === "string" ? resolvePath(named, shownRoot) : err("");
  const content = path.ok ? readBelow(worktree, path.value, MAX_FILE_BYTES) : null;
  return content === null ? undefined : (decodeText(content) ?? undefined);
}

/** Several edits of one file are the one write they come to. */
function multiEditCall(input: Record<string, unknown>, workspace: TaskWorkspace): Result<ClientCall, string> {
  const { file_path: path, edits } = input;
  let text = ok(textOf(path, workspace) ?? "") as Result<string, string>;
  for (const edit of Array.isArray(edits) ? edits : []) if (text.ok) text = applyEdit(text.value, asRecord(edit));
  return text.ok ? ok(writeOf(path, text.value)) : text;
}

function applyEdit(text: string, edit: Record<string, unknown>): Result<string, string> {
  const { old_string: from, new_string: to, replace_all: all } = edit;
  if (typeof from !== "string" || typeof to !== "string") return err("an edit lacks old_string or new_string");
  if (from === "" && text !== "") return err("an edit's old_string is empty and the file is not");
  if (!text.includes(from)) return err("an edit's old_string was not found");
  const after = all === true ? replaceEvery(text, [from, to], MAX_FILE_BYTES) : text.replace(from, () => to);
  return after === undefined ? err(`the file would be longer than ${MAX_FILE_BYTES} bytes`) : ok(after);
}

/** A notebook's cells are its text: the write of the notebook with that cell changed. */
function notebookCall(input: Record<string, unknown>, workspace: TaskWorkspace): Result<ClientCall, string> {
  const { notebook_path: path, new_source: source } = input;
  const notebook = asRecord(parsed(textOf(path, workspace) ?? ""));
  const { cells } = notebook;
  if (typeof source !== "string" || !Array.isArray(cells))
    return err("no source is given, or the notebook has no cells");
  const changed = changeCells(cells, input);
  return changed.ok
    ? ok(writeOf(path, `${JSON.stringify({ ...notebook, cells: changed.value }, null, 1)}\n`))
    : changed;
}

function changeCells(cells: readonly unknown[], input: Record<string, unknown>): Result<unknown[], string> {
  const { cell_id: id, new_source: source, cell_type: kind = "code", edit_mode: mode = "replace" } = input;
  const at = cells.findIndex((cell, index) => asRecord(cell)["id"] === id || `cell-${index}` === id);
  if (mode === "insert") return ok(cells.toSpliced(at + 1, 0, { cell_type: kind, source }));
  if (at < 0) return err("the notebook has no such cell");
  const left = mode === "delete" ? [] : [{ ...asRecord(cells[at]), source }];
  return ok(cells.toSpliced(at, 1, ...left));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no notebook: it has no cells
  }
}

/** Every string an input holds, names of members too, to the depth any JSON value may have. */
export function stringsIn(input: unknown, depth = 0): string[] {
  if (typeof input === "string") return [input];
  if (depth > MAX_JSON_DEPTH || typeof input !== "object" || input === null) return [];
  const names = Array.isArray(input) ? [] : Object.keys(input);
  return [...names, ...Object.values(input).flatMap((value) => stringsIn(value, depth + 1))];
}
