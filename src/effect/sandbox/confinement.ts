import { release } from "node:os";
import { join } from "node:path";
import { MAX_SANDBOX_FILE_BYTES, MAX_SANDBOX_PROCESSES, MAX_SANDBOX_STAGE_BYTES } from "../../kernel/bounds.js";
import { Fault, invalid, messageOf } from "../../kernel/fault.js";
import { type BoundedExit, runBounded } from "./bounded-process.js";
import { commandEnvironment } from "./environment.js";
import { freshenLayer } from "./layer.js";
import { planStage } from "./mount-plan.js";
import { isKernelSince } from "./mount-table.js";
import { COMMON, NAMESPACE_PROGRAM, systemCalls } from "./namespace-script.js";
import { SETUP_PROGRAM } from "./setup-script.js";
import { setupText } from "./setup-text.js";
import type { SandboxRun, SandboxSpec } from "./spec.js";
import { findProgram } from "./toolchain.js";
import { watchUse } from "./use-watch.js";

/** Ends the message of a set-up that failed. */
export const DOCTOR_HINT = ". `worknode doctor` shows what is missing and how to fix it.";
const READY = "ready\n";
/** Longest time a timer of the platform can wait. */
const MAX_TIMER_MS = 2_147_483_647;
const PERL = "/usr/bin/perl";
const BUBBLEWRAP_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
/** First kernel whose `pid_max` belongs to the pid namespace; before, writing it would change the host. */
const PID_MAX_KERNEL = [6, 14] as const;

/**
 * Runs one command behind the wall of the chosen backend. Not for use outside this folder: `runInSandbox`
 * asks for the permit. Throws Fault SANDBOX_SETUP when the sandbox could not be set up, so that a
 * run is always the command's own. Never runs anything unconfined.
 */
export async function confine(spec: SandboxSpec, signal?: AbortSignal): Promise<SandboxRun> {
  refuseCommand(spec);
  const watch = watchUse(spec);
  const { program, args, input } = prepare(spec);
  const exit = await runBounded(program, args, {
    input,
    timeoutMs: Math.min(spec.timeoutMs, MAX_TIMER_MS),
    signal,
    watch,
    waitsForNamespace: true,
  });
  if (!exit.status.endsWith(READY) && (exit.stopped === null || exit.stopped === "killed")) throw setupFailed(exit);
  const stopped = exit.stopped ?? (await watch.ended());
  return {
    exit_code: stopped === null ? exit.code : null,
    stdout: exit.stdout,
    stderr: exit.stderr,
    stopped,
    duration_ms: exit.durationMs,
  };
}

function refuseCommand(spec: SandboxSpec): void {
  const [program] = spec.argv;
  if (program === undefined || program === "") throw invalid("EMPTY_COMMAND", "the command is empty");
  if (program.includes("="))
    throw invalid("BAD_COMMAND", `${program} cannot be run: a program's name must not hold "=". Use workspace.env.`);
  if (spec.argv.some((argument) => argument.includes("\0")))
    throw invalid("BAD_COMMAND", "an argument of the command holds a NUL character");
}

/** What starts the set-up. */
interface Start {
  readonly program: string;
  readonly args: readonly string[];
  /** What it is to make, on its input: one argument cannot hold the links of a large workspace. */
  readonly input: string;
}

/** Makes the layer ready and plans the set-up. */
function prepare(spec: SandboxSpec): Start {
  try {
    freshenLayer(spec.layer, spec.links.length);
    const [program = "", ...args] = spec.backend === "bubblewrap" ? byBubblewrap(spec) : byPerl(spec);
    return { program, args, input: setupText(planStage(spec)) };
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault("SANDBOX_SETUP", `the sandbox could not be set up: ${messageOf(thrown)}`, {
      cause: thrown,
      exitCode: 2,
    });
  }
}

/** Perl makes the namespaces itself. */
function byPerl(spec: SandboxSpec): string[] {
  const network = spec.network ? "shared" : "isolated";
  const own = [knownCalls(), String(process.pid), network, SETUP_PROGRAM];
  return [PERL, "-e", COMMON + NAMESPACE_PROGRAM, ...own, ...setupArguments(spec)];
}

/** bubblewrap makes them, with the host's whole tree, which the set-up hides. */
function byBubblewrap(spec: SandboxSpec): string[] {
  const bwrap = findProgram("bwrap", { PATH: BUBBLEWRAP_PATH });
  if (bwrap === undefined) throw new Fault("SANDBOX_SETUP", "the sandbox could not be set up: bwrap is not found");
  const names = ["user", "pid", "ipc", "uts", ...(spec.network ? [] : ["net"])];
  const namespaces = names.map((name) => `--unshare-${name}`);
  const rights = ["--uid", "0", "--gid", "0", "--cap-add", "ALL", "--as-pid-1", "--die-with-parent"];
  const setup = [PERL, "-e", COMMON + SETUP_PROGRAM, knownCalls(), ...setupArguments(spec)];
  return [bwrap, ...namespaces, ...rights, "--dev-bind", "/", "/", "--", ...setup];
}

/** Everything of the set-up that varies, but what it is to make. */
function setupArguments(spec: SandboxSpec): string[] {
  const environment = commandEnvironment(spec, process.env["PATH"] ?? "");
  return [
    processIdLimit(release()),
    ...[MAX_SANDBOX_STAGE_BYTES, MAX_SANDBOX_FILE_BYTES, MAX_SANDBOX_PROCESSES].map(String),
    join(spec.shownRoot, spec.cwd),
    String(environment.length),
    ...environment,
    ...spec.argv,
  ];
}

function knownCalls(): string {
  const calls = systemCalls(process.arch);
  if (calls !== undefined) return calls;
  throw new Fault("SANDBOX_SETUP", `the sandbox could not be set up: no system calls known for ${process.arch}`, {
    exitCode: 2,
  });
}

/**
 * Root is exempt from the limit on its number of processes, so the pid namespace is bounded as well
 * where the kernel can. Empty where it cannot.
 */
export function processIdLimit(kernelRelease: string): string {
  return isKernelSince(PID_MAX_KERNEL, kernelRelease) ? String(MAX_SANDBOX_PROCESSES) : "";
}

function setupFailed(exit: BoundedExit): Fault {
  const said = `${exit.status}${exit.stderr}`.trim().slice(-2_000);
  return new Fault(
    "SANDBOX_SETUP",
    `the sandbox could not be set up: ${said === "" ? endOf(exit) : said}${DOCTOR_HINT}`,
    { exitCode: 2 },
  );
}

/** How a set-up ended that said nothing. */
function endOf({ code }: BoundedExit): string {
  return code === null ? "it was killed" : `it ended with ${code} and said nothing`;
}
