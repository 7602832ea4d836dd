import type { TaskWorkspace } from "../../effect/workspace.js";
import { type Crew, tierAgent } from "../state/context.js";
import type { CommandRun } from "../state/records.js";
import { textOf } from "../state/text.js";
import { asRecord } from "./chain.js";
import { converse } from "./converse.js";
import { simpleVerdict } from "./finish.js";
import { criticPrompt, type TaskBrief } from "./prompts.js";
import { excludedFrom } from "./review-call.js";

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
  const critic = tierAgent(crew, "validation", excludedFrom(crew, what.author));
  if (critic === undefined) return { by: "rules", decision: "REJECT", feedback: "No validator may judge this result." };
  const mark = `submission-${submission}`;
  const rows = crew.store.queries.conversations(crew.cycle, task, "critic");
  const known = rows.find(({ outcome }) => outcome?.split(" ")[1] === mark);
  if (known !== undefined) return decisionOf(known.outcome ?? "", known.agent);
  const { end } = await converse(crew, {
    kind: "critic",
    task,
    agent: critic,
    workspace: what.workspace,
    prompt: () => criticPrompt({ task: what.brief, root: what.workspace.shownRoot, ...what }),
    finish: async (at) => {
      const feedback = encodeURIComponent(textOf(asRecord(at.call.input)["feedback"]));
      return await simpleVerdict("submit_verdict", `${mark} ${feedback}`)(at);
    },
  });
  if (end.kind === "exhausted")
    return { by: critic.id, decision: "REJECT", feedback: `The critic gave no verdict: ${end.reason}` };
  const feedback = textOf(asRecord(end.call.input)["feedback"]);
  return { by: critic.id, decision: end.finish.output.decision, feedback };
}

function decisionOf(outcome: string, by: string): CriticDecision {
  const [decision, , feedback] = outcome.split(" ");
  return { by, decision: decision === "ACCEPT" ? "ACCEPT" : "REJECT", feedback: decodeURIComponent(feedback ?? "") };
}
