import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const plan = (command: string, workspace = "{}"): string => `apiVersion: worknode/v1
kind: Plan
id: tools
title: Tools
workspace: ${workspace}
waivers: [{ rule: coverage, tasks: [A], reason: the programs are what is looked at }]
phases:
  - id: p
    tasks:
      - { id: A, title: A, owner: implementer, files: { write: [a.js] }, verify: { test: ${command} } }
`;

describe.skipIf(sandboxMissing)(`A plan whose programs are not there${reason}`, () => {
  let repo: Repo;
  const made: Repo[] = [];
  afterEach(() => {
    for (const each of made.splice(0)) each.remove();
  });

  function setUp(files: Record<string, string>): Repo {
    repo = makeRepo(files);
    made.push(repo);
    return repo;
  }

  /** Runs the plan with a model at hand, and counts what it was asked. */
  async function runWith(
    text: string,
    prepare: (repo: Repo) => void = () => undefined,
    verb: readonly string[] = ["run"],
  ) {
    if (verb[0] === "run") {
      prepare(setUp({ "plan.yaml": text, ".gitignore": "node_modules\n" }));
    }
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("a.js", "// a\n"), submit] }));
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    try {
      const args = verb[0] === "run" ? [...verb, "plan.yaml", "--yes"] : verb;
      const code = await runCommandLine(context, args);
      return { code, err: context.complained(), asked: server.requests().length };
    } finally {
      await server.close();
    }
  }
  const cycles = (): number => of(eventsOf(repo), "CYCLE_STARTED").length;
  const approvals = (): number => of(eventsOf(repo), "PLAN_APPROVED").length;

  it("is refused before it is approved or anything is asked, with what to do", async () => {
    const { code, err, asked } = await runWith(plan("[no-such-pnpm, test]"));
    expect(code).toBe(2);
    expect(err).toContain("no-such-pnpm is not installed (not in PATH): install it, or correct the plan");
    expect([asked, cycles(), approvals()]).toEqual([0, 0, 0]);
  });

  it("runs once the program is installed, where the PATH leads to it", async () => {
    const tool = (at: Repo): void => {
      const bin = join(at.dir, "..", "tools", "bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "no-such-pnpm"), "#!/bin/sh\nexit 0\n");
      chmodSync(join(bin, "no-such-pnpm"), 0o755);
      at.env["PATH"] = `${bin}:${at.env["PATH"] ?? ""}`;
    };
    expect(await runWith(plan("[no-such-pnpm, test]"), tool)).toMatchObject({ code: 0, err: "" });
    const named = await runWith(plan("[no-such-pnpm, test]", "{ toolchains: [] }"), tool);
    expect(named).toMatchObject({ code: 2, asked: 0 });
    expect(named.err).toMatch(
      /lies at \/.*no-such-pnpm, which commands do not see: name its folder in workspace\.tool/,
    );
  });

  it("is refused before a person is asked also where it is to run by itself", async () => {
    const { code, err } = await runWith(plan("[no-such-pnpm, test]"), undefined, ["run", "--detach"]);
    expect(code).toBe(2);
    expect(err).toContain("no-such-pnpm is not installed");
    expect(approvals()).toBe(0);
  });

  it("is refused where npx would have to fetch what it starts, with or without a version", async () => {
    const missing = await runWith(plan("[npx, no-such-tool@4, --all]"));
    expect(missing).toMatchObject({ code: 2, asked: 0 });
    expect(missing.err).toContain("npx no-such-tool finds no node_modules/.bin/no-such-tool");
    expect(approvals()).toBe(0);
    const installed = (at: Repo): void => {
      at.write("node_modules/no-such-tool/package.json", '{"name":"no-such-tool","version":"4.0.0","bin":"./cli"}');
      at.write("node_modules/no-such-tool/cli", "#!/bin/sh\nexit 0\n");
      at.chmod("node_modules/no-such-tool/cli", 0o755);
      mkdirSync(join(at.dir, "node_modules/.bin"));
      symlinkSync("../no-such-tool/cli", join(at.dir, "node_modules/.bin/no-such-tool"));
    };
    expect(await runWith(plan("[npx, no-such-tool@4, --all]"), installed)).toMatchObject({ code: 0, err: "" });
    const prepared = "{ prepare: { command: [cp, -r, made, node_modules] } }";
    expect((await runWith(plan("[npx, no-such-tool]", prepared))).err).not.toContain("finds no");
  });

  it.each([
    ["[npx, --yes, no-such-tool@4]", "no-such-tool", "node_modules/.bin/no-such-tool"],
    ["[npx, --no, --, '@no-such/tool@2', check]", "@no-such/tool", "node_modules/@no-such/tool"],
    ["[npx, '--package=@no-such/tool@1', other]", "@no-such/tool", "node_modules/@no-such/tool"],
  ])("is refused where npx would have to fetch it, with a scope or behind flags: %s", async (command, name, place) => {
    const missing = await runWith(plan(command));
    expect(missing).toMatchObject({ code: 2, asked: 0 });
    expect(missing.err).toContain(`npx ${name} finds no ${place}`);
    const installed = (at: Repo): void => at.write(`node_modules/${name}/package.json`, "{}");
    expect((await runWith(plan(command), installed)).err).not.toContain("finds no");
  });

  it("is refused where its packages are not installed, unless the plan prepares them", async () => {
    const missing = await runWith(plan("[node_modules/.bin/tool]"));
    expect(missing).toMatchObject({ code: 2, asked: 0 });
    expect(missing.err).toContain("node_modules/.bin/tool is not there: install the project's dependencies");
    const linked = await runWith(plan("[node, --test]", "{ link: [deps] }"));
    expect(linked).toMatchObject({ code: 2, asked: 0 });
    expect(linked.err).toContain("workspace.link names deps");
    const installed = (at: Repo): void => {
      at.write("node_modules/.bin/tool", "#!/bin/sh\nexit 0\n");
      at.chmod("node_modules/.bin/tool", 0o755);
    };
    expect(await runWith(plan("[node_modules/.bin/tool]"), installed)).toMatchObject({ code: 0 });
    const prepared = "{ link: [node_modules], prepare: { command: [cp, -r, made, node_modules] } }";
    const making = (at: Repo): void => {
      at.write("made/.bin/tool", "#!/bin/sh\nexit 0\n");
      at.chmod("made/.bin/tool", 0o755);
      at.git("add", "-f", "made");
      at.git("commit", "-q", "-m", "made");
    };
    expect(await runWith(plan("[node_modules/.bin/tool]", prepared), making)).toMatchObject({ code: 0 });
    expect(existsSync(join(repo.dir, "node_modules"))).toBe(false);
  });

  it("leaves what a command builds to the command", async () => {
    const built = plan("[build/tool]").replace(
      "verify: {",
      "verify: { compile: [install, -m, '755', -D, tool, build/tool],",
    );
    const tool = (at: Repo): void => {
      at.write("tool", "#!/bin/sh\nexit 0\n");
      at.git("add", "tool");
      at.git("commit", "-q", "-m", "tool");
    };
    expect(await runWith(built, tool)).toMatchObject({ code: 0, err: "" });
  });

  it("waits as it is where the program went away between evening and morning", async () => {
    const tool = (at: Repo): void => {
      at.write("node_modules/.bin/tool", "#!/bin/sh\nexit 0\n");
      at.chmod("node_modules/.bin/tool", 0o755);
    };
    setUp({ "plan.yaml": plan("[node_modules/.bin/tool]"), ".gitignore": "node_modules\n" });
    tool(repo);
    const server = await scripted(
      repo,
      scriptOf({ "A:work:1": [{ ...write("a.js", "// a\n"), hold: "evening" }, submit] }),
    );
    const stop = new AbortController();
    server.onHold("evening", () => stop.abort());
    const evening = { ...makeContext({ cwd: repo.dir, env: repo.env }), signal: stop.signal };
    expect(await runCommandLine(evening, ["run", "plan.yaml", "--yes"])).toBe(130);
    await server.close();
    repo.chmod("node_modules/.bin/tool", 0o644);
    expect(await runWith("", undefined, ["continue"])).toMatchObject({ code: 2, asked: 0 });
    repo.chmod("node_modules/.bin/tool", 0o755);
    expect(await runWith("", undefined, ["continue"])).toMatchObject({ code: 0 });
  });
});
