import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { HookEvent } from "../../schema/hook-event.js";
import type { HookPlace } from "./place.js";

/** A session's transcript: below its configuration folder, whatever that is called. */
const TRANSCRIPT = /^(.+)\/projects\/[^/]+\/[^/]+\.jsonl$/;
/** Where an organisation's settings lie. */
const MANAGED = ["/etc/claude-code", "/Library/Application Support/ClaudeCode"];
/** Folders of a path looked at for one that exists. */
const MAX_DEPTH = 1_000;

/**
 * Folders and files, by their real names, that steer this client or hold worknode's keys: the configuration folder it
 * really reads (`CLAUDE_CONFIG_DIR`, a link to a folder of dotfiles), the checkout's own settings, worknode's state, git's
 * own folder wherever it lies.
 */
export function steeringPlaces({ workspace, crew }: HookPlace, event: HookEvent): string[] {
  const home = homeOf(crew.env);
  const told = TRANSCRIPT.exec(event.transcript_path ?? "")?.[1];
  const configured = [crew.env["CLAUDE_CONFIG_DIR"], told, join(home, ".claude")].filter((each) => !!each);
  const root = workspace.shownRoot;
  const own = [join(home, ".claude.json"), join(root, ".claude"), join(root, ".mcp.json"), join(root, ".worknode")];
  const { stateDir, commonDir } = crew.repository;
  return [...configured, ...own, stateDir, commonDir, ...MANAGED].map((each) => realName(each as string));
}

/** The folder of a person's own settings. */
export function homeOf(env: NodeJS.ProcessEnv): string {
  return env["HOME"] ?? homedir();
}

/** The path without links, as far as it exists. */
export function realName(path: string): string {
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
