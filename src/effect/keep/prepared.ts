import { join } from "node:path";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import { hashOf, sha256Hex } from "../../kernel/canonical.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { ToolInput } from "../../schema/tool.js";
import { observePath, readOrWhy } from "../disk/path-fact.js";
import { decodeText, replaceEvery, textFault } from "../disk/text.js";
import { toolPath } from "../workspace/tool-path.js";
import type { TaskWorkspace } from "../workspace/workspace.js";

/** One file to keep. Exactly one of `content` and `sourceFile` holds what it becomes; neither for a new folder. */
export interface KeepChange {
  readonly path: string;
  readonly kind: "add" | "modify" | "mode";
  /** SHA-256 of what the change was made from; null for a file that was missing. */
  readonly before: string | null;
  /** SHA-256 of what it becomes: what was judged is what is kept. Null for a new folder. */
  readonly after: string | null;
  readonly content?: string | Uint8Array;
  /** A regular file outside the worktree, for example in the layer of a command. */
  readonly sourceFile?: string;
  /** Permission bits; the file's own, or 0644 for a new one, when left out. */
  readonly mode?: number;
}

/** What a file is and would become, for the gate's judgement. */
export interface FileImage {
  readonly path: string;
  /** Text in the worktree now; null when the file is missing. */
  readonly before: string | null;
  readonly after: string;
  /** Why it cannot be judged, for code that is no text or too long. */
  readonly fault?: string;
}

/** A structured write computed in memory: nothing has been touched. */
export interface Prepared {
  /** Hash of the tool's arguments, as in the proposal. */
  readonly argsHash: string;
  readonly images: readonly FileImage[];
  readonly changes: readonly KeepChange[];
}

type Existing = { readonly content: Buffer; readonly text: string | null } | null;

/** Computes what `Write` would do. The error is an ordinary result for the model. */
export async function prepareWrite(
  workspace: TaskWorkspace,
  input: ToolInput<"Write">,
): Promise<Result<Prepared, string>> {
  const path = toolPath(workspace, input.file_path);
  if (!path.ok) return path;
  const existing = await readExisting(workspace, path.value);
  return existing.ok ? prepared(path.value, existing.value, input.content, input) : existing;
}

/** Computes what `Edit` would do: `old_string` must occur exactly once unless `replace_all`. */
export async function prepareEdit(
  workspace: TaskWorkspace,
  input: ToolInput<"Edit">,
): Promise<Result<Prepared, string>> {
  const resolved = toolPath(workspace, input.file_path);
  if (!resolved.ok) return resolved;
  const path = resolved.value;
  const existing = await readExisting(workspace, path);
  if (!existing.ok) return existing;
  if (existing.value === null) return err(`${path} does not exist. Use Write to create it.`);
  if (existing.value.text === null) return err(`${path} is not a UTF-8 text file and cannot be edited.`);
  const after = replaceText(path, existing.value.text, input);
  return after.ok ? prepared(path, existing.value, after.value, input) : after;
}

async function readExisting(workspace: TaskWorkspace, path: string): Promise<Result<Existing, string>> {
  const fact = await observePath(workspace.worktree, path);
  if (fact.linkOnTheWay) return err(`${fact.link ?? path} is a link; worknode does not write through links.`);
  if (fact.kind === "directory") return err(`${path} is a directory.`);
  if (fact.kind === "other") return err(`${path} is not a regular file, or a part of its path is not a directory.`);
  if (fact.kind === "missing") return ok(null);
  const content = readOrWhy(join(workspace.worktree, path), MAX_FILE_BYTES);
  if (!content.ok) return err(`${path} ${content.error}.`);
  return ok({ content: content.value, text: decodeText(content.value) });
}

function prepared(path: string, existing: Existing, after: string, input: object): Result<Prepared, string> {
  const fault = textFault(after, MAX_FILE_BYTES);
  if (fault !== undefined) return err(`${path}: ${fault}.`);
  const change: KeepChange = {
    path,
    kind: existing === null ? "add" : "modify",
    before: existing === null ? null : sha256Hex(existing.content),
    after: sha256Hex(after),
    content: after,
  };
  // A file that is not text has no text to be measured against; it must not pass for a missing one.
  const before = existing === null ? null : (existing.text ?? existing.content.toString("latin1"));
  return ok({ argsHash: hashOf(input), images: [{ path, before, after }], changes: [change] });
}

function replaceText(path: string, text: string, input: ToolInput<"Edit">): Result<string, string> {
  const [from, to] = inFileLineEnds(text, input);
  if (from === to) return err("old_string and new_string are the same; nothing would change.");
  const count = text.split(from).length - 1;
  if (count === 0) return err(`old_string was not found in ${path}. Read the file and copy the text exactly.`);
  if (count > 1 && input.replace_all !== true)
    return err(
      `old_string occurs ${count} times in ${path}. Add surrounding lines to make it unique, or set replace_all.`,
    );
  const after = replaceEvery(text, [from, to], MAX_FILE_BYTES);
  return after === undefined ? err(`${path} would be longer than ${MAX_FILE_BYTES} bytes.`) : ok(after);
}

/** `Read` shows no carriage returns, so in a file of CRLF lines both strings take its line ends. */
function inFileLineEnds(text: string, input: ToolInput<"Edit">): [string, string] {
  const { old_string: from, new_string: to } = input;
  if (from.includes("\r") || !text.includes("\r\n")) return [from, to];
  const withCarriageReturns = (part: string): string => part.replace(/\r?\n/g, "\r\n");
  const converted = withCarriageReturns(from);
  return text.includes(converted) ? [converted, withCarriageReturns(to)] : [from, to];
}
