import { MAX_FILE_BYTES, MAX_GREP_FILES, MAX_PATTERN_CHARS } from "../../kernel/bounds.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { ToolInput } from "../../schema/tool.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { viewWorkspace } from "../disk/path-fact.js";
import { decodeText } from "../disk/text.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import { below, listVisible, matchGlob, toolDirectory } from "./file-list.js";
import { GrepReport } from "./grep-report.js";
import { type ToolResult, toolError } from "./read-tool.js";
import type { SearchText } from "./search-program.js";
import { openSearcher, type Searcher } from "./search-worker.js";

type Input = ToolInput<"Grep">;

/** Text handed to the search thread at once (characters). */
const BATCH_CHARS = 4 * 1024 * 1024;

/**
 * `Grep`: lines that match a JavaScript regular expression, or the files that hold them, or how many.
 * Binary, denied and too long files are left out. The pattern runs on its own thread for at most
 * MAX_SEARCH_TIME_MS. Throws Fault ERROR_NOT_APPROVED.
 */
export async function grepTool(permit: Permit, workspace: TaskWorkspace, call: Call<Input>): Promise<ToolResult> {
  useOnce(permit, call);
  const searcher = openSearcher();
  try {
    const files = await selectFiles(workspace, searcher, call.args);
    if (!files.ok) return toolError(files.error);
    const report = await searchFiles(workspace, searcher, { input: call.args, files: files.value });
    return report.ok ? { content: report.value, is_error: false } : toolError(report.error);
  } finally {
    await searcher.close();
  }
}

async function selectFiles(
  workspace: TaskWorkspace,
  searcher: Searcher,
  input: Input,
): Promise<Result<string[], string>> {
  if (input.pattern.length > MAX_PATTERN_CHARS)
    return err(`the pattern is longer than ${MAX_PATTERN_CHARS} characters`);
  const directory = toolDirectory(workspace, input.path);
  if (!directory.ok) return directory;
  const visible = await listVisible(workspace, `${directory.value}/${input.glob ?? ""}`);
  const files = below(visible, directory.value);
  if (files.length === 0 && directory.value !== "")
    return err(`${directory.value} holds no files that can be searched.`);
  if (input.glob === undefined) return ok(files);
  return matchGlob(searcher, files, { pattern: input.glob, directory: directory.value, byName: true });
}

async function searchFiles(
  workspace: TaskWorkspace,
  searcher: Searcher,
  what: { input: Input; files: readonly string[] },
): Promise<Result<string, string>> {
  const { input, files } = what;
  const report = new GrepReport(input, workspace.shownRoot);
  const read = files.slice(0, MAX_GREP_FILES);
  if (files.length > read.length) report.note(`(only the first ${read.length} of ${files.length} files were searched)`);
  for await (const texts of readBatches(workspace, read)) {
    const flags = input["-i"] === true ? "iu" : "u";
    const found = await searchEitherWay(searcher, { source: input.pattern, flags, texts });
    if (!found.ok) return found;
    report.add(texts, found.value);
    if (report.isFull()) break;
  }
  return ok(report.render());
}

/** Many patterns are only right without the `u` flag (`\-` outside a class); they are tried that way second. */
async function searchEitherWay(
  searcher: Searcher,
  what: { source: string; flags: string; texts: readonly SearchText[] },
): ReturnType<Searcher["search"]> {
  const request = { ...what, filter: false };
  const strict = await searcher.search(request);
  if (strict.ok || !strict.error.startsWith("bad pattern")) return strict;
  return searcher.search({ ...request, flags: what.flags.replace("u", "") });
}

async function* readBatches(workspace: TaskWorkspace, files: readonly string[]): AsyncGenerator<SearchText[]> {
  const view = viewWorkspace(workspace.worktree);
  let batch: SearchText[] = [];
  let chars = 0;
  for (const path of files) {
    const content = await view.read(path, MAX_FILE_BYTES);
    const text = content === null ? null : decodeText(content);
    if (text === null) continue;
    batch.push({ path, text });
    chars += text.length;
    if (chars < BATCH_CHARS) continue;
    yield batch;
    batch = [];
    chars = 0;
  }
  if (batch.length > 0) yield batch;
}
