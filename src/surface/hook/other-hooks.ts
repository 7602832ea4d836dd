import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { RepositoryLocation } from "../../effect/repository-location.js";
import { hashOf } from "../../kernel/canonical.js";
import { isOurs } from "./hook-settings.js";
import type { SettingsSource } from "./settings-sources.js";
import { hookStatePath } from "./state.js";

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
  /** SHA-256 of its event, matcher and text, by which a person's word for it is kept. */
  readonly hash: string;
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
    const hash = hashOf({ event, matcher, hook });
    return { path, event, matcher, says: said.slice(0, 120), hash };
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

type Place = Pick<RepositoryLocation, "stateDir">;
const hashesSchema = z.array(z.string());

/** Hashes of the hooks of which a person said that they change and ask nothing. A damaged list vouches for none. */
export function vouchedHooks(location: Place): ReadonlySet<string> {
  try {
    return new Set(hashesSchema.parse(JSON.parse(readFileSync(vouchPath(location), "utf8"))));
  } catch {
    return new Set();
  }
}

/** Keeps a person's word for these hooks, and for no other. */
export function vouchFor(location: Place, hooks: readonly OtherHook[]): void {
  const path = vouchPath(location);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(hooks.map(({ hash }) => hash))}\n`, { mode: 0o600 });
}

function vouchPath(location: Place): string {
  return join(dirname(hookStatePath(location)), "vouched.json");
}
