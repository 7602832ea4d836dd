import { HOOK_EVENTS } from "../../schema/hook-event.js";
import { ABOUT_TOOLS, isOurs } from "./hook-settings.js";
import type { OtherHook } from "./other-hooks.js";
import type { SettingsSource } from "./settings-sources.js";

/** What is wrong, and exactly what puts it right. */
export interface HookFault {
  readonly detail: string;
  readonly fix: string;
}

/** One of worknode's hooks as a file has it. */
export interface FoundHook {
  readonly event: string;
  readonly matcher: string | undefined;
  readonly hook: Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

/** Members that worknode writes. Any other may narrow a hook (`if`) or let the call go on without it (`async`). */
const WRITTEN: ReadonlySet<string> = new Set(["type", "url", "headers", "command", "timeout", "onFailure"]);
const AGAIN = "worknode install claude-code";

/** worknode's hooks in a file. */
export function hooksIn({ settings }: Pick<SettingsSource, "settings">): FoundHook[] {
  const byEvent = typeof settings === "string" ? {} : record(settings["hooks"]);
  return Object.entries(byEvent).flatMap(([event, groups]) => list(groups).flatMap((group) => oursOf(event, group)));
}

function oursOf(event: string, group: unknown): FoundHook[] {
  const { matcher, hooks } = record(group);
  const ours = list(hooks).filter(isOurs);
  return ours.map((hook) => ({
    event,
    matcher: typeof matcher === "string" ? matcher : undefined,
    hook: record(hook),
  }));
}

/** What about the hooks of a file lets calls escape them. Nothing is run. */
export function formFaults(source: SettingsSource, found: readonly FoundHook[]): HookFault[] {
  const fix = `${installLine(source)} (it writes them anew)`;
  const missing = HOOK_EVENTS.filter((event) => !found.some((each) => each.event === event));
  const gone = missing.length === 0 ? [] : [{ detail: `no hook for ${missing.join(", ")}: those pass unseen`, fix }];
  return [...gone, ...found.flatMap((each) => looseEnds(each).map((detail) => ({ detail, fix })))];
}

/** How a file's hooks are written anew. */
export function installLine({ kind, path }: SettingsSource): string {
  if (kind === "project") return `${AGAIN} --project`;
  return kind === "plugin" ? `${AGAIN} --plugin ${path.replace(/\/hooks\/hooks\.json$/, "")}` : AGAIN;
}

function looseEnds({ event, matcher, hook }: FoundHook): string[] {
  const narrow = ABOUT_TOOLS.has(event) && matcher !== "*" && matcher !== "" && matcher !== undefined;
  const others = Object.keys(hook).filter((name) => !WRITTEN.has(name));
  return [
    ...(narrow ? [`${event} is asked about ${matcher} alone: every other tool escapes the gate`] : []),
    ...(hook["onFailure"] === "block" ? [] : [`${event} lets the call through when it fails (onFailure is not block)`]),
    ...(others.length === 0 ? [] : [`${event} has ${others.join(", ")}, which may let calls past it`]),
  ];
}

/** Of several hooks the client takes one's changed call, and it may be theirs: worknode's sandbox is then left out. */
export function otherHookWarnings(others: readonly OtherHook[]): HookFault[] {
  return others.map(({ path, event, matcher, says }) => ({
    detail: `${path} has another ${event} hook (${matcher}: ${says}): a call that it changes or has asked goes past the gate, and ends the session`,
    fix: "nothing, where it neither changes calls nor has them asked; else take it out",
  }));
}

/** What in a file switches hooks off, or people's questions. */
export function switchFaults({ settings, path, kind }: SettingsSource): HookFault[] {
  if (typeof settings === "string")
    return [{ detail: `${settings} Claude Code ignores all of it.`, fix: `correct ${path}` }];
  return [...hookSwitches(settings, kind), ...otherSwitches(settings)].map((what) => ({
    detail: what,
    fix: `take it out of ${path}`,
  }));
}

function hookSwitches(settings: Json, kind: SettingsSource["kind"]): string[] {
  const urls = settings["allowedHttpHookUrls"];
  const said = [
    settings["disableAllHooks"] === true && "`disableAllHooks` switches every hook off: nothing is gated",
    kind === "managed" &&
      settings["allowManagedHooksOnly"] === true &&
      "`allowManagedHooksOnly` switches all but your organisation's hooks off: nothing is gated",
    Array.isArray(urls) &&
      "`allowedHttpHookUrls` may refuse worknode's, and then every call is blocked (add http://127.0.0.1:*)",
  ];
  return said.filter((each) => each !== false);
}

function otherSwitches(settings: Json): string[] {
  const { defaultMode } = record(settings["permissions"]);
  const set = Object.keys(record(settings["env"])).filter((name) => OFF_BY_ENV.has(name));
  const said = [
    defaultMode === "bypassPermissions" &&
      "`permissions.defaultMode` is bypassPermissions: nobody is asked, so whatever needs a sign-off is refused",
    set.length > 0 && `\`env\` sets ${set.join(", ")}, which moves or drops the settings hooks are in`,
  ];
  return said.filter((each) => each !== false);
}

/** Variables that make Claude Code leave hooks out, or read other settings. */
const OFF_BY_ENV: ReadonlySet<string> = new Set(["CLAUDE_CODE_SIMPLE", "CLAUDE_CONFIG_DIR"]);

/** Those of a person's own environment that leave hooks out of the sessions they start. */
export function environmentFaults(env: NodeJS.ProcessEnv): HookFault[] {
  if ((env["CLAUDE_CODE_SIMPLE"] ?? "") === "") return [];
  const detail = "CLAUDE_CODE_SIMPLE is set: Claude Code then runs no hooks, nothing is gated";
  return [{ detail, fix: "unset CLAUDE_CODE_SIMPLE" }];
}

function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
