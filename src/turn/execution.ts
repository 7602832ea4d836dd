import { assert } from "../kernel/assert.js";
import { messageOf } from "../kernel/fault.js";
import {
  type ControllerRequest,
  type ControllerResponse,
  type CriticOutput,
  controllerRequestSchema,
  criticOutputSchema,
  type DomainTask,
  type EndOutcome,
  endOutcomeSchema,
  type TraceEntry,
  type WorkOutput,
  workOutputSchema,
} from "../schema/trace.js";
import { sealResponse } from "./seal.js";

/**
 * One bounded execution (S1): PLAN → WORK → [TOOL → WORK] → CRITIC → END, at most one tool call.
 *
 *     PLAN ──► WORK ──tool_request──► TOOL ──► WORK ──► CRITIC ──► END
 *               └────────result─────────────────────────┘
 *
 * Whatever fails, in whatever state, the execution still ends in END. The response is frozen and
 * sealed. The controller decides nothing: who works, what a tool does and what a critic thinks are
 * injected; it only guarantees order, number and form of the steps.
 */
export interface ExecutionPorts {
  /** Names the worker for the task. Asked exactly once. */
  plan(task: DomainTask): { agent_id: string; worker_id: string };
  /** Whether a name is a known worker (S1:31). */
  isWorker(workerId: string): boolean;
  /** The worker's next step; `event` cites the model reply it came from. */
  work(round: 1 | 2): Promise<{ agent_id: string; output: WorkOutput; event?: string }>;
  /** Runs the tool exactly once, or returns what an earlier run of the same call recorded. */
  tool(request: { tool_name: string; args: Record<string, unknown> }): Promise<unknown>;
  /** Judges what the worker brought. It changes no state and retries nothing (S1:72). */
  critic(output: WorkOutput): Promise<{ agent_id: string; output: CriticOutput; outcome: EndOutcome }>;
}

/** What ended an execution early; `outcome` is what END says. Any error with such a member counts as one. */
export class ExecutionStop extends Error {
  readonly outcome: EndOutcome;
  constructor(outcome: EndOutcome, reason: string, cause?: unknown) {
    super(reason, cause === undefined ? undefined : { cause });
    this.name = "ExecutionStop";
    this.outcome = outcome;
  }
}

/** A finished execution and, when it ended early by an exception, that exception for the caller to judge. */
export interface ExecutionRun {
  response: ControllerResponse;
  outcome: EndOutcome;
  /** Why it ended early, for people. */
  reason: string | undefined;
  stopped: unknown;
}

/**
 * Runs one execution. `inChain`: a second tool request ends it with CONTINUE instead of ERROR (C3).
 * Never throws but for broken invariants of worknode itself.
 */
export async function runExecution(
  request: ControllerRequest,
  ports: ExecutionPorts,
  options: { inChain: boolean },
): Promise<ExecutionRun> {
  const task = controllerRequestSchema.parse(request).domain.task;
  const run = new TraceBuilder(task);
  let outcome: EndOutcome;
  let reason: string | undefined;
  let stopped: unknown;
  try {
    outcome = await walk(run, ports, options.inChain);
  } catch (thrown) {
    stopped = thrown;
    outcome = outcomeOf(thrown);
    reason = messageOf(thrown);
  }
  run.push({ state: "END", outcome });
  return { response: run.respond(), outcome, reason, stopped };
}

function outcomeOf(thrown: unknown): EndOutcome {
  const claimed =
    thrown instanceof Error && "outcome" in thrown ? endOutcomeSchema.safeParse(thrown.outcome) : undefined;
  return claimed?.success === true ? claimed.data : "ERROR";
}

async function walk(run: TraceBuilder, ports: ExecutionPorts, inChain: boolean): Promise<EndOutcome> {
  const { agent_id, worker_id } = ports.plan(run.task);
  run.plan(agent_id, worker_id);
  if (!ports.isWorker(worker_id)) throw new ExecutionStop("ERROR", `unknown worker ${worker_id}`);
  let output = await workOnce(run, ports, 1);
  if ("tool_request" in output) {
    const { tool_name, args } = output.tool_request;
    run.push({ state: "TOOL", tool_name, input: args, output: await ports.tool(output.tool_request) });
    output = await workOnce(run, ports, 2);
  }
  if ("tool_request" in output && !inChain) throw new ExecutionStop("ERROR", "a second tool call in one execution");
  const verdict = await ports.critic(output);
  run.push({ state: "CRITIC", agent_id: verdict.agent_id, output: criticOutputSchema.parse(verdict.output) });
  return verdict.outcome;
}

async function workOnce(run: TraceBuilder, ports: ExecutionPorts, round: 1 | 2): Promise<WorkOutput> {
  const step = await ports.work(round);
  const parsed = workOutputSchema.safeParse(step.output);
  if (!parsed.success) throw new ExecutionStop("ERROR", "the worker returned neither one result nor one tool request");
  const event = step.event === undefined ? {} : { event: step.event };
  run.push({ state: "WORK", agent_id: step.agent_id, output: parsed.data, ...event });
  return parsed.data;
}

/** States that may follow each state; anything else is a defect of the controller. */
const NEXT: Record<TraceEntry["state"] | "START", readonly TraceEntry["state"][]> = {
  START: ["PLAN", "END"],
  PLAN: ["WORK", "END"],
  WORK: ["TOOL", "CRITIC", "END"],
  TOOL: ["WORK", "END"],
  CRITIC: ["END"],
  END: [],
};

class TraceBuilder {
  readonly task: DomainTask;
  private readonly trace: TraceEntry[] = [];
  private workerId = "";

  constructor(task: DomainTask) {
    this.task = task;
  }

  plan(agentId: string, workerId: string): void {
    this.workerId = workerId;
    this.push({ state: "PLAN", agent_id: agentId, output: { task: this.task, worker_id: workerId } });
  }

  push(entry: TraceEntry): void {
    const last = this.trace.at(-1)?.state ?? "START";
    assert(NEXT[last].includes(entry.state), `illegal transition ${last} → ${entry.state}`);
    this.trace.push(entry);
  }

  respond(): ControllerResponse {
    const work = this.trace.findLast((entry) => entry.state === "WORK");
    const critic = this.trace.findLast((entry) => entry.state === "CRITIC");
    return sealResponse({
      task: this.task,
      worker_id: this.workerId,
      worker_output: work?.output ?? null,
      critic_decision: critic?.output ?? null,
      trace: this.trace,
    });
  }
}
