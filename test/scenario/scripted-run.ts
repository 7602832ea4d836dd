import type { AnyEvent, EventType } from "../../src/schema/event.js";
import type { Store } from "../../src/store/store.js";
import { type Repo, run, scripted } from "./harness.js";

/** A reply of one tool call. */
export const use = (name: string, input: object, more: object = {}): object => ({ tools: [{ name, input }], ...more });
/** A reply that writes a file. */
export const write = (path: string, content = "x\n", more: object = {}): object =>
  use("Write", { file_path: path, content }, more);
/** A reply that hands the work in. */
export const submit = use("submit_result", { summary: "done" });

/** What a run came to. */
export interface ScriptedRun {
  readonly exitCode: number;
  readonly reason: string;
  readonly events: AnyEvent[];
}

/** A script whose plan review, critics and auditors accept unless it says otherwise. */
export function scriptOf(replies: Record<string, readonly object[]>): string {
  const review = { "-:plan-review:1": [use("submit_plan_review", { decision: "ACCEPT", risks: [] })] };
  const accept = [use("submit_verdict", { decision: "ACCEPT" })];
  const defaults = { critic: accept, audit: accept };
  return JSON.stringify({
    apiVersion: "worknode/v1",
    kind: "Script",
    replies: { ...review, ...replies },
    defaults,
  });
}

/** Runs `plan.yaml` of a repository by a script. `before`: what the store holds already. */
export async function runScripted(
  repo: Repo,
  replies: Record<string, readonly object[]>,
  before?: (store: Store) => void,
): Promise<ScriptedRun> {
  if (before !== undefined) {
    const seeded = repo.store();
    before(seeded);
    seeded.close();
  }
  const server = await scripted(repo, scriptOf(replies));
  try {
    const { exitCode, reason } = await run(repo);
    return { exitCode, reason, events: eventsOf(repo) };
  } finally {
    await server.close();
  }
}

/** All events of a repository's log. */
export function eventsOf(repo: Repo): AnyEvent[] {
  const store = repo.store();
  try {
    return store.events({});
  } finally {
    store.close();
  }
}

/** The events of one type. */
export const of = <T extends EventType>(events: readonly AnyEvent[], type: T): Extract<AnyEvent, { type: T }>[] =>
  events.filter((event): event is Extract<AnyEvent, { type: T }> => event.type === type);
