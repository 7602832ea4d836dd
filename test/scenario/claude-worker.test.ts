import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { continueRun, type RunOptions, type RunResult, runPlan } from "../../src/crew/cycle/session.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { frontFor, installClaude, linkClaude, realClaude } from "./claude-code.js";
import { fakeClaude } from "./fake-claude.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const PLAN = notesPlan([{ id: "N-1", title: "Write the notes", write: ["notes/one.md", "notes/two.md"] }], {
  named: true,
});
const BUDGET = (tokens: number): string => PLAN.replace("phases:", `budget: { tokens: ${tokens} }\nphases:`);

let repo: Repo;
let server: Awaited<ReturnType<typeof scripted>> | undefined;
beforeEach(() => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  repo.remove();
});

async function model(replies: Record<string, readonly object[]>): Promise<void> {
  server = await scripted(repo, scriptOf(replies));
}

function options(more: Partial<RunOptions> = {}): RunOptions {
  const signal = new AbortController().signal;
  const fixed = { planPath: "plan.yaml", yes: true, inputs: {}, includeWip: false } as const;
  return { cwd: repo.dir, env: repo.env, signal, onEvent: () => undefined, runtime: "claude-code", ...fixed, ...more };
}

const run = (more: Partial<RunOptions> = {}): Promise<RunResult> => runPlan(options(more));

interface Start {
  pid: number;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

/** Each start of the program so far. */
function starts(): Start[] {
  const path = join(repo.env["HOME"] ?? "", "starts.log");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Start);
}

/** Processes of this repository's state that are there. */
function living(): string[] {
  const cwd = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8");
    } catch {
      return "";
    }
  };
  const home = `HOME=${repo.env["HOME"] ?? "?"}\0`;
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && cwd(pid).includes(home));
}

/** Aborts a run when an event comes that is the one. */
function stopAt(isIt: (event: AnyEvent) => boolean): Pick<RunOptions, "signal" | "onEvent"> {
  const stop = new AbortController();
  return { signal: stop.signal, onEvent: (event) => isIt(event) && stop.abort() };
}

const flag = ({ args }: Start, name: string): string | undefined => args[args.indexOf(name) + 1];
const kept = (event: AnyEvent): boolean => event.type === "EFFECT_KEPT";
const both = { tools: [...toolsOf(write("README.md", "mine\n")), ...toolsOf(write("notes/one.md"))] };

function toolsOf(reply: object): object[] {
  return (reply as { tools: object[] }).tools;
}

describe("an agent that runs on Claude Code", () => {
  it("does its task through the same gate, with no tool of its own, and is recorded and charged like any other", async () => {
    installClaude(repo, fakeClaude());
    repo.env["GITHUB_TOKEN"] = "secret";
    await model({ "N-1:work:1": [both, { text: "I rest." }, submit] });
    const { exitCode, summary } = await run();
    expect(exitCode).toBe(0);
    const events = eventsOf(repo);
    expect(of(events, "SECURITY_VIOLATION")).toMatchObject([
      { payload: { code: "ERROR_PLAN_VIOLATION", object: "README.md" } },
    ]);
    expect(of(events, "EFFECT_KEPT").flatMap(({ payload }) => payload.changes.map(({ path }) => path))).toEqual([
      "notes/one.md",
    ]);
    expect(of(events, "MODEL_RESPONSE")).toHaveLength(5);
    expect(of(events, "EXECUTION_ENDED").map(({ payload }) => payload.outcome)).toContain("ACCEPT");
    expect(
      of(events, "RUNTIME_STARTED").map(({ actor, payload }) => [actor, payload.runtime, payload.resumed]),
    ).toEqual([
      ["executive", "claude-code", false],
      ["implementer", "claude-code", false],
      ["validator", "claude-code", false],
    ]);
    expect(summary.tokens).toBe(
      of(events, "MODEL_RESPONSE").reduce((sum, { payload }) => sum + tokens(payload.reply.usage), 0),
    );
    expect(summary.usd).toBeGreaterThan(0);
    for (const start of starts()) {
      expect(flag(start, "--tools")).toBe("");
      expect(flag(start, "--setting-sources")).toBe("");
      expect(flag(start, "--permission-mode")).toBe("dontAsk");
      expect(flag(start, "--allowedTools")).toBe("mcp__worknode");
      expect(start.args).toContain("--strict-mcp-config");
      expect(start.cwd).not.toContain(repo.dir);
      expect(start.env).not.toHaveProperty("GITHUB_TOKEN");
    }
    expect(starts()[1]?.env["ANTHROPIC_CUSTOM_HEADERS"]).toContain("x-worknode-agent: implementer");
    expect(living()).toEqual([]);
  });

  it("is the one that plan or agent file say, beside others that ask the API", async () => {
    installClaude(repo, fakeClaude());
    repo.write("plan.yaml", PLAN.replace("{ tier: validation }", "{ tier: validation, runtime: claude-code }"));
    repo.write(
      ".worknode/agents/implementer.md",
      "---\nname: implementer\ndescription: d\nworknode: { tier: implementation, runtime: claude-code }\n---\nYou write.\n",
    );
    await model({ "N-1:work:1": [write("notes/one.md"), submit] });
    const { runtime: _, ...given } = options();
    expect((await runPlan(given)).exitCode).toBe(0);
    expect(of(eventsOf(repo), "RUNTIME_STARTED").map(({ actor }) => actor)).toEqual(["implementer", "validator"]);
    expect(starts().map((start) => start.args.find((each) => each.startsWith("--system-prompt=")))[0]).toContain(
      "You write.",
    );
  });

  it.each([
    ["absent", undefined, "not on the PATH"],
    ["too old", fakeClaude({ version: "2.1.294" }), "2.1.295 or newer"],
    ["something else", "console.log('hello')", "says no version"],
  ])("is refused before anything is spent where the program is %s", async (_what, source, said) => {
    if (source === undefined) repo.env["PATH"] = pathWithoutClaude();
    else installClaude(repo, source);
    await model({});
    const refused = await run().catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: "CLAUDE_MISSING", exitCode: 2, message: expect.stringContaining(said) });
    expect(eventsOf(repo).map(({ type }) => type)).toEqual(["PLAN_APPROVED"]);
  });

  it("is not started for a request the budget cannot pay", async () => {
    installClaude(repo, fakeClaude());
    repo.write("plan.yaml", BUDGET(1_000));
    await model({});
    expect((await run()).exitCode).toBe(5);
    expect(starts()).toEqual([]);
  });

  it("asks its model no more once the budget is used up, and is ended", async () => {
    installClaude(repo, fakeClaude());
    repo.write("plan.yaml", BUDGET(200_000));
    const dear = { usage: { input_tokens: 170_000, output_tokens: 10 } };
    await model({ "N-1:work:1": [write("notes/one.md", "x\n", dear), submit] });
    expect((await run()).exitCode).toBe(5);
    const events = eventsOf(repo);
    expect(of(events, "BUDGET_REFUSED")).toHaveLength(1);
    expect(of(events, "MODEL_RESPONSE").map(({ actor }) => actor)).toEqual(["executive", "implementer"]);
    expect(living()).toEqual([]);
  });

  it("goes on in its own session after an interruption, and repeats nothing", async () => {
    installClaude(repo, fakeClaude());
    await model({ "N-1:work:1": [write("notes/one.md"), write("notes/two.md"), submit] });
    expect((await run(stopAt(kept))).exitCode).toBe(130);
    expect(living()).toEqual([]);
    const { runtime: _, ...given } = options();
    expect((await continueRun(given)).exitCode).toBe(0);
    const [first, second] = starts().filter(({ env }) =>
      env["ANTHROPIC_CUSTOM_HEADERS"]?.includes("agent: implementer"),
    );
    expect(flag(second as Start, "--resume")).toBe(flag(first as Start, "--session-id"));
    const changed = of(eventsOf(repo), "EFFECT_KEPT").map(({ payload }) => payload.changes[0]?.path);
    expect(changed).toEqual(["notes/one.md", "notes/two.md"]);
  });

  it("is told everything in a new session where its own record is gone", async () => {
    installClaude(repo, fakeClaude());
    await model({ "N-1:work:1": [write("notes/one.md"), write("notes/two.md"), submit] });
    expect((await run(stopAt(kept))).exitCode).toBe(130);
    for (const name of readdirSync(repo.env["HOME"] ?? ""))
      if (name.endsWith(".json")) rmSync(join(repo.env["HOME"] ?? "", name));
    const { runtime: _, ...given } = options();
    expect((await continueRun(given)).exitCode).toBe(0);
    expect(
      of(eventsOf(repo), "RUNTIME_STARTED")
        .filter(({ actor }) => actor === "implementer")
        .map(({ payload }) => payload.resumed),
    ).toEqual([false, true, false]);
  });

  it("ends with a run that is interrupted while its model is asked, and with all it started", async () => {
    installClaude(repo, fakeClaude({ fault: "child" }));
    await model({ "N-1:work:1": [{ ...write("notes/one.md"), hold: "for good" }] });
    const asked = (event: AnyEvent): boolean => event.type === "RUNTIME_STARTED" && event.actor === "implementer";
    const stop = new AbortController();
    const onEvent = (event: AnyEvent): void => {
      if (asked(event)) server?.onHold("for good", () => stop.abort());
    };
    expect((await run({ signal: stop.signal, onEvent })).exitCode).toBe(130);
    expect(living()).toEqual([]);
  });

  it.each(["own-agent", "garbage", "dies"] as const)(
    "keeps nothing where the program misbehaves: %s",
    async (fault) => {
      installClaude(repo, fakeClaude({ fault }));
      await model({ "N-1:work:1": [write("notes/one.md"), submit] });
      expect((await run()).exitCode).not.toBe(0);
      expect(of(eventsOf(repo), "EFFECT_KEPT")).toEqual([]);
      expect(living()).toEqual([]);
    },
  );

  it("dies with a worknode that is killed", async ({ skip }) => {
    if (process.platform !== "linux") skip("the kernel's help is Linux's");
    installClaude(repo, fakeClaude());
    await model({ "N-1:work:1": [{ ...write("notes/one.md"), hold: "for good" }] });
    const args = [resolve("dist/main.js"), "run", "plan.yaml", "--yes", "--runtime", "claude-code"];
    const child = spawn(process.execPath, args, { cwd: repo.dir, env: repo.env, stdio: "ignore" });
    await new Promise<void>((done) => server?.onHold("for good", done));
    const last = starts().at(-1)?.pid ?? 0;
    expect(living()).toContain(String(last));
    child.kill("SIGKILL");
    await new Promise((done) => child.once("close", done));
    while (living().length > 0) await new Promise((done) => setTimeout(done, 20));
  });
});

it.each([true, false])("is proposed by init where it is installed and somebody is logged in (%s)", async (loggedIn) => {
  installClaude(repo, fakeClaude({ loggedIn }));
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  await runCommandLine(context, ["init"]);
  expect(/^Next: .*--runtime claude-code/m.test(context.printed())).toBe(loggedIn);
});

describe("the real Claude Code", () => {
  it("works, is denied, is interrupted and goes on, and leaves no process", async ({ skip }) => {
    const program = realClaude();
    if (program === undefined) return skip("no `claude` here: name one in WORKNODE_TEST_CLAUDE");
    linkClaude(repo, program);
    repo.env["ANTHROPIC_API_KEY"] = "none";
    await model({ "N-1:work:1": [both, { text: "I rest." }, write("notes/two.md"), submit] });
    const front = await frontFor(server?.url ?? "");
    repo.env["ANTHROPIC_BASE_URL"] = front.url;
    try {
      expect((await run(stopAt(kept))).exitCode).toBe(130);
      expect(living()).toEqual([]);
      const { runtime: _, ...given } = options();
      const { exitCode, reason } = await continueRun(given);
      expect([exitCode, reason]).toEqual([0, "done and verified"]);
    } finally {
      await front.close();
    }
    const events = eventsOf(repo);
    // killed, the program may not have recorded its last reply: the scripted model, which counts replies, then gives it again
    const denied = of(events, "SECURITY_VIOLATION").map(({ payload }) => payload.object);
    expect([...new Set(denied)]).toEqual(["README.md"]);
    expect(repo.git("show", "--stat", "--format=", "worknode/notes/1")).toMatch(/notes\/one\.md[^]*notes\/two\.md/);
    expect(of(events, "RUNTIME_STARTED").map(({ payload }) => payload.resumed)).toContain(true);
    for (const { tools } of front.bodies)
      expect(tools.filter(({ name }) => !/^mcp__worknode__|^DeferredToolPlaceholder$/.test(name))).toEqual([]);
    expect(living()).toEqual([]);
  });
});

function tokens(usage: Record<string, number>): number {
  return Object.values(usage).reduce((sum, value) => sum + value, 0);
}

function pathWithoutClaude(): string {
  return (repo.env["PATH"] ?? "")
    .split(":")
    .filter((folder) => !existsSync(join(folder, "claude")))
    .join(":");
}
