import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { systemClock } from "../../src/kernel/clock.js";
import { type ConfigProject, configSchema } from "../../src/schema/config.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { KINDS, type Kind } from "./kinds.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

/** Longest such night: two sessions and two verifications, on a machine that has more to do. */
const NIGHT_MS = 240_000;

/** The plan the executive drafts: a task for each project, verified as `init` has found. */
function draft({ more }: Kind, config: { projects: readonly ConfigProject[]; workspace: object }): string {
  const tasks = config.projects.map(({ verify }, index) => ({
    id: `T-${index + 1}`,
    title: "Double a number",
    owner: "implementer",
    files: { write: Object.keys(more[index] ?? {}) },
    verify,
  }));
  const uncovered = tasks.filter(({ verify }) => verify?.coverage === undefined).map(({ id }) => id);
  return stringify({
    apiVersion: "worknode/v1",
    kind: "Plan",
    id: "twice",
    title: "Double numbers",
    budget: { usd: 5 },
    workspace: config.workspace,
    waivers: uncovered.length === 0 ? [] : [{ rule: "coverage", tasks: uncovered, reason: "no tool for it here" }],
    phases: [{ id: "build", tasks }],
  });
}

/** kill -9, and a wait until the process is gone: until then a reply may still reach it. */
async function end(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  for (let look = 0; look < 100 && isThere(pid); look += 1) await systemClock.sleep(50);
  expect(isThere(pid)).toBe(false);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(sandboxMissing)(`a first night, from nothing to the work brought home${reason}`, () => {
  let repo: Repo;
  afterEach(() => repo.remove());

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  async function succeed(...args: string[]): Promise<string> {
    const { code, out, err } = await worknode(...args);
    expect([args, code], `${out}${err}`).toEqual([args, 0]);
    return out;
  }

  for (const kind of KINDS) {
    const promise = `in ${kind.name}: init, plan new, run, and land, with kill -9 in the night`;
    it.skipIf(!kind.able)(promise, { timeout: NIGHT_MS }, async () => {
      repo = makeRepo(kind.files);
      kind.prepare(repo);
      const found = await succeed("init");
      for (const text of kind.finds) expect(found).toContain(text);
      await succeed("plan", "lint", ".worknode/plans/first.yaml");
      const config = configSchema.parse(parse(readFileSync(join(repo.dir, ".worknode/config.yaml"), "utf8")));
      const plan = use("submit_result", { summary: "drafted", outputs: { plan: draft(kind, config) } });
      const work = kind.more.map((files, index) => [
        `T-${index + 1}:work:1`,
        [...Object.entries(files).map(([path, text]) => write(path, text)), { ...submit, hold: "night" }],
      ]);
      const server = await scripted(repo, scriptOf({ "DRAFT-1:work:1": [plan], ...Object.fromEntries(work) }));
      try {
        expect(await succeed("plan", "new", "Double numbers")).toContain("nothing has run");
        const held = new Promise<void>((resolve) => server.onHold("night", resolve));
        const begun = await succeed("run", ".worknode/plans/twice.yaml", "--yes", "--detach");
        await held;
        await end(Number(/process (\d+)/.exec(begun)?.[1]));
        server.release("night");
        await succeed("continue");
      } finally {
        await server.close();
      }
      expect(server.repeatedWholeReplies()).toEqual([]);
      expect(await succeed("status")).toContain("cycle 2 done: done and verified");
      const shown = await succeed("diff");
      const files = Object.entries(Object.assign({}, ...kind.more) as Record<string, string>);
      for (const [path] of files) expect(shown).toContain(path);
      const before = repo.git("rev-parse", "HEAD").trim();
      expect(await succeed("land")).toMatch(/^✓ .*: exit 0\n[\s\S]*Landed cycle 2 on main/);
      for (const [path, text] of files) expect(readFileSync(join(repo.dir, path), "utf8")).toBe(text);
      expect(repo.git("merge-base", "HEAD", before).trim()).toBe(before);
      expect(repo.git("status", "--porcelain", "--", ":!.worknode").trim()).toBe("");
      const judged = of(eventsOf(repo), "VERIFIED").map(({ task, payload }) => [task, payload.pass, payload.coverage]);
      for (const [index, { verify }] of config.projects.entries()) {
        const coverage: unknown = verify?.coverage === undefined ? undefined : expect.objectContaining({ lines: 1 });
        expect(judged).toContainEqual([`T-${index + 1}`, true, coverage]);
      }
      expect(await succeed("clean")).toContain("removed  cycle 2 T-1");
    });
  }
});
