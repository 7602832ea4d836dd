import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/kernel/clock.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const plan = (id: string): string => `apiVersion: worknode/v1
kind: Plan
id: ${id}
title: Write the notes
phases:
  - id: write
    tasks:
      - { id: ${id.toUpperCase()}, title: Write the note, owner: implementer, files: { write: [notes/one.md] } }
`;
const KEY = "sk-test-of-the-shared-allowance";
const ACCEPT = { decision: "ACCEPT" };

describe("crews under one key", () => {
  let mine: Repo;
  let other: Repo;
  beforeEach(() => {
    mine = makeRepo({ "README.md": "# r\n", "a.yaml": plan("a"), "b.yaml": plan("b") });
    other = makeRepo({ "README.md": "# r\n", "c.yaml": plan("c") });
    Object.assign(other.env, { XDG_STATE_HOME: mine.env["XDG_STATE_HOME"], ANTHROPIC_API_KEY: KEY });
    mine.env["ANTHROPIC_API_KEY"] = KEY;
  });
  afterEach(() => {
    mine.remove();
    other.remove();
  });

  async function worknode(repo: Repo, ...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  async function serve(script: string) {
    const server = await scripted(mine, script);
    other.env["ANTHROPIC_BASE_URL"] = mine.env["ANTHROPIC_BASE_URL"];
    return server;
  }
  /** Waits until the log of a repository holds an event. */
  async function logged(repo: Repo, is: (event: ReturnType<typeof eventsOf>[number]) => boolean): Promise<void> {
    for (let look = 0; look < 600; look += 1) {
      if (eventsOf(repo).some(is)) return;
      await systemClock.sleep(50);
    }
    throw new Error("it was never logged");
  }
  const folder = (): string => join(mine.env["XDG_STATE_HOME"] ?? "", "worknode", "allowance");

  it("all wait when one is told to, in two processes of a project and in two projects", async () => {
    const refused = { faults: [{ type: "status", status: 429, retryAfter: 3600 }] };
    const work = (more: object = {}): object[] => [write("notes/one.md", "x\n", more), submit];
    const server = await serve(scriptOf({ "A:work:1": work(refused), "B:work:1": work(), "C:work:1": work() }));
    try {
      const worked = (): number => server.requests().filter(({ key }) => key?.includes(":work:") === true).length;
      await worknode(mine, "run", "a.yaml", "--yes", "--detach");
      await logged(mine, ({ type }) => type === "MODEL_FAILED");
      await worknode(mine, "run", "b.yaml", "--yes", "--detach");
      await worknode(other, "run", "c.yaml", "--yes", "--detach");
      const waits = (id: string) => (event: ReturnType<typeof eventsOf>[number]) =>
        event.type === "ALERT" &&
        /^rate:.*:[A-Z]:work:1$/.test(event.payload.key ?? "") &&
        event.payload.key?.includes(`:${id}:`) === true;
      await logged(mine, waits("B"));
      await logged(other, waits("C"));
      expect(worked()).toBe(1);
      const alert = of(eventsOf(other), "ALERT").find(({ payload }) => payload.key?.startsWith("rate:") === true);
      expect(alert?.payload.message).toContain("all crews under this key share the rate of claude-sonnet");
      expect(readdirSync(folder()).join(" ")).not.toContain(KEY);
      await worknode(mine, "kill", "--all");
      await logged(other, ({ type }) => type === "SESSION_ENDED");
      for (const cycle of [1, 2]) await logged(mine, ({ type, run }) => type === "SESSION_ENDED" && run === cycle);
      rmSync(folder(), { recursive: true });
      expect(await worknode(other, "continue")).toMatchObject({ code: 0 });
    } finally {
      await server.close();
    }
  });

  it("spend no more together than a person set, and go on when more is allowed", async () => {
    const usage = { input_tokens: 10, output_tokens: 15_000 };
    const script = JSON.parse(
      scriptOf({
        "A:work:1": [write("notes/one.md", "x\n", { usage }), submit],
        "C:work:1": [write("notes/one.md"), submit],
      }),
    ) as { replies: Record<string, object[]> };
    script.replies["-:plan-review:1"] = [use("submit_plan_review", { ...ACCEPT, risks: [] }, { usage })];
    const server = await serve(JSON.stringify(script));
    try {
      expect((await worknode(mine, "budget", "cap")).out).toContain("no cap over all crews");
      expect((await worknode(mine, "budget", "cap", "--usd", "0.8")).out).toContain("left of $0.8");
      expect(await worknode(mine, "run", "a.yaml", "--yes")).toMatchObject({ code: 0 });
      const asked = server.requests().length;
      const refused = await worknode(other, "run", "c.yaml", "--yes");
      expect(refused.code).toBe(5);
      expect(refused.out).toContain("under the cap over all crews of this key");
      expect(server.requests()).toHaveLength(asked);
      const report = JSON.parse((await worknode(other, "budget", "cap", "--output-format", "json")).out) as {
        usd: { spent: number; reserved: number };
      };
      const ran = of(eventsOf(mine), "MODEL_RESPONSE").reduce((sum, { payload }) => sum + (payload.usd ?? 0), 0);
      expect(report.usd).toMatchObject({ spent: expect.closeTo(ran, 6) as number, reserved: 0 });
      await worknode(other, "budget", "cap", "--usd", "5");
      expect(await worknode(other, "continue")).toMatchObject({ code: 0 });
      expect((await worknode(other, "budget", "cap", "--none")).out).toContain("no cap");
    } finally {
      await server.close();
    }
  });

  it("ask nothing while what they may spend cannot be read, and nothing is opened for it", async () => {
    const server = await serve(scriptOf({ "A:work:1": [write("notes/one.md"), submit] }));
    try {
      await worknode(mine, "budget", "cap", "--usd", "5");
      const file = join(folder(), readdirSync(folder()).find((name) => name.endsWith(".db")) ?? "");
      rmSync(`${file}-wal`, { force: true });
      writeFileSync(file, "no database");
      const refused = await worknode(mine, "run", "a.yaml", "--yes");
      expect(refused.code).toBe(2);
      expect(refused.err).toContain("is damaged");
      expect(refused.err).toContain(file);
      expect((await worknode(mine, "plan", "new", "a goal")).code).toBe(2);
      expect(server.requests()).toHaveLength(0);
      expect(of(eventsOf(mine), "CYCLE_STARTED")).toHaveLength(0);
    } finally {
      await server.close();
    }
  });

  it("set a cap in money only, of the key that is there", async () => {
    expect((await worknode(mine, "budget", "cap", "--tokens", "5")).code).toBe(2);
    expect((await worknode(mine, "budget", "cap", "--usd", "5", "--none")).code).toBe(2);
    expect((await worknode(mine, "budget", "add", "--none")).code).toBe(2);
    delete mine.env["ANTHROPIC_API_KEY"];
    expect((await worknode(mine, "budget", "cap")).err).toContain("ANTHROPIC_API_KEY");
  });
});
