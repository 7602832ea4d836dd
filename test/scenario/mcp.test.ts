import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNote } from "../../src/memory/notes.js";
import { cycleStarted, event } from "../unit/store/sample-events.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { scriptOf, write } from "./scripted-run.js";

const MAIN = resolve("dist/main.js");
const PLAN = notesPlan([{ id: "N-1", title: "Write the first note", write: ["notes/one.md"] }], { named: true });

let repo: Repo;
let client: Client;

beforeEach(async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  client = await connect();
  await client.listTools(); // from here on the client refuses an answer that is not what its tool's schema says
});
afterEach(async () => {
  await client.close();
  repo.remove();
});

async function connect(): Promise<Client> {
  const made = new Client({ name: "test", version: "1" });
  const env = { ...repo.env } as Record<string, string>;
  await made.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, "mcp", "--as", "claude-code-1"],
      cwd: repo.dir,
      env,
    }),
  );
  return made;
}

interface Answer {
  content: { text: string }[];
  isError?: boolean;
  structuredContent?: Record<string, never>;
}

async function call(
  name: string,
  args: Record<string, unknown> = {},
): Promise<{ text: string; isError: boolean; value: Record<string, never> }> {
  const {
    content,
    isError = false,
    structuredContent = {},
  } = (await client.callTool({ name, arguments: args })) as unknown as Answer;
  return { text: content[0]?.text ?? "", isError, value: structuredContent };
}

const DECISION = {
  id: "TECH-001",
  question: "Cap'n Proto vs Protocol Buffers?",
  decision: "Cap'n Proto C++ Wrapper",
  rationale: "zero-copy",
  confidence: 0.9,
};

describe("the MCP server", () => {
  it("says what it is for, and lists tools with schemas and annotations, resources and prompts", async () => {
    expect(client.getInstructions()).toContain("Call `continue` first");
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "continue",
        "plan_new",
        "run",
        "status",
        "spawn_agent",
        "assign_task",
        "create_decision",
        "search_decisions",
        "create_issue",
        "search_issues",
        "search",
        "update_self",
        "create_trigger",
        "pm_assign",
        "pm_set_deadline",
        "pm_get_status",
      ]),
    );
    for (const forbidden of ["approve", "reject", "budget", "import", "uninstall", "Write", "Bash", "plan.command"])
      expect(names).not.toContain(forbidden);
    for (const tool of tools) {
      expect(tool).toMatchObject({ inputSchema: { type: "object" }, description: expect.any(String) });
      expect(Object.keys(tool.outputSchema?.properties ?? {}), tool.name).not.toEqual([]);
    }
    expect(tools.find(({ name }) => name === "search_issues")?.annotations).toMatchObject({
      readOnlyHint: true,
      destructiveHint: false,
    });
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual([
      "worknode://brief",
      "worknode://plan",
      "worknode://trace",
    ]);
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(["continue", "handover"]);
  });

  it("remembers: decisions, errors with fixes, notes, tasks; and the brief tells them", async () => {
    expect((await call("continue")).value).toMatchObject({ nothing: true });
    expect(await call("create_decision", DECISION)).toMatchObject({
      isError: false,
      value: { id: "TECH-001", made_by: "claude-code-1" },
    });
    expect((await call("search_decisions", { query: "Cap'n" })).value).toMatchObject({
      decisions: [{ id: "TECH-001" }],
    });
    expect(await call("set_decision_status", { id: "TECH-001", status: "accepted" })).toMatchObject({
      isError: false,
      value: { id: "TECH-001", status: "accepted" },
    });
    expect((await call("pin_record", { id: "TECH-001" })).value).toEqual({ id: "TECH-001", pinned: true });
    const { value } = await call("create_issue", { type: "LINK", error: "undefined reference to queue_push" });
    expect(await call("resolve_issue", { id: value["id"], fix: "link with -lqueue" })).toMatchObject({
      isError: false,
    });
    expect((await call("record_fix_outcome", { id: value["id"], worked: true })).value).toMatchObject({
      applied: 1,
      worked: 1,
    });
    expect((await call("search_issues", { query: "queue_push" })).value).toMatchObject({
      issues: [{ resolved: true }],
    });
    await call("create_note", { text: "The build is slow" });
    expect((await call("claim_task", { task: "FIX-1", title: "Fix the login" })).value).toMatchObject({
      agent: "claude-code-1",
    });
    await call("update_self", { current_task: "FIX-1", blockers: ["no compiler"] });
    const { text } = await call("continue", { agent: "claude-code-1" });
    expect(text).toMatch(/^Resuming FIX-1 \(Fix the login\)\..* Blockers: no compiler\./);
    expect(text).toContain("The build is slow");
    expect(text).not.toContain("unknown outcome");
    expect(
      (await call("search", { type: "PROJECT", assignee: "claude-code-1", status: "IN_PROGRESS" })).value,
    ).toMatchObject({ current_task: "FIX-1: Fix the login", decisions_made: ["Cap'n Proto C++ Wrapper"] });
    expect((await call("pm_set_deadline", { task: "FIX-1", deadline: 1 })).isError).toBe(false);
    expect((await call("finish_task", { task: "FIX-1", summary: "once" })).value).toMatchObject({ status: "DONE" });
    expect((await call("suggest_estimate", { role: "claude-code-1", estimate: 2 })).isError).toBe(false);
    expect(
      (
        await call("create_trigger", {
          name: "t",
          schedule: "CRON",
          cron: "0 9 * * *",
          action: { type: "SPAWN_AGENT", agent_config: { role: "R" } },
        })
      ).value,
    ).toEqual({ name: "t", kind: "CRON", active: false });
    const { contents } = await client.readResource({ uri: "worknode://brief" });
    expect(contents).toMatchObject([{ mimeType: "text/plain" }]);
    const { messages } = await client.getPrompt({ name: "continue" });
    expect(messages).toMatchObject([{ content: { text: expect.stringContaining("Go on from there") } }]);
    expect((await client.getPrompt({ name: "handover" })).messages).toHaveLength(1);
  });

  it("takes every call through the gate, and records proposal, verdict and result of each", async () => {
    await call("create_note", { text: "x" });
    expect(await call("create_note", { text: 7 })).toMatchObject({
      isError: true,
      text: expect.stringContaining("ERROR_INVALID_INPUT"),
    });
    expect(await call("approve", { id: "ap_1" })).toMatchObject({ isError: true });
    expect(await call("Write", { file_path: "README.md", content: "mine" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("does not hold the tool Write"),
    });
    expect(await call("Bash", { command: "id" })).toMatchObject({ isError: true });
    expect(await call("create_decision", { ...DECISION, confidence: 2 })).toMatchObject({ isError: true });
    expect(await call("pm_assign", { task: "nowhere", assignee: "x" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("NO_CYCLE"),
    });
    const store = repo.store();
    const calls = store.events({ type: "PROPOSAL" });
    expect(calls).toHaveLength(7);
    expect(store.events({ type: "TOOL_RESULT" })).toHaveLength(7);
    expect(store.events({ type: "VERDICT" }).map(({ payload }) => (payload as { outcome: string }).outcome)).toEqual([
      "Approved",
      "PolicyBlocked",
      "PolicyBlocked",
      "PolicyBlocked",
      "PolicyBlocked",
      "PolicyBlocked",
      "Approved",
    ]);
    expect(store.events({ type: "SECURITY_VIOLATION" }).map(({ actor }) => actor)).toContain("claude-code-1");
    expect(store.queries.unknownCalls(0)).toEqual([]);
    store.close();
  });

  it("refuses whatever arguments are no record, tool by tool, stores none of them and goes on", async () => {
    const { tools } = await client.listTools();
    const hostile = ["a\0b", "\ud83d", 7, null, ["x"], { a: { b: 1 } }];
    for (const { name, inputSchema } of tools.filter(({ inputSchema: { required = [] } }) => required.length > 0))
      for (const value of hostile) {
        if (name.startsWith("search") && typeof value === "string") continue; // a search for it finds nothing
        const args = Object.fromEntries(Object.keys(inputSchema.properties ?? {}).map((member) => [member, value]));
        const { isError, text } = await call(name, args);
        expect([isError, text.length > 10], `${name} ${JSON.stringify(value)}: ${text}`).toEqual([true, true]);
      }
    for (const name of ["__proto__", "constructor", ""]) expect((await call(name)).isError).toBe(true);
    expect((await call("create_note", { text: "x".repeat(10_500_000) })).isError, "longer than any record").toBe(true);
    const store = repo.store();
    for (const type of [
      "DECISION_RECORDED",
      "ISSUE_RECORDED",
      "NOTE_RECORDED",
      "TASK_ADDED",
      "TRIGGER_CREATED",
    ] as const)
      expect(store.events({ type }), type).toEqual([]);
    store.close();
    expect((await call("status")).isError).toBe(false);
  });

  it("is void once the project is killed", async () => {
    const store = repo.store();
    store.append([event("KILLED", { epoch: 1, by: { os_user: "ann", git_email: null } }, { run: 0 })]);
    store.close();
    expect(await call("create_note", { text: "x" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("ERROR_KILLED"),
    });
    await client.close();
    client = await connect();
    expect(await call("create_note", { text: "x" })).toMatchObject({ isError: false });
  });

  it("drafts plans and runs only those a person approved", async () => {
    expect(await call("plan_new", { id: "bad", source: "id: 7" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("PLAN_INVALID"),
    });
    const made = await call("plan_new", { id: "notes", source: PLAN });
    expect(made).toMatchObject({ isError: false });
    expect(existsSync(join(repo.dir, ".worknode/plans/notes.yaml"))).toBe(true);
    expect(await call("plan_new", { id: "notes", source: PLAN })).toMatchObject({ isError: true });
    expect(await call("plan_new", { id: "../x", source: PLAN })).toMatchObject({ isError: true });
    expect(await call("run", { plan: ".worknode/plans/notes.yaml" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("NOT_APPROVED"),
    });
  });

  it("runs a plan a person approved, and takes one of its tasks in hand when that is interrupted", async () => {
    const server = await scripted(repo, scriptOf({ "N-1:work:1": [{ ...write("notes/one.md"), hold: "for good" }] }));
    await client.close();
    const { runCommandLine } = await import("../../src/surface/cli/command-line.js");
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    expect(await runCommandLine(context, ["plan", "approve", "plan.yaml"])).toBe(0);
    client = await connect();
    await client.listTools();
    const held = new Promise<void>((done) => server.onHold("for good", done));
    expect(await call("run", { plan: "plan.yaml" })).toMatchObject({
      isError: false,
      value: { cycle: 1, state: "running" },
    });
    await held;
    expect(await call("run", { plan: "plan.yaml" })).toMatchObject({ text: expect.stringContaining("RUN_BUSY") });
    expect((await call("status")).value).toMatchObject({ tasks: [{ id: "N-1", status: "IN_PROGRESS" }] });
    await client.close();
    client = await connect();
    await client.listTools();
    const { value, isError } = await call("claim_task", { task: "N-1" });
    expect([isError, value]).toMatchObject([false, { status: "IN_PROGRESS", agent: "claude-code-1" }]);
    writeFileSync(join(String(value["worktree"]), "README.md"), "not mine\n");
    expect(await call("finish_task", { task: "N-1" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("README.md"),
    });
    writeFileSync(join(String(value["worktree"]), "README.md"), "# r\n");
    mkdirSync(join(String(value["worktree"]), "notes"));
    writeFileSync(join(String(value["worktree"]), "notes/one.md"), "mine\n");
    expect((await call("finish_task", { task: "N-1", summary: "by MCP" })).value).toMatchObject({ status: "DONE" });
    expect(repo.git("show", "worknode/notes/1:notes/one.md")).toBe("mine\n");
    await server.close();
  });

  it("is listed and called by the MCP inspector", ({ skip }) => {
    const inspector = process.env["WORKNODE_TEST_INSPECTOR"];
    if (inspector === undefined) return skip("no inspector here: name its `mcp-inspector` in WORKNODE_TEST_INSPECTOR");
    const ask = (...args: string[]): Record<string, never> => {
      const command = [inspector, "--cli", process.execPath, MAIN, "mcp", ...args];
      const options = { cwd: repo.dir, env: repo.env, encoding: "utf8" } as const;
      return JSON.parse(execFileSync(process.execPath, command, options)) as Record<string, never>;
    };
    expect(ask("--method", "tools/list")).toMatchObject({
      tools: expect.arrayContaining([expect.objectContaining({ name: "continue" })]),
    });
    const note = ["--method", "tools/call", "--tool-name", "create_note", "--tool-arg", "text=from the inspector"];
    expect(ask(...note)).toMatchObject({ structuredContent: { id: expect.stringMatching(/^ev_/) } });
    const store = repo.store();
    expect(store.queries.notes(1)).toMatchObject([{ text: "from the inspector" }]);
    store.close();
  });

  it("coordinates an open cycle under the plan's policies: spawns, assigns, and only what the plan allows", async () => {
    const source = `${PLAN}approval:\n  policies:\n    - { id: no-notes, level: mandatory, rule: "call.tool != 'create_note'" }\n`;
    writeFileSync(join(repo.dir, "plan.yaml"), source);
    const store = repo.store();
    const task = {
      id: "N-1",
      title: "Write the first note",
      phase: "write",
      owner: "implementer",
      estimate: null,
      needs: [],
      files: ["notes/one.md"],
    };
    store.append([
      cycleStarted(1, [], {
        plan_id: "notes",
        plan_path: join(repo.dir, "plan.yaml"),
        plan_source: source,
        tasks: [task],
        inputs: {},
      }),
    ]);
    expect(await call("spawn_agent", { role: "implementer", task: "N-1", reason: "help" })).toMatchObject({
      isError: false,
    });
    expect(store.events({ type: "AGENT_SPAWNED" })).toMatchObject([
      { actor: "claude-code-1", payload: { parent: "executive", role: "implementer" } },
    ]);
    expect(await call("spawn_agent", { role: "wizard", task: "N-1", reason: "help" })).toMatchObject({ isError: true });
    expect(await call("assign_task", { task: "N-1", agent: "implementer" })).toMatchObject({ isError: false });
    expect(await call("create_note", { text: "x" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("no-notes"),
    });
    for (const content of ["mine", "again"])
      expect(await call("Write", { file_path: "README.md", content })).toMatchObject({ isError: true });
    const violations = store.events({ type: "SECURITY_VIOLATION" });
    expect(violations.filter(({ payload }) => (payload as { object: string }).object === "Write")).toHaveLength(2);
    const told = store.events({ type: "ALERT" }).map(({ payload }) => (payload as { key: string }).key);
    expect(told.filter((key) => key === "claude-code-1:capability:Write")).toHaveLength(1);
    expect((await call("status")).value).toMatchObject({ cycle: { number: 1 }, tasks: [{ id: "N-1" }] });
    expect((await client.readResource({ uri: "worknode://plan" })).contents).toMatchObject([{ text: source }]);
    store.close();
  });

  it("tells of changes to a resource somebody watches, whoever makes them", async () => {
    const updated = new Promise<string>((done) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => done(params.uri));
    });
    await client.subscribeResource({ uri: "worknode://brief" });
    const store = repo.store();
    createNote(store, { text: "from elsewhere" });
    store.close();
    expect(await updated).toBe("worknode://brief");
    await client.unsubscribeResource({ uri: "worknode://brief" });
    await expect(client.readResource({ uri: "worknode://nothing" })).rejects.toThrow(/no resource/);
  });
});
