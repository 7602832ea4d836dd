import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { READING_TOOLS } from "../../src/schema/tool.js";
import { controllerResponseSchema, type TraceEntry, type WorkOutput } from "../../src/schema/trace.js";
import { type ExecutionPorts, runExecution } from "../../src/turn/execution.js";
import { replayTrace } from "../../src/turn/seal.js";
import { makeRepo, type Repo } from "../scenario/harness.js";
import { of, runScripted, type ScriptedRun, submit, use, write } from "../scenario/scripted-run.js";
import { jsonOf, worknode } from "./program.js";

/** REQUIREMENTS B: one bounded, typed execution, and its trace. */

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
phases:
  - id: build
    tasks:
      - { id: A, title: Note, owner: implementer, files: { write: [A.md] } }
`;

let repo: Repo | undefined;
afterEach(() => repo?.remove());

async function work(calls: readonly object[], more: Record<string, readonly object[]> = {}): Promise<ScriptedRun> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  return await runScripted(repo, { "A:work:1": calls, ...more });
}

const REQUEST = { domain: { task: { id: "A", title: "note", conversation: "1:A:work:1" } } };
const CALL: WorkOutput = { tool_request: { tool_name: "Read", args: { file_path: "a" } } };
const RESULT: WorkOutput = { result: { summary: "done" } };

/** Ports whose worker answers these, in turn. */
function portsOf(outputs: readonly unknown[], over: Partial<ExecutionPorts> = {}): ExecutionPorts {
  let turn = 0;
  return {
    plan: () => ({ agent_id: "lead", worker_id: "dev" }),
    isWorker: (id) => id === "dev",
    work: async () => ({ agent_id: "dev", output: outputs[turn++] as WorkOutput }),
    tool: async () => "content",
    critic: async () => ({ agent_id: "judge", output: { decision: "ACCEPT" }, outcome: "ACCEPT" }),
    ...over,
  };
}

const steps = (trace: readonly TraceEntry[]): string[] =>
  trace.map(({ state }, index) => `${trace[index - 1]?.state ?? "START"} ${state}`);
const breaks = (port: keyof ExecutionPorts): Partial<ExecutionPorts> => ({
  [port]: () => {
    throw new Error(`${port} broke`);
  },
});

describe("an execution", () => {
  it("leaves no timer and no handle behind", async () => {
    const before = process.getActiveResourcesInfo().toSorted();
    await runExecution(REQUEST, portsOf([CALL, RESULT]), { inChain: false });
    expect(process.getActiveResourcesInfo().toSorted()).toEqual(before);
  });

  it("takes every step there is between its states, and no other", async () => {
    const again = { critic: async () => ({ agent_id: "rules", output: { decision: "ACCEPT" }, outcome: "CONTINUE" }) };
    const runs = [
      portsOf([CALL, RESULT]),
      portsOf([RESULT]),
      portsOf([CALL, CALL], again as Partial<ExecutionPorts>),
      portsOf([], breaks("plan")),
      portsOf([], breaks("work")),
      portsOf([CALL, {}]),
      portsOf([RESULT], breaks("critic")),
    ];
    const taken = new Set<string>();
    for (const ports of runs)
      for (const step of steps((await runExecution(REQUEST, ports, { inChain: true })).response.trace)) taken.add(step);
    expect([...taken].toSorted()).toEqual(
      [
        "START PLAN",
        "START END",
        "PLAN WORK",
        "PLAN END",
        "WORK TOOL",
        "WORK CRITIC",
        "WORK END",
        "TOOL WORK",
        "TOOL END",
        "CRITIC END",
      ].toSorted(),
    );
  });

  it("is never longer than six entries, planned first and once, ended last and once, whatever its parts do", async () => {
    const garbage = fc.constantFrom<unknown>({}, { ...CALL, ...RESULT }, null, "text", { result: 1 });
    const output = fc.oneof({ weight: 5, arbitrary: fc.constant(CALL) }, fc.constant(RESULT), garbage);
    const broken = fc.constantFrom<keyof ExecutionPorts | "none">("none", "plan", "work", "tool", "critic", "isWorker");
    await fc.assert(
      fc.asyncProperty(fc.array(output, { maxLength: 4 }), broken, fc.boolean(), async (outputs, port, inChain) => {
        const ports = portsOf(outputs, port === "none" ? {} : breaks(port));
        const { response } = await runExecution(REQUEST, ports, { inChain });
        const states = response.trace.map(({ state }) => state);
        expect(states.length).toBeLessThanOrEqual(6);
        expect(states.filter((state) => state === "TOOL").length).toBeLessThanOrEqual(1);
        expect(states.slice(0, -1)).not.toContain("END");
        expect(states.at(-1)).toBe("END");
        expect(states.lastIndexOf("PLAN")).toBeLessThanOrEqual(0);
        expect(controllerResponseSchema.safeParse(response).success).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the executions of a run", () => {
  it("invoke a tool once, and none that is unknown or whose input does not fit", async () => {
    const { events, exitCode } = await work([
      use("Delete", { file_path: "README.md" }),
      use("Write", { file_path: 5, content: "x" }),
      write("A.md"),
      submit,
    ]);
    expect(exitCode).toBe(0);
    expect(of(events, "EFFECT_KEPT").map(({ payload }) => payload.changes.map(({ path }) => path))).toEqual([["A.md"]]);
    for (const { payload } of of(events, "EXECUTION_ENDED"))
      expect(payload.trace.filter(({ state }) => state === "TOOL").length).toBeLessThanOrEqual(1);
    const refused = of(events, "VERDICT").filter(({ payload }) => payload.checks[0]?.pass === false);
    expect(refused).toHaveLength(2);
    expect(of(events, "SECURITY_VIOLATION").map(({ payload }) => payload.code)).toEqual([]);
  });

  it("have critics who can only look and judge, and whose rejection ends the execution", async () => {
    const reject = [use("submit_verdict", { decision: "REJECT", feedback: "write y" })];
    const accept = [use("submit_verdict", { decision: "ACCEPT" })];
    const { events, exitCode } = await work([write("A.md"), submit, write("A.md", "y\n"), submit], {
      "A:critic:1": reject,
      "A:critic:2": accept,
    });
    expect(exitCode).toBe(0);
    const critics = of(events, "CONVERSATION_STARTED").filter(({ payload }) => payload.kind === "critic");
    expect(critics).toHaveLength(2);
    for (const { payload } of critics)
      expect(payload.tools.filter((tool) => !READING_TOOLS.has(tool)).toSorted()).toEqual(["Bash", "submit_verdict"]);
    const rejected = of(events, "EXECUTION_ENDED").filter(({ payload }) => payload.outcome === "REJECT");
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.payload.trace.slice(-2)).toMatchObject([
      { state: "CRITIC", output: { decision: "REJECT", feedback: "write y" } },
      { state: "END", outcome: "REJECT" },
    ]);
  });

  it("give whole traces although no log is written beside them, each replayed to the same sealed response", async () => {
    const { events } = await work([use("Read", { file_path: "README.md" }), write("A.md"), submit]);
    const ended = of(events, "EXECUTION_ENDED");
    expect(ended.length).toBeGreaterThan(3);
    for (const { payload } of ended) {
      const replayed = replayTrace(payload.trace);
      expect(controllerResponseSchema.parse(replayed).seal).toBe(payload.seal);
      for (const entry of payload.trace)
        if (entry.state !== "END") expect("agent_id" in entry ? entry.agent_id : entry.tool_name).toMatch(/./);
    }
    const id = ended.find(({ payload }) => payload.outcome === "ACCEPT")?.execution ?? "";
    const shown = jsonOf((await worknode(repo as Repo, "trace", id, "--output-format", "json")).out);
    expect(shown).toMatchObject({ apiVersion: "worknode/v1", kind: "Trace", execution: id, outcome: "ACCEPT" });
    expect(shown["trace"]).toEqual(ended.find(({ execution }) => execution === id)?.payload.trace);
  });

  it("are found changed by `trace verify` when one entry of one trace was", async () => {
    await work([write("A.md"), submit]);
    expect((await worknode(repo as Repo, "trace", "verify")).code).toBe(0);
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(`${(repo as Repo).dir}/.worknode/worknode.db`);
    for (const { name } of db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[])
      db.exec(`DROP TRIGGER "${name}"`);
    const changed = db
      .prepare("UPDATE events SET payload = replace(payload, '\"A.md\"', '\"B.md\"') WHERE type = 'EXECUTION_ENDED'")
      .run();
    db.close();
    expect(changed.changes).toBeGreaterThan(0);
    expect(await worknode(repo as Repo, "trace", "verify")).toMatchObject({
      code: 4,
      out: expect.stringContaining("the seal does not match the trace"),
    });
  });
});
