import { afterEach, describe, expect, it, vi } from "vitest";
import { continueRun } from "../../src/crew/cycle/session.js";
import { eventAt } from "../../src/crew/state/records.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { approveVerb } from "../../src/surface/cli/resolve.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { eventsOf, of, runScripted, scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => {
  vi.useRealTimers();
  repo?.remove();
});

const HOUR_MS = 60 * 60 * 1_000;
const HEAD = "apiVersion: worknode/v1\nkind: Plan\nid: approval\ntitle: Approval\n";
const AGENTS = `agents:
  executive: { tier: executive }
  implementer: { tier: implementation }
  validator: { tier: validation }
  second: { tier: validation }
`;
const TASK = (more = ""): string => `      - {id: A, title: Note, owner: implementer, files: {write: [A.md]}${more}}\n`;
const plan = (approval: string, tasks = TASK(), agents = AGENTS): string =>
  `${HEAD}${agents}approval: ${approval}\nphases:\n  - id: build\n    tasks:\n${tasks}`;

/** Answers everything that waits, as one person. */
function answer(at: Repo, by: string, decision: "approved" | "rejected" = "approved"): number {
  const store = at.store();
  try {
    const open = store.events({ type: "APPROVAL_REQUESTED" });
    for (const { payload, task, run: cycle } of open as Extract<AnyEvent, { type: "APPROVAL_REQUESTED" }>[]) {
      const identity = { os_user: by, git_email: `${by}@example.com` };
      const { id, proposal_hash } = payload;
      const place = { stream: "project", actor: by, run: cycle, task };
      store.append([
        eventAt(place, "APPROVAL_RESOLVED", { id, proposal_hash, decision, by, identity, reason: "seen" }),
      ]);
    }
    return open.length;
  } finally {
    store.close();
  }
}

const again = (at: Repo): ReturnType<typeof continueRun> =>
  continueRun({ cwd: at.dir, env: at.env, signal: new AbortController().signal, onEvent: () => {} });

describe("an overridable policy", () => {
  const POLICY = "{ policies: [{ id: freeze, rule: \"call.tool != 'Write'\", level: overridable }] }";

  it("stops a call until a person overrides it, which is recorded", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(POLICY) });
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md"), submit] }));
    expect(await run(repo)).toMatchObject({ exitCode: 6 });
    const [asked] = of(eventsOf(repo), "APPROVAL_REQUESTED");
    expect(asked?.payload.message).toContain("approving overrides freeze");
    expect(of(eventsOf(repo), "EFFECT_KEPT")).toEqual([]);
    answer(repo, "ann");
    const last = await again(repo);
    await server.close();
    expect(last).toMatchObject({ exitCode: 0 });
    expect(repo.git("show", "worknode/approval/1:A.md")).toBe("x\n");
  });

  it("that a person does not override stays in force", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(POLICY) });
    const server = await scripted(
      repo,
      scriptOf({ "A:work:1": [write("A.md"), use("report_blocker", { reason: "frozen" })] }),
    );
    await run(repo);
    answer(repo, "ann", "rejected");
    await again(repo);
    await server.close();
    expect(of(eventsOf(repo), "EFFECT_KEPT")).toEqual([]);
  });
});

describe("named people", () => {
  const NAMED = "{ humanReview: always, reviewers: { humans: [ann, bob@example.com] } }";

  it("are the only ones whose approval counts, by user name or git e-mail", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(NAMED) });
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md"), submit] }));
    expect(await run(repo)).toMatchObject({ exitCode: 6 });
    answer(repo, "mallory");
    expect(await again(repo)).toMatchObject({ exitCode: 6 });
    expect(of(eventsOf(repo), "EFFECT_KEPT")).toEqual([]);
    answer(repo, "bob");
    let last = await again(repo);
    for (let round = 0; round < 3 && last.exitCode === 6; round += 1) {
      answer(repo, "ann");
      last = await again(repo);
    }
    await server.close();
    expect(last).toMatchObject({ exitCode: 0 });
  });

  it("are told to anybody else who tries, and nothing is recorded", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(NAMED) });
    const { events } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
    const id = of(events, "APPROVAL_REQUESTED")[0]?.payload.id ?? "";
    const env = { ...repo.env, USER: "mallory", LOGNAME: "mallory" };
    const sink = { write: () => true } as never;
    const approve = Promise.resolve().then(() =>
      approveVerb({ cwd: repo?.dir ?? "", env, out: sink, err: sink } as never, [id]),
    );
    await expect(approve).rejects.toMatchObject({ code: "NOT_A_REVIEWER", exitCode: 2 });
    expect(of(eventsOf(repo), "APPROVAL_RESOLVED")).toEqual([]);
  });
});

it("an approval nobody gave within 24 hours is a rejection, and the agent is told", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan("{ humanReview: always }") });
  const blocked = use("report_blocker", { reason: "not allowed" });
  const server = await scripted(
    repo,
    scriptOf({
      "A:work:1": [write("A.md"), blocked],
      "A:escalation:1": [use("resolve_escalation", { action: "block", reason: "no" })],
    }),
  );
  expect(await run(repo)).toMatchObject({ exitCode: 6 });
  const askedMs = Date.now();
  vi.useFakeTimers({ toFake: ["Date"] });
  const told = (): boolean =>
    of(eventsOf(repo as Repo), "TOOL_RESULT").some(({ payload }) =>
      payload.content.includes("Rejected by nobody in time"),
    );
  vi.setSystemTime(askedMs + 23 * HOUR_MS);
  await again(repo);
  expect(told()).toBe(false);
  vi.setSystemTime(askedMs + 24 * HOUR_MS);
  await again(repo);
  await server.close();
  expect(told()).toBe(true);
  expect(of(eventsOf(repo), "EFFECT_KEPT")).toEqual([]);
});

it("an approval of a write shows all that would be written, its indents too, and an overview its first lines", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan("{ humanReview: always }") });
  const text = ["def f():", "\treturn 1  # \u001b[2J", ...Array.from({ length: 20 }, (_, at) => `line ${at}`)].join(
    "\n",
  );
  const { events } = await runScripted(repo, { "A:work:1": [write("A.md", `${text}\n`), submit] });
  const id = of(events, "APPROVAL_REQUESTED")[0]?.payload.id ?? "";
  const said = async (verb: string): Promise<string> => {
    const context = makeContext({ cwd: repo?.dir ?? "", env: repo?.env ?? {} });
    await runCommandLine(context, verb.split(" "));
    return context.printed();
  };
  const whole = await said("approvals");
  expect(whole).toMatch(/wants to Write A.md \(risk \d+\)\n {2}\+ def f\(\):\n {2}\+ {5}return 1 {2}#/);
  expect(whole).toContain("  + line 19\n");
  expect(whole).not.toContain("\u001b");
  expect(await said("status")).toMatch(/\+ line 4\n {2}\(15 more lines: worknode approvals\)\n/);
  expect(await said(`approve ${id}`)).toContain("+ line 19");
  expect(of(eventsOf(repo), "APPROVAL_RESOLVED")[0]?.payload.shown).toContain("+ line 19");
});

describe("named auditors", () => {
  const risky = "{ risk: { auto: 0, auditor: 100, human: 100 }, reviewers: { auditors: [second] } }";

  it("audit in place of the tier's own validator", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(risky) });
    const { exitCode, events } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
    expect(exitCode).toBe(0);
    const audits = of(events, "CONVERSATION_STARTED").filter(({ payload }) => payload.kind === "audit");
    expect(audits.length).toBeGreaterThan(0);
    expect(new Set(audits.map(({ payload }) => payload.agent))).toEqual(new Set(["second"]));
  });
});

describe("preventSelfReview", () => {
  const report = "      - {id: A, title: Report, owner: validator, files: {write: [reports/validation/A.json]}}\n";
  const one = "agents:\n  executive: { tier: executive }\n  validator: { tier: validation }\n";
  const done = [write("reports/validation/A.json", "{}\n"), submit];

  it("keeps the only validator from judging its own work", async () => {
    repo = makeRepo({
      "README.md": "# r\n",
      "plan.yaml": plan("{ risk: { auto: 100, auditor: 100, human: 100 } }", report, one),
    });
    const { events } = await runScripted(repo, { "A:work:1": [...done, submit, submit] });
    expect(of(events, "TASK_REJECTED")[0]?.payload.feedback).toContain("No validator may judge");
  });

  it("false lets it, calls above the automatic limit included", async () => {
    const lax = "{ risk: { auto: 0, auditor: 100, human: 100 }, reviewers: { preventSelfReview: false } }";
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(lax, report, one) });
    const { exitCode } = await runScripted(repo, { "A:work:1": done });
    expect(exitCode).toBe(0);
  });
});

it("is not asked again and again while a second person's approval is missing and other tasks run", async () => {
  const tasks = `${TASK()}      - {id: B, title: Long, owner: implementer, files: {write: [B.md]}}\n`;
  const two = "{ risk: { auto: 0, auditor: 0, human: 0 }, policies: [{ id: b, rule: \"call.task != 'C'\" }] }";
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan(two, tasks) });
  const server = await scripted(
    repo,
    scriptOf({
      "A:work:1": [write("A.md"), submit],
      "B:work:1": [use("Read", { file_path: "README.md" }, { delayMs: 1500 }), write("B.md"), submit],
    }),
  );
  const here = repo;
  let once = true;
  const result = await run(here, "plan.yaml", (event) => {
    if (event.type !== "APPROVAL_REQUESTED" || event.task !== "A" || !once) return;
    once = false;
    setImmediate(() => answer(here, "ann"));
  });
  await server.close();
  expect(result).toMatchObject({ exitCode: 6 });
  const tries = of(eventsOf(here), "TASK_STATUS").filter(
    ({ task, payload }) => task === "A" && payload.status === "BLOCKED",
  );
  expect(tries.length).toBeGreaterThanOrEqual(2);
  expect(tries.length).toBeLessThanOrEqual(3);
});
