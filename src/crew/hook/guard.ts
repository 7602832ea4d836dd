import { isAbsolute } from "node:path";
import type { TaskWorkspace } from "../../effect/workspace.js";
import { hardDenied } from "../../gate/hard-deny.js";
import type { HookEventOf, HookOutput } from "../../schema/hook-event.js";
import { deny } from "./answer.js";
import { stringsIn } from "./client-call.js";
import { isBelow } from "./named-path.js";
import type { HookPlace } from "./place.js";
import { leadsToSettings } from "./steering.js";

/** Longest text that is looked at as a path (characters). */
const MAX_PATH_CHARS = 4_096;
/** Tools beside MCP's that a session without a task may use; any other is refused until worknode knows it. */
const OPEN: ReadonlySet<string> = new Set(
  "WebFetch WebSearch LS NotebookRead ListMcpResourcesTool ReadMcpResourceTool ScheduleWakeup".split(" "),
);
const NONE: ReadonlySet<string> = new Set();
/** Words of a command that is a person's to give. A courtesy: the sandbox is what holds. */
const PERSONS = /\bworknode\b|\bclaude\b|\.worknode\b|\.mcp\.json\b/i;

/** Without a task a file outside the checkout is the client's own business, except what steers agents or holds keys. */
export function guardOutside(
  args: Record<string, unknown>,
  place: HookPlace,
  event: HookEventOf<"PreToolUse">,
): HookOutput | undefined {
  const { workspace } = place;
  const named = args["file_path"] ?? args["path"];
  if (typeof named !== "string" || !isAbsolute(named) || isBelow(named, workspace.shownRoot)) return undefined;
  if (!steers(named, workspace) && !leadsToSettings(named, place, event)) return {};
  return deny(`ERROR_HARD_DENY: ${named} steers worknode, git or a client, or holds its keys. A person changes it.`);
}

/** Without a task other tools are the client's own business, except where they name what nobody may touch. */
export function guardForeign(event: HookEventOf<"PreToolUse">, place: HookPlace): HookOutput {
  const { tool_name: tool, tool_input: input } = event;
  if (!OPEN.has(tool) && !tool.startsWith("mcp__"))
    return deny(`ERROR_POLICY: worknode does not know the tool ${tool} and cannot tell what it reaches.`);
  if (OPEN.has(tool)) return {};
  const named = stringsIn(input).filter((text) => text.length <= MAX_PATH_CHARS);
  const found = named.find((text) => steers(text, place.workspace) || leadsToSettings(text, place, event));
  if (found === undefined) return {};
  return deny(`ERROR_HARD_DENY: ${tool} names ${found}, which no agent touches. A person changes it.`);
}

function steers(text: string, { shownRoot }: TaskWorkspace): boolean {
  const inside = text.startsWith(`${shownRoot}/`) ? text.slice(shownRoot.length + 1) : text;
  return hardDenied(inside.replace(/^(?:\.?\/)+/, ""), NONE);
}

/** Why a command may not even be put before a person to allow; undefined where it may. */
export function guardText(command: string): string | undefined {
  if (!PERSONS.test(command)) return undefined;
  return "ERROR_HARD_DENY: approving, installing and starting agents are a person's, on their own terminal.";
}
