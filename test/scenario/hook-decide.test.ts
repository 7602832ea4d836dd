import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createHookService } from "../../src/crew/hook/service.js";
import { locateRepository } from "../../src/effect/repository/repository-location.js";
import type { HookOutput } from "../../src/schema/hook-event.js";
import { type HookGround, makeHookGround, PLAN, runLineOf } from "./hook-ground.js";

let ground: HookGround;
afterEach(() => ground.close());

const FILES = { "README.md": "# r\n", "plan.yaml": PLAN, "sub/deep.txt": "d\n", ".env": "SECRET=1\n" };
const NEVER = new AbortController().signal;

function verdict({ hookSpecificOutput }: HookOutput): string | undefined {
  return hookSpecificOutput?.permissionDecision;
}

function reason({ hookSpecificOutput }: HookOutput): string {
  return hookSpecificOutput?.permissionDecisionReason ?? "";
}

/** Claims the plan's first task; answers its worktree. */
async function claimed(): Promise<string> {
  ground = await makeHookGround(FILES, "plan.yaml");
  const said = (await ground.send("UserPromptSubmit", { prompt: "continue" })).hookSpecificOutput?.additionalContext;
  return /Work in (\S+) and/.exec(said ?? "")?.[1] ?? "";
}

const TANGLED = `/** f */\nexport function f(a) {\n${Array.from({ length: 9 }, (_, n) => `  if (a === ${n}) return ${n};`).join("\n")}\n  return a;\n}\n`;

describe("with a claimed task of a plan", () => {
  it("is allowed what the task names, and denied what the gate denies an agent of a run, in the same words", async () => {
    const root = await claimed();
    expect(verdict(await ground.call("Write", { file_path: `${root}/notes/one.md`, content: "x" }))).toBe("allow");
    const outside = await ground.call("Write", { file_path: `${root}/README.md`, content: "x" });
    expect(reason(outside)).toContain("ERROR_PLAN_VIOLATION: File not in agent's assigned scope");
    const later = await ground.call("Write", { file_path: `${root}/notes/two.md`, content: "x" });
    expect(reason(later)).toContain("ERROR_PLAN_VIOLATION: Attempting to modify future phase");
    const tangled = await ground.call("Write", { file_path: `${root}/src/one.js`, content: TANGLED });
    expect(reason(tangled)).toContain("Function complexity 10 exceeds agent limit 8");
    expect(reason(await ground.call("Read", { file_path: `${root}/.env` }))).toContain("ERROR_DENIED_READ");
    for (const denied of [outside, later, tangled]) expect(verdict(denied)).toBe("deny");
    const told = ground.store.events({ type: "SECURITY_VIOLATION" });
    expect(told.map(({ actor }) => actor)).toContain("implementer");
  });

  it("judges edits of every form by what they come to", async () => {
    const root = await claimed();
    writeFileSync(join(root, "README.md"), "# r\n");
    const edits = [{ old_string: "r", new_string: "s" }];
    const forms: [string, Record<string, unknown>][] = [
      ["Edit", { file_path: `${root}/README.md`, old_string: "r", new_string: "s" }],
      ["Edit", { file_path: `${root}/new.md`, old_string: "", new_string: "s" }],
      ["MultiEdit", { file_path: `${root}/README.md`, edits }],
      ["NotebookEdit", { notebook_path: `${root}/n.ipynb`, new_source: "x", cell_id: "1" }],
      ["apply_patch", { patch: "*** Begin Patch\n*** Add File: README.md\n*** End Patch" }],
      ["mcp__files__write", { path: `${root}/README.md` }],
      ["WebFetch", { url: "http://127.0.0.1/" }],
      ["Agent", { prompt: "x", isolation: "worktree" }],
    ];
    for (const [tool, input] of forms) expect(verdict(await ground.call(tool, input)), tool).toBe("deny");
    const tangled = [{ old_string: "", new_string: TANGLED }];
    const multi = await ground.call("MultiEdit", { file_path: `${root}/src/one.js`, edits: tangled });
    expect(reason(multi)).toContain("ERROR_COMPLEXITY_VIOLATION");
    const doubled = { old_string: "a", new_string: "aa", replace_all: true };
    const swollen = [{ old_string: "", new_string: "a" }, ...Array.from({ length: 40 }, () => doubled)];
    const long = await ground.call("MultiEdit", { file_path: `${root}/src/one.js`, edits: swollen });
    expect(reason(long)).toContain("ERROR_INVALID_INPUT: the file would be longer than 4194304 bytes");
  });

  it("says the same inside a subagent, and lets the subagent itself begin", async () => {
    const root = await claimed();
    expect(await ground.call("Agent", { prompt: "write" })).toEqual({});
    const inside = { agent_id: "a1", agent_type: "general-purpose" };
    const denied = await ground.call("Write", { file_path: `${root}/README.md`, content: "x" }, inside);
    expect(verdict(denied)).toBe("deny");
  });

  it("refuses paths that the client would repair, and names that lead elsewhere", async () => {
    const root = await claimed();
    symlinkSync("/tmp", join(root, "notes"));
    const paths = [
      `${root}/notes/one.md`,
      ` ${root}/notes/one.md`,
      "~/one.md",
      `${root}/notes/../README.md`,
      "notes/one.md",
    ];
    for (const file_path of paths)
      expect(verdict(await ground.call("Write", { file_path, content: "x" })), file_path).toBe("deny");
  });

  it("runs commands behind the wall, keeps what the task may change and nothing else", async () => {
    const root = await claimed();
    const said = await ground.call("Bash", { command: "echo half > notes/one.md", description: "d" });
    expect(said.hookSpecificOutput).toMatchObject({
      permissionDecision: "allow",
      updatedInput: { command: runLineOf("toolu_1"), description: "d" },
    });
    expect(await ground.service.run("toolu_1", NEVER)).toMatchObject({ exit_code: 1 });
    await ground.call("Bash", { command: "mkdir notes; echo half > notes/one.md; echo said" });
    expect(await ground.service.run("toolu_2", NEVER)).toMatchObject({ exit_code: 0, stdout: "said\n" });
    expect(readFileSync(join(root, "notes/one.md"), "utf8")).toBe("half\n");
    await ground.call("Bash", { command: "echo x > README.md", dangerouslyDisableSandbox: true });
    const refused = await ground.service.run("toolu_3", NEVER);
    expect(refused.stderr).toContain("File not in agent's assigned scope");
    expect(refused.exit_code).toBe(126);
    expect(existsSync(join(root, "notes/one.md"))).toBe(true);
  });

  it("runs a command once, and none that was not allowed", async () => {
    await claimed();
    await ground.call("Bash", { command: "true" });
    expect(await ground.service.run("toolu_1", NEVER)).toMatchObject({ exit_code: 0 });
    expect(await ground.service.run("toolu_1", NEVER)).toMatchObject({ exit_code: 126 });
    expect(await ground.service.run("toolu_9", NEVER)).toMatchObject({ exit_code: 126 });
  });

  it("has a person asked for what needs a sign-off, and denies it where none is asked", async () => {
    const root = await claimed();
    await ground.call("Write", { file_path: `${root}/README.md`, content: "x" });
    const command = { command: "true" };
    expect(verdict(await ground.call("Bash", command))).toBe("ask");
    expect(await ground.service.run("toolu_2", NEVER)).toMatchObject({ exit_code: 0 });
    const reviewed = ground.store
      .events({ type: "VERDICT" })
      .filter(({ payload }) => "mode" in payload && payload.mode === "reviewed");
    expect(reviewed).toHaveLength(1);
    for (const permission_mode of ["bypassPermissions", "dontAsk", "auto", "unheard"])
      expect(verdict(await ground.call("Bash", command, { permission_mode }))).toBe("deny");
  });

  it("stops what a person killed", async () => {
    const root = await claimed();
    ground.store.append([
      {
        type: "KILLED",
        stream: "project",
        actor: "p",
        run: 0,
        task: null,
        execution: null,
        payload: { epoch: 1, reason: "t" },
      } as never,
    ]);
    const denied = await ground.call("Write", { file_path: `${root}/notes/one.md`, content: "x" });
    expect(verdict(denied)).toBe("deny");
    expect(reason(denied)).toContain("kill");
  });
});

describe("with no claimed task", () => {
  it("guards the hard deny list on every route and leaves the rest to the client", async () => {
    ground = await makeHookGround(FILES);
    const at = (path: string): Record<string, unknown> => ({ file_path: join(ground.repo.dir, path), content: "x" });
    expect(await ground.call("Write", at("src/a.js"))).toEqual({});
    expect(await ground.call("Write", { file_path: "/tmp/elsewhere.txt", content: "x" })).toEqual({});
    const denied = [
      ".claude/settings.local.json",
      ".mcp.json",
      ".worknode/plans/p.yaml",
      ".git/hooks/pre-commit",
      ".env",
    ];
    for (const path of denied) expect(verdict(await ground.call("Write", at(path))), path).toBe("deny");
    const home = `${ground.repo.env["HOME"]}/.claude/settings.json`;
    expect(verdict(await ground.call("Write", { file_path: home, content: "{}" }))).toBe("deny");
    expect(verdict(await ground.call("mcp__fs__write", { path: `${ground.repo.dir}/.mcp.json` }))).toBe("deny");
    expect(verdict(await ground.call("Unheard", {}))).toBe("deny");
    const notebook = { notebook_path: join(ground.repo.dir, ".claude/x.ipynb"), new_source: "x", edit_mode: "insert" };
    expect(verdict(await ground.call("NotebookEdit", notebook))).toBe("deny");
    expect(await ground.call("mcp__fs__write", { path: `${ground.repo.dir}/a.txt` })).toEqual({});
    const keys = `${ground.repo.env["XDG_STATE_HOME"]}/worknode`;
    const stateDir = (
      await ground.desk.place({ session_id: "s", cwd: ground.repo.dir, hook_event_name: "PreCompact", trigger: "" })
    ).crew.repository.stateDir;
    expect(stateDir.startsWith(keys)).toBe(true);
    expect(verdict(await ground.call("Read", { file_path: `${stateDir}/keys/broker.pem` }))).toBe("deny");
  });

  it("guards what steers the client by whatever name, and lets nobody read the hooks' token", async () => {
    ground = await makeHookGround(FILES);
    const { dir, env } = ground.repo;
    const home = env["HOME"] ?? "";
    for (const folder of ["dotfiles", "own", "told"]) mkdirSync(join(home, folder));
    symlinkSync(join(home, "dotfiles"), join(home, ".claude"));
    symlinkSync(dir, join(home, "alias"));
    env["CLAUDE_CONFIG_DIR"] = join(home, "own");
    const transcript_path = join(home, "told/projects/-w/s.jsonl");
    const names = ["dotfiles/settings.json", "own/settings.json", "told/settings.json", "alias/.claude/settings.json"];
    for (const name of names) {
      const input = { file_path: join(home, name), content: "{}" };
      expect(verdict(await ground.call("Write", input, { transcript_path })), name).toBe("deny");
      expect(verdict(await ground.call("mcp__fs__write", input, { transcript_path })), name).toBe("deny");
    }
    expect(await ground.call("Write", { file_path: join(home, "notes.md"), content: "" }, { transcript_path })).toEqual(
      {},
    );
    const state = join(env["XDG_STATE_HOME"] ?? "", "worknode");
    const { stateDir } = locateRepository(dir, env) ?? { stateDir: "" };
    expect(stateDir.startsWith(state)).toBe(true);
    expect(verdict(await ground.call("mcp__fs__read", { path: join(stateDir, "hook/address.json") }))).toBe("deny");

    ground.repo.write(".claude/settings.local.json", "the token");
    const file_path = join(dir, ".claude/settings.local.json");
    expect(verdict(await ground.call("Read", { file_path }))).toBe("deny");
    expect(verdict(await ground.call("Grep", { pattern: "token", path: dir, output_mode: "content" }))).toBe("deny");
    await ground.call(
      "Bash",
      { command: "cat .claude/settings.local.json; grep -r token ." },
      { tool_use_id: "t-cat" },
    );
    expect((await ground.service.run("t-cat", NEVER)).stdout).not.toContain("the token");
  });

  it("answers the very call again as before, and no other under its id", async () => {
    const root = await claimed();
    const write = { file_path: `${root}/notes/one.md`, content: "x" };
    const twice = { tool_use_id: "t-1" };
    expect(verdict(await ground.call("Write", write, twice))).toBe("allow");
    expect(verdict(await ground.call("Write", write, twice))).toBe("allow");
    expect(verdict(await ground.call("Write", { ...write, content: "y" }, twice))).toBe("deny");
  });

  it("says so when the session starts", async () => {
    ground = await makeHookGround(FILES);
    const said = await ground.send("SessionStart", { source: "startup" });
    expect(said.hookSpecificOutput?.additionalContext).toContain("no task is claimed");
  });

  it("runs commands behind the wall on the checkout, from the session's folder", async () => {
    ground = await makeHookGround(FILES);
    const cwd = join(ground.repo.dir, "sub");
    await ground.call("Bash", { command: "pwd; echo made > made.txt; git status --short ." }, { cwd });
    const ran = await ground.service.run("toolu_1", NEVER);
    expect(ran.stderr).toBe("");
    expect(ran).toMatchObject({ exit_code: 0, stdout: `${cwd}\n?? made.txt\n` });
    expect(readFileSync(join(cwd, "made.txt"), "utf8")).toBe("made\n");
    const attempts = [
      "echo x > .claude.json",
      "mkdir .claude; echo {} > .claude/settings.json",
      "rm README.md",
      "cat .env",
    ];
    for (const [index, command] of attempts.entries()) {
      await ground.call("Bash", { command });
      const { exit_code, stdout } = await ground.service.run(`toolu_${index + 2}`, NEVER);
      expect([exit_code === 0, stdout], command).toEqual([command === "cat .env", ""]);
    }
    expect(existsSync(join(ground.repo.dir, ".claude"))).toBe(false);
    expect(existsSync(join(ground.repo.dir, "README.md"))).toBe(true);
  });

  it("asks a person before a command leaves the sandbox, and never for a person's own commands", async () => {
    ground = await makeHookGround(FILES);
    const leave = (command: string, more = {}): Promise<HookOutput> =>
      ground.call("Bash", { command, dangerouslyDisableSandbox: true }, more);
    expect(verdict(await leave("npm publish"))).toBe("ask");
    expect(verdict(await leave("npm publish", { permission_mode: "bypassPermissions" }))).toBe("deny");
    for (const command of ["worknode approve ap_1", "node x/claude -p hi", "cat > .mcp.json"])
      expect(verdict(await leave(command)), command).toBe("deny");
  });

  it("keeps a task outside plans to the files it names", async () => {
    ground = await makeHookGround(FILES);
    const task = { id: "#7 the note", title: "Write it", files: ["notes/**"] };
    const base = { stream: "project", actor: "p", run: 0, execution: null };
    ground.store.append([
      { ...base, type: "TASK_ADDED", task: task.id, payload: task } as never,
      { ...base, type: "TASK_CLAIMED", task: task.id, payload: { by: "claude-code" } } as never,
    ]);
    const at = (path: string): Record<string, unknown> => ({ file_path: join(ground.repo.dir, path), content: "x" });
    expect(verdict(await ground.call("Write", at("notes/n.md")))).toBe("allow");
    expect(reason(await ground.call("Write", at("README.md")))).toContain("File not in agent's assigned scope");
  });
});

describe("what cannot be judged", () => {
  it.each([
    ["nothing", null],
    ["no object", "PreToolUse"],
    ["an event without its call", { session_id: "s", cwd: "/", hook_event_name: "PreToolUse" }],
    ["an unknown event", { session_id: "s", cwd: "/", hook_event_name: "Surprise" }],
    [
      "a call without a name",
      { session_id: "s", cwd: "/", hook_event_name: "PreToolUse", tool_name: "", tool_input: {}, tool_use_id: "t" },
    ],
    [
      "a folder of no repository",
      { session_id: "s", cwd: "/", hook_event_name: "PreToolUse", tool_name: "Read", tool_input: {}, tool_use_id: "t" },
    ],
    ["a folder that is not there", { session_id: "s", cwd: "/nowhere", hook_event_name: "Stop" }],
  ])("is refused: %s", async (_, input) => {
    ground = await makeHookGround(FILES);
    const said = await ground.service.answer(input);
    expect(verdict(said) === "deny" || said.decision === "block" || said.systemMessage !== undefined).toBe(true);
    if (input !== null && typeof input === "object" && input.hook_event_name === "PreToolUse")
      expect(verdict(said)).toBe("deny");
  });

  it("is refused when there is no place to judge it at", async () => {
    ground = await makeHookGround(FILES);
    const service = createHookService({ place: () => Promise.reject(new Error("the database is gone")) }, runLineOf);
    const event = { session_id: "s", cwd: ground.repo.dir, tool_name: "Read", tool_input: {}, tool_use_id: "t" };
    const said = await service.answer({ ...event, hook_event_name: "PreToolUse" });
    expect(verdict(said)).toBe("deny");
    expect(reason(said)).toContain("the database is gone");
  });
});
