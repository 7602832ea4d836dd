import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveToolchains } from "../../../../src/effect/sandbox/toolchain.js";

describe("Toolchains", () => {
  let dir: string;
  let home: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "worknode-toolchain-"));
    home = join(dir, "home");
    mkdirSync(home);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  function program(path: string, text = "#!/bin/sh\n"): string {
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  }
  function resolve(programs: string[], ...folders: string[]): string[] {
    const PATH = ["relative/bin", ...folders.map((folder) => join(dir, folder)), "/usr/bin", "/bin"].join(":");
    const found = resolveToolchains(programs, { PATH, HOME: home, root: join(dir, "checkout") });
    return found.filter((path) => path.startsWith(dir)).map((path) => path.slice(dir.length + 1));
  }

  it("are none for programs of the system", () => {
    expect(resolve(["sh", "env", "no-such-program", "./missing"])).toEqual([]);
  });

  it("are the prefix of a program in some bin folder", () => {
    program("home/.nvm/versions/node/v20/bin/node-x");
    expect(resolve(["node-x"], "home/.nvm/versions/node/v20/bin")).toEqual(["home/.nvm/versions/node/v20"]);
  });

  it("follow links of files and of folders to their ends", () => {
    program("opt/node-20/bin/n");
    symlinkSync("node-20", join(dir, "opt/node"));
    mkdirSync(join(dir, "opt/links/bin"), { recursive: true });
    symlinkSync("../../node/bin/n", join(dir, "opt/links/bin/n"));
    expect(resolve(["n"], "opt/links/bin")).toEqual(["opt/links", "opt/node", "opt/node-20"]);
  });

  it("hold what corepack has fetched where a program is corepack's", () => {
    program("lib/node_modules/corepack/dist/pnpm.js");
    mkdirSync(join(dir, "bin"));
    symlinkSync("../lib/node_modules/corepack/dist/pnpm.js", join(dir, "bin/pnpm"));
    expect(resolve(["pnpm"], "bin")).not.toContain("home/.cache/node/corepack"); // nothing fetched yet
    mkdirSync(join(home, ".cache/node/corepack"), { recursive: true });
    expect(resolve(["pnpm"], "bin")).toContain("home/.cache/node/corepack");
    expect(resolve(["sh"], "bin")).toEqual([]);
  });

  it("end at a link that leads to itself", () => {
    mkdirSync(join(dir, "bin"));
    symlinkSync("loop", join(dir, "bin/loop"));
    expect(resolve(["loop"], "bin")).toEqual([]);
  });

  it("are never a whole home: a program there is given alone", () => {
    program("home/bin/mine");
    program("home/.local/bin/tool");
    program("home/scripts/run");
    expect(resolve(["mine", "tool", "run"], "home/bin", "home/.local/bin", "home/scripts")).toEqual([
      "home/.local/bin/tool",
      "home/bin/mine",
      "home/scripts/run",
    ]);
  });

  it("of a shim are the version manager's folder", () => {
    program("home/.pyenv/shims/python3", "#!/usr/bin/env bash\n");
    program("home/.pyenv/versions/3.12/bin/python3");
    expect(resolve(["python3"], "home/.pyenv/shims")).toEqual(["home/.pyenv"]);
  });

  it("of cargo are its programs and rustup, not its credentials", () => {
    program("home/.cargo/bin/cargo");
    writeFileSync(join(home, ".cargo/credentials.toml"), "token");
    mkdirSync(join(home, ".rustup"));
    expect(resolve(["cargo"], "home/.cargo/bin")).toEqual(["home/.cargo/bin", "home/.rustup"]);
  });

  it("include the interpreter a script names, through env and its options, however deep", () => {
    program("home/a/bin/script", "#!/usr/bin/env -S X=1 inter --flag\n");
    program("home/b/bin/inter", `#!${join(dir, "home/c/bin/real")} -x\n`);
    program("home/c/bin/real", "\x7fELF");
    expect(resolve(["script"], "home/a/bin", "home/b/bin")).toEqual(["home/a", "home/b", "home/c"]);
  });

  it("of a program in a package are the package", () => {
    program("home/work/node_modules/@scope/tool/lib/run.js");
    expect(resolve([join(dir, "home/work/node_modules/@scope/tool/lib/run.js")])).toEqual([
      "home/work/node_modules/@scope/tool",
    ]);
  });

  it("of a program inside the checkout are only what it leads to outside", () => {
    program("home/.pyenv/versions/3.12/bin/python3.12");
    mkdirSync(join(dir, "checkout/.venv/bin"), { recursive: true });
    symlinkSync(join(home, ".pyenv/versions/3.12/bin/python3.12"), join(dir, "checkout/.venv/bin/python"));
    expect(resolve([".venv/bin/python"])).toEqual(["home/.pyenv/versions/3.12"]);
  });

  it("leave out folders of packages in PATH and what lies in another prefix", () => {
    program("checkout/node_modules/.bin/planted");
    program("home/x/bin/one");
    program("home/x/inner/bin/two");
    expect(resolve(["planted", "one", "two"], "checkout/node_modules/.bin", "home/x/bin", "home/x/inner/bin")).toEqual([
      "home/x",
    ]);
  });

  it("always include this node's own", () => {
    const found = resolveToolchains([], { PATH: "" });
    expect(process.execPath.startsWith("/usr/") || found.some((path) => process.execPath.startsWith(path))).toBe(true);
  });
});
