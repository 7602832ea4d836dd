import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { C, linkModules, VITEST } from "./kinds.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const PLAN = ".worknode/plans/first.yaml";
const CONFIG = ".worknode/config.yaml";

describe("init", () => {
  let repo: Repo;
  afterEach(() => repo.remove());

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }

  /** A Claude Code that answers what `init` asks it. */
  function claude(status: string): void {
    const bin = join(repo.dir, "..", "bin");
    mkdirSync(bin, { recursive: true });
    const answer = `#!/bin/sh\ncase "$1" in --version) echo '2.9.0 (Claude Code)';; auth) echo '${status}';; esac\n`;
    writeFileSync(join(bin, "claude"), answer);
    chmodSync(join(bin, "claude"), 0o755);
    repo.env["PATH"] = `${bin}:${process.env["PATH"] ?? ""}`;
  }

  it.skipIf(sandboxMissing)(`writes a first plan that runs the project's own tests${reason}`, async () => {
    repo = makeRepo(VITEST);
    linkModules(repo);
    expect((await worknode("init")).code).toBe(0);
    const page = write("docs/overview.md", "# What this is\n");
    const server = await scripted(repo, scriptOf({ "FIRST-1:work:1": [page, submit] }));
    const ended = await run(repo, PLAN);
    await server.close();
    expect(ended.reason).toBe("done and verified");
    const ran = of(eventsOf(repo), "COMMANDS_RAN").flatMap(({ payload }) =>
      payload.commands.map(({ role, exit_code }) => [role, exit_code]),
    );
    expect(ran).toEqual([["test", 0]]);
  });

  it("changes nothing the second time, also after a person changed what it wrote", async () => {
    repo = makeRepo(VITEST);
    linkModules(repo);
    expect((await worknode("init")).code).toBe(0);
    expect(repo.git("status", "--porcelain", "--untracked-files=all").trim().split("\n")).toEqual([
      "?? .worknode/.gitignore",
      `?? ${CONFIG}`,
      `?? ${PLAN}`,
    ]);
    const mine = `${readFileSync(join(repo.dir, PLAN), "utf8")}# mine\n`;
    repo.write(PLAN, mine);
    const config = readFileSync(join(repo.dir, CONFIG), "utf8");
    const again = await worknode("init", "--output-format", "json");
    expect(JSON.parse(again.out)).toMatchObject({ written: [], ready: true });
    expect(readFileSync(join(repo.dir, PLAN), "utf8")).toBe(mine);
    expect(readFileSync(join(repo.dir, CONFIG), "utf8")).toBe(config);
  });

  it("drafts the plan from a corrected configuration", async () => {
    repo = makeRepo(C);
    await worknode("init");
    execFileSync("rm", [join(repo.dir, PLAN)]);
    repo.write(CONFIG, readFileSync(join(repo.dir, CONFIG), "utf8").replaceAll(/\bcheck\b/g, "build/t"));
    await worknode("init");
    expect(readFileSync(join(repo.dir, PLAN), "utf8")).toContain("build/t");
  });

  it.each([
    ["nonsense", "apiVersion: worknode/v9\n"],
    [
      "a command with a shell",
      "apiVersion: worknode/v1\nkind: Config\nprojects: [{ path: ., kind: c, verify: { test: [sh, -c, x] } }]\n",
    ],
  ])("refuses a configuration with %s, and writes nothing", async (_, text) => {
    repo = makeRepo({ "README.md": "# r\n", [CONFIG]: text });
    const { code, err } = await worknode("init");
    expect(code).toBe(2);
    expect(err).toContain(CONFIG);
    expect(existsSync(join(repo.dir, PLAN))).toBe(false);
  });

  it("asks which package manager counts where two have lock files, and takes the answer", async () => {
    repo = makeRepo({ ...VITEST, "yarn.lock": "" });
    const { code, err } = await worknode("init");
    expect(code).toBe(2);
    expect(err).toContain("npm and yarn");
    expect(existsSync(join(repo.dir, CONFIG))).toBe(false);
    await worknode("init", "--package-manager", "yarn");
    expect(readFileSync(join(repo.dir, CONFIG), "utf8")).toContain("packageManager: yarn");
  });

  it("plans to install the packages where the checkout has none", async () => {
    repo = makeRepo(VITEST);
    await worknode("init");
    expect(readFileSync(join(repo.dir, PLAN), "utf8")).toMatch(/prepare:\n\s+command: \[npm, ci\]\n\s+network: true/);
  });

  it("says that no test was found, and what is missing on this machine", async () => {
    repo = makeRepo({ "package.json": '{"name":"x"}', "go/go.mod": "module x\n" });
    repo.env["PATH"] = "/usr/bin:/bin";
    const { code, out } = await worknode("init");
    expect(out).toContain("package.json has no test script");
    expect(out).toContain("go is not installed");
    expect(code).toBe(2);
    expect((await worknode("plan", "lint", PLAN)).code).toBe(0);
  });

  it("says what is missing where no model would answer, and is ready with any of the ways", async () => {
    repo = makeRepo({ "README.md": "# r\n" });
    const bare = await worknode("init");
    expect(bare.code).toBe(0);
    expect(bare.out).not.toContain("Ready to run");
    expect(bare.out).toContain(`With one of the three: worknode run ${PLAN}\n`);
    for (const way of ["ANTHROPIC_API_KEY=", "ANTHROPIC_BASE_URL=", "--runtime claude-code", "plan test PLAN --script"])
      expect(bare.out).toContain(way);
    expect((await worknode("doctor")).out).toMatch(/^. sandbox \S+ programs: [^]*no model is set up/m);
    if (!sandboxMissing) expect(bare.out).not.toMatch(/^. sandbox /m); // each probe is for doctor to tell
    expect(JSON.parse((await worknode("init", "--output-format", "json")).out)).toMatchObject({ model: null });
    claude('{"loggedIn": false}');
    expect((await worknode("init")).out).toContain("no model is set up");
    claude('{"loggedIn": true}');
    const onClaude = await worknode("init");
    expect(onClaude.out).toContain("Ready to run a plan on Claude Code");
    expect(onClaude.out).toContain(`Next: worknode run ${PLAN} --runtime claude-code\n`);
    repo.env["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
    expect((await worknode("init")).out).toMatch(/Ready to run a plan\.\nClaude Code .*\nNext: worknode run \S+\n/);
  });

  it("is not ready where a program of its own commands is missing", async () => {
    repo = makeRepo({ "go/go.mod": "module x\n" });
    repo.env["PATH"] = "/usr/bin:/bin";
    const { code, out } = await worknode("init");
    expect(code).toBe(2);
    expect(out).toContain("Not ready: see the fixes above.\n");
    expect(out).not.toContain("Next:");
  });

  it("needs a repository with a commit", async () => {
    repo = makeRepo({ "README.md": "# r\n" });
    const context = makeContext({ cwd: join(repo.dir, "..", "home"), env: repo.env });
    expect(await runCommandLine(context, ["init"])).toBe(2);
    expect(context.complained()).toContain("not inside a git repository");
  });
});
