import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { messageOf } from "../../kernel/fault.js";
import { readInstalled } from "./install-files.js";
import { parseSettings } from "./settings-file.js";

/** Where an organisation's settings lie; they overrule everybody's. */
const MANAGED: Readonly<Record<string, string>> = {
  linux: "/etc/claude-code/managed-settings.json",
  darwin: "/Library/Application Support/ClaudeCode/managed-settings.json",
};

/** A file Claude Code reads settings or hooks from. */
export interface SettingsSource {
  readonly kind: "managed" | "user" | "project" | "local" | "plugin";
  readonly path: string;
  /** What it holds; a text says why it cannot be read. */
  readonly settings: Readonly<Record<string, unknown>> | string;
}

/** The files that are there which a session in this checkout reads, and the plugins worknode wrote for it. */
export function settingsSources(
  { checkout, stateDir }: Pick<RepositoryLocation, "checkout" | "stateDir">,
  env: NodeJS.ProcessEnv,
): SettingsSource[] {
  const own = env["CLAUDE_CONFIG_DIR"] ?? join(env["HOME"] ?? homedir(), ".claude");
  const plugins = readInstalled(stateDir).filter(({ path }) => path.endsWith(join("hooks", "hooks.json")));
  const places: [SettingsSource["kind"], string | undefined][] = [
    ["managed", MANAGED[process.platform]],
    ["user", join(own, "settings.json")],
    ["project", join(checkout, ".claude", "settings.json")],
    ["local", join(checkout, ".claude", "settings.local.json")],
    ...plugins.map(({ path }): [SettingsSource["kind"], string] => ["plugin", path]),
  ];
  return places.flatMap(([kind, path]) =>
    path === undefined || !existsSync(path) ? [] : [{ kind, path, settings: read(path) }],
  );
}

function read(path: string): SettingsSource["settings"] {
  try {
    return parseSettings(readFileSync(path, "utf8"), path);
  } catch (thrown) {
    return messageOf(thrown);
  }
}
