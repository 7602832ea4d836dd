import { type Stats, statSync } from "node:fs";
import { basename, isAbsolute, normalize, relative } from "node:path";
import { compileDeny } from "../../effect/workspace/deny.js";
import { hardDenied } from "../../gate/hard-deny.js";
import type { HookEvent, HookEventOf, HookOutput } from "../../schema/hook-event.js";
import { deny } from "./answer.js";
import { stringsIn } from "./client-call.js";
import { pathsNamed } from "./named-files.js";
import { isBelow } from "./named-path.js";
import type { HookPlace } from "./place.js";
import { homeOf, realName, steeringPlaces } from "./steering.js";

/** Texts of a call that are looked at, and folders among them from which the others may be meant. */
const [MAX_TEXTS, MAX_FOLDERS] = [10_000, 8];
/** Tools beside MCP's that a session without a task may use; any other is refused until worknode knows it. */
const OPEN: ReadonlySet<string> = new Set(
  "WebFetch WebSearch LS NotebookRead ListMcpResourcesTool ReadMcpResourceTool ScheduleWakeup".split(" "),
);
/** Of these, those that reach the network alone: what they are told is no file. */
const WEB: ReadonlySet<string> = new Set(["WebFetch", "WebSearch", "ScheduleWakeup"]);
const NONE: ReadonlySet<string> = new Set();
/** Words of a command that is a person's to give. A courtesy: the sandbox is what holds. */
const PERSONS = /\bworknode\b|\bclaude\b|\.worknode\b|\.mcp\.json\b/i;

/** Without a task a file outside the checkout is the client's own business, except what steers agents or holds keys. */
export function guardOutside(
  args: Record<string, unknown>,
  place: HookPlace,
  event: HookEventOf<"PreToolUse">,
): HookOutput | undefined {
  const named = args["file_path"] ?? args["path"];
  if (typeof named !== "string" || !isAbsolute(named) || isBelow(named, place.workspace.shownRoot)) return undefined;
  if (!createGuard(place, event)(normalize(named))) return {};
  return deny(`ERROR_HARD_DENY: ${named} steers worknode, git or a client, or holds keys. A person changes it.`);
}

/** Without a task other tools are the client's own business, except where they name what nobody may touch. */
export function guardForeign(event: HookEventOf<"PreToolUse">, place: HookPlace): HookOutput {
  const { tool_name: tool, tool_input: input } = event;
  if (!OPEN.has(tool) && !tool.startsWith("mcp__"))
    return deny(`ERROR_POLICY: worknode does not know the tool ${tool} and cannot tell what it reaches.`);
  if (WEB.has(tool)) return {};
  const texts = [...new Set(stringsIn(input))];
  if (texts.length > MAX_TEXTS) return deny(`ERROR_POLICY: ${tool} names more than ${MAX_TEXTS} things at once.`);
  const found = findGuarded(texts, place, event);
  if (found === undefined) return {};
  return deny(`ERROR_HARD_DENY: ${tool} names ${found.slice(0, 300)}, which no agent touches. A person changes it.`);
}

/** The first text by which a tool may mean what nobody touches, alone or in a folder that another text names. */
export function findGuarded(texts: readonly string[], place: HookPlace, event: HookEvent): string | undefined {
  const { env } = place.crew;
  const isGuarded = createGuard(place, event);
  const naming = { folders: [event.cwd, place.workspace.shownRoot], home: homeOf(env), env };
  const named = texts.map((text) => ({ text, paths: pathsNamed(text, naming) }));
  const alone = named.find(({ paths }) => paths.some(isGuarded));
  if (alone !== undefined) return alone.text;
  const folders = named
    .flatMap(({ paths }) => paths)
    .filter(isFolder)
    .slice(0, MAX_FOLDERS);
  if (folders.length === 0) return undefined;
  return texts.find((text) => pathsNamed(text, { ...naming, folders }).some(isGuarded));
}

function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return statOf(path)?.isFile() === true;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // no name a file can have, or in a folder nobody here may look into
  }
}

/** Tells of an absolute path, or what a link makes of it, whether it steers or is a secret that is there. */
function createGuard(place: HookPlace, event: HookEvent): (path: string) => boolean {
  const { shownRoot, deny: masked } = place.workspace;
  const places = steeringPlaces(place, event);
  const isSecret = compileDeny(masked);
  const realRoot = realName(shownRoot);
  const judged = (path: string, root: string): boolean => {
    const inside = isBelow(path, root) ? relative(root, path) : undefined;
    const name = inside ?? path.slice(1);
    const steers = hardDenied(name, NONE) || hardDenied(`${name}/file`, NONE);
    return steers || (isSecret(inside ?? basename(path)) && isFile(path));
  };
  return (path) => {
    if (judged(path, shownRoot)) return true;
    const real = realName(path);
    return judged(real, realRoot) || places.some((each) => isBelow(real, each));
  };
}

/** Why a command may not even be put before a person to allow; undefined where it may. */
export function guardText(command: string): string | undefined {
  if (!PERSONS.test(command)) return undefined;
  return "ERROR_HARD_DENY: approving, installing and starting agents are a person's, on their own terminal.";
}
