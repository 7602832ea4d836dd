import type { HookAddress } from "../../crew/hook/server.js";
import { HOOK_EVENTS, type HookEventName } from "../../schema/hook-event.js";

/** Seconds Claude Code waits for an answer: a stop runs the task's own commands. */
const [CALL_SECONDS, STOP_SECONDS] = [60, 600];
const SLOW: ReadonlySet<string> = new Set(["Stop", "SubagentStop", "SessionStart"]);
/** Events about a tool, whose matcher says which: all of them. */
export const ABOUT_TOOLS: ReadonlySet<string> = new Set(["PreToolUse", "PostToolUse", "PostToolUseFailure"]);
/** A header, a file name and a command that say whose a hook is. */
const OURS = /X-Worknode-Hook|worknode-hook\.sh|worknode hook send/;

/** How hooks reach worknode: by HTTP (and a client that may start it), or by a client alone. */
export type HookRoute =
  | { readonly kind: "http"; readonly address: HookAddress; readonly client: string }
  | { readonly kind: "command"; readonly client: string };

/** One entry of an event's list, as `settings.json` has it. */
export interface HookGroup {
  readonly matcher?: string;
  readonly hooks: readonly Readonly<Record<string, unknown>>[];
}

/** The hooks of every event. Whatever fails about them blocks. */
export function hookGroups(route: HookRoute): Record<HookEventName, HookGroup[]> {
  const groups = HOOK_EVENTS.map((name) => {
    const matcher = ABOUT_TOOLS.has(name) ? { matcher: "*" } : {};
    return [name, [{ ...matcher, hooks: [hookFor(name, route)] }]];
  });
  return Object.fromEntries(groups) as Record<HookEventName, HookGroup[]>;
}

/** A session's start may have to start the resident process, which a request cannot. */
function hookFor(name: HookEventName, route: HookRoute): Record<string, unknown> {
  const common = { timeout: SLOW.has(name) ? STOP_SECONDS : CALL_SECONDS, onFailure: "block" };
  if (route.kind === "command" || name === "SessionStart") return { type: "command", command: route.client, ...common };
  const { port, token } = route.address;
  const headers = { Authorization: `Bearer ${token}`, "X-Worknode-Hook": "1" };
  return { type: "http", url: `http://127.0.0.1:${port}/hook`, headers, ...common };
}

/** Whether a hook is worknode's. */
export function isOurs(hook: unknown): boolean {
  return OURS.test(JSON.stringify(hook) ?? "");
}
