import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { holderOf, isHolderAlive } from "../../src/store/lease.js";
import { makeRepo, type Repo, scripted } from "./harness.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
let repo: Repo | undefined;
afterEach(() => repo?.remove());

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
phases:
  - id: write
    tasks:
      - id: RPC-005
        title: QUIC transport implementation
        owner: implementer
        files: { write: [notes/one.md, notes/two.md] }
`;

const SCRIPT = `apiVersion: worknode/v1
kind: Script
replies:
  "-:plan-review:1":
    - tools: [{ name: submit_plan_review, input: { decision: ACCEPT, risks: [] } }]
  "RPC-005:work:1":
    - tools: [{ name: Write, input: { file_path: notes/one.md, content: "one\\n" } }]
    - tools: [{ name: Write, input: { file_path: notes/two.md, content: "two\\n" } }]
      hold: here
    - tools: [{ name: submit_result, input: { summary: wrote both } }]
  "RPC-005:critic:1":
    - tools: [{ name: submit_verdict, input: { decision: ACCEPT } }]
`;

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

interface Watched {
  onStart?: (kill: () => void) => void;
  env?: NodeJS.ProcessEnv;
}

function worknode(at: Repo, args: string[], { onStart = () => {}, env = {} }: Watched = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: at.dir,
      env: { ...at.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (piece) => (out += String(piece)));
    child.stderr.on("data", (piece) => (err += String(piece)));
    child.on("close", (code) => resolve({ code, out, err }));
    onStart(() => child.kill("SIGKILL"));
  });
}

it("continues after kill -9 in mid-task without asking again for a reply it has", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const server = await scripted(repo, SCRIPT);
  const first = await worknode(repo, ["run", "plan.yaml", "--yes"], {
    onStart: (kill) => server.onHold("here", kill),
  });
  expect(first.code).toBeNull();
  server.release("here");
  const status = await worknode(repo, ["status"]);
  expect(status.out).toMatch(/^ {2}its process \d+ \(\w+\) is gone; `worknode continue` carries on$/m);
  expect(status.out).toMatch(/^ {2}agent implementer on RPC-005: .*, ACTIVE, its process is gone$/m);
  expect(JSON.parse((await worknode(repo, ["status", "--output-format", "json"])).out) as object).toMatchObject({
    runner: { pid: expect.any(Number), owner: expect.any(String), alive: false },
  });
  const brief = await worknode(repo, ["continue", "--brief"]);
  expect(brief.out).toContain("Resuming RPC-005 (QUIC transport implementation).");
  expect(brief.out).toContain("No blockers. Starting now...");
  const store = repo.store();
  const taken = store.lease.acquire("cycle:1", holderOf(process.pid, "somebody"), isHolderAlive);
  expect(await worknode(repo, ["continue"])).toEqual({
    code: 2,
    out: "", // nothing starts now, and nothing is said to
    err: `worknode: cycle 1 is being run by process ${process.pid} (somebody). Wait for it, or stop it with \`worknode kill\`.\n`,
  });
  if (taken.ok) store.lease.release("cycle:1", taken.value.fence);
  store.close();
  const second = await worknode(repo, ["continue"]);
  await server.close();
  expect(second.err).toBe("");
  expect(second.code).toBe(0);
  expect(server.repeatedWholeReplies()).toEqual([]);
  expect(repo.git("show", "worknode/notes/1:notes/one.md", "worknode/notes/1:notes/two.md")).toBe("one\ntwo\n");
  const third = await worknode(repo, ["continue"]);
  expect(third.code).toBe(7);
  expect((await worknode(repo, ["status"])).out).not.toMatch(/its process|run by process/);
  expect(third.err + third.out).toContain("No incomplete cycle to continue");
  const log = await worknode(repo, ["log", "verify"]);
  expect(log.code).toBe(0);
});

/** Ends the process by SIGKILL when a file of this name is about to be written, is opened for it, or has been written. */
const dieAtWrite = (name: string, when: "before" | "opened" | "written"): string => `
import fs, { closeSync, openSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const [open, close, when] = [openSync, closeSync, ${JSON.stringify(when)}];
const die = () => process.kill(process.pid, "SIGKILL");
let mine;
fs.openSync = (path, flags, mode) => {
  const writes = String(path).endsWith(${JSON.stringify(name)}) && (Number(flags) & fs.constants.O_WRONLY) !== 0;
  if (writes && when === "before") die();
  const descriptor = open(path, flags, mode);
  if (writes && when === "opened") die();
  if (writes) mine = descriptor;
  return descriptor;
};
fs.closeSync = (descriptor) => {
  close(descriptor);
  if (descriptor === mine) die();
};
syncBuiltinESMExports();
`;

const WHEN = ["before", "opened", "written"] as const;

it.each(WHEN)("records a write once that kill -9 met %s, and asks for no reply again", async (when) => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN, "die.mjs": dieAtWrite("notes/two.md", when) });
  const server = await scripted(repo, SCRIPT.replace("      hold: here\n", ""));
  const first = await worknode(repo, ["run", "plan.yaml", "--yes"], {
    env: { NODE_OPTIONS: `--import ${join(repo.dir, "die.mjs")}` },
  });
  expect(first.code).toBeNull();
  const second = await worknode(repo, ["continue"]);
  await server.close();
  expect([second.err, second.code]).toEqual(["", 0]);
  expect(server.repeatedWholeReplies()).toEqual([]);
  expect(repo.git("show", "worknode/notes/1:notes/one.md", "worknode/notes/1:notes/two.md")).toBe("one\ntwo\n");
  const log = await worknode(repo, ["log", "--json"]);
  const events = log.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; payload: { call_id: string } });
  for (const type of when === "before" ? ["EFFECT_KEPT", "TOOL_RESULT"] : ["PROPOSAL", "EFFECT_KEPT", "TOOL_RESULT"]) {
    const calls = events.filter((event) => event.type === type).map(({ payload }) => payload.call_id);
    expect(calls).toEqual(expect.arrayContaining(["1:RPC-005:work:1:1", "1:RPC-005:work:1:2"]));
    expect(new Set(calls).size).toBe(calls.length);
  }
  expect((await worknode(repo, ["log", "verify"])).code).toBe(0);
});

/** Has the program believe that the machine was started again. */
const OTHER_BOOT = `
import fs, { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const read = readFileSync;
fs.readFileSync = (path, ...rest) => (String(path).endsWith("/boot_id") ? "another-boot" : read(path, ...rest));
syncBuiltinESMExports();
`;

it.each([
  ["gone", "two.md", undefined],
  ["empty", "one.md", ""],
  ["torn", "one.md", "o\0\0"],
])(
  "puts a kept file back from the log that the machine left %s when it went down, and says so",
  async (_, name, left) => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN, "boot.mjs": OTHER_BOOT });
    const held = "    - tools: [{ name: submit_result, input: { summary: wrote both } }]\n";
    const script = SCRIPT.replace("      hold: here\n", "").replace(held, `${held}      hold: here\n`);
    const server = await scripted(repo, script);
    const first = await worknode(repo, ["run", "plan.yaml", "--yes"], {
      onStart: (kill) => server.onHold("here", kill),
    });
    expect(first.code).toBeNull();
    server.release("here");
    const worktrees = repo.git("worktree", "list", "--porcelain").split("\n");
    const worktree = worktrees.filter((line) => line.startsWith("worktree ") && line.includes("RPC-005"));
    expect(worktree).toHaveLength(1);
    const file = join(worktree[0]?.slice("worktree ".length) ?? "", "notes", name);
    expect(readFileSync(file, "utf8")).toBe(name === "one.md" ? "one\n" : "two\n");
    if (left === undefined) rmSync(file);
    else writeFileSync(file, left);
    const second = await worknode(repo, ["continue", "--output-format", "stream-json"], {
      env: { NODE_OPTIONS: `--import ${join(repo.dir, "boot.mjs")}` },
    });
    await server.close();
    expect(second.code, second.err).toBe(0);
    expect(second.out).toContain(`notes/${name} did not hold what was kept, as the machine went down`);
    expect(repo.git("show", "worknode/notes/1:notes/one.md", "worknode/notes/1:notes/two.md")).toBe("one\ntwo\n");
    expect(server.repeatedWholeReplies()).toEqual([]);
  },
);

it("answers one call as a task's agent, and nothing else on standard output", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  const call = (name: string, input: object): Promise<Ended> =>
    worknode(repo as Repo, [
      "tool",
      name,
      JSON.stringify(input),
      "--plan",
      "plan.yaml",
      "--task",
      "RPC-005",
      "--yes",
      "--output-format",
      "json",
    ]);
  const kept = await call("Write", { file_path: "notes/one.md", content: "one\n" });
  expect(kept.err).toBe("");
  expect(JSON.parse(kept.out)).toMatchObject({
    verdict: { outcome: "Approved" },
    effects: { kept: true, changes: [{ path: "notes/one.md", kind: "add" }], refused: [] },
  });
  expect(kept.code).toBe(0);
  const denied = await call("Write", { file_path: `${repo.dir}/README.md`, content: "mine" });
  expect(denied.code).toBe(3);
  const verdict = (
    JSON.parse(denied.out) as {
      verdict: { outcome: string; checks: { check: string; pass: boolean; reason?: string }[] };
    }
  ).verdict;
  expect(verdict.outcome).toBe("PolicyBlocked");
  expect(verdict.checks.map(({ check }) => check)).toEqual([
    "schema",
    "capability",
    "plan",
    "limits",
    "budget",
    "policy",
    "risk",
    "review",
  ]);
  expect(verdict.checks.find(({ check }) => check === "plan")?.reason).toContain(
    "ERROR_PLAN_VIOLATION File not in agent's assigned scope",
  );
});
