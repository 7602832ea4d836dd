import type { Store } from "../../store/store.js";
import { readResource } from "./resources.js";

/** Prompts clients can offer their users. */
export const PROMPTS = [
  { name: "continue", title: "Continue", description: "Take up the work where it was left." },
  { name: "handover", title: "Hand over", description: "Leave everything the next session needs." },
] as const;

const HANDOVER = `Before this session ends, leave what the next one needs:
1. \`create_decision\` for every decision made here that is not recorded yet, with what was rejected and why.
2. \`create_issue\` for every error met here, with its solution where you found one; \`record_fix_outcome\` for fixes you applied.
3. \`create_note\` for anything else that would have to be found out again, naming the files it is about.
4. \`update_self\` with your current task and blockers; \`finish_task\` only for a task that is really done.
Then say in three sentences what is done, what is next and what is in the way.`;

/** The text of a prompt. Throws Error where there is none of that name. */
export function promptText(store: Store, name: string): string {
  if (name === "handover") return HANDOVER;
  if (name !== "continue") throw new Error(`There is no prompt ${name}.`);
  const { text } = readResource(store, "worknode://brief");
  return `${text}\nGo on from there. If no task is yours yet, take one with \`claim_task\`. What finished is not done again.`;
}
