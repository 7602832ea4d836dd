import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { installVerb, uninstallVerb } from "../../src/surface/cli/install.js";
import { makeContext } from "../unit/surface/screen.js";
import type { Repo } from "./harness.js";

/** A policy under which hooks refuse. */
export const ENFORCE = "version: 1\nmode: enforce\n";
type Place = Pick<Repo, "dir" | "env">;

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
