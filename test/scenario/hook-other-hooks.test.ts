import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type HookGround, makeHookGround, PLAN, runLineOf } from "./hook-ground.js";

let ground: HookGround;
afterEach(() => ground.close());

const FILES = { "README.md": "# r\n", "plan.yaml": PLAN, "notes/one.md": "half\n" };

/** What the client says it carried out under the id of the last call. */
async function made(tool: string, input: Record<string, unknown>, id: string, failed = false): Promise<object> {
  const ended = failed ? { error: "Exit code 1" } : { tool_response: {} };
  const name = failed ? "PostToolUseFailure" : "PostToolUse";
  return await ground.send(name, { tool_name: tool, tool_input: input, tool_use_id: id, ...ended });
}

async function claimed(): Promise<string> {
  ground = await makeHookGround(FILES, "plan.yaml");
  const said = (await ground.send("UserPromptSubmit", { prompt: "continue" })).hookSpecificOutput?.additionalContext;
  return /Work in (\S+) and/.exec(said ?? "")?.[1] ?? "";
}

/** Whether a harmless call is let through. */
async function goesOn(): Promise<boolean> {
  const said = await ground.call("Bash", { command: "true" });
  return said.hookSpecificOutput?.permissionDecision !== "deny";
}

it.each([
  ["replaced by another hook", { command: "rtk ls" }, false],
  ["run as it was asked, because another hook had a person asked", { command: "ls" }, false],
  ["replaced by one that failed", { command: "rtk ls" }, true],
  ["emptied", {}, false],
])("ends the session where the command behind the wall was %s, and records it", async (_, input, failed) => {
  await claimed();
  await ground.call("Bash", { command: "ls" });
  const said = await made("Bash", input, "toolu_1", failed);
  expect(said).toMatchObject({ continue: false, stopReason: expect.stringContaining("another hook of Claude Code's") });
  const told = ground.store.events({ type: "SECURITY_VIOLATION" }).at(-1);
  expect(told?.payload).toMatchObject({ rule: "another-hook", subject: "implementer" });
  expect(await goesOn()).toBe(false);
  await ground.send("UserPromptSubmit", { prompt: "go on" });
  expect(await goesOn(), "a prompt takes no hook out").toBe(false);
});

it("goes on where each call was carried out as judged, by whichever form its path had", async () => {
  const root = await claimed();
  await ground.call("Bash", { command: "ls" });
  expect(await made("Bash", { command: runLineOf("toolu_1"), description: "list" }, "toolu_1")).toEqual({});
  await ground.call("Edit", { file_path: `${root}/notes/one.md`, old_string: "half", new_string: "whole" });
  expect(await made("Edit", { file_path: `${root}/notes/one.md`, new_string: "other" }, "toolu_2")).toEqual({});
  await ground.call("Read", { file_path: "README.md" }, { cwd: root });
  const read = { tool_name: "Read", tool_use_id: "toolu_3", tool_response: {}, cwd: root };
  expect(await ground.send("PostToolUse", { ...read, tool_input: { file_path: "README.md" } })).toEqual({});
  expect(await goesOn()).toBe(true);
});

it("ends it where a file tool was led to another file", async () => {
  const root = await claimed();
  await ground.call("Write", { file_path: `${root}/notes/one.md`, content: "x" });
  const said = await made("Write", { file_path: `${root}/README.md`, content: "x" }, "toolu_1");
  expect(said).toMatchObject({ continue: false });
  expect(await goesOn()).toBe(false);
});

it("ends it where, with nothing claimed, a call was led to what nobody touches", async () => {
  ground = await makeHookGround(FILES);
  await ground.send("SessionStart", { source: "startup" });
  const inside = join(ground.repo.dir, "README.md");
  await ground.call("mcp__fs__write", { path: inside });
  expect(await made("mcp__fs__write", { path: inside }, "toolu_1")).toEqual({});
  await ground.call("Write", { file_path: "/tmp/elsewhere.txt", content: "x" });
  expect(await made("Write", { file_path: "/tmp/elsewhere.txt" }, "toolu_2")).toEqual({});
  await ground.call("mcp__worknode__create_decision", { title: "x" });
  expect(await made("mcp__worknode__create_decision", { paths: [".mcp.json"] }, "toolu_3")).toEqual({});
  expect(await goesOn()).toBe(true);
  await ground.call("Write", { file_path: "/tmp/elsewhere.txt", content: "x" });
  expect(await made("Write", { file_path: "/tmp/x/.claude/settings.json" }, "toolu_5")).toMatchObject({
    continue: false,
  });
  expect(await goesOn()).toBe(false);
});

it("ends it for a tool of another server that was led there as well", async () => {
  ground = await makeHookGround(FILES);
  await ground.call("mcp__fs__write", { path: "a.txt" });
  expect(await made("mcp__fs__write", { path: ".mcp.json" }, "toolu_1")).toMatchObject({ continue: false });
  expect(await goesOn()).toBe(false);
});
