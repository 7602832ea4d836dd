// A repository with a log of any length, as a crew would have left it: for the benches, and for the build, which
// compiles the short commands by running them once.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Events of one cycle: ten tasks of 1,000 events, and what surrounds them. */
const CYCLE = 10_000;
const TASKS = 10;
const TASK_EVENTS = 1_000;
/** Events appended in one transaction. */
const BATCH = 5_000;

/** `openStore` of the sources, bundled into `directory`, from where its packages must be found. */
export async function loadStore(directory) {
  const outfile = join(directory, "store.mjs");
  const entryPoints = [fileURLToPath(new URL("../src/store/store.ts", import.meta.url))];
  const options = { bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "error" };
  await build({ ...options, entryPoints, outfile });
  return (await import(pathToFileURL(outfile).href)).openStore;
}

/** Makes `directory` a repository whose log holds `count` events: cycles of 10,000, the last of them open. */
export function makeRepository(openStore, directory, count) {
  mkdirSync(join(directory, ".git"), { recursive: true });
  writeFileSync(join(directory, ".git", "HEAD"), "ref: refs/heads/main\n");
  writeFileSync(join(directory, ".git", "config"), "");
  const store = openStore(join(directory, ".worknode", "worknode.db"));
  for (let cycle = 1, left = count; left > 0; cycle += 1) {
    const events = eventsOf(cycle, Math.min(left, CYCLE), left > CYCLE);
    for (let start = 0; start < events.length; start += BATCH) store.append(events.slice(start, start + BATCH));
    left -= events.length;
  }
  store.close();
}

/** The first `count` events of a cycle; the last one ends it if it is to be over. */
function eventsOf(cycle, count, over) {
  const at = (type, payload, place = {}) => ({
    type,
    stream: `cycle:${cycle}`,
    actor: "implementer",
    run: cycle,
    task: null,
    execution: null,
    payload,
    ...place,
  });
  const events = [at("CYCLE_STARTED", cycleOf(cycle)), at("SESSION_STARTED", { cycle, pid: 1, resumed: false })];
  for (let task = 1; task <= TASKS; task += 1) events.push(...taskEvents(at, { cycle, task }));
  const kept = events.slice(0, over ? count - 1 : count);
  if (over) kept.push(at("CYCLE_ENDED", { cycle, status: "done", exit_code: 0, reason: "" }));
  if (kept.length !== count) throw new Error(`cycle ${cycle} has ${kept.length} events, not ${count}`);
  return kept;
}

function cycleOf(cycle) {
  const tasks = Array.from({ length: TASKS }, (_, index) => ({
    id: `T-${index + 1}`,
    title: `Part ${index + 1} of the transport`,
    phase: "build",
    owner: "implementer",
    estimate: 1,
    needs: index === 0 ? [] : [`T-${index}`],
    files: [`src/part-${index + 1}.ts`],
  }));
  return {
    cycle,
    plan_id: "bench",
    plan_hash: "a".repeat(64),
    plan_path: "plan.yaml",
    plan_source: "id: bench\n",
    title: "A plan",
    instruction: "",
    branch: `worknode/bench/${cycle}`,
    base_commit: "b".repeat(40),
    opened_by: "run",
    inputs: {},
    tasks,
  };
}

/** A task's start, its calls with a decision and an issue now and then, its outputs as they come, and its end. */
function taskEvents(at, { cycle, task }) {
  const id = `T-${task}`;
  const place = { task: id, stream: `task:${cycle}:${id}` };
  const started = { attempt: 1, agent: "implementer", base_commit: "b".repeat(40), worktree: "/state/worktree" };
  const done = { commit: "c".repeat(40), summary: `Made part ${task}.`, outputs: {}, attempts: 1, waivers: [] };
  const events = [at("TASK_STARTED", started, place)];
  for (let call = 1; events.length < TASK_EVENTS - 10; call += 1)
    events.push(...callEvents(at, { cycle, id, task, call }));
  while (events.length < TASK_EVENTS - 1) events.push(at("TASK_OUTPUTS", { outputs: {} }, place));
  return [...events, at("EVENT_TASK_COMPLETED", { ...done, files: [`src/part-${task}.ts`] }, place)];
}

function callEvents(at, { cycle, id, task, call }) {
  const conversation = `${cycle}:${id}:work:1`;
  const call_id = `${conversation}:${call}`;
  const place = { task: id, execution: call_id, stream: `conv:${conversation}` };
  const path = `src/part-${task}/file-${call % 40}.ts`;
  const who = { agent: "implementer", tier: "implementation" };
  const usage = {
    input_tokens: 900,
    output_tokens: 80,
    cache_read_input_tokens: 8_000,
    cache_creation_input_tokens: 0,
  };
  const reply = { id: call_id, model: "sonnet", content: [], stop_reason: "tool_use", usage };
  const asked = { conversation, request: call_id, ...who };
  const change = { path, kind: "modify", before: "d".repeat(64), after: "e".repeat(64) };
  const verification = { succeeded: true, outcomeCorrect: true, retry: { should: false, why: "" } };
  const what = { tool: "Write", args: { file_path: path }, args_hash: "f".repeat(64) };
  const ended = { conversation, outcome: "CONTINUE", worker_id: "implementer", seal: "0".repeat(64), trace: [] };
  return [
    at("MODEL_REQUEST", { ...asked, model: "sonnet", reserved_usd: 0.1, reserved_tokens: 9_000 }, place),
    at("MODEL_RESPONSE", { ...asked, reply, usd: 0.01, attempts: 1 }, place),
    at("PROPOSAL", { call_id, what }, place),
    at("VERDICT", { call_id, mode: "auto", outcome: "Approved", checks: [] }, place),
    at("EFFECT_KEPT", { call_id, changes: [change] }, place),
    at("TOOL_RESULT", { call_id, tool_use_id: "toolu", content: "written", is_error: false, verification }, place),
    at("EXECUTION_ENDED", ended, place),
    ...(call % 20 === 0 ? memoryEvents(at, place, { call_id, path }) : []),
  ];
}

/** A decision and an error with its fix, in words the tasks share. */
function memoryEvents(at, place, { call_id, path }) {
  const question = `Which transport does ${path} use in part ${call_id}?`;
  const decided = { question, decision: "The framed one", rationale: "It bounds what a peer may send." };
  const record = { id: `dec_${call_id}`, ...decided, alternatives_rejected: [], made_by: "implementer" };
  const solution = { fix: "Close the transport twice", root_cause: "A half-closed part" };
  const issue = { type: "test", error: `Part of the transport timed out in ${call_id}`, file: path, solution };
  return [
    at("DECISION_RECORDED", { ...record, timestamp: 0, confidence: 1 }, place),
    at("ISSUE_RECORDED", { id: `iss_${call_id}`, fingerprint: call_id, ...issue, resolved: true }, place),
  ];
}
