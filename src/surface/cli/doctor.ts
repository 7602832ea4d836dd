import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { findRepository } from "../../effect/repository/repository.js";
import { locateRepository, type RepositoryLocation } from "../../effect/repository/repository-location.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import { Fault, invalid, messageOf } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import { resolveConnection } from "../../model/connection.js";
import { openWith } from "../../store/connection.js";
import { openStore } from "../../store/store.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { checkClaude } from "./doctor-claude.js";
import type { Finding } from "./finding.js";
import { findModelWays, readyLines, runtimeOf } from "./model-ways.js";
import { paintFor, singleLine } from "./progress/paint.js";
import { readVersion } from "./version.js";

const NOT_READY = 2;
/** Longest detail of a finding that is shown: those of the system name files by their whole path and the cause last. */
const MAX_DETAIL_CHARS = 2_000;
const MIN_NODE = [20, 19] as const;
const MODEL_FIX = "set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL (see .env.example); `worknode demo` needs neither";

/** `worknode doctor`: tries what a run needs and says how to fix what fails. Exit 2 when a run is not possible. */
export const doctorVerb: Verb = (context, args) => {
  const command = describeVerb(context, "doctor", "Check this machine and repository.").addOption(formatOption());
  return withArguments<{ outputFormat: OutputFormat }>(command, args, async ({ options }) => {
    const { findings, ready } = await examine(context);
    const ways = await findModelWays(context.env, findings);
    if (options.outputFormat === "json")
      writeLine(context.out, visibleJson({ ready, model: runtimeOf(ways), version: readVersion(), findings }));
    else printFindings(context, findings, readyLines(ready, ways));
    return ready ? 0 : NOT_READY;
  });
};

/** Looks at the machine and the repository; `ready` when nothing needed is missing. */
export async function examine(context: CliContext): Promise<{ findings: Finding[]; ready: boolean }> {
  const location = locateRepository(context.cwd, context.env);
  const claude = await checkClaude(context, location);
  const findings = [checkNode(), ...(await checkRepository(context, location)), checkModel(context), ...claude];
  return { findings, ready: findings.every((finding) => finding.ok || !finding.needed) };
}

/** Findings as lines for people, each with its fix, and what they come to. */
export function printFindings(context: CliContext, findings: readonly Finding[], last: readonly string[]): void {
  const paint = paintFor(context);
  for (const { ok, needed, name, detail, fix } of findings) {
    const mark = ok ? paint("green", "✓") : paint(needed ? "red" : "yellow", needed ? "✗" : "!");
    writeLine(context.out, `${mark} ${name}: ${singleLine(detail, MAX_DETAIL_CHARS)}`);
    if (!ok && fix !== "") writeLine(context.out, `    fix: ${fix}`);
  }
  for (const line of last) writeLine(context.out, line);
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  const fix = "install Node 20.19 or newer from https://nodejs.org";
  return { name: "node", ok, needed: true, detail: `${process.version} on ${process.platform}`, fix };
}

async function checkRepository(context: CliContext, location: RepositoryLocation | undefined): Promise<Finding[]> {
  if (location === undefined) {
    const fix = "go to your repository, or run `git init` and commit something";
    return [{ name: "repository", ok: false, needed: true, detail: `${context.cwd} is not inside one`, fix }];
  }
  const repository = await attempt("repository", async () => {
    const { root, head } = await findRepository(context.cwd, { env: context.env });
    return `${root} at ${head.slice(0, 10)}`;
  });
  const store = await attempt("database", async () => describeStore(location.databasePath));
  return [repository, store, ...(await checkSandbox(location.stateDir, context.env))];
}

function describeStore(path: string): string {
  if (!existsSync(path)) return describePlace(dirname(path));
  const store = openStore(path, { readonly: true });
  try {
    const checked = store.verify();
    if (!checked.ok)
      throw new Fault("LOG_BROKEN", `${path}: the chain breaks at event ${checked.seq}: ${checked.reason}`);
    return `${path}, ${checked.events} event(s), chain intact`;
  } finally {
    store.close();
  }
}

/** Where a database is to be made, and whether one could be opened. Throws Fault PROJECT_DIRECTORY, DRIVER_UNFIT. */
function describePlace(directory: string): string {
  openWith(":memory:", false, () => undefined).database.close();
  const place = existsSync(directory) ? directory : dirname(directory);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw invalid(
      "PROJECT_DIRECTORY",
      `${place} is not writable (${messageOf(cause)}). Make it writable: worknode keeps its database there.`,
    );
  }
  return "none yet; the first run makes one";
}

async function checkSandbox(stateDir: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const report = await probeBackends({ stateDir, env, fresh: true, all: true });
  const detail = report.chosen ?? "none: structured file tools only, no commands; a plan that runs commands is refused";
  const summary: Finding = { name: "sandbox", ok: report.chosen !== null, needed: false, detail, fix: "" };
  return [
    summary,
    ...report.probes.map(({ backend, name, ok, detail, fix }) => ({
      name: `sandbox${backend === undefined ? "" : ` ${backend}`} ${name}`,
      ok,
      needed: false,
      detail,
      fix,
    })),
  ];
}

function checkModel(context: CliContext): Finding {
  try {
    const { baseUrl } = resolveConnection(context.env);
    return { name: "model", ok: true, needed: false, detail: `asked at ${baseUrl} (not tried here)`, fix: "" };
  } catch (thrown) {
    const none = thrown instanceof Fault && thrown.code === "MODEL_NO_KEY";
    const detail = none ? "ANTHROPIC_API_KEY is not set" : messageOf(thrown); // other faults say what to do themselves
    return { name: "model", ok: false, needed: false, detail, fix: none ? MODEL_FIX : "" };
  }
}

async function attempt(name: string, work: () => Promise<string> | string): Promise<Finding> {
  try {
    return { name, ok: true, needed: true, detail: await work(), fix: "" };
  } catch (thrown) {
    return { name, ok: false, needed: true, detail: messageOf(thrown), fix: "" };
  }
}
