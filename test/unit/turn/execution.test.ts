import { describe, expect, it } from "vitest";
import type { TraceEntry, WorkOutput } from "../../../src/schema/trace.js";
import { controllerResponseSchema } from "../../../src/schema/trace.js";
import { type ExecutionPorts, runExecution } from "../../../src/turn/execution.js";
import { replayTrace } from "../../../src/turn/seal.js";

const TASK = { id: "T-1", title: "work", conversation: "1:T-1:work:1" };
const REQUEST = { domain: { task: TASK } };
const CALL: WorkOutput = { tool_request: { tool_name: "Read", args: { file_path: "a" } } };
const RESULT: WorkOutput = { result: { summary: "done" } };

interface Counts {
  plan: number;
  work: number;
  tool: number;
  critic: number;
}

function ports(
  outputs: readonly unknown[],
  over: Partial<ExecutionPorts> = {},
): { ports: ExecutionPorts; counts: Counts } {
  const counts = { plan: 0, work: 0, tool: 0, critic: 0 };
  const made: ExecutionPorts = {
    plan: () => {
      counts.plan += 1;
      return { agent_id: "executive", worker_id: "implementer" };
    },
    isWorker: (id) => id === "implementer",
    work: async () => {
      counts.work += 1;
      return { agent_id: "implementer", output: outputs[counts.work - 1] as WorkOutput };
    },
    tool: async () => {
      counts.tool += 1;
      return "content";
    },
    critic: async () => {
      counts.critic += 1;
      return { agent_id: "validator", output: { decision: "ACCEPT" }, outcome: "ACCEPT" };
    },
    ...over,
  };
  return { ports: made, counts };
}

const states = (trace: readonly TraceEntry[]): string[] => trace.map(({ state }) => state);

describe("one execution", () => {
  it("plans once, works, calls its tool exactly once, works again, is judged and ends", async () => {
    const { ports: given, counts } = ports([CALL, RESULT]);
    const { response, outcome } = await runExecution(REQUEST, given, { inChain: false });
    expect(states(response.trace)).toEqual(["PLAN", "WORK", "TOOL", "WORK", "CRITIC", "END"]);
    expect(counts).toEqual({ plan: 1, work: 2, tool: 1, critic: 1 });
    expect(outcome).toBe("ACCEPT");
    expect(response.trace[0]).toEqual({
      state: "PLAN",
      agent_id: "executive",
      output: { task: TASK, worker_id: "implementer" },
    });
    expect(response.trace[2]).toEqual({
      state: "TOOL",
      tool_name: "Read",
      input: { file_path: "a" },
      output: "content",
    });
    expect(response.trace.at(-1)).toEqual({ state: "END", outcome: "ACCEPT" });
    expect(controllerResponseSchema.safeParse(response).success).toBe(true);
  });

  it("needs no tool", async () => {
    const { response } = await runExecution(REQUEST, ports([RESULT]).ports, { inChain: false });
    expect(states(response.trace)).toEqual(["PLAN", "WORK", "CRITIC", "END"]);
    expect(response.worker_output).toEqual(RESULT);
  });

  it("called directly, rejects a second tool request; in a chain, leaves it to the next execution", async () => {
    const direct = ports([CALL, CALL]);
    const alone = await runExecution(REQUEST, direct.ports, { inChain: false });
    expect(alone.outcome).toBe("ERROR");
    expect(direct.counts.tool).toBe(1);
    const chained = await runExecution(
      REQUEST,
      ports([CALL, CALL], {
        critic: async () => ({ agent_id: "rules", output: { decision: "ACCEPT" }, outcome: "CONTINUE" }),
      }).ports,
      { inChain: true },
    );
    expect(chained.outcome).toBe("CONTINUE");
    expect(chained.response.trace.length).toBeLessThanOrEqual(6);
  });

  it("ends in ERROR without work when the planner names an unknown worker", async () => {
    const { ports: given, counts } = ports([RESULT], { isWorker: () => false });
    const { response, outcome } = await runExecution(REQUEST, given, { inChain: false });
    expect(states(response.trace)).toEqual(["PLAN", "END"]);
    expect([outcome, counts.work]).toEqual(["ERROR", 0]);
  });

  it.each([
    ["both a result and a request", { ...RESULT, ...CALL }],
    ["neither", {}],
  ])("refuses a worker that returns %s", async (_, output) => {
    const { response, outcome } = await runExecution(REQUEST, ports([output]).ports, { inChain: true });
    expect(outcome).toBe("ERROR");
    expect(states(response.trace)).toEqual(["PLAN", "END"]);
  });

  it("refuses a rejection without feedback", async () => {
    const critic = async (): Promise<never> =>
      ({ agent_id: "v", output: { decision: "REJECT", feedback: " " }, outcome: "REJECT" }) as never;
    const { outcome } = await runExecution(REQUEST, ports([RESULT], { critic }).ports, { inChain: true });
    expect(outcome).toBe("ERROR");
  });

  it.each(["plan", "work", "tool", "critic"] as const)("still ends when %s fails, and says why", async (state) => {
    const fail = (): never => {
      throw new Error(`${state} broke`);
    };
    const over = { [state]: state === "plan" ? fail : async () => fail() } as Partial<ExecutionPorts>;
    const run = await runExecution(REQUEST, ports([CALL, RESULT], over).ports, { inChain: true });
    expect(run.response.trace.at(-1)).toEqual({ state: "END", outcome: "ERROR" });
    expect(run.reason).toBe(`${state} broke`);
  });

  it("takes exactly one task and nothing else", async () => {
    for (const bad of [
      { domain: { task: [TASK] } },
      { domain: { task: TASK }, queue: [] },
      { domain: { task: TASK, more: 1 } },
    ])
      await expect(runExecution(bad as never, ports([RESULT]).ports, { inChain: false })).rejects.toThrow();
  });
});

describe("a response", () => {
  it("is frozen through and through and sealed; the same trace gives the same seal, another gives another", async () => {
    const { response } = await runExecution(REQUEST, ports([CALL, RESULT]).ports, { inChain: false });
    expect(() => Object.assign(response.trace[2] as object, { output: "other" })).toThrow();
    expect(() => (response.trace as TraceEntry[]).pop()).toThrow();
    expect(replayTrace(response.trace)?.seal).toBe(response.seal);
    const changed = structuredClone(response.trace) as TraceEntry[];
    changed[2] = { state: "TOOL", tool_name: "Read", input: { file_path: "b" }, output: "content" };
    expect(replayTrace(changed)?.seal).not.toBe(response.seal);
  });
});
