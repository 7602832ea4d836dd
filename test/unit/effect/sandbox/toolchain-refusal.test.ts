import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkToolchains } from "../../../../src/effect/sandbox/toolchain-refusal.js";

describe("Toolchains a plan names", () => {
  let base: string;
  const at = (path: string): string => (path.startsWith("/") ? path : join(base, path));
  const check = (path: string): readonly string[] =>
    checkToolchains([at(path)], { home: at("u/home"), stateDir: at("state/worknode/0123"), root: at("work/repo") });

  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "worknode-toolchains-"));
    for (const folder of ["u/home/.ssh", "u/home/.pyenv/bin", "u/home/.cargo/bin", "u/home/.config/nvm", "work/repo"])
      mkdirSync(at(folder), { recursive: true });
    writeFileSync(at("u/home/.cargo/credentials.toml"), "");
    symlinkSync(at("u/home"), at("innocent"));
  });
  afterAll(() => rmSync(base, { recursive: true }));

  it.each([
    "/opt/tools/node-20",
    "/nix/store",
    "u/home/.pyenv",
    "u/home/.config/nvm",
    "u/home/.cargo/bin",
    "missing/a",
  ])("may be a folder of programs: %s", (path) => expect(check(path)).toEqual([at(path)]));

  it.each([
    "/",
    "/opt",
    "/home",
    "/home/someone",
    "/root",
    "/opt/../root",
    "/etc/ssl",
    "/proc/self",
    "/run/user",
    "u",
    "u/home",
    "u/home/.",
    "u/home/.ssh",
    "u/home/.ssh/id",
    "u/home/.cargo",
    "u/home/.config/gh",
    "innocent",
    "state",
    "state/worknode",
    "state/worknode/0123/keys",
    "state/worknode/4567",
    "work",
    "work/repo",
  ])("are refused where they would show more: %s", (path) => {
    expect(() => check(path)).toThrow(expect.objectContaining({ code: "TOOLCHAIN_REFUSED", exitCode: 2 }));
  });
});
