import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { installVerb, uninstallVerb } from "../../src/surface/cli/install.js";
import { makeContext } from "../unit/surface/screen.js";
import { branchy } from "./check-ground.js";
import { makeRepo, type Repo } from "./harness.js";

/** A policy under which hooks refuse. */
export const ENFORCE = "version: 1\nmode: enforce\n";
type Place = Pick<Repo, "dir" | "env">;

const open: Repo[] = [];

/** A repository that `closeRepositories` takes away. */
export function openRepository(files: Record<string, string>): Repo {
  const repo = makeRepo(files);
  open.push(repo);
  return repo;
}

/** One with a function within the limits, and a policy under which hooks refuse. */
export function guardedRepository(files: Record<string, string> = {}): Repo {
  return openRepository({ "src/a.ts": branchy("a", 3), ".worknode/check.yaml": ENFORCE, ...files });
}

/** Takes every repository away that was opened. */
export function closeRepositories(): void {
  for (const repo of open.splice(0)) repo.remove();
}

/** Makes the bare repository that a clone pushes to; its folder. */
export function serverOf(repo: Repo): string {
  const bare = join(repo.dir, "../bare.git");
  repo.git("init", "-q", "--bare", "-b", "main", bare);
  repo.git("remote", "add", "origin", bare);
  return bare;
}

/** Installs the hooks; what it said. Throws the verb's Faults. */
export async function install(repo: Place, ...args: string[]): Promise<string> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  expect(await installVerb(context, ["git-hooks", ...args])).toBe(0);
  return context.printed();
}

/** Takes them away; what it said. */
export async function uninstall(repo: Place): Promise<string> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  expect(await uninstallVerb(context, ["git-hooks"])).toBe(0);
  return context.printed();
}

/** A git command as a person gives it, hooks and all. */
export function git(repo: Place, ...args: string[]): { code: number | null; err: string } {
  const env = { ...repo.env, GIT_CONFIG_NOSYSTEM: "1" };
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
  const run = spawnSync("git", [...identity, ...args], { cwd: repo.dir, env, encoding: "utf8", timeout: 50_000 });
  return { code: run.status, err: run.stderr };
}
