import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Bench, describeWalls, git } from "./fixture.js";

function missing(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return false;
  } catch {
    return true;
  }
}

describeWalls("Ordinary work inside the sandbox", (openBench) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.dispose());

  it("edits in place with sed -i", async () => {
    expect((await bench.sh("sed -i s/alpha/beta/ a.txt && cat a.txt")).stdout).toBe("beta\n");
    expect(await bench.effects()).toEqual(["modify a.txt"]);
  });

  it("saves atomically through a temporary file and a rename", async () => {
    await bench.sh("printf 'new\\n' > .a.txt.tmp && chmod 600 .a.txt.tmp && mv .a.txt.tmp a.txt");
    expect(await bench.effects()).toEqual(["modify a.txt"]);
  });

  it("makes temporary directories in /tmp, and starts each call with a fresh HOME", async () => {
    expect((await bench.sh("d=$(mktemp -d) && echo x > $d/f && cat $d/f && echo y > ~/rc && ls -A ~")).stdout).toBe(
      "x\nrc\n",
    );
    expect((await bench.sh("ls -A ~ /tmp | grep -v worknode-sandbox")).stdout).not.toContain("rc");
    expect(await bench.effects()).toEqual([]);
  });

  it("runs node --test with a local HTTP server", async () => {
    bench.write(
      "test/http.test.mjs",
      `import test from "node:test"; import assert from "node:assert"; import http from "node:http";
       test("serves", async () => {
         const server = http.createServer((_, r) => r.end("hi")).listen(0);
         await new Promise((r) => server.once("listening", r));
         const reply = await fetch("http://localhost:" + server.address().port);
         assert.equal(await reply.text(), "hi"); server.close();
       });`,
    );
    const run = await bench.run(["node", "--test", "test/"]);
    expect(run.stdout).toContain("pass 1");
    expect(run.exit_code).toBe(0);
  });

  it("runs a linked program by path and through npx, with npm offline", async () => {
    expect((await bench.run(["node_modules/.bin/hello"])).stdout).toContain("hello from a linked");
    const run = await bench.run(["npx", "hello"]);
    expect(run.stdout).toContain("hello from a linked");
    expect(await bench.effects()).toEqual([]);
  });

  it("shows status, differences and history with git", async () => {
    const run = await bench.sh(
      "echo more >> a.txt && git status --porcelain && git diff --stat && git log --format=%s",
    );
    expect(run.stdout).toContain(" M a.txt");
    expect(run.stdout).toContain("1 insertion");
    expect(run.stdout).toContain("base");
    expect(run.exit_code).toBe(0);
  });

  it("sees a clean tree, whatever inode numbers the overlay shows", async () => {
    const other = await openBench();
    try {
      expect((await other.sh("git status --porcelain", { masks: [] })).stdout).toBe("");
    } finally {
      await other.dispose();
    }
  });

  it("reads history of a clone, without its configuration or hooks", async () => {
    const clone = join(bench.dir, "clone");
    git(bench.dir, "clone", "-q", bench.repo, clone);
    git(clone, "pack-refs", "--all");
    const lower = join(bench.dir, "wt2");
    git(clone, "worktree", "add", "-q", lower);
    const view = { commonDir: join(clone, ".git"), gitDir: join(clone, ".git/worktrees/wt2") };
    const run = await bench.sh("git log --format=%s && git status --porcelain && git branch -a", {
      shownRoot: clone,
      lower,
      git: view,
      masks: [],
      links: [],
    });
    expect(run).toMatchObject({ stderr: "", exit_code: 0 });
    expect(run.stdout).toMatch(/^base\n/);
    expect(run.stdout).toContain("remotes/origin/main");
  });

  it("works without git, in a plain folder", async () => {
    const plain = join(bench.dir, "plain");
    mkdirSync(plain);
    writeFileSync(join(plain, "f"), "x");
    const { git: _, ...spec } = bench.spec;
    const { confine } = await import("../../../../src/effect/sandbox/confinement.js");
    const run = await confine({ ...spec, lower: plain, masks: [], links: [], argv: ["sh", "-c", "cat f; cat .git"] });
    expect(run.stdout).toBe("x\n");
  });

  it.skipIf(missing("gcc") || missing("make"))("compiles and runs C with make [needs gcc and make]", async () => {
    bench.write("Makefile", "t: t.c\n\tgcc -o t t.c\n");
    bench.write("t.c", '#include <stdio.h>\nint main(void) { puts("compiled"); return 0; }\n');
    expect((await bench.sh("make -s && ./t")).stdout).toBe("compiled\n");
    expect(await bench.effects()).toEqual(["add t"]);
  });

  it.skipIf(missing("python3"))("runs python and its processes without leaving bytecode [needs python3]", async () => {
    bench.write("m.py", "value = 1\n");
    const program =
      "import m, multiprocessing as p, tempfile; q = p.Queue(); print(m.value, len(tempfile.mkdtemp()) > 3)";
    const run = await bench.run(["python3", "-c", program]);
    expect(run.stdout).toBe("1 True\n");
    expect(await bench.effects()).toEqual([]);
  });

  it("unpacks an archive made by someone else", async () => {
    await bench.sh("true");
    execFileSync("tar", [
      "-C",
      bench.spec.lower,
      "--owner=12345",
      "--group=12345",
      "-cf",
      "/tmp/worknode-t.tar",
      "src",
    ]);
    execFileSync("mv", ["/tmp/worknode-t.tar", join(bench.spec.lower, "t.tar")]);
    expect((await bench.sh("mkdir out && tar -C out -xf t.tar && ls out/src")).stdout).toContain("x.js");
  });

  it("starts in a folder of the workspace and takes the plan's environment", async () => {
    const run = await bench.sh("pwd; echo $FLAVOUR $CI $npm_config_offline", {
      cwd: "src/deep",
      env: { FLAVOUR: "sweet", "not a name": "x", CI: "yes" },
    });
    expect(run.stdout).toBe(`${join(bench.repo, "src/deep")}\nsweet yes true\n`);
  });

  it("passes arguments as they are: spaces, quotes, line breaks, dashes, dollar signs", async () => {
    const argv = ["printf", "<%s>", "a b", "'\"", "x\ny", "--", "$HOME", "*", ""];
    expect((await bench.run(argv)).stdout).toBe("<a b><'\"><x\ny><--><$HOME><*><>");
  });

  it("works in a repository whose path holds spaces, commas, colons, quotes and backslashes", async () => {
    const odd = join(bench.dir, "it's, a: \\odd\tplace");
    mkdirSync(odd);
    const lower = join(odd, "wt");
    git(bench.repo, "worktree", "add", "-q", lower);
    const gitDir = join(bench.repo, ".git/worktrees/wt");
    const { openLayer } = await import("../../../../src/effect/sandbox/layer.js");
    const layer = await openLayer(join(odd, "layer"));
    const links = [{ path: "node_modules", source: join(bench.repo, "node_modules") }];
    const git2 = { commonDir: join(bench.repo, ".git"), gitDir };
    const run = await bench.sh("echo x > new && pwd && git status --porcelain && ls node_modules/.bin", {
      shownRoot: odd,
      lower,
      layer,
      links,
      git: git2,
      masks: [],
    });
    expect(run).toMatchObject({ stderr: "", stdout: `${odd}\n?? new\nhello\n` });
    expect(existsSync(join(layer.upper, "new"))).toBe(true);
  });

  it("shows a workspace below /usr and links in nested packages", async () => {
    const root = "/usr/share";
    mkdirSync(join(bench.repo, "packages/p/node_modules/dep"), { recursive: true });
    const links = [{ path: "packages/p/node_modules", source: join(bench.repo, "packages/p/node_modules") }];
    const run = await bench.sh("pwd; ls; ls packages/p/node_modules", { shownRoot: root, links });
    expect(run.stdout).toContain("/usr/share\na.txt\npackages\nsrc\ntree\ndep\n");
    expect(await bench.effects()).toEqual([]);
  });

  it("keeps both halves of long output and says what is missing", async () => {
    const run = await bench.sh("echo first; seq 1 400000; echo last");
    expect(run.stdout.startsWith("first\n1\n")).toBe(true);
    expect(run.stdout.endsWith("400000\nlast\n")).toBe(true);
    expect(run.stdout).toMatch(/\n\[\d+ bytes left out\]\n/);
  });

  it("runs a program of a toolchain in a home, found by its prefix", async () => {
    const { resolveToolchains } = await import("../../../../src/effect/sandbox/toolchain.js");
    const prefix = join(bench.dir, "home/.nvm/versions/node/v99");
    mkdirSync(join(prefix, "bin"), { recursive: true });
    mkdirSync(join(prefix, "lib"), { recursive: true });
    writeFileSync(join(prefix, "lib/real.sh"), "#!/bin/sh\necho from the prefix\n");
    chmodSync(join(prefix, "lib/real.sh"), 0o755);
    execFileSync("ln", ["-s", "../lib/real.sh", join(prefix, "bin/special")]);
    const PATH = `${prefix}/bin:/usr/bin:/bin`;
    const toolchains = resolveToolchains(["special"], { PATH, HOME: join(bench.dir, "home") });
    expect(toolchains).toContain(prefix);
    expect((await bench.run(["special"], { toolchains })).stdout).toBe("from the prefix\n");
  });

  it("runs a program given alone that looks for its parts beside what it is a link to, as npm installs them", async () => {
    const { resolveToolchains } = await import("../../../../src/effect/sandbox/toolchain.js");
    const local = join(bench.dir, "home/.local");
    mkdirSync(join(local, "bin"), { recursive: true });
    mkdirSync(join(local, "lib/node_modules/tool/bin"), { recursive: true });
    const file = join(local, "lib/node_modules/tool/bin/tool.cjs");
    writeFileSync(join(local, "lib/node_modules/tool/part.cjs"), 'module.exports = "with its parts";\n');
    writeFileSync(file, '#!/usr/bin/env node\nconsole.log(require("../part.cjs"));\n');
    chmodSync(file, 0o755);
    execFileSync("ln", ["-s", "../lib/node_modules/tool/bin/tool.cjs", join(local, "bin/tool")]);
    const PATH = `${local}/bin:${process.env["PATH"] ?? ""}`;
    const toolchains = resolveToolchains(["tool"], { PATH, HOME: join(bench.dir, "home") });
    expect(toolchains).toEqual(expect.arrayContaining([join(local, "bin/tool"), join(local, "lib/node_modules/tool")]));
    expect((await bench.run([join(local, "bin/tool")], { toolchains })).stdout).toBe("with its parts\n");
    const alone = await bench.run([join(local, "bin/tool")], { toolchains: [join(local, "bin/tool")] });
    expect(alone.stderr).toContain("part.cjs"); // what it leads to is not shown by the link
  });
});
