import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../../src/kernel/clock.js";
import type { AnyNewEvent, EventPayload, EventType } from "../../../src/schema/event.js";
import { openStore, type Store, type StoreOptions } from "../../../src/store/store.js";

/** 2026-01-02T03:04:05.000Z. */
export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A clock that stands still until told otherwise. */
export function fixedClock(startMs = NOW_MS): Clock & { advance(ms: number): void } {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    sleep: async () => undefined,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** A new folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "worknode-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true })); // a hook of this file would be the first importer's alone
  return folder;
}

/** A store in a new folder (or at a path), closed after the test. */
export function temporaryStore(options: StoreOptions & { path?: string } = {}): Store {
  const path = options.path ?? join(temporaryFolder(), ".worknode", "worknode.db");
  const store = openStore(path, { clock: fixedClock(), ...options });
  onTestFinished(() => store.close());
  return store;
}

export interface Place {
  run?: number;
  task?: string | null;
  execution?: string | null;
  stream?: string;
  actor?: string;
}

/** An event of one type, in cycle 1 unless told otherwise. */
export function event<T extends EventType>(type: T, payload: EventPayload<T>, place: Place = {}): AnyNewEvent {
  const { run = 1, task = null, execution = null, stream = "cycle:1", actor = "implementer" } = place;
  return { type, stream, actor, run, task, execution, payload } as unknown as AnyNewEvent;
}

export interface SampleTask {
  id: string;
  title?: string;
  needs?: string[];
  files?: string[];
  owner?: string;
  estimate?: number | null;
}

/** A cycle's start with tasks in plan order. */
export function cycleStarted(
  cycle: number,
  tasks: SampleTask[],
  more: Partial<EventPayload<"CYCLE_STARTED">> = {},
): AnyNewEvent {
  const rows = tasks.map(
    ({ id, title = `Title of ${id}`, needs = [], files = [], owner = "implementer", estimate = 1 }) => {
      return { id, title, phase: "build", owner, estimate, needs, files };
    },
  );
  const payload = {
    cycle,
    plan_id: "demo",
    plan_hash: "a".repeat(64),
    plan_path: "plans/demo.yaml",
    plan_source: `id: demo\n${"# a plan is long\n".repeat(60)}`,
    title: "Demo plan",
    instruction: "create-spec",
    branch: `worknode/demo/${cycle}`,
    base_commit: "c".repeat(40),
    opened_by: "run" as const,
    inputs: { docs_dir: "docs" },
    tasks: rows,
    ...more,
  };
  return event("CYCLE_STARTED", payload, { run: cycle, stream: `cycle:${cycle}` });
}

/** A task of cycle 1 as it starts. */
export function taskStarted(task: string, attempt = 1): AnyNewEvent {
  const payload = { attempt, agent: "implementer", base_commit: "b".repeat(40), worktree: "/state/wt" };
  return event("TASK_STARTED", payload, { task, stream: `task:1:${task}` });
}

/** A task of cycle 1 as it is done. */
export function taskCompleted(task: string, files: string[] = [], summary = `Did ${task}`): AnyNewEvent {
  const payload = { commit: "d".repeat(40), summary, outputs: { n: 1 }, attempts: 1, files, waivers: [] };
  return event("EVENT_TASK_COMPLETED", payload, { task, stream: `task:1:${task}` });
}

const CHECKS = [{ check: "schema" as const, kind: "permitted" as const, pass: true }];

/** A proposal and its verdict. */
export function proposed(
  callId: string,
  task: string,
  path = "src/a.js",
  outcome: "Approved" | "PolicyBlocked" = "Approved",
): AnyNewEvent[] {
  const place = { task, execution: callId, stream: `conv:${callId.replace(/:\d+$/, "")}` };
  const proposal = {
    call_id: callId,
    what: { tool: "Write", args: { file_path: path, content: "text" }, args_hash: "e".repeat(64) },
    when: { phase: "build", cycle: 1 },
    who: { agent: "implementer", tier: "implementation" as const, task },
    verification: "the file holds the text",
    action: `Write ${path}`,
    expectedOutcomes: [],
    failureModes: [],
    observation: { data: {}, sources: [], signals: [] },
    analysis: { meaning: "a listed write", probabilities: {}, risks: [] },
  };
  return [
    event("PROPOSAL", proposal, place),
    event("VERDICT", { call_id: callId, mode: "auto", outcome, checks: CHECKS }, place),
  ];
}

/** Effects of a call as kept. */
export function effectKept(callId: string, task: string, path = "src/a.js"): AnyNewEvent {
  const changes = [{ path, kind: "add" as const, before: null, after: "f".repeat(64) }];
  return event("EFFECT_KEPT", { call_id: callId, changes }, { task, execution: callId });
}

/** A call's result. */
export function toolResult(callId: string, task: string): AnyNewEvent {
  const verification = { succeeded: true, outcomeCorrect: true, retry: { should: false, why: "done" } };
  const payload = { call_id: callId, tool_use_id: "toolu_1", content: "written", is_error: false, verification };
  return event("TOOL_RESULT", payload, { task, execution: callId });
}

/** An execution's end. */
export function executionEnded(id: string, task: string): AnyNewEvent {
  const conversation = id.replace(/:\d+$/, "");
  const payload = {
    outcome: "CONTINUE" as const,
    worker_id: "implementer",
    seal: "9".repeat(64),
    conversation,
    trace: [],
  };
  return event("EXECUTION_ENDED", payload, { task, execution: id, stream: `conv:${conversation}` });
}

/** A request about to be sent. */
export function modelRequest(request: string, usd = 0.5, tokens = 1000): AnyNewEvent {
  const who = { agent: "implementer", tier: "implementation" as const, model: "sonnet-x" };
  const payload = { conversation: "1:T-1:work:1", request, ...who, reserved_usd: usd, reserved_tokens: tokens };
  return event("MODEL_REQUEST", payload, { task: "T-1" });
}

/** A whole reply. */
export function modelResponse(request: string, usd = 0.1): AnyNewEvent {
  const usage = { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 30, cache_creation_input_tokens: 40 };
  const reply = { id: `msg_${request}`, model: "sonnet-x", content: [], stop_reason: "end_turn", usage };
  const who = { agent: "implementer", tier: "implementation" as const };
  return event(
    "MODEL_RESPONSE",
    { conversation: "1:T-1:work:1", request, ...who, reply, usd, attempts: 1 },
    { task: "T-1" },
  );
}

/** An attempt without a whole reply. */
export function modelFailed(request: string, charged: boolean): AnyNewEvent {
  const payload = {
    conversation: "1:T-1:work:1",
    request,
    attempt: 1,
    failure_class: "overloaded",
    message: "529",
    charged,
  };
  return event("MODEL_FAILED", payload, { task: "T-1" });
}
