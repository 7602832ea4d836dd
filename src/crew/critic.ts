import type { TaskWorkspace } from "../effect/workspace.js";
import { asRecord } from "./chain.js";
import { type Crew, tierAgent } from "./context.js";
import { converse } from "./converse.js";
import { simpleVerdict } from "./finish.js";
import { criticPrompt, type TaskBrief } from "./prompts.js";
import type { CommandRun } from "./records.js";

/** A critic's decision on a submitted result. */
export interface CriticDecision {
  readonly by: string;
  readonly decision: "ACCEPT" | "REJECT";
  readonly feedback: string;
}

/** What a critic is shown. */
export interface Submission {
  readonly brief: TaskBrief;
  readonly workspace: TaskWorkspace;
  readonly summary: string;
  readonly diff: string;
  readonly commands: readonly CommandRun[];
  readonly coverage: string;
  readonly waivers: readonly string[];
  readonly author: string;
}

/**
 * Asks a validator about a result that passed the rules. One conversation per submission: `submission`
 * numbers them, and one that ended before a crash is not held again. It can only add a rejection.
 */
export async function askCritic(
  crew: Crew,
  task: string,
  what: Submission,
  submission: number,
): Promise<CriticDecision> {
  const parent = crew.agents.get(what.author)?.parent;
  const critic = tierAgent(crew, "validation", [
    what.author,
    ...(parent === null || parent === undefined ? [] : [parent]),
  ]);
  if (critic === undefined) return { by: "rules", decision: "REJECT", feedback: "No validator may judge this result." };
  const mark = `submission-${submission}`;
  const known = crew.store.queries
    .conversations(crew.cycle, task, "critic")
    .find(({ outcome }) => outcome?.split(" ")[1] === mark);
  if (known !== undefined) return decisionOf(known.outcome ?? "", known.agent);
  const { end } = await converse(crew, {
    kind: "critic",
    task,
    agent: critic,
    workspace: what.workspace,
    prompt: () => criticPrompt({ task: what.brief, root: what.workspace.shownRoot, ...what }),
    finish: async (at) => {
      const { feedback } = asRecord(at.call.input) as { feedback?: string };
      return await simpleVerdict("submit_verdict", `${mark} ${encodeURIComponent(feedback ?? "")}`)(at);
    },
  });
  if (end.kind === "exhausted")
    return { by: critic.id, decision: "REJECT", feedback: `The critic gave no verdict: ${end.reason}` };
  const { feedback } = asRecord(end.call.input) as { feedback?: string };
  return { by: critic.id, decision: end.finish.output.decision, feedback: feedback ?? "" };
}

function decisionOf(outcome: string, by: string): CriticDecision {
  const [decision, , feedback] = outcome.split(" ");
  return { by, decision: decision === "ACCEPT" ? "ACCEPT" : "REJECT", feedback: decodeURIComponent(feedback ?? "") };
}
