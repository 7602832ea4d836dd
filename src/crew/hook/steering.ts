import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { HookEvent } from "../../schema/hook-event.js";
import { isBelow } from "./named-path.js";
import type { HookPlace } from "./place.js";

/** A session's transcript: below its configuration folder, whatever that is called. */
const TRANSCRIPT = /^(.+)\/projects\/[^/]+\/[^/]+\.jsonl$/;
/** Where an organisation's settings lie. */
const MANAGED = ["/etc/claude-code", "/Library/Application Support/ClaudeCode"];
/** Folders of a path looked at for one that exists. */
const MAX_DEPTH = 1_000;

/**
 * Whether an absolute path leads, by links as well, to what steers this client or holds worknode's keys: the
 * configuration folder it really reads (`CLAUDE_CONFIG_DIR`, a link to a folder of dotfiles), the checkout's own settings,
 * worknode's state.
 */
export function leadsToSettings(path: string, { workspace, crew }: HookPlace, event: HookEvent): boolean {
  if (!isAbsolute(path)) return false;
  const home = crew.env["HOME"] ?? homedir();
  const told = TRANSCRIPT.exec(event.transcript_path ?? "")?.[1];
  const configured = [crew.env["CLAUDE_CONFIG_DIR"], told, join(home, ".claude")].filter((each) => !!each);
  const root = workspace.shownRoot;
  const own = [join(home, ".claude.json"), join(root, ".claude"), join(root, ".mcp.json"), join(root, ".worknode")];
  const guarded = [...configured, ...own, crew.repository.stateDir, ...MANAGED].map((each) => realName(each as string));
  const real = realName(path);
  return guarded.some((each) => isBelow(real, each));
}

/** The path without links, as far as it exists. */
function realName(path: string): string {
  const missing: string[] = [];
  let at = path;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    try {
      return join(realpathSync(at), ...missing);
    } catch {
      missing.unshift(basename(at)); // not there yet: its folder tells
      at = dirname(at);
    }
  }
  return path;
}
