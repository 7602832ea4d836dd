import { randomInt } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import { makeFolder } from "../disk/make-folder.js";
import { ownedName, removeAbandoned } from "./abandoned.js";
import { confine } from "./confinement.js";
import { listEffects } from "./effects.js";
import { openLayer, removeTree } from "./layer.js";
import { PROBE_PROGRAM } from "./probe-program.js";
import { failed, type Probe, passed } from "./probe-report.js";
import type { Backend, SandboxRun, SandboxSpec } from "./spec.js";
import { resolveToolchains } from "./toolchain.js";

const CANARY_NAME = "WORKNODE_PROBE_CANARY";
const REPORT_IT = "do not run commands on this machine; please report this with the output of `worknode doctor`";

/** Which backend is tried, where layers will be, and for how long at most. */
export interface Trial {
  readonly backend: Backend;
  readonly stateDir: string;
  readonly timeoutMs: number;
}

/** What was seen after the probe program ended, inside and outside. */
interface Sighting {
  readonly said: Record<string, unknown>;
  readonly changes: ReadonlyMap<string, string>;
  readonly escaped: boolean;
  readonly survivor: boolean;
}

/** Whether a sandbox still comes up and runs a program. Works in a directory of its own below `stateDir`. Never throws. */
export async function comesUp(trial: Trial): Promise<boolean> {
  try {
    return await inOwnPlace(trial.stateDir, async (directory) => {
      const run = await confine(await specFor(directory, trial, ["/bin/true"]));
      return run.exit_code === 0;
    });
  } catch {
    return false; // the probes, which come next, say why
  }
}

/**
 * Tries the wall from inside and looks from outside at what came of it. Works in a directory of its
 * own below `stateDir`, where layers will be. Throws what `confine` throws when there is no sandbox.
 */
export async function probeBehaviour(trial: Trial): Promise<Probe[]> {
  return await inOwnPlace(trial.stateDir, async (directory) => {
    const listener = await listen();
    try {
      return judge(await look(directory, listener, trial));
    } finally {
      listener.close();
    }
  });
}

async function inOwnPlace<T>(stateDir: string, work: (directory: string) => Promise<T>): Promise<T> {
  makeFolder(stateDir, 0o700);
  await removeAbandoned(stateDir);
  const directory = await mkdtemp(join(stateDir, ownedName("probe", "")));
  try {
    return await work(directory);
  } finally {
    await removeTree(directory);
  }
}

/** A command in a small tree of the directory's own, behind the wall. */
async function specFor(
  directory: string,
  { backend, timeoutMs }: Trial,
  argv: readonly string[],
): Promise<SandboxSpec> {
  const lower = join(directory, "base");
  makeFolder(join(lower, "tree"));
  for (const name of ["removed", "masked", "tree/inside"]) await writeFile(join(lower, name), "secret");
  const layer = await openLayer(join(directory, "layer"));
  const none = { links: [], env: {}, network: false, cwd: "" };
  const toolchains = resolveToolchains([], process.env);
  const where = { shownRoot: join(directory, "shown"), lower, layer, masks: ["masked"] };
  return { backend, ...where, ...none, toolchains, argv, timeoutMs };
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

async function look(directory: string, listener: Server, trial: Trial): Promise<Sighting> {
  const forbidden = join(directory, "forbidden");
  const marker = `86400.${randomInt(1_000_000_000)}`;
  const canary = systemRandom.hex(16);
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "0";
  const argv = [process.execPath, "-e", PROBE_PROGRAM, canary, port, forbidden, marker];
  const spec = await specFor(directory, trial, argv);
  process.env[CANARY_NAME] = canary;
  const run = await confine(spec).finally(() => delete process.env[CANARY_NAME]);
  requireEnd(run, trial);
  const said = parse(run.stdout, run.stderr);
  requireRoom(said);
  const changes = await listEffects(spec.layer.upper, spec.lower);
  return {
    said,
    changes: new Map(changes.map((change) => [change.path, change.kind])),
    escaped: existsSync(forbidden),
    survivor: isRunning(marker),
  };
}

/** A machine whose sandbox does not get as far as a program's first word is told so, and not what was not seen. */
function requireEnd({ stopped, stdout }: SandboxRun, { timeoutMs }: Trial): void {
  if (stopped === null || stdout !== "") return;
  const how = stopped === "timeout" ? `no program ran in it within ${timeoutMs / 1_000} s` : `stopped: ${stopped}`;
  throw new Fault("SANDBOX_SETUP", `the sandbox could not be set up: ${how}`);
}

/** A full disk is told as such, and not as a wall that does not hold. Without room for its own files the kernel only lets read. */
function requireRoom({ write, unlink, rebuild }: Record<string, unknown>): void {
  const short = [write, unlink, rebuild].find((said) => said === "ENOSPC" || said === "EDQUOT" || said === "EROFS");
  if (short === undefined) return;
  throw new Fault("SANDBOX_SETUP", `the sandbox could not be set up: ${short}, the disk takes no further file`);
}

function parse(stdout: string, stderr: string): Record<string, unknown> {
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    return { failure: stderr.slice(-500) || "the probe program printed nothing" };
  }
}

function isRunning(marker: string): boolean {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").includes(marker);
      } catch {
        return false; // ended meanwhile
      }
    });
}

function judge({ said, changes, escaped, survivor }: Sighting): Probe[] {
  const check = (name: string, holds: boolean, detail: string): Probe =>
    holds ? passed(name, detail) : failed(name, `${detail}; seen: ${JSON.stringify(said)}`, REPORT_IT);
  const capabilities = Array.isArray(said["status"]) ? said["status"].map(String) : [];
  const bare = capabilities.length > 5 && capabilities.every((line) => /^Cap\w+:\s*0+$|^NoNewPrivs:\s*1$/.test(line));
  return [
    check("write", said["write"] === true && changes.get("made") === "add", "an allowed write lands in the layer"),
    check("wall", !escaped && said["forbidden"] !== undefined, "a write outside does not reach the host"),
    check("mask", said["masked"] === "", "a masked file shows nothing"),
    check("environment", said["environ"] === false, "no variable of the caller can be read"),
    check("background", said["background"] === true && !survivor, "a background process dies with the call"),
    check("host network", said["host"] === "ECONNREFUSED", "a listener on the host's loopback cannot be reached"),
    check("own network", said["own"] === "connected", "the sandbox's own loopback works"),
    check("delete", changes.get("removed") === "delete", "a delete is noticed"),
    check("replace", changes.get("tree/inside") === "delete", "a delete below a directory made again is noticed"),
    check("capabilities", bare, "no capability is left and none can be gained"),
    check("namespaces", isFailure(said["namespace"]), "no further user namespace can be made"),
    check("mounts", isFailure(said["umount"]), "nothing can be unmounted"),
  ];
}

/** A program's exit code that says it was refused. */
function isFailure(status: unknown): boolean {
  return typeof status === "number" && status !== 0;
}
