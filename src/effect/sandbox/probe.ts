import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashOf } from "../../kernel/canonical.js";
import { messageOf } from "../../kernel/fault.js";
import { newId } from "../../kernel/ids.js";
import { currentBoot } from "../lock/boot.js";
import { DOCTOR_HINT } from "./confinement.js";
import { COMMON, NAMESPACE_PROGRAM } from "./namespace-script.js";
import { comesUp, probeBehaviour } from "./probe-behaviour.js";
import { fixForSetup, readKernelSetting, seemsContainer } from "./probe-fix.js";
import { type BackendReport, failed, type Probe, passed } from "./probe-report.js";
import { SETUP_PROGRAM } from "./setup-script.js";
import type { Backend } from "./spec.js";
import { isExecutable } from "./toolchain.js";

/** What the probes look at; everything has the real default but the directory. */
export interface ProbeOptions {
  /** Where layers will be, and where the report is kept until the next boot. */
  readonly stateDir: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Probes again, whatever is kept. */
  readonly fresh?: boolean;
  /** Tries what is kept by one command before it is believed: programs and settings may have changed since. */
  readonly confirm?: boolean;
  /** Longest time for one try of one backend. */
  readonly timeoutMs?: number;
  /** Tries every backend, not only up to the first that works. */
  readonly all?: boolean;
  /** Directories programs are looked for in. */
  readonly programPath?: readonly string[];
}

/** The programs of each backend, best backend first, and the packages that bring them on Debian. */
const SHARED = "unshare perl sh env chmod rm tar du".split(" ");
const BACKENDS = [
  { name: "util-linux", programs: SHARED, packages: "util-linux perl-base coreutils tar dash" },
  {
    name: "bubblewrap",
    programs: [...SHARED, "bwrap"],
    packages: "bubblewrap util-linux perl-base coreutils tar dash",
  },
] as const satisfies readonly { name: Backend; programs: readonly string[]; packages: string }[];
type Candidate = (typeof BACKENDS)[number];
const PROGRAM_PATH = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const PROBE_TIMEOUT_MS = 30_000;
const CACHE = "sandbox-probe.json";

/** Kept reports that this process has tried already. */
const confirmed = new Set<string>();

/**
 * Chooses the sandbox by trying it, once per boot. `WORKNODE_SANDBOX` narrows the choice to one backend,
 * or to `none`. With `chosen` null no command may be run; each failed probe says how to fix it. Never
 * throws for a machine without a sandbox.
 */
export async function probeBackends(options: ProbeOptions): Promise<BackendReport> {
  const forced = (options.env ?? process.env)["WORKNODE_SANDBOX"] ?? "";
  const candidates = BACKENDS.filter(({ name }) => forced === "" || name === forced);
  const refusal = refuse(options, forced, candidates);
  if (refusal !== undefined) return { chosen: null, probes: [refusal] };
  const file = join(options.stateDir, CACHE);
  const key = cacheKey(forced);
  const kept = options.fresh === true ? undefined : await readKept(file, key);
  if (kept !== undefined && (await stillHolds(kept, options, file + key))) return kept;
  const report = await probeInTurn(candidates, options);
  await keep(file, key, report);
  return report;
}

/** Once for each process, and only where it is asked for: a command that cannot be confined fails by itself. */
async function stillHolds({ chosen }: BackendReport, options: ProbeOptions, mark: string): Promise<boolean> {
  if (options.confirm !== true || chosen === null || confirmed.has(mark)) return true;
  const holds = await comesUp({ ...bounds(options), backend: chosen });
  if (holds) confirmed.add(mark);
  return holds;
}

function bounds({ stateDir, timeoutMs = PROBE_TIMEOUT_MS }: ProbeOptions): { stateDir: string; timeoutMs: number } {
  return { stateDir, timeoutMs };
}

function refuse(options: ProbeOptions, forced: string, candidates: readonly Candidate[]): Probe | undefined {
  const names = BACKENDS.map(({ name }) => name).join(" or ");
  if (candidates.length === 0)
    return failed("choice", `WORKNODE_SANDBOX=${forced}`, `unset WORKNODE_SANDBOX to run commands, or name ${names}`);
  const platform = options.platform ?? process.platform;
  if (platform !== "linux")
    return failed("platform", `no sandbox on ${platform}`, "run worknode on Linux (a virtual machine will do)");
  return undefined;
}

/** Probes one backend after the other until one passes everything. */
async function probeInTurn(candidates: readonly Candidate[], options: ProbeOptions): Promise<BackendReport> {
  let chosen: Backend | null = null;
  const probes: Probe[] = [];
  for (const candidate of candidates) {
    if (chosen !== null && options.all !== true) break;
    const found = await probeBackend(candidate, options);
    probes.push(...found.map((probe) => ({ ...probe, backend: candidate.name })));
    if (found.every((probe) => probe.ok)) chosen ??= candidate.name;
  }
  return { chosen, probes };
}

async function probeBackend(candidate: Candidate, options: ProbeOptions): Promise<Probe[]> {
  const programs = probePrograms(candidate, options.programPath ?? PROGRAM_PATH);
  if (!programs.ok) return [programs];
  try {
    const behaviour = await probeBehaviour({ ...bounds(options), backend: candidate.name });
    return [programs, passed("set-up", "namespaces, mounts and overlay can be made"), ...behaviour];
  } catch (thrown) {
    const said = messageOf(thrown).replace(DOCTOR_HINT, "");
    const isRoot = process.getuid?.() === 0;
    const at = { place: options.stateDir, read: readKernelSetting, inContainer: seemsContainer(), isRoot };
    const fix = fixForSetup({ said, ...at });
    return [programs, failed("set-up", said, fix)];
  }
}

function probePrograms({ programs, packages }: Candidate, path: readonly string[]): Probe {
  const has = (program: string): boolean => path.some((directory) => isExecutable(`${directory}/${program}`));
  const absent = programs.filter((program) => !has(program));
  if (absent.length > 0)
    return failed("programs", `not found: ${absent.join(", ")}`, `sudo apt-get install ${packages}`);
  return passed("programs", "all programs of the set-up are there");
}

/** Who runs what, since which boot: anything else must be probed anew. */
function cacheKey(forced: string): string {
  const identity = { uid: process.getuid?.() ?? -1, node: process.execPath, version: process.version };
  return hashOf({
    ...identity,
    boot: currentBoot() ?? "unknown",
    setup: COMMON + NAMESPACE_PROGRAM + SETUP_PROGRAM,
    forced,
  });
}

async function readKept(file: string, key: string): Promise<BackendReport | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as { key: string; report: BackendReport };
    return kept.key === key ? kept.report : undefined;
  } catch {
    return undefined;
  }
}

/** Only a good report is kept: after a failed one, which ends an earlier good one, the user may mend what it names. */
async function keep(file: string, key: string, report: BackendReport): Promise<void> {
  if (report.chosen === null) return await rm(file, { force: true }).catch(() => undefined); // tried again all the same
  const temporary = `${file}.${newId("new")}`;
  await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
  await writeFile(temporary, JSON.stringify({ key, report }), { mode: 0o600 });
  await rename(temporary, file);
}
