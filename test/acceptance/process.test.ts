import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { probeBackends } from "../../src/effect/sandbox/probe.js";
import { makeRepo, PROBE_DIR, type Repo, scripted } from "../scenario/harness.js";
import { eventsOf, of, runScripted, type ScriptedRun, scriptOf, submit, use, write } from "../scenario/scripted-run.js";
import { ask, jsonOf, worknode } from "./program.js";

/** REQUIREMENTS G: the process is declared in the plan, and nowhere else. */

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const confined = (await probeBackends({ stateDir: PROBE_DIR })).chosen !== null;

const HEAD = "apiVersion: worknode/v1\nkind: Plan\nid: process\ntitle: Process\n";
const planOf = (tasks: string, more = ""): string => `${HEAD}${more}phases:\n  - id: build\n    tasks:\n${tasks}`;
const noteOf = (id: string, more = ""): string =>
  `      - { id: ${id}, title: Note ${id}, owner: implementer, files: { write: [${id}.md] }${more} }\n`;
/** A task with these steps after one that writes its file. */
const stepsOf = (id: string, ...steps: string[]): string =>
  `      - id: ${id}
        title: Note ${id}
        owner: implementer
        files: { write: [${id}.md] }
        steps:
${steps.map((step) => `          - ${step}\n`).join("")}`;
const WRITE = "{ id: write, agent: implementer, request: write it }";

async function work(plan: string, replies: Record<string, readonly object[]>): Promise<ScriptedRun> {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  return await runScripted(repo, replies);
}

/** A run by the built program, with a script. */
async function shown(plan: string, replies: Record<string, readonly object[]>, ...more: string[]) {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
  const server = await scripted(repo, scriptOf(replies));
  const ended = await worknode(repo, "run", "plan.yaml", "--yes", ...more);
  await server.close();
  return ended;
}

const statuses = async (): Promise<Record<string, string>> => {
  const report = jsonOf((await ask(repo as Repo, "status", "--output-format", "json")).out);
  const tasks = report["tasks"] as { id: string; status: string }[];
  return Object.fromEntries(tasks.map(({ id, status }) => [id, status]));
};
const ended = (run: ScriptedRun): string[] =>
  of(run.events, "STEP_ENDED").map(({ task, payload }) => `${task} ${payload.step} ${payload.status}`);

describe("a check that fails", () => {
  const FAILING = `{ id: look, check: { verify: ["files.exist('none.md')"] }, onFail: { error: There is no none.md, provide: Write none.md first, then: stop } }`;

  it("with `then: stop` tells its error and what to do, and nothing after it runs", async () => {
    const plan = planOf(stepsOf("A", FAILING, WRITE) + noteOf("B", ", needs: [A]"));
    const { code, out } = await shown(plan, {});
    expect(code).toBe(4);
    expect(out).toContain("There is no none.md");
    expect(out).toContain("Write none.md first");
    expect(await statuses()).toEqual({ A: "REJECTED", B: "PENDING" });
    const status = of(eventsOf(repo as Repo), "TASK_STATUS").find(({ payload }) => payload.status === "REJECTED");
    expect(status?.payload.reason).toMatch(/There is no none\.md .*Write none\.md first/);
    expect((repo as Repo).git("rev-parse", "worknode/process/1").trim()).toBe(
      (repo as Repo).git("rev-parse", "main").trim(),
    );
  });

  it("with `then: continue` is noted, and the task goes on", async () => {
    const done = await work(planOf(stepsOf("A", FAILING.replace("then: stop", "then: continue"), WRITE)), {
      "A:work:1": [write("A.md"), submit],
    });
    expect(done.exitCode).toBe(0);
    expect(of(done.events, "STEP_ENDED").map(({ payload }) => payload)).toMatchObject([
      {
        step: "look",
        status: "failed",
        error: expect.stringContaining("There is no none.md"),
        provide: "Write none.md first",
      },
      { step: "write", status: "done" },
    ]);
  });

  it.skipIf(!confined)("with `then: retry` is tried once more for `max: 1`, then stops [needs a sandbox]", async () => {
    const step = "{ id: look, check: { command: [node, none.js] }, onFail: { error: It fails, then: retry, max: 1 } }";
    const done = await work(planOf(stepsOf("A", step, WRITE)), {});
    expect(done.exitCode).toBe(4);
    const ran = of(done.events, "PROPOSAL").filter(({ payload }) => payload.what.tool === "plan.command");
    expect(ran).toHaveLength(2);
    expect(ended(done)).toEqual(["A look failed"]);
  });
});

describe("the plan's file", () => {
  const plan = planOf(
    stepsOf(
      "A",
      `{ id: there, if: "files.exist('README.md')", check: { command: [node, --check, a.js], expect: { exitCode: 0 } }, onFail: { error: broken, provide: mend it, then: retry, max: 2 } }`,
      WRITE,
      "{ id: seen, gate: { message: Good enough, require: [auditor, human] }, onReject: { then: retry, max: 1 } }",
    ) + noteOf("B", `, needs: [A], if: "tasks['A'].status == 'DONE'"`),
  );

  it("holds every branch, and `plan explain` prints each from it alone", async () => {
    repo = makeRepo({ "README.md": "# r\n" });
    repo.write("elsewhere/plan.yaml", plan);
    const { code, out, err } = await worknode(repo, "plan", "explain", "elsewhere/plan.yaml");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const part of [
      "files.exist('README.md')",
      '["node","--check","a.js"]',
      "broken",
      "mend it",
      "Good enough",
      "auditor",
      "human",
      "tasks['A'].status == 'DONE'",
    ])
      expect(out.replaceAll('", "', '","')).toContain(part);
  });

  it.each([
    ["a shell", "[sh, -c, x]", "shell-command"],
    ["a script", "[./check.sh]", "script-file"],
    ["a text for a shell", '"npm test && rm x"', "shell-string"],
  ])("hides nothing in %s: a lint error", async (_, command, code) => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan.replace("[node, --check, a.js]", command) });
    const linted = await worknode(repo, "plan", "lint", "plan.yaml");
    expect(linted.code).toBe(2);
    expect(linted.out).toMatch(new RegExp(`^plan\\.yaml:\\d+:\\d+: error ${code}`, "m"));
  });

  it("is all the flow there is: a run leaves nothing beside its store, its worktrees and its branch", async () => {
    const { code } = await shown(planOf(noteOf("A") + noteOf("B", ", needs: [A]")), {
      "A:work:1": [write("A.md"), submit],
      "B:work:1": [write("B.md"), submit],
    });
    expect(code).toBe(0);
    const at = repo as Repo;
    expect(at.git("status", "--porcelain", "--ignored").trim().split("\n")).toEqual([
      "?? .worknode/",
      "!! .worknode/logs/",
      "!! .worknode/worknode.db",
      "!! .worknode/worknode.db.holders/",
    ]);
    expect(readdirSync(join(dirname(at.dir), "home"))).toEqual([]);
    expect(readdirSync(join(dirname(at.dir), "state"))).toEqual(["worknode"]);
  });
});

describe("what steps pass on", () => {
  const plan = (outputs: string): string =>
    planOf(
      `      - id: A
        title: Decide
        owner: implementer
        files: { write: [A.md] }
        outputs: { client: { type: string, enum: [fetch, undici] } }
        steps:
          - { id: write, agent: implementer, request: decide, outputs: ${outputs} }
      - id: B
        title: Use it
        owner: implementer
        needs: [A]
        files: { write: [B.md] }
        with: { client: "\${{ tasks['A'].outputs.client }}" }
        steps:
          - { id: use, agent: implementer, request: "Use \${{ with.client }}" }
`,
    );

  it("is sent to the next agent, whose answer is awaited and bound", async () => {
    const done = await work(plan('{ client: "${{ result.client }}" }'), {
      "A:work:1": [write("A.md"), use("submit_result", { summary: "x", outputs: { client: "undici" } })],
      "B:work:1": [write("B.md"), submit],
    });
    expect(done.exitCode).toBe(0);
    expect(of(done.events, "TASK_OUTPUTS").map(({ payload }) => payload.outputs)).toEqual([{ client: "undici" }]);
    const asked = of(done.events, "CONVERSATION_STARTED").filter(({ payload }) => payload.kind === "work");
    expect(asked.map(({ task }) => task)).toEqual(["A", "B"]);
    expect(asked[1]?.payload.prompt).toContain("Use undici");
    const accepted = of(done.events, "EVENT_TASK_COMPLETED").find(({ task }) => task === "A");
    expect(asked[1]?.seq).toBeGreaterThan(accepted?.seq ?? Number.POSITIVE_INFINITY);
  });

  it.each([
    ["of another type", { client: 5 }, "must be a string, not a number"],
    ["outside what is listed", { client: "axios" }, "must be one of fetch, undici"],
    ["not at all", {}, "lacks the output 'client'"],
  ])("is turned back where it is given %s", async (_, outputs, why) => {
    const done = await work(plan('{ client: "${{ result.client }}" }'), {
      "A:work:1": [
        write("A.md"),
        use("submit_result", { summary: "x", outputs }),
        use("submit_result", { summary: "x", outputs: { client: "fetch" } }),
      ],
      "B:work:1": [write("B.md"), submit],
    });
    expect(done.exitCode).toBe(0);
    expect(
      of(done.events, "TOOL_RESULT")
        .map(({ payload }) => payload.content)
        .join("\n"),
    ).toContain(why);
    expect(of(done.events, "TASK_OUTPUTS").map(({ payload }) => payload.outputs)).toEqual([{ client: "fetch" }]);
  });

  it("is an error of the plan where nobody declares it, and of the run where it comes empty", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan('{ other: "${{ result.client }}" }') });
    const linted = await worknode(repo, "plan", "lint", "plan.yaml");
    expect(linted).toMatchObject({ code: 2, out: expect.stringContaining("output-not-given") });
    repo.remove();
    const empty = plan('{ client: "${{ result.client }}" }').replace(", enum: [fetch, undici]", "");
    const done = await work(empty, {
      "A:work:1": [write("A.md"), use("submit_result", { summary: "x", outputs: { client: "" } })],
      "B:work:1": [write("B.md"), submit],
    });
    expect(done.exitCode).toBe(4);
    expect(of(done.events, "EFFECT_KEPT").flatMap(({ payload }) => payload.changes.map(({ path }) => path))).toEqual([
      "A.md",
    ]);
    expect(await statuses()).toMatchObject({ B: expect.not.stringMatching("DONE") });
  });

  it("stops the task it is passed to where it comes empty, before its agent is asked, and no other task", async () => {
    const passed = "with: { notes: \"${{ files.read('empty.md') }}\" }";
    repo = makeRepo({ "empty.md": "", "plan.yaml": planOf(noteOf("A", `, ${passed}`) + noteOf("B")) });
    const done = await runScripted(repo, { "A:work:1": [write("A.md"), submit], "B:work:1": [write("B.md"), submit] });
    expect(done.exitCode).toBe(4);
    expect(await statuses()).toEqual({ A: "REJECTED", B: "DONE" });
    expect(of(done.events, "CONVERSATION_STARTED").filter(({ task }) => task === "A")).toEqual([]);
    const status = of(done.events, "TASK_STATUS").find(({ payload }) => payload.status === "REJECTED");
    expect(status?.payload.reason).toMatch(/with\.notes: .*empty/);
  });
});

describe("the flow", () => {
  it("is on record: each step starts and ends, and what was skipped says so", async () => {
    const done = await work(
      planOf(
        stepsOf("A", `{ id: never, if: "files.exist('none')", agent: implementer, request: x }`, WRITE) +
          noteOf("B", `, if: "files.exist('none')"`) +
          noteOf("C", ", needs: [B]") +
          noteOf("D", `, needs: [B], if: "tasks['B'].status == 'SKIPPED'"`),
      ),
      { "A:work:1": [write("A.md"), submit], "D:work:1": [write("D.md"), submit] },
    );
    expect(done.exitCode).toBe(0);
    expect(ended(done).filter((each) => each.startsWith("A"))).toEqual(["A never skipped", "A write done"]);
    const started = of(done.events, "STEP_STARTED").map(({ task, payload }) => `${task} ${payload.step}`);
    const finished = of(done.events, "STEP_ENDED").filter(({ payload }) => payload.status !== "skipped");
    expect(started.toSorted()).toEqual(finished.map(({ task, payload }) => `${task} ${payload.step}`).toSorted());
    expect(await statuses()).toEqual({ A: "DONE", B: "SKIPPED", C: "SKIPPED", D: "DONE" });
    const text = (await ask(repo as Repo, "status")).out;
    for (const line of [/DONE +build\/A/, /SKIPPED +build\/B/, /SKIPPED +build\/C/, /DONE +build\/D/])
      expect(text).toMatch(line);
  });

  it("stops before expressing what was not executed, in the sources' words", async () => {
    const plan = `${HEAD}phases:
  - id: execute
    tasks:
      - { id: A, title: Note, owner: implementer, files: { write: [A.md] } }
  - id: express
    needs: []
    checkpoints:
      - before: true
        verify: ["phases.execute.status == 'DONE'"]
        onFail: { error: Cannot express without execution, then: stop }
    tasks:
      - { id: B, title: Tell, owner: implementer, files: { write: [B.md] } }
`;
    const { code, out } = await shown(plan, { "A:work:1": [write("A.md"), submit] });
    expect(code).toBe(4);
    expect(out).toContain("Cannot express without execution");
    expect(await statuses()).toMatchObject({ B: "PENDING" });
  });

  it("of the template peer is plan, execute, express, review, and the cycle says where it is", async () => {
    const phase = (id: string, task: string): string =>
      `  - id: ${id}\n    tasks:\n      - { id: ${task}, title: Note, owner: implementer, files: { write: [${task}.md] } }\n`;
    const phases = ["plan", "execute", "express", "review"];
    const all = phases.map((id, index) => phase(id, `P-${index}`)).join("");
    const replies = Object.fromEntries(phases.map((_, at) => [`P-${at}:work:1`, [write(`P-${at}.md`), submit]]));
    const done = await work(`${HEAD}template: peer\nphases:\n${all}`, replies);
    expect(done.exitCode).toBe(0);
    expect(of(done.events, "PHASE_STARTED").map(({ payload }) => payload.phase)).toEqual(phases);
    expect(of(done.events, "CYCLE_STATUS").map(({ payload }) => payload.status)).toEqual([
      "planning",
      "planning",
      "executing",
      "expressing",
      "reviewing",
    ]);
    repo?.remove();
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": `${HEAD}template: peer\nphases:\n${phase("execute", "E")}` });
    const linted = await worknode(repo, "plan", "lint", "plan.yaml");
    expect(linted).toMatchObject({ code: 2, out: expect.stringMatching(/^plan\.yaml:7:9: error template-phases/m) });
  });
});

describe("cycles", () => {
  it("are numbered, begin in planning, and go on where they stopped; with none left that is an error", async () => {
    const replies = { "A:work:1": [use("report_blocker", { reason: "wait" })], "A:work:2": [write("A.md"), submit] };
    const block = { "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "a person" })] };
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(noteOf("A")) });
    const server = await scripted(repo, scriptOf({ ...replies, ...block }));
    expect(await worknode(repo, "run", "--continue")).toMatchObject({
      code: 7,
      err: expect.stringContaining("No incomplete cycle to continue"),
    });
    expect((await worknode(repo, "run", "plan.yaml", "--yes")).code).toBe(6);
    const keys = async (): Promise<unknown> =>
      jsonOf((await ask(repo as Repo, "status", "--output-format", "json")).out)["keys"];
    expect(await keys()).toEqual({
      "cycle:current": "1",
      "cycle:1:status": "executing",
      "cycle:1:instruction": "Process",
    });
    const { approvals } = jsonOf((await ask(repo, "approvals", "--output-format", "json")).out);
    expect((await worknode(repo, "approve", (approvals as { id: string }[])[0]?.id ?? "")).code).toBe(0);
    const resumed = await worknode(repo, "run", "--continue");
    expect(resumed.code, resumed.err + resumed.out).toBe(0);
    expect(await keys()).toMatchObject({ "cycle:1:status": "done" });
    expect(
      (await worknode(repo, "tool", "Read", '{"file_path":"README.md"}', "--plan", "plan.yaml", "--task", "A")).code,
    ).toBe(0);
    expect(await keys()).toEqual({
      "cycle:current": "2",
      "cycle:2:status": "planning",
      "cycle:2:instruction": "Process",
    });
    await server.close();
  });
});
