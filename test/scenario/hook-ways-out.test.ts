import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { finishTask } from "../../src/memory/own-tasks.js";
import type { HookOutput } from "../../src/schema/hook-event.js";
import { makeRepo } from "./harness.js";
import { type HookGround, makeHookGround, PLAN } from "./hook-ground.js";

let ground: HookGround;
afterEach(() => ground.close());

const FILES = { "README.md": "# r\n", "plan.yaml": PLAN, ".env": "SECRET=1\n" };

function verdict({ hookSpecificOutput }: HookOutput): string | undefined {
  return hookSpecificOutput?.permissionDecision;
}

async function claimed(): Promise<string> {
  ground = await makeHookGround(FILES, "plan.yaml");
  const said = (await ground.send("UserPromptSubmit", { prompt: "continue" })).hookSpecificOutput?.additionalContext;
  return /Work in (\S+) and/.exec(said ?? "")?.[1] ?? "";
}

it("lets a claimed task out by no tool of another name, and by none that is not known", async () => {
  const root = await claimed();
  const input = { file_path: `${root}/README.md`, path: `${root}/README.md`, command: "id", content: "x", patch: "x" };
  const tools =
    "apply_patch ApplyPatch write WRITE bash BASH Bash_ PowerShell REPL Monitor SlashCommand EnterWorktree CronCreate " +
    "RemoteTrigger ScheduleWakeup WebFetch WebSearch LS LSP NotebookRead Grep ListMcpResourcesTool ReadMcpResourceTool " +
    "mcp__worknode mcp__worknode-x__write mcp__x__worknode__write mcp__files__write mcp__plugin_x_worknode__run " +
    "__proto__ constructor toString hasOwnProperty";
  for (const tool of [...tools.split(" "), "Bash ", " Write", "Write\n", "Wrıte", ""])
    expect(verdict(await ground.call(tool, input)), JSON.stringify(tool)).toBe("deny");
  expect(verdict(await ground.call("Agent", { prompt: "x", isolation: "remote" }))).toBe("deny");
  expect(existsSync(join(root, "src"))).toBe(false);
});

it("lets it write nothing that steers git, a client, CI or worknode, and no name that could mean two files", async () => {
  const root = await claimed();
  const home = ground.repo.env["HOME"] ?? "";
  const inside =
    ".claude/settings.json .claude/commands/x.md .claude/skills/x/SKILL.md notes/.claude/settings.json .mcp.json .git " +
    ".git/hooks/pre-commit .github/workflows/x.yml .worknode/config.yaml .envrc notes/one.md/ notes//one.md notes/ONE.md " +
    "./notes/./one.md/../../README.md notes/one.md\0";
  const paths: unknown[] = inside.split(" ").map((path) => `${root}/${path}`);
  const outside = `${home}/.claude/settings.json ${home}/.bashrc /proc/self/environ /dev/stdout file:///etc/passwd`;
  paths.push(`${root}/notes/one.md `, `${ground.repo.dir}/README.md`, "", ".", root, 7, null);
  paths.push(outside.split(" "), { toString: "x" });
  for (const path of outside.split(" ")) paths.push(path);
  for (const file_path of paths) {
    const said = verdict(await ground.call("Write", { file_path, content: "x" }));
    expect(said, JSON.stringify(file_path)).toBe("deny");
  }
  for (const content of [undefined, 1, null, ["x"], "\ud800", "a\0b", "x".repeat(11_000_000)]) {
    const said = verdict(await ground.call("Write", { file_path: `${root}/notes/one.md`, content }));
    expect(said, String(content).slice(0, 20)).toBe("deny");
  }
});

it("lets it read and search nothing but its task's folder", async () => {
  const root = await claimed();
  writeFileSync(join(root, ".env"), "SECRET=2\n");
  const reads = [`${root}/.env`, `${root}/.git`, `${ground.repo.dir}/README.md`, "/etc/passwd", "/proc/self/environ"];
  for (const file_path of reads) expect(verdict(await ground.call("Read", { file_path })), file_path).toBe("deny");
  const globs = [
    { pattern: "/etc/*" },
    { pattern: "../*" },
    { pattern: "a/../../*" },
    { pattern: "*", path: "/etc" },
    { pattern: "*", path: `${root}/..` },
    { pattern: 7 },
  ];
  for (const input of globs) expect(verdict(await ground.call("Glob", input)), JSON.stringify(input)).toBe("deny");
});

it("lets a shell be told nothing but its time, its title and whether it waits", async () => {
  await claimed();
  const more = { timeout: 5_000, description: "d", run_in_background: true };
  const sneaked = { env: { NODE_OPTIONS: "--require /tmp/x.js" }, shell: "/tmp/x", cwd: "/", sandbox: false };
  const said = await ground.call("Bash", { command: "true", dangerouslyDisableSandbox: true, ...more, ...sneaked });
  expect(said.hookSpecificOutput?.updatedInput).toEqual({ ...more, command: "run toolu_1" });
  for (const command of [undefined, 7, ["id"], { toString: "id" }])
    expect(verdict(await ground.call("Bash", { command })), JSON.stringify(command) ?? "none").toBe("deny");
});

it("refuses what another repository's session does, and what stands nowhere", async () => {
  await claimed();
  const other = makeRepo({ "README.md": "# o\n" });
  symlinkSync(other.dir, join(ground.repo.dir, "link"));
  for (const cwd of [other.dir, join(ground.repo.dir, "link"), "/", join(ground.repo.dir, "gone")])
    expect(verdict(await ground.call("Read", { file_path: join(cwd, "README.md") }, { cwd })), cwd).toBe("deny");
  const { hookSpecificOutput: said } = await ground.call("TodoWrite", {}, { cwd: other.dir });
  expect(said?.permissionDecisionReason).toContain("is not of the repository");
  mkdirSync(join(ground.repo.dir, "src"), { recursive: true });
  expect(await ground.call("TodoWrite", {}, { cwd: join(ground.repo.dir, "src") })).toEqual({});
  other.remove();
});

it("holds a session to its task until its person speaks: no claim that is given up leaves it freer", async () => {
  const root = await claimed();
  const elsewhere = { file_path: join(ground.repo.dir, "README.md"), content: "x" };
  const base = { stream: "task:1:N-1", actor: "claude-code", run: 1, task: "N-1", execution: null };
  ground.store.append([{ ...base, type: "TASK_STATUS", payload: { status: "PENDING" } } as never]);
  for (const more of [{}, { agent_id: "a1" }]) {
    const refused = await ground.call("Write", elsewhere, more);
    expect(refused.hookSpecificOutput?.permissionDecisionReason).toContain("task N-1 of cycle 1 is no longer claimed");
    expect(verdict(await ground.call("Read", { file_path: `${root}/README.md` }, more))).toBe("deny");
    expect(verdict(await ground.call("Bash", { command: "true" }, more))).toBe("deny");
  }
  await ground.send("SessionStart", { source: "compact" });
  expect(verdict(await ground.call("Write", elsewhere))).toBe("deny");
  expect(await ground.send("Stop")).toEqual({});
  await ground.send("UserPromptSubmit", { prompt: "now the read-me" });
  expect(await ground.call("Write", elsewhere)).toEqual({});
});

it("holds it to the files of a task outside plans as well, whose end it says itself", async () => {
  ground = await makeHookGround(FILES);
  const task = { id: "FIX-1", title: "Fix it", files: ["notes/**"] };
  const base = { stream: "project", actor: "p", run: 0, execution: null, task: "FIX-1" };
  const take = { ...base, type: "TASK_CLAIMED", payload: { by: "claude-code" } } as never;
  const file = (path: string) => ({ file_path: join(ground.repo.dir, path), content: "x" });
  await ground.send("UserPromptSubmit", { prompt: "fix it" });
  ground.store.append([{ ...base, type: "TASK_ADDED", payload: task } as never, take]);
  expect(verdict(await ground.call("Write", file("README.md")))).toBe("deny");
  expect(finishTask(ground.store, { task: "FIX-1", by: "claude-code" }).ok).toBe(true);
  expect(await ground.call("Write", file("README.md")), "its person had set it to no task").toEqual({});

  const again = { ...base, task: "FIX-2", payload: { ...task, id: "FIX-2" }, type: "TASK_ADDED" } as never;
  ground.store.append([
    again,
    { ...base, task: "FIX-2", type: "TASK_CLAIMED", payload: { by: "claude-code" } } as never,
  ]);
  await ground.send("UserPromptSubmit", { prompt: "go on" });
  expect(finishTask(ground.store, { task: "FIX-2", by: "claude-code" }).ok).toBe(true);
  expect(verdict(await ground.call("Write", file("README.md")))).toBe("deny");
});

/** The folders of a session without a task, and links that lead to what nobody touches. */
async function unclaimed(): Promise<{ dir: string; home: string; state: string }> {
  ground = await makeHookGround({ ...FILES, "sub/a.txt": "a\n", ".github/workflows/ci.yml": "on: push\n" });
  const { dir, env } = ground.repo;
  const home = env["HOME"] ?? "";
  for (const folder of ["dotfiles", "own"]) mkdirSync(join(home, folder));
  symlinkSync(join(home, "dotfiles"), join(home, ".claude"));
  symlinkSync(".github/workflows", join(dir, "flows"));
  symlinkSync(join(home, "own"), join(dir, "sub", "cfg"));
  symlinkSync(".env", join(dir, "plain.txt"));
  env["CLAUDE_CONFIG_DIR"] = join(home, "own");
  const event = { session_id: "s-1", cwd: dir, hook_event_name: "PreCompact" as const, trigger: "" };
  return { dir, home, state: (await ground.desk.place(event)).crew.repository.stateDir };
}

it("lets other servers' tools name what nobody touches in no way that a file is found by", async () => {
  const { dir, home, state } = await unclaimed();
  const atHome = (path: string): string => path.replace(home, "~");
  const inputs: Record<string, unknown>[] = [
    { path: ".claude/settings.json" },
    { path: ".claude" },
    { path: "a.txt", destination: "deep/.claude" },
    { path: ["a.txt", "sub/.mcp.json"] },
    { path: "sub/../.mcp.json" },
    { path: "../.mcp.json", note: "from sub" },
    { uri: `file://${dir}/.git/config` },
    { uri: `file://localhost${dir}/%2ewor%6bnode/config.yaml` },
    { path: "~/dotfiles/settings.json" },
    { path: "$HOME/dotfiles/settings.json" },
    { path: "$CLAUDE_CONFIG_DIR/settings.json" },
    { path: atHome(join(home, "own", "settings.json")) },
    { path: `${state}/keys/broker.pem` },
    { path: "flows/new.yml" },
    { path: "cfg/settings.json" },
    { path: "sub/cfg" },
    { path: `/proc/self/root${join(home, "own/settings.json")}` },
    { path: ".env" },
    { path: `file://${dir}/.env` },
    { path: "plain.txt" },
    { files: { ".mcp.json": "{}" } },
    { edits: [{ deep: [{ target: ".github/workflows/ci.yml" }] }] },
    { folder: join(home, "own"), name: "settings.json" },
    { folder: `${dir}/.github`, name: "workflows/x.yml" },
    { path: `${"./".repeat(3_000)}.mcp.json` },
    { paths: Array.from({ length: 10_001 }, (_, n) => `a${n}`) },
  ];
  const cwd = { cwd: join(dir, "sub") };
  for (const input of inputs) {
    const said = verdict(await ground.call("mcp__fs__any", input, cwd));
    expect(said, JSON.stringify(input).slice(0, 100)).toBe("deny");
  }
  const resource = { server: "fs", uri: `file://${dir}/.env` };
  expect(verdict(await ground.call("ReadMcpResourceTool", resource))).toBe("deny");
});

it("leaves them everything else: other files, addresses elsewhere, and texts that speak of such files", async () => {
  const { dir, home } = await unclaimed();
  const inputs: Record<string, unknown>[] = [
    { path: `${dir}/src/a.js`, content: "see .github/workflows and .env" },
    { path: "sub/a.txt", folder: dir },
    { path: join(home, "notes.md") },
    { url: "https://example.com/o/r/blob/main/.github/workflows/ci.yml" },
    { key: "menu.key", title: "100% of .env.example", body: "Fix .github/workflows/ci.yml\nand .mcp.json" },
    { path: ["$", "key", 7] },
    { query: "\0", none: null, n: 7, list: [] },
  ];
  for (const input of inputs) expect(await ground.call("mcp__x__any", input), JSON.stringify(input)).toEqual({});
  expect(await ground.call("WebSearch", { query: ".envrc" })).toEqual({});
});

it("guards files outside the checkout by what a link makes of them, and secrets that lie there", async () => {
  const { home } = await unclaimed();
  mkdirSync(join(home, "other/.git/hooks"), { recursive: true });
  symlinkSync(join(home, "other/.git/hooks"), join(home, "hooks"));
  writeFileSync(join(home, "id_rsa"), "key");
  const write = (path: string) => ground.call("Write", { file_path: join(home, path), content: "x" });
  for (const path of ["hooks/pre-commit", "other/.git/config", "own/settings.json", "x/../own/settings.json", "id_rsa"])
    expect(verdict(await write(path)), path).toBe("deny");
  expect(verdict(await ground.call("Read", { file_path: join(home, "id_rsa") }))).toBe("deny");
  expect(await write("id_other")).toEqual({});
});

it("holds against a call without a task what nobody may do or nobody can tell, and no limit of a task's", async () => {
  const { dir } = await unclaimed();
  const at = (path: string, content = "x"): Record<string, unknown> => ({ file_path: join(dir, path), content });
  symlinkSync("/etc", join(dir, "out"));
  const denied: [string, Record<string, unknown>, string][] = [
    ["Write", at(".mcp.json"), "ERROR_HARD_DENY"],
    ["Read", at(".env"), "ERROR_DENIED_READ"],
    ["Write", at("out/passwd"), "ERROR_PATH"],
    ["Write", at("a\\b"), "ERROR_PATH"],
  ];
  for (const [tool, input, code] of denied) {
    const said = (await ground.call(tool, input)).hookSpecificOutput?.permissionDecisionReason;
    expect(said, JSON.stringify(input)).toContain(code);
  }
  const tangled = `function f(a) {\n${"  if (a) a();\n".repeat(90)}}\n`;
  expect(await ground.call("Write", at("src/a.js", tangled)), "longer than any task's function").toEqual({});
  const base = { stream: "project", actor: "p", run: 0, task: null, execution: null };
  ground.store.append([{ ...base, type: "KILLED", payload: { epoch: 1, reason: "t" } } as never]);
  const killed = (await ground.call("Write", at("src/b.js"))).hookSpecificOutput?.permissionDecisionReason;
  expect(killed).toContain("killed");
});
