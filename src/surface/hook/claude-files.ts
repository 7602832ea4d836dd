import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HookAddress } from "../../crew/hook/server.js";
import { CLIENT_SCRIPT } from "./client-script.js";
import { type HookRoute, hookGroups } from "./hook-settings.js";
import type { WantedFile } from "./install-files.js";
import { parseSettings, renderSettings, withHooks, withoutHooks, withoutServer, withServer } from "./settings-file.js";

const CONTINUE = `---
description: Say where the work stands and what is next, from worknode's memory
---
Call the worknode MCP tool \`continue\` and report what it says: what to resume, what is done, what is held up. The prompt
\`continue\` alone claims the next task.
`;

const REVIEWER = `---
name: worknode-reviewer
description: Reads the claimed task's change against its task and its limits before the session stops. Use it once the work seems done.
tools: Read, Bash
---
You review the change of the task that worknode has claimed for this session. Look at the diff in the task's folder, run the
commands the task names, and list what would be refused: files outside its list, functions above its limits, missing
documentation, failing commands. Change nothing.
`;

const README = `# worknode

What agents may do, decided for every tool call of a Claude Code session by worknode's gate; what is decided, done and known, kept
for the next session. The plugin needs the \`worknode\` program in PATH (Node 20.19 or newer) and Claude Code 2.1.295 or newer.

The prompt \`continue\` claims the next task of an approved plan; without a claim, worknode's own files, git, CI, clients'
settings and secrets are guarded. Each hook runs \`worknode hook send\`, which asks a process of the repository's own on
loopback; when anything about it fails, the call is blocked. \`worknode doctor\` tries it.
`;

/** How worknode is started on this machine, and where its hooks are served. */
export interface ClaudeTarget {
  /** Program and first arguments that start worknode. */
  readonly program: readonly string[];
  readonly address: HookAddress;
  /** The state file, and the client beside it. */
  readonly statePath: string;
}

/** The files of one person's checkout: they name this machine's programs and a secret, and are not for committing. */
export function localFiles(root: string, target: ClaudeTarget): WantedFile[] {
  const script = clientPath(target);
  const client = [script, target.statePath, ...target.program, "hook", "start"].map(quote).join(" ");
  const settings = join(root, ".claude", "settings.local.json");
  return [
    { path: script, text: CLIENT_SCRIPT, mode: 0o700 },
    settingsFile(settings, { kind: "http", address: target.address, client }, 0o600),
    serverFile(join(root, ".mcp.json"), target.program),
    ...wordFiles(join(root, ".claude")),
  ];
}

/** The files a team commits: they name \`worknode\` as found in PATH and hold no secret. */
export function projectFiles(root: string): WantedFile[] {
  return [
    settingsFile(join(root, ".claude", "settings.json"), SHARED),
    serverFile(join(root, ".mcp.json"), ["worknode"]),
    ...wordFiles(join(root, ".claude")),
  ];
}

/** A plugin's folder, for \`claude --plugin-dir\` or a marketplace. */
export function pluginFiles(folder: string, version: string): WantedFile[] {
  const description = "worknode's gate, memory and completion check for Claude Code";
  const manifest = { name: "worknode", version, description, author: { name: "worknode" }, license: "Apache-2.0" };
  return [
    { path: join(folder, ".claude-plugin", "plugin.json"), text: renderSettings(manifest, null) },
    { path: join(folder, "hooks", "hooks.json"), text: renderSettings({ hooks: hookGroups(SHARED) }, null) },
    { path: join(folder, "README.md"), text: README },
    serverFile(join(folder, ".mcp.json"), ["worknode"]),
    ...wordFiles(folder),
  ];
}

const SHARED: HookRoute = { kind: "command", client: "worknode hook send" };

/** Where the client of a machine lies: beside the state file. */
export function clientPath({ statePath }: Pick<ClaudeTarget, "statePath">): string {
  return join(dirname(statePath), "worknode-hook.sh");
}

function settingsFile(path: string, route: HookRoute, mode?: number): WantedFile {
  const before = readIfThere(path);
  const text = renderSettings(withHooks(parseSettings(before, path), hookGroups(route)), before);
  return { path, text, ...(mode === undefined ? {} : { mode }) };
}

function serverFile(path: string, program: readonly string[]): WantedFile {
  const before = readIfThere(path);
  const command = [...program, "mcp", "--as", "claude-code"];
  return { path, text: renderSettings(withServer(parseSettings(before, path), command), before) };
}

function wordFiles(folder: string): WantedFile[] {
  return [
    { path: join(folder, "commands", "worknode-continue.md"), text: CONTINUE },
    { path: join(folder, "agents", "worknode-reviewer.md"), text: REVIEWER },
  ];
}

/** A file somebody changed since without worknode's part; undefined for one that is left as it is. */
export function stripOurs(path: string, now: string): string | undefined {
  if (path.endsWith(".mcp.json")) return renderSettings(withoutServer(parseSettings(now, path)), now);
  return path.endsWith(".json") ? renderSettings(withoutHooks(parseSettings(now, path)), now) : undefined;
}

/** A text as one word of the shell. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
