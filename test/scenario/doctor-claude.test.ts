import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withProject } from "../../src/crew/cycle/project.js";
import { openSessionDesk } from "../../src/crew/hook/desk.js";
import { type HookServer, serveHooks } from "../../src/crew/hook/server.js";
import { createHookService } from "../../src/crew/hook/service.js";
import { locateRepository } from "../../src/effect/repository/repository-location.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { ensureHookState, hookStatePath } from "../../src/surface/hook/state.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo } from "./harness.js";

let repo: Repo;
let stopped: (() => Promise<void>) | undefined;
beforeEach(() => {
  repo = makeRepo({ "README.md": "# r\n" });
  repo.env["WORKNODE_SANDBOX"] ??= "util-linux"; // doctor probes every one it may use, and none is what is asked about here
  useClaude("2.1.329 (Claude Code)");
});
afterEach(async () => {
  await stopped?.();
  stopped = undefined;
  repo.remove();
});

function useClaude(version: string): void {
  const program = join(repo.dir, "..", "claude");
  writeFileSync(program, `#!/bin/sh\necho '${version}'\n`);
  chmodSync(program, 0o755);
  repo.env["WORKNODE_CLAUDE"] = program;
}

const LOCAL = ".claude/settings.local.json";

interface Seen {
  name: string;
  ok: boolean;
  needed: boolean;
  detail: string;
  fix: string;
}

async function worknode(...args: string[]): Promise<{ code: number; out: string }> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  return { code: await runCommandLine(context, args), out: context.printed() };
}

/** What doctor says of Claude Code that is not well. */
async function faults(): Promise<Seen[]> {
  const { out, code } = await worknode("doctor", "--output-format", "json");
  const { findings } = JSON.parse(out) as { findings: Seen[] };
  const claude = findings.filter(({ name }) => name.startsWith("claude"));
  expect(claude.length).toBeGreaterThan(0);
  const wrong = claude.filter(({ ok }) => !ok);
  if (wrong.length > 0) expect(code).toBe(2);
  return wrong;
}

/** Serves this repository's hooks in this process, as `worknode hook serve` does. */
async function serve(): Promise<void> {
  let server: HookServer | undefined;
  const ending = new AbortController();
  await new Promise<void>((up, fail) => {
    const done = withProject({ cwd: repo.dir, env: repo.env }, async (project) => {
      const desk = openSessionDesk(project, { signal: ending.signal, env: repo.env });
      const service = createHookService(desk, (id) => id);
      server = await serveHooks(service, ensureHookState(project.repository));
      up();
      await new Promise((end) => ending.signal.addEventListener("abort", end));
      await server.close();
      await desk.close();
    });
    done.catch(fail);
    stopped = async () => {
      ending.abort();
      await done;
    };
  });
}

function change(path: string, how: (text: string) => string): void {
  repo.write(path, how(readFileSync(join(repo.dir, path), "utf8")));
}

const set = (more: object) => (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), ...more });

describe("doctor and the hooks of Claude Code", () => {
  it("runs them with a call to allow and one to deny, and is content; neither is recorded", async () => {
    await worknode("install", "claude-code");
    await serve();
    const { out } = await worknode("doctor");
    expect(out).toContain(`claude hooks ${join(repo.dir, LOCAL)}: 9 hooks; a call allowed and a call denied`);
    expect(await faults()).toEqual([]);
    const { out: log } = await worknode("log", "--output-format", "json");
    expect(log).toContain('"actor":"worknode"');
    expect(log).not.toMatch(/SECURITY_VIOLATION|"actor":"claude-code"/);
  });

  it("says that the resident process is down, and starts none", async () => {
    await worknode("install", "claude-code");
    for (let n = 0; n < 2; n += 1)
      expect(await faults()).toMatchObject([
        { detail: expect.stringContaining("does not answer"), fix: expect.stringMatching(/^worknode hook start/) },
      ]);
  });

  it("tells a stranger at the port from the resident process, and an old token from a new one", async () => {
    await worknode("install", "claude-code");
    const location = locateRepository(repo.dir, repo.env);
    const address = ensureHookState(location ?? { stateDir: "" });
    const stranger = createServer((_, answer) => answer.end("{}")).listen(address.port, "127.0.0.1");
    expect((await faults()).map(({ detail }) => detail).join()).toContain("somebody else answers");
    await new Promise((done) => stranger.close(done));
    change(LOCAL, (text) => text.replaceAll(address.token, "0".repeat(64)));
    await serve();
    expect(await faults()).toMatchObject([
      { detail: expect.stringContaining("token"), fix: "worknode install claude-code" },
    ]);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    [
      "a narrowed matcher",
      (text) => text.replace('"*"', '"Write|Edit"'),
      /PreToolUse is asked about Write\|Edit alone/,
    ],
    ["a hook that fails open", (text) => text.replace('"block"', '"continue"'), /lets the call through when it fails/],
    ["a condition", (text) => text.replace('"onFailure"', '"if": "Bash(git *)", "onFailure"'), /has if, which may let/],
    ["a missing event", (text) => text.replace('"PostToolUse"', '"Other"'), /no hook for PostToolUse/],
    ["hooks switched off", set({ disableAllHooks: true }), /nothing is gated/],
    ["nobody asked", set({ permissions: { defaultMode: "bypassPermissions" } }), /nobody is asked/],
    ["addresses refused", set({ allowedHttpHookUrls: [] }), /allowedHttpHookUrls/],
    ["another set of settings", set({ env: { CLAUDE_CONFIG_DIR: "/tmp/x" } }), /CLAUDE_CONFIG_DIR/],
    ["hooks taken out", set({ hooks: {} }), /in no settings file any more/],
    ["text that is no JSON", (text) => `${text},`, /ignores all of it/],
  ])("names %s", async (_, how, said) => {
    await worknode("install", "claude-code");
    change(LOCAL, how);
    await serve();
    const found = await faults();
    expect(found.map(({ detail }) => detail).join("\n")).toMatch(said);
    for (const { fix } of found) expect(fix).not.toBe("");
  });

  it("reads a person's own settings, and their environment", async () => {
    await worknode("install", "claude-code");
    await serve();
    const own = join(repo.env["HOME"] ?? "", "own");
    repo.env["CLAUDE_CONFIG_DIR"] = own;
    repo.env["CLAUDE_CODE_SIMPLE"] = "1";
    const path = join(own, "settings.json");
    expect(await faults()).toMatchObject([{ fix: "unset CLAUDE_CODE_SIMPLE" }]);
    delete repo.env["CLAUDE_CODE_SIMPLE"];
    mkdirSync(own, { recursive: true });
    writeFileSync(path, '{"disableAllHooks": true}');
    expect(await faults()).toMatchObject([{ fix: `take it out of ${path}` }]);
  });

  it("misses the client that starts sessions, and a program too old to fail closed", async () => {
    await worknode("install", "claude-code");
    await serve();
    rmSync(join(hookStatePath(locateRepository(repo.dir, repo.env) ?? { stateDir: "" }), "..", "worknode-hook.sh"));
    expect(await faults()).toMatchObject([
      { detail: expect.stringContaining("is missing"), fix: "worknode install claude-code" },
    ]);
    await worknode("install", "claude-code");
    useClaude("2.1.294");
    expect(await faults()).toMatchObject([{ name: "claude code", detail: expect.stringContaining("2.1.294") }]);
  });

  it("runs the commands of a team's settings and of a plugin, and says when there are two", async () => {
    await worknode("install", "claude-code", "--project");
    const path = repo.env["PATH"] ?? "";
    repo.env["PATH"] = "/usr/bin:/bin";
    expect(await faults()).toMatchObject([{ fix: "put `worknode` in PATH (npm install --global worknode)" }]);
    const bin = join(repo.dir, "..", "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "worknode"), `#!/bin/sh\nexec '${process.execPath}' '${resolve("dist/main.js")}' "$@"\n`);
    chmodSync(join(bin, "worknode"), 0o755);
    repo.env["PATH"] = `${bin}${delimiter}${path}`;
    expect(await faults()).toMatchObject([{ detail: expect.stringContaining("worknode hook start") }]);
    await serve();
    expect(await faults()).toEqual([]);
    await worknode("install", "claude-code", "--plugin", "plugin");
    expect(await faults()).toMatchObject([{ detail: expect.stringContaining("installed 2 times") }]);
  });

  it.each([
    ["lets everything through", "echo {}", /nobody may make is let through/],
    ["refuses everything", `echo '{"hookSpecificOutput":{"permissionDecision":"deny"}}'`, /touches nothing is refused/],
    ["answers garbage", "echo hello", /not JSON/],
    ["fails", "exit 3", /it ended with 3/],
  ])("notices a hook that %s", async (_, command, said) => {
    await worknode("install", "claude-code", "--project");
    const stub = JSON.stringify(`${command} # worknode hook send`);
    change(".claude/settings.json", (text) => text.replaceAll('"worknode hook send"', () => stub));
    expect((await faults()).map(({ detail }) => detail).join()).toMatch(said);
  });

  it("sees that a linked worktree has no hooks", async () => {
    await worknode("install", "claude-code");
    repo.git("worktree", "add", "-q", "../linked");
    const context = makeContext({ cwd: join(repo.dir, "../linked"), env: repo.env });
    expect(await runCommandLine(context, ["doctor"])).toBe(2);
    expect(context.printed()).toContain("pass none");
  });
});
