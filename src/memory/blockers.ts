import type { StoreReader } from "../store/reader.js";
import { oneLine } from "./text.js";

/** Blocked tasks looked at. */
const MAX_BLOCKED = 200;

/** Something that stands until somebody decides, with the id to cite or answer. */
export interface Blocker {
  id: string;
  task: string | null;
  text: string;
}

/** What holds a cycle up: open escalations, blocked tasks, gates waiting for a person; oldest first. */
export function listBlockers(store: StoreReader, cycle: number): Blocker[] {
  const { queries } = store;
  const escalations = queries.openEscalations(cycle).map(({ id, task, reason, needs, recipient }) => {
    const wanted = needs === null ? "" : `, needs ${oneLine(needs)}`;
    return {
      id,
      task,
      text: `${task ?? "the plan"}: ${oneLine(reason)}${wanted} (${id}, for ${recipientName(recipient)})`,
    };
  });
  const escalated = new Set(escalations.map(({ task }) => task));
  const approvals = queries.pendingApprovals(cycle).map(({ id, task, message }) => {
    return { id, task, text: `${task ?? "the plan"} waits for approval ${id}: ${oneLine(message)}` };
  });
  const waiting = new Set(approvals.map(({ task }) => task));
  const blocked = queries
    .tasksIn(cycle, ["BLOCKED"], MAX_BLOCKED)
    .filter(({ id }) => !escalated.has(id) && !waiting.has(id));
  const tasks = blocked.map(({ id, reason }) => ({ id, task: id, text: `${id}: ${oneLine(reason ?? "blocked")}` }));
  return [...escalations, ...tasks, ...approvals];
}

function recipientName(recipient: "executive" | "human"): string {
  return recipient === "human" ? "a person" : "the executive";
}
