import { headWorkspace } from "../call/workspaces.js";
import { type Crew, tierAgent } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";
import { RunStop } from "../state/stop.js";
import { asRecord } from "./chain.js";
import { endEvents } from "./conversation-end.js";
import { converse } from "./converse.js";
import { turnBack } from "./finish.js";
import { planReviewPrompt } from "./prompts.js";

/** Has the executive review the plan before anything runs. It may only refuse; a review is held once a cycle. */
export async function reviewPlan(crew: Crew): Promise<{ accepted: boolean; feedback: string }> {
  const known = crew.store.queries.cycle(crew.cycle)?.review ?? null;
  if (known !== null) return { accepted: known === "ACCEPT", feedback: "refused by the executive" };
  const executive = tierAgent(crew, "executive");
  if (executive === undefined) return { accepted: false, feedback: "the plan has no executive" };
  const workspace = await headWorkspace(crew);
  const { end } = await converse(crew, {
    kind: "plan-review",
    task: null,
    agent: executive,
    workspace,
    prompt: () =>
      planReviewPrompt({ source: crew.planSource, hash: crew.planHash, root: workspace.shownRoot, memory: "" }),
    finish: async (at) => {
      const { decision, feedback, risks } = asRecord(at.call.input) as {
        decision: "ACCEPT" | "REJECT";
        feedback?: string;
        risks: string[];
      };
      if (decision === "REJECT" && (feedback ?? "").trim() === "")
        return turnBack(at, "submit_plan_review with REJECT needs feedback that says exactly what must change.");
      const place = {
        stream: cycleStream(crew.cycle),
        actor: executive.id,
        run: crew.cycle,
        task: null,
        execution: at.execution,
      };
      const reviewed = { cycle: crew.cycle, decision, risks, ...(feedback === undefined ? {} : { feedback }) };
      return {
        agent_id: executive.id,
        output: decision === "ACCEPT" ? { decision } : { decision, feedback: feedback ?? "" },
        outcome: "ACCEPT",
        events: [eventAt(place, "PLAN_REVIEWED", reviewed), ...endEvents(at.conversation, decision)],
        over: true,
      };
    },
  });
  if (end.kind === "exhausted") throw new RunStop(4, noReview(crew, end.reason));
  const { feedback } = end.finish.output;
  return { accepted: end.finish.output.decision === "ACCEPT", feedback: feedback ?? "" };
}

/** Why there is no review. A server that never gave a whole reply may be none of the Messages API. */
function noReview({ answered }: Crew, reason: string): string {
  const check = answered ? "" : " Check that ANTHROPIC_BASE_URL serves the Messages API.";
  return `the executive gave no review of the plan: ${reason}.${check} \`worknode continue\` asks again.`;
}
