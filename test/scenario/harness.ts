import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { type RunResult, runPlan } from "../../src/crew/cycle/session.js";
import { locateRepository } from "../../src/effect/repository/repository-location.js";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { parseScript } from "../../src/model/scripted/script.js";
import { startScriptedServer } from "../../src/model/scripted/server.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { openStore, type Store } from "../../src/store/store.js";

/** Where tests keep what the sandbox's probe found: one place for each user, as a file of another cannot be replaced. */
export const PROBE_DIR = join(tmpdir(), `worknode-probe-${userInfo().uid}`);

const SETTINGS = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "maintenance.auto=false"];
/** One shell starts all three: to start a program costs a test's process, which is large, more than git takes. */
const FIRST_COMMIT = `git init -q -b main && git add -A && git ${SETTINGS.join(" ")} commit -q -m base`;
const PROBED = join(PROBE_DIR, "sandbox-probe.json");
await probeBackends({ stateDir: PROBE_DIR });

/** A temporary git repository with a state directory of its own. */
export interface Repo {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  git(...args: string[]): string;
  write(path: string, text: string): void;
  chmod(path: string, mode: number): void;
  store(): Store;
  remove(): void;
}

/** Makes a repository that holds `files` in one commit. */
export function makeRepo(files: Record<string, string>): Repo {
  const base = mkdtempSync(join(tmpdir(), "worknode-"));
  const dir = join(base, "repo");
  mkdirSync(dir);
  const backend = process.env["WORKNODE_SANDBOX"]; // so that a whole suite can be run by the backend it names
  const env: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(base, "home"),
    XDG_STATE_HOME: join(base, "state"),
    LANG: "C.UTF-8",
    ...(backend === undefined ? {} : { WORKNODE_SANDBOX: backend }),
  };
  mkdirSync(env["HOME"] ?? "");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  const git = (...args: string[]): string =>
    execFileSync("git", [...SETTINGS, ...args], {
      cwd: dir,
      env: { ...env, GIT_CONFIG_NOSYSTEM: "1" },
      encoding: "utf8",
    });
  for (const [path, text] of Object.entries(files)) write(path, text);
  execFileSync("sh", ["-c", FIRST_COMMIT], { cwd: dir, env: { ...env, GIT_CONFIG_NOSYSTEM: "1" } });
  return {
    dir,
    env,
    git,
    write,
    chmod: (path, mode) => chmodSync(join(dir, path), mode),
    store: () => openStore(join(dir, ".worknode", "worknode.db")),
    remove: () => {
      if (process.getuid?.() !== 0) execFileSync("chmod", ["-R", "u+rwx", base]); // what the kernel made is closed to its owner
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** What the probe found once is kept for a run that begins, too: to probe for each is a twelfth of what a short run costs. */
function keepProbe({ dir, env }: Repo): void {
  const stateDir = locateRepository(dir, env)?.stateDir;
  if (stateDir === undefined || !existsSync(PROBED)) return;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  copyFileSync(PROBED, join(stateDir, "sandbox-probe.json"));
}

/** Starts a scripted model and points the repository's environment at it. */
export async function scripted(repo: Repo, script: string): Promise<Awaited<ReturnType<typeof startScriptedServer>>> {
  const parsed = parseScript(script);
  if (!parsed.ok) throw new Error(parsed.error);
  const server = await startScriptedServer({ script: parsed.value });
  repo.env["ANTHROPIC_BASE_URL"] = server.url;
  keepProbe(repo);
  return server;
}

/** Runs a plan of the repository to its end, approved. */
export async function run(
  repo: Repo,
  planPath = "plan.yaml",
  onEvent: (event: AnyEvent) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<RunResult> {
  return await runPlan({
    cwd: repo.dir,
    env: repo.env,
    signal,
    onEvent,
    planPath,
    yes: true,
    inputs: {},
    includeWip: false,
  });
}
