import { spawn, spawnSync } from "node:child_process";
import { userInfo } from "node:os";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadPlan } from "../../src/plan/load-plan.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes # and an index nobody thought of
mayExtend: [notes/**]
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the first note, owner: implementer, files: { write: [notes/one.md] } }
      - { id: N-2, title: Write the second note, owner: implementer, files: { write: [more/two.md] } }
`;
const terminal = spawnSync("script", ["--version"]).status === 0;
const block = use("report_blocker", { reason: "the note must be listed", needs: "one file more" });
const amend = (patch: unknown, reason = "it belongs there"): object =>
  use("resolve_escalation", { action: "amend", reason, patch });
const second = { "N-2:work:1": [write("more/two.md"), submit] };

describe("a file the plan forgot", () => {
  let repo: Repo;
  beforeEach(() => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  });
  afterEach(() => repo.remove());

  async function worknode(...args: string[]) {
    const context = makeContext({ cwd: repo.dir, env: repo.env });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  async function withModel<T>(replies: Record<string, readonly object[]>, work: () => Promise<T>): Promise<T> {
    const server = await scripted(repo, scriptOf({ ...second, ...replies }));
    try {
      return await work();
    } finally {
      await server.close();
    }
  }
  const both = [write("notes/one.md"), write("notes/index.md"), submit];

  it("is given within mayExtend at once, is recorded, and stops nothing", async () => {
    const replies = {
      "N-1:work:1": [write("notes/index.md"), block],
      "N-1:escalation:1": [amend({ write: ["notes/index.md"] })],
      "N-1:work:2": both,
    };
    const ran = await withModel(replies, () => worknode("run", "plan.yaml", "--yes"));
    expect(ran.code).toBe(0);
    expect(repo.git("show", "worknode/notes/1:notes/index.md")).toBe("x\n");
    const events = eventsOf(repo);
    const amended = of(events, "PLAN_AMENDED").map(({ task, payload }) => ({ task, ...payload }));
    expect(amended).toMatchObject([
      { task: "N-1", files: ["notes/index.md"], write: ["notes/one.md", "notes/index.md"], by: "executive" },
    ]);
    const { plan_source } = amended[0] ?? { plan_source: "" };
    expect(loadPlan(plan_source, "plan.yaml").faults).toEqual([]);
    expect(plan_source).toContain("# and an index nobody thought of");
    expect(of(events, "CYCLE_STARTED")).toHaveLength(1);
    expect(of(events, "SECURITY_VIOLATION").map(({ payload }) => payload.object)).toEqual(["notes/index.md"]);
    const store = repo.store();
    expect(store.queries.task(1, "N-1")?.files).toEqual(["notes/one.md", "notes/index.md"]);
    store.close();
  });

  it("beyond mayExtend parks its task alone, and a person approves the change to the plan", async () => {
    const replies = {
      "N-1:work:1": [block],
      "N-1:escalation:1": [amend({ write: ["INDEX.md"] })],
      "N-1:work:2": [write("notes/one.md"), write("INDEX.md"), submit],
    };
    await withModel(replies, async () => {
      expect(await worknode("run", "plan.yaml", "--yes")).toMatchObject({ code: 6 });
      expect(of(eventsOf(repo), "PLAN_AMENDED")).toHaveLength(0);
      expect(repo.git("show", "worknode/notes/1:more/two.md")).toBe("x\n");
      const { out } = await worknode("approvals");
      expect(out).toContain(
        "\n  - files: { write: [notes/one.md] }\n  + files: { write: [notes/one.md, INDEX.md] }\n  worknode approve",
      );
      const [, id = ""] = /worknode approve (\S+)/.exec(out) ?? [];
      expect(await worknode("approve", id)).toMatchObject({ code: 0 });
      expect(await worknode("continue")).toMatchObject({ code: 0 });
    });
    expect(repo.git("show", "worknode/notes/1:INDEX.md")).toBe("x\n");
    expect(of(eventsOf(repo), "PLAN_AMENDED")[0]?.payload).toMatchObject({
      files: ["INDEX.md"],
      by: userInfo().username,
    });
    expect(of(eventsOf(repo), "EVENT_TASK_COMPLETED")).toHaveLength(2);
  });

  it.skipIf(!terminal)(
    "is approved with one key at a terminal, which shows the whole change first [needs script]",
    async () => {
      const long = `${"word ".repeat(300)}\n+ files: { write: [FORGED.md] }`;
      const replies = {
        "N-1:work:1": [use("report_blocker", { reason: long })],
        "N-1:escalation:1": [amend({ write: ["INDEX.md"] })],
        "N-1:work:2": [write("notes/one.md"), write("INDEX.md"), submit],
      };
      await withModel(replies, async () => {
        expect(await worknode("run", "plan.yaml", "--yes")).toMatchObject({ code: 6 });
        const left = await atTerminal("x");
        expect(left).toContain("+ files: { write: [notes/one.md, INDEX.md] }");
        expect(left).not.toMatch(/^\s*\+ files: \{ write: \[FORGED/m);
        expect(left).not.toContain("approved.");
        expect(of(eventsOf(repo), "APPROVAL_RESOLVED")).toHaveLength(0);
        expect(await atTerminal("a")).toContain("approved. A live run goes on");
        const [answer] = of(eventsOf(repo), "APPROVAL_RESOLVED");
        expect(answer?.payload.shown).toContain("+ files: { write: [notes/one.md, INDEX.md] }");
        expect(await worknode("continue")).toMatchObject({ code: 0 });
      });
      expect(of(eventsOf(repo), "PLAN_AMENDED")[0]?.payload).toMatchObject({ files: ["INDEX.md"] });
    },
  );

  /** `worknode approvals` on a terminal of its own where somebody presses one key when asked; what the terminal showed. */
  async function atTerminal(key: string): Promise<string> {
    const command = `'${process.execPath}' '${resolve("dist/main.js")}' approvals`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: repo.dir,
      env: { ...repo.env, NO_COLOR: "1", TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let shown = "";
    child.stdout.on("data", (data: Buffer) => {
      const asked = !shown.includes("leaves it waiting") && `${shown}${data.toString()}`.includes("leaves it waiting");
      shown += data.toString();
      if (asked) child.stdin.write(key);
    });
    const code = await new Promise((ended) => child.once("close", ended));
    expect(code).toBe(0);
    return shown.replaceAll("\r", "");
  }

  it("is not given when a person rejects it", async () => {
    await withModel({ "N-1:work:1": [block], "N-1:escalation:1": [amend({ write: ["INDEX.md"] })] }, async () => {
      await worknode("run", "plan.yaml", "--yes");
      const [, id = ""] = /worknode approve (\S+)/.exec((await worknode("approvals")).out) ?? [];
      await worknode("reject", id, "--reason", "no index");
      expect(await worknode("continue")).toMatchObject({ code: 4 });
    });
    expect(of(eventsOf(repo), "PLAN_AMENDED")).toHaveLength(0);
  });

  it.each([
    ["by pattern", { write: ["notes/**"] }, "by name"],
    ["with anything but files", { write: ["notes/x.md"], limits: {} }, "nothing else"],
    ["that no agent may write", { write: [".github/workflows/x.yml"] }, "hard-denied-path"],
    ["outside the repository", { write: ["../x.md"] }, "bad-path"],
    ["it has already", { write: ["notes/one.md"] }, "already"],
    ["that is code, where the task has no tests", { write: ["notes/x.js"] }, "code-without"],
  ])("is not asked for %s", async (_, patch, told) => {
    const give = use("resolve_escalation", { action: "block", reason: "a person decides" });
    await withModel({ "N-1:work:1": [block], "N-1:escalation:1": [amend(patch), give] }, () =>
      worknode("run", "plan.yaml", "--yes"),
    );
    const events = eventsOf(repo);
    expect(of(events, "TOOL_RESULT").filter(({ payload }) => payload.content.includes(told))).toHaveLength(1);
    expect(of(events, "PLAN_AMENDED")).toHaveLength(0);
  });

  it("is not taken from a task that is not over", async () => {
    repo.write("plan.yaml", PLAN.replace("id: N-2,", "id: N-2, needs: [N-1],"));
    const give = use("resolve_escalation", { action: "block", reason: "a person decides" });
    await withModel({ "N-1:work:1": [block], "N-1:escalation:1": [amend({ write: ["more/two.md"] }), give] }, () =>
      worknode("run", "plan.yaml", "--yes"),
    );
    const told = of(eventsOf(repo), "TOOL_RESULT").filter(({ payload }) => payload.content.includes("N-2 may write"));
    expect(told).toHaveLength(1);
  });

  it("stays given after an interruption", async () => {
    const replies = {
      "N-1:work:1": [block],
      "N-1:escalation:1": [amend({ write: ["notes/index.md"] })],
      "N-1:work:2": [block],
      "N-1:work:3": both,
    };
    await withModel(replies, async () => {
      expect(await worknode("run", "plan.yaml", "--yes")).toMatchObject({ code: 6 });
      const [, id = ""] = /worknode approve (\S+)/.exec((await worknode("approvals")).out) ?? [];
      await worknode("approve", id);
      expect(await worknode("continue")).toMatchObject({ code: 0 });
    });
    expect(repo.git("show", "worknode/notes/1:notes/index.md")).toBe("x\n");
  });
});
