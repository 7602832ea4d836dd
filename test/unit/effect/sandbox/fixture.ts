import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe } from "vitest";
import { confine } from "../../../../src/effect/sandbox/confinement.js";
import { listEffects } from "../../../../src/effect/sandbox/effects.js";
import { openLayer, removeTree } from "../../../../src/effect/sandbox/layer.js";
import type { Backend, SandboxRun, SandboxSpec } from "../../../../src/effect/sandbox/spec.js";
import { resolveToolchains } from "../../../../src/effect/sandbox/toolchain.js";
import type { Change } from "../../../../src/schema/effect.js";

/** A repository with a task's worktree, and one layer to run commands in. */
export interface Bench {
  readonly dir: string;
  readonly repo: string;
  readonly spec: SandboxSpec;
  /** Runs a shell command in the sandbox. */
  sh(command: string, overrides?: Partial<SandboxSpec>): Promise<SandboxRun>;
  run(argv: readonly string[], overrides?: Partial<SandboxSpec>): Promise<SandboxRun>;
  /** Net effects as `kind path`. */
  effects(): Promise<string[]>;
  changes(): Promise<Change[]>;
  /** Writes a file into the worktree, as a kept change would. */
  write(path: string, text: string): void;
  dispose(): Promise<void>;
}

const FILES: Record<string, string> = {
  "a.txt": "alpha\n",
  "src/x.js": "export const x = 1;\n",
  "src/deep/y.js": "export const y = 2;\n",
  "tree/one": "1\n",
  "tree/two": "2\n",
  ".env": "SECRET=in-the-repository\n",
  ".gitignore": "node_modules/\ndist/\n*.log\n",
};

const IDENTITY = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
/** A commit and a worktree of it (the argument), by one shell: to start a program costs a test's process more than git takes. */
const FIRST_COMMIT = `git init -q -b main && git add -A && git ${IDENTITY.join(" ")} commit -q -m base &&
git worktree add -q -b task "$0" 2>&1`;

export function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", [...IDENTITY, ...args], { cwd, encoding: "utf8" });
}

export async function openBench(files: Record<string, string> = {}, backend: Backend = "util-linux"): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), "worknode-sandbox-"));
  const repo = join(dir, "repo");
  const put = (root: string, path: string, text: string, mode = 0o666): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode });
  };
  for (const [path, text] of Object.entries({ ...FILES, ...files })) put(repo, path, text);
  const lower = join(dir, "state", "worktree");
  execFileSync("sh", ["-c", FIRST_COMMIT, lower], { cwd: repo });
  put(repo, "node_modules/.bin/hello", '#!/usr/bin/env node\nconsole.log("hello from a linked program");\n', 0o777);
  const layer = await openLayer(join(dir, "state", "layer"));
  const spec: SandboxSpec = {
    shownRoot: repo,
    lower,
    layer,
    links: [{ path: "node_modules", source: join(repo, "node_modules") }],
    masks: [".env"],
    toolchains: resolveToolchains(["python3", "npx"], process.env),
    env: {},
    network: false,
    backend,
    git: { commonDir: join(repo, ".git"), gitDir: join(repo, ".git/worktrees/worktree") },
    argv: ["true"],
    cwd: "",
    timeoutMs: 60_000,
  };
  const run: Bench["run"] = (argv, overrides = {}) => confine({ ...spec, ...overrides, argv });
  const changes = (): Promise<Change[]> => listEffects(layer.upper, lower);
  return {
    dir,
    repo,
    spec,
    run,
    changes,
    sh: (command, overrides) => run(["sh", "-c", command], overrides),
    effects: async () => (await changes()).map((change) => `${change.kind} ${change.path}`),
    write: (path, text) => put(lower, path, text),
    dispose: () => removeTree(dir),
  };
}

/** What the kernel must allow, tried without any code of ours: a broken sandbox must fail tests, not skip them. */
function tryKernel(): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), "worknode-kernel-"));
  const layers = "lowerdir=l,upperdir=u,workdir=w";
  const script = `mkdir l u w m && mount -t overlay -o userxattr,${layers} overlay m && mount -t proc proc /proc`;
  try {
    execFileSync("unshare", ["-U", "-r", "-m", "-p", "-f", "-n", "-i", "-u", "sh", "-c", script], {
      cwd: dir,
      stdio: ["ignore", "ignore", "pipe"],
    });
    return undefined;
  } catch (thrown) {
    return String((thrown as { stderr?: Buffer }).stderr ?? thrown).trim();
  } finally {
    execFileSync("sh", ["-c", 'chmod -R u+rwx "$0" && rm -rf "$0"', dir]);
  }
}

const refusal = tryKernel();
/** Whether this machine can run no sandbox; tests that need one are skipped then. */
export const sandboxMissing = refusal !== undefined;
/** Added to the titles of what is skipped. */
export const reason = refusal === undefined ? "" : ` [skipped: the kernel refuses: ${refusal}]`;

/** Every backend, and why this machine cannot run it, if so; the probe is not asked, as it is under test itself. */
export const backends: readonly { backend: Backend; missing: boolean; why: string }[] = [
  { backend: "util-linux", missing: sandboxMissing, why: reason },
  {
    backend: "bubblewrap",
    missing: sandboxMissing || !existsSync("/usr/bin/bwrap"),
    why: existsSync("/usr/bin/bwrap") ? reason : " [skipped: needs bubblewrap]",
  },
];

/** The same tests behind each wall, visibly skipped where one cannot be had. */
export function describeWalls(
  title: string,
  body: (open: (files?: Record<string, string>) => Promise<Bench>, backend: Backend) => void,
): void {
  for (const { backend, missing, why } of backends)
    describe.skipIf(missing)(`${title}, by ${backend}${why}`, () =>
      body((files) => openBench(files, backend), backend),
    );
}

/** Whether any process on the host has this argument. */
export function isRunning(argument: string): boolean {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((id) => {
      try {
        return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").includes(argument);
      } catch {
        return false;
      }
    });
}
