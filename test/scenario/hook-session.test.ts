import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { MAX_FILE_BYTES } from "../../src/kernel/bounds.js";
import { createIssue } from "../../src/memory/issues.js";
import type { HookOutput } from "../../src/schema/hook-event.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { type HookGround, makeHookGround, PLAN } from "./hook-ground.js";

let ground: HookGround;
afterEach(() => ground.close());

const FILES = { "README.md": "# r\n", "plan.yaml": PLAN };
const NEVER = new AbortController().signal;

function told({ hookSpecificOutput }: HookOutput): string {
  return hookSpecificOutput?.additionalContext ?? "";
}

/** Says `continue`; answers the folder of the task that is claimed then, and nothing where none is. */
async function claim(): Promise<string> {
  const said = await ground.send("UserPromptSubmit", { prompt: "continue" });
  expect(said.decision, said.reason).toBeUndefined();
  return /Work in (\S+) and/.exec(told(said))?.[1] ?? "";
}

async function claimed(): Promise<string> {
  ground = await makeHookGround(FILES, "plan.yaml");
  const root = await claim();
  expect(root).not.toBe("");
  return root;
}

/** Ends the turn; the completion gate rejects the task, for the `nth` time. */
async function rejected(nth: number): Promise<HookOutput> {
  const said = await ground.send("Stop");
  expect(said.reason ?? said.systemMessage, JSON.stringify(said)).toContain("ERROR_TESTS_FAILED: test command grep");
  expect(ground.store.events({ type: "TASK_REJECTED" }), JSON.stringify(said)).toHaveLength(nth);
  return said;
}

function put(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Gives a person's command; it is to be carried out. */
async function worknode(...args: string[]): Promise<void> {
  const confirm = (): Promise<boolean> => Promise.resolve(true);
  const context = makeContext({ cwd: ground.repo.dir, env: ground.repo.env, isTTY: true, confirm });
  expect(await runCommandLine(context, args), `${args.join(" ")}: ${context.complained()}`).toBe(0);
}

const statusOf = (id: string): string | undefined => ground.store.queries.task(1, id)?.status;

describe("a prompt", () => {
  it("claims by the literal word alone", async () => {
    ground = await makeHookGround(FILES, "plan.yaml");
    for (const prompt of ["continue please", "Continue", "please continue", "go on"]) {
      expect(told(await ground.send("UserPromptSubmit", { prompt })), prompt).toBe("");
      expect(ground.store.queries.latestIncompleteCycle(), prompt).toBeUndefined();
    }
    const said = told(await ground.send("UserPromptSubmit", { prompt: " continue\n" }));
    expect(said).toContain("task N-1 is claimed");
    expect(said).toContain("You may write: notes/one.md, src/one.js");
    expect(said).toContain("grep -q finished notes/one.md");
    expect(statusOf("N-1")).toBe("IN_PROGRESS");
  });

  it("is given the known fixes of the errors it holds", async () => {
    ground = await makeHookGround(FILES);
    const solution = { fix: "add -lquic", root_cause: "the library is not linked" };
    createIssue(ground.store, { type: "E", error: "undefined reference to quic_init", solution, resolved: true });
    const prompt = "ld says: /home/a/x.c:12: undefined reference to quic_init";
    expect(told(await ground.send("UserPromptSubmit", { prompt }))).toMatch(/Known fix: .*add -lquic/);
    expect(told(await ground.send("UserPromptSubmit", { prompt: "write a poem" }))).toBe("");
  });
});

describe("the end of a turn", () => {
  it("is refused until the task's commands accept, and then the work is on the cycle's branch", async () => {
    const root = await claimed();
    expect(await ground.send("Stop")).toMatchObject({
      decision: "block",
      reason: expect.stringContaining("not accepted"),
    });
    put(root, "notes/one.md", "finished\n");
    const said = await ground.send("Stop", { stop_hook_active: true });
    expect(said.decision).toBeUndefined();
    expect(said.systemMessage).toContain("task N-1 is done: notes/one.md");
    expect(ground.repo.git("show", "worknode/notes/1:notes/one.md")).toBe("finished\n");
    expect(statusOf("N-1")).toBe("DONE");
    expect(await ground.send("Stop")).toEqual({});
  });

  it("is let go at the third rejection, escalated to a person as in a run; their answer decides", async () => {
    const root = await claimed();
    for (let n = 1; n <= 2; n += 1) expect((await rejected(n)).decision).toBe("block");
    expect(ground.store.events({ type: "ESCALATION" })).toEqual([]);
    const last = await rejected(3);
    expect(last.decision).toBeUndefined();
    const [asked] = ground.store.queries.pendingApprovals(1);
    expect(last.systemMessage).toContain("N-1 is NOT done; it was rejected 3 times");
    expect(last.systemMessage).toContain(`worknode approve ${asked?.id}`);
    expect(ground.store.events({ type: "ESCALATION" })).toMatchObject([
      { task: "N-1", payload: { to: "human", from: "implementer", reason: expect.stringContaining("rejected again") } },
    ]);
    expect(statusOf("N-1")).toBe("BLOCKED");
    expect(existsSync(join(root, "README.md"))).toBe(true);

    expect(await claim()).toBe("");
    await worknode("approve", asked?.id ?? "");
    expect(await claim()).toBe(root);
    expect(ground.store.events({ type: "ESCALATION_RESOLVED" })).toMatchObject([{ payload: { action: "retry" } }]);
    expect((await ground.send("Stop")).decision).toBe("block");
    put(root, "notes/one.md", "finished\n");
    expect((await ground.send("Stop")).systemMessage).toContain("is done");
  });

  it("gives a task up that a person turned down", async () => {
    await claimed();
    for (let n = 1; n <= 3; n += 1) await rejected(n);
    const [asked] = ground.store.queries.pendingApprovals(1);
    expect(asked).toMatchObject({ task: "N-1", decision: null });
    await worknode("reject", asked?.id ?? "", "--reason", "no use");
    expect(await claim()).toBe("");
    expect(statusOf("N-1")).toBe("REJECTED");
  });

  it("of a subagent is refused once where what it left breaks a rule, without the task's commands", async () => {
    const root = await claimed();
    const agent = { agent_id: "a1", agent_type: "general-purpose" };
    expect(await ground.send("SubagentStop", agent)).toEqual({});
    const branches = Array.from({ length: 9 }, (_, n) => `  if (a === ${n}) return ${n};`).join("\n");
    put(root, "src/one.js", `/** f */\nexport function f(a) {\n${branches}\n  return a;\n}\n`);
    const refused = await ground.send("SubagentStop", agent);
    expect(refused).toMatchObject({ decision: "block", reason: expect.stringContaining("complexity 10") });
    expect(await ground.send("SubagentStop", { ...agent, stop_hook_active: true })).toEqual({});
    expect(ground.store.events({ type: "TASK_REJECTED" })).toEqual([]);
    expect((await ground.send("Stop")).reason).toContain("complexity 10");
  });

  it.each([
    ["src/one.js", ""],
    ["bin/one", "#!/usr/bin/env node\n"],
  ])(
    "is refused where code is too long to be judged, which no call makes and an editor may: %s",
    async (path, first) => {
      const plan = PLAN.replace("src/one.js", "src/one.js, bin/one, data/one.bin");
      ground = await makeHookGround({ ...FILES, "plan.yaml": plan }, "plan.yaml");
      const root = await claim();
      put(root, "notes/one.md", "finished\n");
      put(root, "data/one.bin", "x".repeat(MAX_FILE_BYTES + 1)); // what is no code may be as long as it is
      put(root, path, `${first}//${"x".repeat(MAX_FILE_BYTES)}\n`);
      expect(await ground.send("Stop")).toMatchObject({
        decision: "block",
        reason: expect.stringContaining(`ERROR_PARSE: ${path} is longer than ${MAX_FILE_BYTES} bytes`),
      });
      put(root, path, `${first}// short\n`);
      expect((await ground.send("Stop")).systemMessage).toContain("task N-1 is done");
    },
  );

  it("is refused where a file of the task became something that waits for a writer", async () => {
    ground = await makeHookGround({ ...FILES, "src/one.js": "// one\n" }, "plan.yaml");
    const root = await claim();
    put(root, "notes/one.md", "finished\n");
    rmSync(join(root, "src/one.js"));
    execFileSync("mkfifo", [join(root, "src/one.js")]);
    const said = await ground.send("Stop");
    expect(said).toMatchObject({ decision: "block", reason: expect.stringContaining("src/one.js") });
    expect(statusOf("N-1")).toBe("IN_PROGRESS");
  });

  it("asks nothing of a session that has claimed nothing", async () => {
    ground = await makeHookGround(FILES);
    for (const name of ["Stop", "SubagentStop"]) expect(await ground.send(name)).toEqual({});
  });
});

describe("a failing command", () => {
  const failed = (command: string, error: string): Promise<HookOutput> =>
    ground.send("PostToolUseFailure", {
      tool_name: "Bash",
      tool_input: { command },
      tool_use_id: `toolu_${Math.random()}`,
      error,
    });

  it("that ran outside becomes an issue, counted when it comes again, and its known fix is told", async () => {
    ground = await makeHookGround(FILES);
    const error = "Exit code 2\nTypeError: quic_init is not a function";
    expect(await failed("npm test", error)).toEqual({});
    expect(ground.store.queries.issues(null, 10)).toMatchObject([
      { error: expect.stringContaining("quic_init"), count: 1 },
    ]);
    await failed("npm test", error);
    expect(ground.store.queries.issues(null, 10)).toMatchObject([{ count: 2 }]);
    const solution = { fix: "update quic to 2", root_cause: "it was renamed" };
    createIssue(ground.store, {
      type: "TypeError",
      error: "TypeError: quic_init is not a function",
      solution,
      resolved: true,
    });
    expect(told(await failed("npm test", error))).toContain("Known fix: ");
  });

  it("that ran behind the wall becomes one as well", async () => {
    await claimed();
    await ground.call("Bash", { command: "echo 'TypeError: quic_init is not a function' >&2; exit 2" });
    expect(await ground.service.run("toolu_1", NEVER)).toMatchObject({ exit_code: 2 });
    expect(ground.store.queries.issues(null, 10)).toMatchObject([{ error: expect.stringContaining("quic_init") }]);
  });
});

describe("what a session leaves", () => {
  it("is kept before its conversation is shortened, and given back after it", async () => {
    const root = await claimed();
    const write = { file_path: `${root}/notes/one.md`, content: "half\n" };
    await ground.call("Write", write);
    put(root, "notes/one.md", "half\n");
    await ground.send("PostToolUse", {
      tool_name: "Write",
      tool_input: write,
      tool_use_id: "toolu_1",
      tool_response: {},
    });
    expect(await ground.send("PreCompact", { trigger: "auto" })).toEqual({});
    const again = told(await ground.send("SessionStart", { source: "compact" }));
    expect(again).toContain(
      "Hand-over of N-1 (Write the first note) before the conversation was shortened: changed: notes/one.md",
    );
    expect(again).toContain("task N-1 is claimed");
  });

  it("stays claimed for the next session, and a run may take the cycle meanwhile", async () => {
    const root = await claimed();
    const held = (): boolean => ground.store.lease.read("cycle:1")?.held ?? false;
    expect(held()).toBe(true);
    await ground.send("SessionStart", { source: "startup", session_id: "s-2" });
    await ground.send("SessionEnd", { reason: "other" });
    expect(held()).toBe(true);
    await ground.send("SessionEnd", { reason: "other", session_id: "s-2" });
    expect(held()).toBe(false);
    expect(statusOf("N-1")).toBe("IN_PROGRESS");
    expect(told(await ground.send("SessionStart", { source: "startup", session_id: "s-3" }))).toContain(
      `Work in ${root}`,
    );
    expect(readFileSync(join(root, "README.md"), "utf8")).toBe("# r\n");
  });
});
