import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { Call, Permit } from "../../../src/effect/authority.js";
import { findRepository, type Repository } from "../../../src/effect/repository/repository.js";
import { openCycleBranch } from "../../../src/effect/workspace/branch.js";
import { openTaskWorkspace } from "../../../src/effect/workspace/task-workspace.js";
import type { TaskWorkspace } from "../../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../../src/gate/permit.js";
import { hashOf } from "../../../src/kernel/canonical.js";

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A directory that goes when the file's tests are over. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "worknode-effect-")));
  directories.push(directory);
  return directory;
}

/** The user's own git, with an identity and none of the machine's configuration. */
export function git(cwd: string, ...args: string[]): string {
  const env = {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  const identity = ["-c", "user.name=user", "-c", "user.email=user@example.com", "-c", "init.defaultBranch=main"];
  return execFileSync("git", [...identity, ...args], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** Writes files below a directory. */
export function write(root: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** A user's repository with one commit, and a place for worknode's state. */
export interface Home {
  readonly root: string;
  readonly state: string;
  readonly env: NodeJS.ProcessEnv;
  find(cwd?: string): Promise<Repository>;
}

/** Makes a repository holding `files`. */
export function makeRepository(files: Record<string, string | Buffer> = { "a.txt": "one\n" }): Home {
  const directory = temporaryDirectory();
  const root = join(directory, "repo");
  mkdirSync(root);
  git(root, "init", "-q");
  write(root, files);
  git(root, "add", "-A");
  git(root, "commit", "-q", "-m", "first");
  const state = join(directory, "state");
  const env = { XDG_STATE_HOME: state, HOME: directory };
  return { root, state, env, find: (cwd = root) => findRepository(cwd, { env }) };
}

let serial = 0;

/** A call with the permit for it, as the gate would give. */
export function approve<Args>(args: Args): { permit: Permit; call: Call<Args> } {
  serial += 1;
  const callId = `call-${process.pid}-${serial}`;
  return { permit: issuePermit({ callId, argsHash: hashOf(args) }), call: { callId, args } };
}

/** Opens the branch of cycle 1 of plan `plan`. */
export async function openBranch(repository: Repository, cycle = 1, includeWip = false): Promise<string> {
  const { permit, call } = approve({ plan_id: "plan", cycle, include_wip: includeWip });
  return (await openCycleBranch(permit, repository, call, () => "opened")).branch;
}

/** Opens a task's workspace on cycle 1's branch. */
export async function openTask(repository: Repository, task = "T1", deny?: readonly string[]): Promise<TaskWorkspace> {
  const branch = await openBranch(repository);
  const { permit, call } = approve({ cycle: 1, task, branch });
  return openTaskWorkspace(permit, repository, call, deny);
}
