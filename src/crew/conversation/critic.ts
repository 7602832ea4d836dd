import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { type Crew, type CrewAgent, tierAgent } from "../state/context.js";
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
  const known = verdictsMarked(crew, task, mark)[0];
  if (known !== undefined) return known;
  const prompt = (): string => criticPrompt({ task: what.brief, root: what.workspace.shownRoot, ...what });
  const asked = await askVerdict(crew, { task, agent: critic, workspace: what.workspace, mark, prompt });
  if (asked.ok) return asked.value;
  return { by: critic.id, decision: "REJECT", feedback: `The critic gave no verdict: ${asked.error}` };
}

/** A question that one verdict answers. */
export interface VerdictQuestion {
  readonly task: string;
  readonly agent: CrewAgent;
  readonly workspace: TaskWorkspace;
  /** Kept with the answer, so that it is found again after a crash; no spaces. */
  readonly mark: string;
  prompt(): string;
}

/** Holds one critic's conversation; the error says why it ended without a verdict. */
export async function askVerdict(crew: Crew, question: VerdictQuestion): Promise<Result<CriticDecision, string>> {
  const { mark, agent, ...about } = question;
  const { end } = await converse(crew, {
    ...about,
    kind: "critic",
    agent,
    finish: async (at) => {
      const feedback = encodeURIComponent(textOf(asRecord(at.call.input)["feedback"]));
      return await simpleVerdict("submit_verdict", `${mark} ${feedback}`)(at);
    },
  });
  if (end.kind === "exhausted") return err(end.reason);
  const feedback = textOf(asRecord(end.call.input)["feedback"]);
  return ok({ by: agent.id, decision: end.finish.output.decision, feedback });
}

/** Verdicts given before under a mark, oldest first. */
export function verdictsMarked(crew: Crew, task: string, mark: string): CriticDecision[] {
  const rows = crew.store.queries.conversations(crew.cycle, task, "critic");
  return rows
    .filter(({ outcome }) => outcome?.split(" ")[1] === mark)
    .map(({ outcome, agent }) => decisionOf(outcome ?? "", agent));
}

function decisionOf(outcome: string, by: string): CriticDecision {
  const [decision, , feedback] = outcome.split(" ");
  return { by, decision: decision === "ACCEPT" ? "ACCEPT" : "REJECT", feedback: decodeURIComponent(feedback ?? "") };
}
