import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { ErrorCode } from "@modelcontextprotocol/sdk/types.js";
import { type Project, withProject } from "../../crew/cycle/project.js";
import { runPlan } from "../../crew/cycle/session.js";
import { openOutside } from "../../crew/service/outside.js";
import { type OutsidePlace, outsideTools, type PlanTasks } from "../../crew/service/outside-tools.js";
import { claimPlanTask, finishPlanTask } from "../../crew/service/person-task.js";
import { Fault, invalid, messageOf } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { ToolName } from "../../schema/tool.js";
import { createMcpServer } from "../mcp/server.js";
import { wholeLines } from "../mcp/whole-lines.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { readVersion } from "./version.js";

/** Longest message a client may send (bytes): a record whose texts are far too long is then refused by its own schema. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** `worknode mcp`: serves this project's memory and coordination to MCP clients over standard input and output. */
export const mcpVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "mcp",
    "Serve this project to MCP clients over standard input and output.",
  ).option("--as <name>", "id of the agent that connects", "mcp-client");
  return withArguments<{ as: string }>(command, args, ({ options }) =>
    withProject(context, async ({ repository, store }) => {
      const ending = new AbortController();
      const signal = AbortSignal.any([context.signal, ending.signal]);
      const runs = new Set<Promise<unknown>>();
      const startRun = createStarter(context, signal, runs);
      const planTasks = planTasksOf({ repository, store }, options.as, { env: context.env, signal });
      const handlers = outsideTools({ store, location: repository, agent: options.as, planTasks, startRun });
      const tools = Object.keys(handlers) as ToolName[];
      const outside = openOutside({ repository, store, env: context.env, signal, agent: options.as, tools });
      const server = createMcpServer({ store, outside, handlers, version: readVersion() });
      const closed = new Promise<void>((done) => process.stdin.once("close", done).once("end", done));
      server.onerror = ({ message }) => writeLine(context.err, `worknode mcp: ${message}`);
      const lines = process.stdin.pipe(wholeLines(MAX_MESSAGE_BYTES, refuseMessage));
      await server.connect(
        new StdioServerTransport(lines as unknown as typeof process.stdin, process.stdout, {
          maxBufferSize: 2 * MAX_MESSAGE_BYTES,
        }),
      );
      await Promise.race([closed, aborted(context.signal)]);
      ending.abort(new DOMException("the client left", "AbortError"));
      await Promise.all(runs);
      await server.close();
      return 0;
    }),
  );
};

/** Answers a message that nobody read. */
function refuseMessage(id: string | number | undefined): void {
  const message = `The message is longer than ${MAX_MESSAGE_BYTES} bytes. Nothing was done.`;
  const answer = { jsonrpc: "2.0", id: id ?? null, error: { code: ErrorCode.InvalidRequest, message } };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** Tasks of plans in this client's hands. What the rules reject is told as an error with what to change. */
function planTasksOf(
  project: Project,
  by: string,
  options: { env: CliContext["env"]; signal: AbortSignal },
): PlanTasks {
  return {
    claim: (task) => claimPlanTask(project, { task, by }, options),
    async finish(task, summary) {
      const handed = await finishPlanTask(project, { task, by, summary }, options);
      if (!handed.ok || handed.value.completion.kind === "accepted") return handed.ok ? ok(handed.value.row) : handed;
      return err(invalid("TASK_REJECTED", handed.value.completion.feedback));
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));
}

/** Starts runs of plans a person approved, one at a time; an unapproved one is refused (nobody is asked here). */
function createStarter(
  context: CliContext,
  signal: AbortSignal,
  runs: Set<Promise<unknown>>,
): OutsidePlace["startRun"] {
  return async (planPath, inputs) => {
    if (runs.size > 0) return err(invalid("RUN_BUSY", "This server runs a plan already; `status` says how it stands."));
    const { cwd, env } = context;
    return await new Promise<Result<Record<string, unknown>, Fault>>((answer) => {
      const started = (cycle: number): void =>
        answer(ok({ cycle, state: "running", next: "Call status with this cycle." }));
      const running = runPlan({
        cwd,
        env,
        signal,
        planPath,
        inputs,
        yes: false,
        includeWip: false,
        onEvent: (event) => event.type === "SESSION_STARTED" && started(event.run),
      }).then(
        ({ exitCode, reason, cycle }) => answer(ok({ cycle, state: "ended", exit_code: exitCode, reason })),
        (thrown: unknown) => answer(err(thrown instanceof Fault ? thrown : new Fault("RUN_FAILED", messageOf(thrown)))),
      );
      runs.add(running);
      void running.finally(() => runs.delete(running));
    });
  };
}
