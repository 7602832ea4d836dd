import { findClaude, isLoggedIn } from "../../effect/program/claude-program.js";
import type { Runtime } from "../../schema/runtime.js";
import type { CliContext } from "./context.js";
import type { Finding } from "./finding.js";

/** What would answer the agents of a run now. */
export interface ModelWays {
  /** Whether there is a key, or the address of a server. */
  readonly api: boolean;
  /** Version of a Claude Code where somebody is logged in. */
  readonly claude: string | undefined;
}

/** What the environment offers; `findings` are those of `doctor`, whose `model` says of the API. */
export async function findModelWays(env: CliContext["env"], findings: readonly Finding[]): Promise<ModelWays> {
  const api = findings.some(({ name, ok }) => name === "model" && ok);
  const found = await findClaude(env);
  const usable = found.ok && (await isLoggedIn(found.value, env));
  return { api, claude: usable ? found.value.version : undefined };
}

/** The way a run takes unless told otherwise; null where nothing would answer. */
export function runtimeOf({ api, claude }: ModelWays): Runtime | null {
  if (api) return "api";
  return claude === undefined ? null : "claude-code";
}

const NO_MODEL = [
  "This machine is ready, but no model is set up, and agents need one. One of these is enough:",
  "  export ANTHROPIC_API_KEY=...     a key of the hosted API",
  "  export ANTHROPIC_BASE_URL=...    a gateway or local server that speaks the Messages API",
  "  claude                           Claude Code, logged in: then `worknode run PLAN --runtime claude-code`",
  "Without any: `worknode demo`, and `worknode plan test PLAN --script FILE` on scripted replies.",
];

/** Whether a plan can be run, as the last lines for people. */
export function readyLines(ready: boolean, ways: ModelWays): readonly string[] {
  if (!ready) return ["Not ready: see the fixes above."];
  switch (runtimeOf(ways)) {
    case "api":
      return ["Ready to run a plan.", ...alsoClaude(ways)];
    case "claude-code":
      return [`Ready to run a plan on Claude Code ${ways.claude ?? ""}, where you are logged in: no key is needed.`];
    case null:
      return NO_MODEL;
  }
}

function alsoClaude({ claude }: ModelWays): readonly string[] {
  if (claude === undefined) return [];
  return [`Claude Code ${claude} is logged in: with \`--runtime claude-code\` it does the work, and no key is needed.`];
}
