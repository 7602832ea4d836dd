import { existsSync } from "node:fs";
import type { RepositoryLocation } from "../../effect/repository/repository-location.js";
import { findProgram } from "../../effect/sandbox/toolchain.js";
import { messageOf } from "../../kernel/fault.js";
import { clientPath } from "../hook/claude-files.js";
import {
  environmentFaults,
  type FoundHook,
  formFaults,
  type HookFault,
  hooksIn,
  installLine,
  otherHookWarnings,
  switchFaults,
} from "../hook/hook-faults.js";
import { readInstalled } from "../hook/install-files.js";
import { otherHooks } from "../hook/other-hooks.js";
import { probeHook } from "../hook/probe.js";
import { type SettingsSource, settingsSources } from "../hook/settings-sources.js";
import { hookStatePath, readHookState } from "../hook/state.js";
import type { CliContext } from "./context.js";
import type { Finding } from "./finding.js";
import { listens } from "./hook.js";
import { requireClaude } from "./install-claude.js";

/** Events of which a hook is run: the one that decides, and the one whose command may be another. */
const PROBED: ReadonlySet<string> = new Set(["PreToolUse", "SessionStart"]);
const NAME = "claude code";

/**
 * Claude Code needs nothing of worknode and is needed by nothing here. Where worknode's hooks are installed, each file is
 * tried: its hooks are run and what would let calls past them is named. Such a fault counts as missing.
 */
export async function checkClaude(context: CliContext, location: RepositoryLocation | undefined): Promise<Finding[]> {
  const sources = location === undefined ? [] : settingsSources(location, context.env);
  const installed = withHooks(sources);
  const apart = installed.length === 0 ? elsewhere(context, location) : [];
  const wanted = location !== undefined && readInstalled(location.stateDir).length > 0;
  if (location === undefined || apart.length > 0 || (installed.length === 0 && !wanted))
    return [describeProgram(context), ...apart];
  const faults: HookFault[] = [
    ...environmentFaults(context.env),
    ...sources.flatMap((source) => switchFaults(source)),
    ...installedOnce(installed.map(({ source }) => source)),
  ];
  const warned = otherHookWarnings(otherHooks(sources)).map((each) => ({
    ...finding("claude other hooks", each),
    needed: false,
  }));
  const tried = await Promise.all(installed.map((each) => tryFile(context, location, each)));
  return [
    await checkVersion(context),
    ...faults.map((fault) => finding("claude settings", fault)),
    ...warned,
    ...tried.flat(),
  ];
}

function withHooks(sources: readonly SettingsSource[]): { source: SettingsSource; found: FoundHook[] }[] {
  return sources.map((source) => ({ source, found: hooksIn(source) })).filter(({ found }) => found.length > 0);
}

/** Settings are those of the folder a session starts in: a linked worktree does not have its main checkout's. */
function elsewhere({ env }: CliContext, location: RepositoryLocation | undefined): Finding[] {
  if (location === undefined || location.checkout === location.root) return [];
  const there = withHooks(settingsSources({ ...location, checkout: location.root }, env));
  if (there.length === 0) return [];
  const detail = `the hooks are those of ${location.root}: sessions started in ${location.checkout} pass none`;
  return [finding("claude hooks", { detail, fix: `start \`claude\` in ${location.root}` })];
}

function finding(name: string, { detail, fix }: HookFault): Finding {
  return { name, ok: false, needed: true, detail, fix };
}

function describeProgram({ env }: CliContext): Finding {
  const program = env["WORKNODE_CLAUDE"] ?? findProgram("claude", { PATH: env["PATH"] });
  const found = `found at ${program}; its sessions here pass no hook of worknode's (worknode install claude-code)`;
  const detail = program === undefined ? "not installed; worknode does not need it" : found;
  return { name: NAME, ok: true, needed: false, detail, fix: "" };
}

/** A version that lets calls through when a hook fails is a fault; its absence is none, as then nobody escapes. */
async function checkVersion(context: CliContext): Promise<Finding> {
  try {
    return { name: NAME, ok: true, needed: false, detail: `version ${await requireClaude(context)}`, fix: "" };
  } catch (thrown) {
    const fix = "claude update (or install Claude Code 2.1.295 or newer)";
    return { name: NAME, ok: false, needed: true, detail: messageOf(thrown), fix };
  }
}

function installedOnce(sources: readonly SettingsSource[]): HookFault[] {
  const paths = sources.map(({ path }) => path);
  if (paths.length === 1) return [];
  if (paths.length === 0)
    return [
      {
        detail: "the hooks that were installed are in no settings file any more: nothing is gated",
        fix: "worknode install claude-code (or worknode uninstall claude-code)",
      },
    ];
  const detail = `hooks are installed ${paths.length} times: each stop and failure is counted as often`;
  return [{ detail, fix: `keep one of ${paths.join(", ")}` }];
}

async function tryFile(
  context: CliContext,
  location: RepositoryLocation,
  { source, found }: { source: SettingsSource; found: readonly FoundHook[] },
): Promise<Finding[]> {
  const faults = [...formFaults(source, found), ...(await runFaults(context, location, { source, found }))];
  const name = `claude hooks ${source.path}`;
  const fine = `${found.length} hooks; a call allowed and a call denied by running them`;
  return faults.length > 0
    ? faults.map((fault) => finding(name, fault))
    : [{ name, ok: true, needed: false, detail: fine, fix: "" }];
}

/** While the resident process is down a session's start would start it: that one is then not run. */
async function runFaults(
  { env }: CliContext,
  location: RepositoryLocation,
  { source, found }: { source: SettingsSource; found: readonly FoundHook[] },
): Promise<HookFault[]> {
  const address = readHookState(location);
  const lost = missingClient(location, found, installLine(source));
  if (lost !== undefined) return [lost];
  const isUp = address !== undefined && (await listens(address.port));
  const texts = found.filter(({ event }) => PROBED.has(event) && (isUp || event === "PreToolUse"));
  const hooks = [...new Map(texts.map(({ hook }) => [JSON.stringify(hook), hook])).values()];
  const place = { cwd: location.checkout, env, answer: address?.answer, install: installLine(source) };
  const faults = await Promise.all(hooks.map((hook) => probeHook(hook, place)));
  return faults.flat();
}

/** The client in the state folder that a person's own hooks name. */
function missingClient(
  location: RepositoryLocation,
  found: readonly FoundHook[],
  install: string,
): HookFault | undefined {
  const client = clientPath({ statePath: hookStatePath(location) });
  const named = found.some(({ hook }) => JSON.stringify(hook).includes("worknode-hook.sh"));
  return named && !existsSync(client) ? { detail: `the hook file ${client} is missing`, fix: install } : undefined;
}
