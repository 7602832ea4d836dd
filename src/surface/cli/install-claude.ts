import { rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { askProgram } from "../../effect/program/ask-program.js";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { findProgram } from "../../effect/sandbox/toolchain.js";
import { invalid } from "../../kernel/fault.js";
import { type ClaudeTarget, localFiles, pluginFiles, projectFiles, stripOurs } from "../hook/claude-files.js";
import { otherHookWarnings } from "../hook/hook-faults.js";
import { putFiles, readInstalled, restoreFiles, type WantedFile } from "../hook/install-files.js";
import { otherHooks } from "../hook/other-hooks.js";
import { settingsSources } from "../hook/settings-sources.js";
import { ensureHookState, hookStatePath } from "../hook/state.js";
import { type CliContext, writeLine } from "./context.js";
import { ownProgram, stopResident } from "./hook.js";
import { locateProject } from "./project.js";
import { readVersion } from "./version.js";

/** Before this version a hook that fails lets the call through, whatever its settings say. */
const OLDEST = [2, 1, 295] as const;
const VERSION_MS = 20_000;

/** Where the hooks go. */
export interface ClaudeWish {
  readonly project?: true | undefined;
  readonly plugin?: string | undefined;
  readonly print?: true | undefined;
}

/** `worknode install claude-code`: hooks, MCP server, a command and an agent; what else is there stays. */
export async function installClaude(context: CliContext, wish: ClaudeWish): Promise<number> {
  const location = locateProject(context);
  if (wish.print !== true) await requireClaude(context);
  const files = filesFor(context, wish);
  if (wish.print === true) {
    for (const { path, text } of files) writeLine(context.out, `# ${path}\n${withoutSecrets(text)}`);
    return 0;
  }
  const done = putFiles(location.stateDir, files);
  for (const line of done.length === 0 ? ["everything is in place already"] : done) writeLine(context.out, line);
  warnOfOthers(context, location);
  writeLine(context.out, "Start `claude` here: the prompt `continue` claims the next task.");
  return 0;
}

/** Says which hooks of somebody else's may change what the gate judged. They stay as they are. */
function warnOfOthers({ env, err }: CliContext, location: RepositoryLocation): void {
  for (const { detail } of otherHookWarnings(otherHooks(settingsSources(location, env))))
    writeLine(err, `warning: ${detail}.`);
}

function filesFor(context: CliContext, { project, plugin }: ClaudeWish): WantedFile[] {
  const location = locateProject(context);
  if (plugin !== undefined) return pluginFiles(resolve(context.cwd, plugin), readVersion());
  if (project === true) return projectFiles(location.root);
  const target: ClaudeTarget = {
    program: ownProgram(),
    address: ensureHookState(location),
    statePath: hookStatePath(location),
  };
  return localFiles(location.root, target);
}

function withoutSecrets(text: string): string {
  return text.replace(/[0-9a-f]{64}/g, "<secret>");
}

/** `worknode uninstall claude-code`: every file is as it was before, byte for byte. */
export async function uninstallClaude(context: CliContext): Promise<number> {
  const { stateDir } = locateProject(context);
  await stopResident(context);
  const nothing = readInstalled(stateDir).length === 0;
  const done = nothing ? ["nothing of worknode's is installed for Claude Code"] : restoreFiles(stateDir, stripOurs);
  for (const line of done) writeLine(context.out, line);
  rmSync(dirname(hookStatePath({ stateDir })), { recursive: true, force: true });
  return 0;
}

/** The program, found and new enough. Throws Fault NO_CLAUDE, OLD_CLAUDE (exit 2). */
export async function requireClaude({ cwd, env }: Pick<CliContext, "cwd" | "env">): Promise<string> {
  const program = env["WORKNODE_CLAUDE"] ?? findProgram("claude", { PATH: env["PATH"] });
  if (program === undefined)
    throw invalid(
      "NO_CLAUDE",
      "the program `claude` is not in PATH. Install Claude Code, or name it in WORKNODE_CLAUDE.",
    );
  const { code, stdout } = await askProgram([program, "--version"], { cwd, env, timeoutMs: VERSION_MS });
  const version = /(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number);
  if (code !== 0 || version === undefined)
    throw invalid("NO_CLAUDE", `${program} does not say its version. Install Claude Code again.`);
  if (isOlder(version))
    throw invalid(
      "OLD_CLAUDE",
      `Claude Code ${version.join(".")} lets calls through when a hook fails. Update it to ${OLDEST.join(".")} or newer.`,
    );
  return version.join(".");
}

function isOlder(version: readonly number[]): boolean {
  const at = OLDEST.findIndex((part, index) => version[index] !== part);
  return at >= 0 && (version[at] ?? 0) < (OLDEST[at] ?? 0);
}
