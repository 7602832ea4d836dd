import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AnyEvent, open, type Worknode } from "../../src/index.js";
import { cycleStarted, effectKept, event, taskCompleted, taskStarted } from "../unit/store/sample-events.js";
import { makeRepo, type Repo } from "./harness.js";

let repo: Repo;
let worknode: Worknode;

beforeEach(async () => {
  repo = makeRepo({ "README.md": "# r\n" });
  worknode = await open(repo.dir, { env: repo.env });
});
afterEach(() => {
  worknode.close();
  repo.remove();
});

/** The calls of the sources (seeds/003), word for word but for the formatter's quotes. */
describe("the sources' calls", () => {
  it("keep a decision and find it again by its apostrophe", async () => {
    await worknode.createDecision({
      id: "TECH-001",
      question: "Cap'n Proto vs Protocol Buffers?",
      decision: "Cap'n Proto C++ Wrapper",
      rationale: "Promise pipelining (5-15x latency reduction), zero-copy",
      alternatives_rejected: [{ option: "Protocol Buffers", reason: "No promise pipelining" }],
      made_by: "300IQ-Agent-TECH-001",
      timestamp: 1731369600000,
      confidence: 0.9,
    });
    const decision = await worknode.searchDecisions({
      query: "Cap'n Proto",
      project: "Wave4-RPC",
    });
    expect(decision).toEqual([
      {
        id: "TECH-001",
        question: "Cap'n Proto vs Protocol Buffers?",
        decision: "Cap'n Proto C++ Wrapper",
        rationale: "Promise pipelining (5-15x latency reduction), zero-copy",
        alternatives_rejected: [{ option: "Protocol Buffers", reason: "No promise pipelining" }],
        made_by: "300IQ-Agent-TECH-001",
        timestamp: 1731369600000,
        confidence: 0.9,
      },
    ]);
  });

  it("keep an error with its solution and find it by a pattern", async () => {
    await worknode.createIssue({
      type: "COMPILATION_ERROR",
      error: "undefined reference to queue_sort_by_hlc",
      file: "src/events/event_loop.c",
      solution: {
        fix: "Add queue_sort_by_hlc() declaration to event_queue.h",
        root_cause: "Missing header declaration",
        patch: "void queue_sort_by_hlc(EventQueue* queue);",
      },
      resolved: true,
    });
    const similar = await worknode.searchIssues({
      error_pattern: /undefined reference to queue_/,
      resolved: true,
    });
    expect(similar.map(({ solution }) => solution?.patch)).toEqual(["void queue_sort_by_hlc(EventQueue* queue);"]);
  });

  it("answer what a session has to know, with exactly the sources' members", async () => {
    const store = repo.store();
    store.append([
      cycleStarted(
        1,
        [
          { id: "RPC-003", owner: "claude-code" },
          { id: "RPC-004", title: "Compile and test rpc_types", owner: "claude-code", needs: ["RPC-003"] },
        ],
        { plan_id: "Wave4-RPC" },
      ),
      taskStarted("RPC-003"),
      taskCompleted("RPC-003"),
      event("TASK_STATUS", { status: "DONE" }, { task: "RPC-003" }),
      taskStarted("RPC-004"),
      event("TASK_STATUS", { status: "IN_PROGRESS" }, { task: "RPC-004" }),
      effectKept("1:RPC-004:work:1:1", "RPC-004", "src/network/rpc_types.c"),
    ]);
    store.close();
    const myTasks = await worknode.search({
      type: "PROJECT",
      assignee: "claude-code",
      status: "IN_PROGRESS",
      project: "Wave4-RPC",
    });
    expect(myTasks).toEqual({
      current_task: "RPC-004: Compile and test rpc_types",
      previous_completed: ["RPC-003"],
      blocking_issues: [],
      decisions_made: [],
      files_modified_today: ["src/network/rpc_types.c"],
      next_actions: ["Finish Compile and test rpc_types"],
    });
  });

  it("register an agent and let it track itself", async () => {
    const agent = {
      id: "uuid-claude-code-instance-2025-11-12",
      type: "AI_AGENT",
      name: "Claude Code",
      capabilities: ["CODE_WRITING", "CODE_ANALYSIS", "TESTING", "DOCUMENTATION"],
      current_project: "Wave4-RPC",
      current_task: "RPC-004",
      session_start: 1731369600000,
      context_loaded: true,
      memory_budget: 200000, // tokens
      status: "ACTIVE",
    } as const;
    await worknode.registerWorknode({ ...agent, capabilities: [...agent.capabilities] });
    const updated = await worknode.updateSelf({
      current_task: "RPC-005",
      files_open: ["src/network/quic_transport.c"],
      context_items: ["WAVE4_BIG_LINES", "RPC_TYPES_COMPLETE"],
      blockers: [],
    });
    expect(updated).toEqual({
      ...agent,
      current_task: "RPC-005",
      files_open: ["src/network/quic_transport.c"],
      context_items: ["WAVE4_BIG_LINES", "RPC_TYPES_COMPLETE"],
      blockers: [],
    });
    await expect(worknode.updateSelf({ id: "another", blockers: [] })).rejects.toMatchObject({ code: "NOT_SELF" });
  });

  it("keep triggers, and say that none of them runs yet", async () => {
    const daily = await worknode.createTrigger({
      name: "Daily Code Review Agent",
      schedule: "CRON",
      cron: "0 9 * * *", // Every day at 9 AM
      action: {
        type: "SPAWN_AGENT",
        agent_config: {
          model: "claude-sonnet-4",
          role: "CODE_REVIEWER",
          auto_terminate: true,
          max_duration: 30 * 60 * 1000, // 30 min timeout
        },
      },
    });
    const failures = await worknode.createTrigger({
      name: "Compilation Failure Handler",
      type: "EVENT",
      event_type: "COMPILATION_FAILED",
      condition: { consecutive_failures: 2 },
      action: {
        type: "SPAWN_AGENT",
        agent_config: {
          role: "DEBUGGER",
          task: {
            analyze_error: true,
            search_similar_issues: true,
            attempt_fix: true,
          },
        },
      },
    });
    expect([daily, failures]).toEqual([
      { name: "Daily Code Review Agent", kind: "CRON", active: false },
      { name: "Compilation Failure Handler", kind: "EVENT", active: false },
    ]);
  });
});

it("lets whoever never registered say something about itself", async () => {
  const mine = await open(repo.dir, { env: repo.env, self: "ann" });
  expect(await mine.updateSelf({ current_task: "T-1" })).toMatchObject({ id: "ann", current_task: "T-1" });
  expect(await worknode.updateSelf({ blockers: ["x"] })).toMatchObject({ id: "user", current_task: null });
  mine.close();
});

it("is the same memory from any sub-directory and any worktree of the repository", async () => {
  repo.git("worktree", "add", "-q", join(repo.dir, "..", "second"));
  mkdirSync(join(repo.dir, "..", "second", "deep", "er"), { recursive: true });
  await worknode.createIssue({ type: "E", error: "it broke", resolved: false });
  const elsewhere = await open(join(repo.dir, "..", "second", "deep", "er"), { env: repo.env });
  expect(await elsewhere.searchIssues({ query: "broke" })).toHaveLength(1);
  elsewhere.close();
});

it.each([
  ["a NUL", { question: "a\0b" }, /question: it holds a NUL/],
  ["half a character", { decision: "\ud83d" }, /decision: it is not valid Unicode/],
  ["ten megabytes", { rationale: "x".repeat(10_000_000) }, /rationale: .*1000000/],
  ["a confidence outside [0,1]", { confidence: 1.5 }, /confidence/],
  ["an id of two lines", { id: "a\nb" }, /id: it holds a line break/],
  ["a number for a text", { decision: 7 as never }, /decision: .*expected string/],
])("refuses a record with %s, says which member, and stores nothing", async (_what, wrong, message) => {
  const fine = { question: "q", decision: "d", rationale: "", alternatives_rejected: [], made_by: "ann" };
  const record = { id: "D-1", ...fine, timestamp: 1, confidence: 1, ...wrong };
  await expect(worknode.createDecision(record)).rejects.toThrow(message);
  expect(worknode.events({})).toEqual([]);
});

it("tells subscribers of what other processes record, without polling", async () => {
  const heard = new Promise<AnyEvent>((done) => {
    worknode.subscribe((events) => {
      for (const each of events) if (each.type === "ISSUE_RECORDED") done(each);
    });
  });
  const script = `
    const { open } = await import(${JSON.stringify(resolve("dist/index.js"))});
    const other = await open(".");
    await other.createIssue({ type: "E", error: "said by another process", resolved: false });
    other.close();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: repo.dir, env: repo.env });
  const code = await new Promise((done) => child.once("close", done));
  expect(code).toBe(0);
  expect((await heard).payload).toMatchObject({ error: "said by another process" });
});
