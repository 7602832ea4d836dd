import { execFileSync, spawnSync } from "node:child_process";
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createBroker } from "../../src/capability/broker.js";
import { verifyToken } from "../../src/capability/token.js";
import { type AnyEvent, open } from "../../src/index.js";
import { makeRepo, type Repo, run, scripted } from "../scenario/harness.js";
import { of, runScripted, scriptOf, submit, use, write } from "../scenario/scripted-run.js";
import { grant, stillClock, testKey } from "../unit/capability/samples.js";
import { ask, jsonOf, worknode } from "./program.js";

/** REQUIREMENTS F and H on one machine: what is known, to whom, at what cost, and that nothing else is needed. */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let repo: Repo | undefined;
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  repo?.remove();
});

const planOf = (tasks: string, more = ""): string => `apiVersion: worknode/v1
kind: Plan
id: state
title: State
${more}
phases:
  - id: build
    tasks:
${tasks}`;
const noteOf = (id: string, more = ""): string =>
  `      - { id: ${id}, title: Note, owner: implementer, files: { write: [${id}.md] }${more} }\n`;

describe("a capability token", () => {
  it("costs one signature, however many there are, and no look anywhere else", () => {
    const broker = createBroker({ privateKey: testKey, clock: stillClock(1_000) });
    const context = { publicKey: broker.publicKey, nowMs: 1_000, epoch: grant.epoch, isRevoked: () => false };
    const signatures = vi.spyOn(crypto, "verify");
    syncBuiltinESMExports(); // so that every module that imported it calls the one that counts
    const costOf = (token: string): number => {
      const before = signatures.mock.calls.length;
      expect(verifyToken(token, context)).toMatchObject({ ok: true });
      return signatures.mock.calls.length - before;
    };
    const tokens = Array.from({ length: 2_000 }, () => broker.mint(grant).token);
    expect(costOf(tokens[0] ?? "")).toBe(1);
    expect(costOf(tokens[1_999] ?? "")).toBe(1);
  });
});

describe("a listener", () => {
  it("hears of a task's end as it is recorded, without anybody asking again and again", async () => {
    const intervals = vi.spyOn(globalThis, "setInterval");
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A")) });
    const heard: AnyEvent[] = [];
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md"), submit] }));
    const library = await open(repo.dir, { env: repo.env });
    const all = new Promise<void>((resolve) => {
      library.subscribe((events) => {
        heard.push(...events);
        if (events.some(({ type }) => type === "CYCLE_ENDED")) resolve();
      });
    });
    const { exitCode } = await run(repo);
    await all;
    library.close();
    await server.close();
    expect(exitCode).toBe(0);
    expect(heard.filter(({ type }) => type === "EVENT_TASK_COMPLETED")).toMatchObject([{ task: "A" }]);
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => (heard[0]?.seq ?? 0) + index));
    expect(intervals).not.toHaveBeenCalled();
  });
});

describe("a budget", () => {
  it("of tokens is never overrun: the request that could is not sent, and the run ends with exit 5, resumable", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A"), "budget: { tokens: 120000 }") });
    const usage = { input_tokens: 60_000, output_tokens: 10 };
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md", "x\n", { usage }), submit] }));
    const ended = await worknode(repo, "run", "plan.yaml", "--yes", "--output-format", "json");
    const asked = server.requests().length;
    expect(ended.code, ended.err).toBe(5);
    expect(jsonOf(ended.out)).toMatchObject({ exitCode: 5, reason: expect.stringContaining("over budget") });
    expect(server.requests().filter(({ key }) => key === "A:work:1")).toHaveLength(1);
    const again = await worknode(repo, "continue");
    expect(again.code).toBe(5);
    expect(server.requests()).toHaveLength(asked);
    await server.close();
    const report = jsonOf((await ask(repo, "status", "--output-format", "json")).out) as {
      totals: { spent_tokens: number; reserved_tokens: number };
    };
    expect(report.totals.spent_tokens).toBeLessThanOrEqual(120_000);
    expect(report.totals.reserved_tokens).toBe(0);
  });

  it("of money stops the run before a request that it might not cover", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A"), "budget: { usd: 0.001 }") });
    const { exitCode, events } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
    expect(exitCode).toBe(5);
    expect(of(events, "MODEL_REQUEST")).toEqual([]);
    expect(of(events, "BUDGET_REFUSED")[0]?.payload).toMatchObject({ unit: "usd", left: 0.001 });
  });

  it("of one task ends that task's work, and no other's", async () => {
    const few = noteOf("A", ", limits: { maxExecutions: 1 }");
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(few + noteOf("B")) });
    const { events } = await runScripted(repo, {
      "A:work:1": [use("Glob", { pattern: "*" }), use("Glob", { pattern: "*.md" })],
      "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "enough" })],
      "B:work:1": [write("B.md"), submit],
    });
    expect(of(events, "EVENT_TASK_COMPLETED").map(({ task }) => task)).toEqual(["B"]);
    expect(of(events, "ESCALATION").map(({ task }) => task)).toContain("A");
  });
});

describe("the tests", () => {
  const isolated = spawnSync("unshare", ["-rn", "sh", "-c", "ip link set lo up"]).status === 0;

  it.skipIf(!isolated)("need no network and no key [needs unshare and ip]", { timeout: 120_000 }, () => {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ANTHROPIC_")));
    const files = ["test/scenario/spine.test.ts", "test/unit/model/hosted-api.test.ts"];
    const vitest = `${ROOT}node_modules/vitest/vitest.mjs`;
    const script = 'ip link set lo up; exec "$@"';
    const told = execFileSync(
      "unshare",
      ["-rn", "sh", "-c", script, "sh", process.execPath, vitest, "run", "--reporter=json", ...files],
      {
        cwd: ROOT,
        env: { ...env, VITEST: undefined, WORKNODE_TEST_REPORT: undefined }, // its report is its own, on its own output
        encoding: "utf8",
        timeout: 110_000,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    expect(JSON.parse(told.slice(told.indexOf("{")))).toMatchObject({
      success: true,
      numPassedTestSuites: expect.any(Number),
      numFailedTests: 0,
    });
  });
});
