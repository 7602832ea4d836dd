import { type ClaudeProgram, findClaude } from "../../effect/program/claude-program.js";
import { invalid } from "../../kernel/fault.js";
import { type Allowance, openAllowance } from "../../model/allowance.js";
import { createModelClient } from "../../model/client.js";
import { type Connection, resolveConnection } from "../../model/connection.js";
import type { ModelClient } from "../../model/request.js";
import type { Runtime } from "../../schema/runtime.js";
import type { Store } from "../../store/store.js";
import { cycleStream, eventAt } from "../state/records.js";

/** What a crew's agents get their replies from. `claude`: the program, where one of them runs on it. */
export interface ModelNeeds {
  readonly runtimes: ReadonlySet<Runtime>;
  readonly claude: ClaudeProgram | undefined;
}

/** How a crew reaches its model, and what it shares with the other crews of its key. */
export interface ModelAccess {
  /** Undefined where every agent runs on Claude Code. */
  readonly client: ModelClient | undefined;
  readonly allowance: Allowance;
}

/** Refuses a set-up that could ask nothing, before anything is opened for it. Throws Faults of exit 2. */
export async function requireModel(runtimes: ReadonlySet<Runtime>, env: NodeJS.ProcessEnv): Promise<ModelNeeds> {
  openAllowance(connectionOf(runtimes, env), { env, crew: "" }).close();
  return { runtimes, claude: runtimes.has("claude-code") ? await requireClaude(env) : undefined };
}

async function requireClaude(env: NodeJS.ProcessEnv): Promise<ClaudeProgram> {
  const found = await findClaude(env);
  if (found.ok) return found.value;
  throw invalid(
    "CLAUDE_MISSING",
    `an agent is to run on Claude Code, and ${found.error}. Install it and log in (\`claude\`), or run without \`claude-code\`.`,
  );
}

/** Where the API is, and whose key it is. A login of Claude Code counts as one key; no request is sent with its name. */
function connectionOf(runtimes: ReadonlySet<Runtime>, env: NodeJS.ProcessEnv): Connection {
  if (runtimes.has("api")) return resolveConnection(env);
  const key = (env["ANTHROPIC_API_KEY"] ?? "").trim();
  return resolveConnection({ ...env, ANTHROPIC_API_KEY: key === "" ? "claude-code" : key });
}

/** Opens the way to the model for a cycle. The caller closes the allowance. Throws Faults of exit 2. */
export function openModel(
  { store, stateDir, cycle }: { store: Store; stateDir: string; cycle: number },
  env: NodeJS.ProcessEnv,
  { runtimes }: Pick<ModelNeeds, "runtimes">,
): ModelAccess {
  const connection = connectionOf(runtimes, env);
  const { baseUrl, apiKey, profile } = connection;
  const onWarning = (message: string): void => {
    const place = { stream: cycleStream(cycle), actor: "worknode", run: cycle, task: null };
    store.append([
      eventAt(place, "ALERT", { severity: "warning", message, to: "executive", key: `allowance:${cycle}` }),
    ]);
  };
  const allowance = openAllowance(connection, { env, crew: `${stateDir}:${cycle}`, clock: store.clock, onWarning });
  return { client: runtimes.has("api") ? createModelClient({ baseUrl, apiKey, profile }) : undefined, allowance };
}
