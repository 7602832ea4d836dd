import { invalid, messageOf } from "../../kernel/fault.js";
import { type HookGroup, isOurs } from "./hook-settings.js";

type Json = Record<string, unknown>;

/** Reads a client's settings. Throws Fault BAD_SETTINGS (exit 2) for what is not a JSON object: it is left untouched. */
export function parseSettings(text: string | null, path: string): Json {
  if (text === null || text.trim() === "") return {};
  const bad = (why: string, cause?: unknown): Error =>
    invalid("BAD_SETTINGS", `${path} ${why}. It is left untouched: correct it, then install again.`, cause);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`is not valid JSON (${messageOf(cause)})`, cause);
  }
  if (!isObject(value)) throw bad("is no JSON object");
  if (value["hooks"] !== undefined && !isObject(value["hooks"])) throw bad("has `hooks` that is no object");
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The settings with worknode's hooks in place of those it had; everything else as it is. */
export function withHooks(settings: Json, groups: Readonly<Record<string, readonly HookGroup[]>>): Json {
  const rest = withoutHooks(settings);
  const hooks = isObject(rest["hooks"]) ? { ...rest["hooks"] } : {};
  for (const [event, ours] of Object.entries(groups)) {
    const theirs: unknown = hooks[event];
    hooks[event] = [...(Array.isArray(theirs) ? (theirs as unknown[]) : []), ...ours];
  }
  return { ...rest, hooks };
}

/** The settings without worknode's hooks. */
export function withoutHooks(settings: Json): Json {
  const { hooks, ...rest } = settings;
  if (!isObject(hooks)) return settings;
  const left = Object.entries(hooks)
    .map(([event, groups]) => [event, Array.isArray(groups) ? groups.flatMap(foreignPart) : groups] as const)
    .filter(([, groups]) => !Array.isArray(groups) || groups.length > 0);
  return left.length === 0 ? rest : { ...rest, hooks: Object.fromEntries(left) };
}

function foreignPart(group: unknown): unknown[] {
  const hooks = isObject(group) ? group["hooks"] : undefined;
  if (!Array.isArray(hooks)) return [group];
  const left = hooks.filter((hook) => !isOurs(hook));
  return left.length === 0 && hooks.length > 0 ? [] : [{ ...(group as Json), hooks: left }];
}

/** `.mcp.json` with worknode's server. */
export function withServer(settings: Json, command: readonly string[]): Json {
  const [program, ...args] = command;
  const servers = isObject(settings["mcpServers"]) ? settings["mcpServers"] : {};
  return { ...settings, mcpServers: { ...servers, worknode: { type: "stdio", command: program, args } } };
}

/** `.mcp.json` without it. */
export function withoutServer(settings: Json): Json {
  if (!isObject(settings["mcpServers"])) return settings;
  const { worknode: _, ...servers } = settings["mcpServers"];
  return { ...settings, mcpServers: servers };
}

/** The text of settings, indented as the file was. */
export function renderSettings(settings: Json, before: string | null): string {
  const indent = /^\{\s*\n([ \t]+)"/.exec(before ?? "")?.[1] ?? "  ";
  return `${JSON.stringify(settings, null, indent)}\n`;
}
