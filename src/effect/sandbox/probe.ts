import { accessSync, constants, readFileSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashOf } from "../../kernel/canonical.js";
import { messageOf } from "../../kernel/fault.js";
import { newId } from "../../kernel/ids.js";
import { probeBehaviour } from "./probe-behaviour.js";
import { fixForSetup, readKernelSetting, seemsContainer } from "./probe-fix.js";
import { type BackendReport, failed, type Probe, passed } from "./probe-report.js";
import { INIT_SCRIPT, SETUP_SCRIPT } from "./setup-script.js";

/** What the probes look at; everything has the real default but the directory. */
export interface ProbeOptions {
  /** Where layers will be, and where the report is kept until the next boot. */
  readonly stateDir: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Probes again, whatever is kept. */
  readonly fresh?: boolean;
  /** Directories programs are looked for in. */
  readonly programPath?: readonly string[];
}

const PROGRAMS = "unshare setpriv mount umount pivot_root sh env cp mkdir chmod rm tar".split(" ");
const PROGRAM_PATH = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const CACHE = "sandbox-probe.json";

/**
 * Chooses the sandbox by trying it, once per boot. `WORKNODE_SANDBOX=none` forces none. With `chosen`
 * null no command may be run; each failed probe says how to fix it. Never throws for a machine
 * without a sandbox.
 */
export async function probeBackends(options: ProbeOptions): Promise<BackendReport> {
  const refusal = refuse(options);
  if (refusal !== undefined) return { chosen: null, probes: [refusal] };
  const file = join(options.stateDir, CACHE);
  const key = cacheKey();
  const kept = options.fresh === true ? undefined : await readKept(file, key);
  if (kept !== undefined) return kept;
  const report = await probeUtilLinux(options);
  if (report.chosen !== null) await keep(file, key, report);
  return report;
}

function refuse(options: ProbeOptions): Probe | undefined {
  const env = options.env ?? process.env;
  if (env["WORKNODE_SANDBOX"] === "none")
    return failed("choice", "WORKNODE_SANDBOX=none", "unset WORKNODE_SANDBOX to run commands");
  const platform = options.platform ?? process.platform;
  if (platform !== "linux")
    return failed("platform", `no sandbox on ${platform}`, "run worknode on Linux (a virtual machine will do)");
  return undefined;
}

async function probeUtilLinux(options: ProbeOptions): Promise<BackendReport> {
  const programs = probePrograms(options.programPath ?? PROGRAM_PATH);
  if (!programs.ok) return { chosen: null, probes: [programs] };
  try {
    const behaviour = await probeBehaviour(options.stateDir);
    const probes = [programs, passed("set-up", "namespaces, mounts and overlay can be made"), ...behaviour];
    return { chosen: probes.every((probe) => probe.ok) ? "util-linux" : null, probes };
  } catch (thrown) {
    const said = messageOf(thrown);
    const isRoot = process.getuid?.() === 0;
    const fix = fixForSetup({ said, read: readKernelSetting, inContainer: seemsContainer(), isRoot });
    return { chosen: null, probes: [programs, failed("set-up", said, fix)] };
  }
}

function probePrograms(path: readonly string[]): Probe {
  const has = (name: string): boolean => path.some((directory) => isExecutable(`${directory}/${name}`));
  const absent = PROGRAMS.filter((name) => !has(name));
  if (absent.length > 0)
    return failed(
      "programs",
      `not found: ${absent.join(", ")}`,
      "sudo apt-get install util-linux mount coreutils tar dash",
    );
  if (!has("ip") && !has("perl"))
    return failed(
      "programs",
      "neither ip nor perl was found to raise the loopback",
      "sudo apt-get install iproute2 (or perl-base)",
    );
  return passed("programs", "all programs of the set-up are there");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Who runs what, since which boot: anything else must be probed anew. */
function cacheKey(): string {
  const identity = { uid: process.getuid?.() ?? -1, node: process.execPath, version: process.version };
  return hashOf({ ...identity, boot: bootId(), setup: SETUP_SCRIPT, init: INIT_SCRIPT });
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

async function readKept(file: string, key: string): Promise<BackendReport | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as { key: string; report: BackendReport };
    return kept.key === key ? kept.report : undefined;
  } catch {
    return undefined;
  }
}

/** Only a good report is kept: after a failed one the user may mend what it names. */
async function keep(file: string, key: string, report: BackendReport): Promise<void> {
  const temporary = `${file}.${newId("new")}`;
  await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
  await writeFile(temporary, JSON.stringify({ key, report }), { mode: 0o600 });
  await rename(temporary, file);
}
