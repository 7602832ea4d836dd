import { isOurs } from "./hook-settings.js";
import type { SettingsSource } from "./settings-sources.js";

/** Events whose hooks may change a call, or have it asked, after worknode's has answered. */
const EVENTS = ["PreToolUse", "PermissionRequest"] as const;
/** Tools whose calls are let through for what they are; a matcher that means none of them does no harm. */
const GATED = ["Bash", "Read", "Write", "Edit", "MultiEdit", "NotebookEdit", "Glob", "mcp__server__tool"];

/** A hook of somebody else's that may change what the gate judged. */
export interface OtherHook {
  readonly path: string;
  readonly event: string;
  readonly matcher: string;
  /** What it runs or asks, to be told by. */
  readonly says: string;
}

/** Other hooks in these files that are asked about calls the gate judges. */
export function otherHooks(sources: readonly SettingsSource[]): OtherHook[] {
  return sources.flatMap(({ path, settings }) => {
    const byEvent = typeof settings === "string" ? undefined : asRecord(settings["hooks"]);
    return EVENTS.flatMap((event) =>
      asList(byEvent?.[event]).flatMap((group) => othersOf(path, event, asRecord(group))),
    );
  });
}

function othersOf(path: string, event: string, group: Readonly<Record<string, unknown>>): OtherHook[] {
  const matcher = typeof group["matcher"] === "string" ? group["matcher"] : "*";
  if (!GATED.some((tool) => meets(matcher, tool))) return [];
  const others = asList(group["hooks"]).filter((hook) => !isOurs(hook));
  return others.map((hook) => {
    const { command, url, type } = asRecord(hook);
    const said = [command, url, type].find((text) => typeof text === "string") ?? "?";
    return { path, event, matcher, says: said.slice(0, 120) };
  });
}

/** What cannot be read as a pattern may mean anything. */
function meets(matcher: string, tool: string): boolean {
  if (matcher === "" || matcher === "*") return true;
  try {
    return new RegExp(`^(?:${matcher})`).test(tool) || (tool.startsWith("mcp__") && matcher.includes("mcp__"));
  } catch {
    return true;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
