import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HOOK_EVENTS } from "../../src/schema/hook-event.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeRepo, type Repo } from "./harness.js";

let repo: Repo;
beforeEach(() => {
  repo = makeRepo({ "README.md": "# r\n" });
  useClaude("2.1.329 (Claude Code)");
});
afterEach(() => repo.remove());

function useClaude(version: string): void {
  const program = join(repo.dir, "..", "claude");
  writeFileSync(program, `#!/bin/sh\necho '${version}'\n`);
  chmodSync(program, 0o755);
  repo.env["WORKNODE_CLAUDE"] = program;
}

async function worknode(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const screen = (name: "out" | "err") => ({
    write: (text: string) => void (said[name] += text),
    isTTY: false,
    columns: 80,
    closed: false,
  });
  const signal = new AbortController().signal;
  const context = { cwd: repo.dir, env: repo.env, out: screen("out"), err: screen("err"), signal, confirm: undefined };
  return { code: await runCommandLine(context, args), ...said };
}

const SETTINGS = ".claude/settings.local.json";
const text = (path: string): string => readFileSync(join(repo.dir, path), "utf8");
interface Settings {
  hooks: Record<
    string,
    { matcher?: string; hooks: { type: string; onFailure?: string; command?: string; url?: string }[] }[]
  >;
  [member: string]: unknown;
}
const settings = (path = SETTINGS): Settings => JSON.parse(text(path)) as Settings;

/** Of each event's last group: its matcher, and what its hook is and does when it fails. */
function ourForms({ hooks }: Settings): unknown[] {
  return HOOK_EVENTS.map((event) => {
    const [group] = (hooks[event] ?? []).slice(-1);
    const [hook] = group?.hooks ?? [];
    return [event, group?.matcher, hook?.type, hook?.onFailure];
  });
}

function expectedForm(event: string): unknown[] {
  const type = event === "SessionStart" ? "command" : "http";
  return [event, event.includes("ToolUse") ? "*" : undefined, type, "block"];
}

it("writes hooks for every event, all of which block when they fail, beside what is there, and takes them away byte for byte", async () => {
  const foreign =
    '{\n\t"permissions": {"allow": ["Bash(ls)"]},\n\t"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}\n}';
  repo.write(SETTINGS, foreign);
  chmodSync(join(repo.dir, SETTINGS), 0o644);
  repo.write(".mcp.json", '{"mcpServers": {"other": {"command": "x"}}}');
  expect((await worknode("install", "claude-code")).code).toBe(0);
  const now = settings();
  expect(now["permissions"]).toEqual({ allow: ["Bash(ls)"] });
  expect(Object.keys(now.hooks).sort()).toEqual([...HOOK_EVENTS].sort());
  expect(now.hooks["Stop"]?.[0]?.hooks[0]?.command).toBe("true");
  expect(ourForms(now)).toEqual(HOOK_EVENTS.map(expectedForm));
  expect(Object.keys((JSON.parse(text(".mcp.json")) as { mcpServers: object }).mcpServers)).toEqual([
    "other",
    "worknode",
  ]);
  expect(statSync(join(repo.dir, SETTINGS)).mode & 0o777).toBe(0o600);
  expect((await worknode("uninstall", "claude-code")).code).toBe(0);
  expect(text(SETTINGS)).toBe(foreign);
  expect(statSync(join(repo.dir, SETTINGS)).mode & 0o777).toBe(0o644);
  expect(text(".mcp.json")).toBe('{"mcpServers": {"other": {"command": "x"}}}');
  expect(existsSync(join(repo.dir, ".claude/agents"))).toBe(false);
});

it("changes nothing the second time, and leaves no trace where nothing was there", async () => {
  await worknode("install", "claude-code");
  const before = text(SETTINGS);
  expect((await worknode("install", "claude-code")).out).toContain("everything is in place already");
  expect(text(SETTINGS)).toBe(before);
  await worknode("uninstall", "claude-code");
  expect(existsSync(join(repo.dir, ".claude"))).toBe(false);
  expect(existsSync(join(repo.dir, ".mcp.json"))).toBe(false);
  expect((await worknode("uninstall", "claude-code")).out).toContain("nothing");
});

it("takes only its own part out of what was changed since", async () => {
  await worknode("install", "claude-code");
  const changed = { ...settings(), model: "opus" };
  repo.write(SETTINGS, JSON.stringify(changed));
  expect((await worknode("uninstall", "claude-code")).out).toContain("changed since");
  expect(JSON.parse(text(SETTINGS))).toEqual({ model: "opus" });
});

it.each([
  ["no JSON", "{ // a comment\n}"],
  ["a list", "[]"],
  ["hooks of another form", '{"hooks": []}'],
])("refuses foreign settings that are %s, and touches nothing", async (_, content) => {
  repo.write(SETTINGS, content);
  const said = await worknode("install", "claude-code");
  expect(said.code).toBe(2);
  expect(said.err).toContain("left untouched");
  expect(text(SETTINGS)).toBe(content);
  expect(existsSync(join(repo.dir, ".mcp.json"))).toBe(false);
});

it("refuses a Claude Code that cannot be made to fail closed, and says where there is none", async () => {
  for (const version of ["2.1.294", "2.0.999", "1.9.300", "nonsense"]) {
    useClaude(version);
    expect((await worknode("install", "claude-code")).code, version).toBe(2);
  }
  for (const version of ["2.1.295", "2.2.0", "3.0.0"]) {
    useClaude(version);
    expect((await worknode("install", "claude-code")).code, version).toBe(0);
  }
  repo.env["WORKNODE_CLAUDE"] = "";
  delete repo.env["WORKNODE_CLAUDE"];
  repo.env["PATH"] = "/nonexistent";
  const said = await worknode("install", "claude-code");
  expect([said.code, said.err]).toEqual([2, expect.stringContaining("not in PATH")]);
});

it("writes no secret into what a team commits, nor into what it prints", async () => {
  await worknode("install", "claude-code", "--project");
  await worknode("install", "claude-code", "--plugin", "plugin");
  for (const path of [".claude/settings.json", "plugin/hooks/hooks.json"]) {
    expect(text(path)).not.toMatch(/[0-9a-f]{64}|127\.0\.0\.1/);
    expect(settings(path).hooks["PreToolUse"]?.[0]?.hooks[0]?.command).toBe("worknode hook send");
  }
  expect((JSON.parse(text("plugin/.claude-plugin/plugin.json")) as { name: string }).name).toBe("worknode");
  const printed = await worknode("install", "claude-code", "--print");
  expect(printed.out).not.toMatch(/[0-9a-f]{64}/);
  expect(existsSync(join(repo.dir, SETTINGS))).toBe(false);
});

it("goes on beside hooks of others, names those that may change what the gate judged, and leaves all as they are", async () => {
  const hook = (command: string) => [{ matcher: "Bash", hooks: [{ type: "command", command }] }];
  const foreign = JSON.stringify({ hooks: { PreToolUse: hook("lint"), PostToolUse: hook("format") } });
  repo.write(SETTINGS, foreign);
  const said = await worknode("install", "claude-code");
  expect([said.code, said.err]).toEqual([
    0,
    expect.stringMatching(/^warning: .*another PreToolUse hook \(Bash: lint\)[^\n]*\n$/),
  ]);
  const { hooks } = settings();
  expect([hooks["PreToolUse"]?.[0], hooks["PostToolUse"]?.[0]]).toEqual([...hook("lint"), ...hook("format")]);
  const { out } = await worknode("doctor");
  expect(out).toContain("another PreToolUse hook (Bash: lint)");
  expect((await worknode("uninstall", "claude-code")).code).toBe(0);
  expect(text(SETTINGS)).toBe(foreign);
});
