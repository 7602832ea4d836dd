import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { judge } from "../../src/gate/judge.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { analysisSchema, observationSchema, proposalSchema } from "../../src/schema/proposal.js";
import { makeRepo, type Repo, scripted } from "../scenario/harness.js";
import { eventsOf, of, runScripted, scriptOf, submit, use, write } from "../scenario/scripted-run.js";
import { factsWith, propose } from "../unit/gate/samples.js";
import { ask, jsonOf, worknode } from "./program.js";

/** REQUIREMENTS A: observe, analyze, propose, approve; then execute and verify. */

const planOf = (tasks: string, more = ""): string => `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
${more}
phases:
  - id: build
    tasks:
${tasks}`;
const NOTE = "      - { id: A, title: Note, owner: implementer, files: { write: [A.md] } }\n";
const CALLS = [
  use("Read", { file_path: "README.md" }),
  write("README.md", "mine"),
  write("A.md"),
  use("Edit", { file_path: "A.md", old_string: "not there", new_string: "x" }),
  submit,
];

type Proposed = Extract<AnyEvent, { type: "PROPOSAL" }>;

describe("a run", () => {
  let repo: Repo;
  let events: AnyEvent[];

  beforeAll(async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(NOTE) });
    ({ events } = await runScripted(repo, { "A:work:1": CALLS }));
  });
  afterAll(() => repo.remove());

  /** The agent's own proposals; worknode's own calls go through the same gate and are not asked for by a model. */
  const asked = (): Proposed[] =>
    of(events, "PROPOSAL").filter(
      ({ actor, payload }) => actor === "implementer" && payload.what.tool !== "submit_result",
    );
  const byCall = (call: string, type: AnyEvent["type"]): AnyEvent[] =>
    events.filter((event) => event.type === type && (event.payload as { call_id?: string }).call_id === call);
  /** Numbers of a call's events of these types, in the order of the types. */
  const seqsOf = (call: string, types: readonly AnyEvent["type"][]): number[] =>
    types.flatMap((type) => byCall(call, type).map(({ seq }) => seq));
  const toolOf = (tool: string): Proposed => asked().find(({ payload }) => payload.what.tool === tool) as Proposed;

  it("leaves for each call its six stages in order, each linked to the one before", () => {
    expect(asked().map(({ payload }) => payload.what.tool)).toEqual(["Read", "Write", "Write", "Edit"]);
    for (const { payload, seq } of asked()) {
      const source = events.find(({ id }) => id === payload.observation.data["request"]);
      expect(source?.type).toBe("MODEL_RESPONSE");
      expect(Object.keys(payload)).toEqual(expect.arrayContaining(["observation", "analysis", "action", "what"]));
      const stages = [source?.seq, seq, ...seqsOf(payload.call_id, ["VERDICT", "TOOL_RESULT"])];
      expect(stages).toHaveLength(4);
      expect(stages.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(stages);
    }
    const kept = of(events, "EFFECT_KEPT")[0] as Extract<AnyEvent, { type: "EFFECT_KEPT" }>;
    const done = seqsOf(kept.payload.call_id, ["PROPOSAL", "VERDICT", "EFFECT_KEPT", "TOOL_RESULT"]);
    expect(done).toHaveLength(4);
    expect(done.toSorted((a, b) => a - b)).toEqual(done);
  });

  it("records what was observed, what it means and what was proposed, each in full", () => {
    for (const { payload } of asked()) {
      const { observation, analysis } = payload;
      expect(observationSchema.parse(observation)).toEqual(observation);
      expect(observation.sources.map(({ trust }) => trust)).toEqual(["untrusted"]);
      expect(analysisSchema.parse(analysis)).toEqual(analysis);
      for (const part of ["action", "expectedOutcomes", "failureModes"] as const) expect(payload).toHaveProperty(part);
      expect(payload.action).not.toBe("");
      expect(payload.expectedOutcomes).not.toEqual([]);
    }
    expect(toolOf("Write").payload.failureModes).not.toEqual([]);
  });

  it("says of each finished call whether it succeeded, was right, and is to be tried again", () => {
    const verified = (tool: string, nth = 0): unknown => {
      const { payload } = asked().filter(({ payload: each }) => each.what.tool === tool)[nth] as Proposed;
      return byCall(payload.call_id, "TOOL_RESULT").map(
        (event) => (event.payload as { verification: object }).verification,
      )[0];
    };
    const good = { succeeded: true, outcomeCorrect: true, retry: { should: false, why: expect.stringMatching(/./) } };
    const bad = { succeeded: false, outcomeCorrect: false, retry: { should: false, why: expect.stringMatching(/./) } };
    expect(verified("Read")).toEqual(good);
    expect(verified("Write", 0)).toEqual(bad);
    expect(verified("Write", 1)).toEqual(good);
    expect(verified("Edit")).toEqual(bad);
  });

  it("records an approval although nobody was asked, of a mere look as well", () => {
    const [verdict] = byCall(toolOf("Read").payload.call_id, "VERDICT");
    expect(verdict?.payload).toMatchObject({ outcome: "Approved", mode: "auto" });
  });

  it("shows by `trace ID --chain` all five ancestors of what was done, and an error where one is missing", async () => {
    const chain = jsonOf(
      (await worknode(repo, "trace", toolOf("Write").execution ?? "", "--chain", "--output-format", "json")).out,
    );
    expect(Object.keys(chain)).toEqual(["id", "observation", "analysis", "proposal", "approval", "execution"]);
    const store = repo.store();
    const orphan = { ...toolOf("Read"), stream: "conv:x", execution: "1:A:work:9:1" };
    const { type, stream, actor, run, task, execution, payload } = orphan;
    store.append([{ type, stream, actor, run, task, execution, payload }]);
    store.close();
    expect(await worknode(repo, "trace", "1:A:work:9:1", "--chain")).toMatchObject({
      code: 2,
      err: expect.stringContaining("no approval of execution 1:A:work:9:1"),
    });
  });
});

describe("a proposal", () => {
  const facts = factsWith({ paths: [{ path: "src/parse.ts", kind: "file", linkOnTheWay: false }] });
  const read = () => propose("Read", { file_path: "src/parse.ts" });

  it("that is whole is approved, with a permit", () => {
    expect(judge(read(), facts)).toMatchObject({ verdict: { outcome: "Approved" } });
    expect(judge(read(), facts).permit).toBeDefined();
  });

  it.each([
    "what",
    "when",
    "who",
    "verification",
    "action",
    "expectedOutcomes",
    "failureModes",
    "observation",
    "analysis",
  ])("without %s is refused, and nothing may be dispatched", (part) => {
    const whole = read();
    expect(proposalSchema.safeParse(whole).success).toBe(true);
    const { [part]: _, ...rest } = whole as unknown as Record<string, unknown>;
    expect(proposalSchema.safeParse(rest).success).toBe(false);
    const judgement = judge(rest as never, facts);
    expect(judgement.verdict.checks[0]).toMatchObject({ check: "schema", pass: false });
    expect(judgement.verdict.outcome).not.toBe("Approved");
    expect(judgement.permit).toBeUndefined();
  });

  it.each([
    ["observation", "data"],
    ["observation", "sources"],
    ["observation", "signals"],
    ["analysis", "meaning"],
    ["analysis", "probabilities"],
    ["analysis", "risks"],
  ] as const)("whose %s lacks its %s is refused", (stage, part) => {
    const whole = read();
    const { [part]: _, ...rest } = whole[stage] as Record<string, unknown>;
    expect(judge({ ...whole, [stage]: rest } as never, facts).permit).toBeUndefined();
  });

  it.each([-0.01, 1.01, Number.NaN])("with a probability of %s is refused", (probability) => {
    const whole = read();
    const analysis = { ...whole.analysis, probabilities: { success: probability } };
    expect(proposalSchema.safeParse({ ...whole, analysis }).success).toBe(false);
    expect(judge({ ...whole, analysis }, facts).permit).toBeUndefined();
  });

  it("needs the trust of each of its sources", () => {
    const whole = read();
    const observation = { ...whole.observation, sources: [{ name: "somewhere" }] };
    expect(judge({ ...whole, observation } as never, facts).permit).toBeUndefined();
  });
});

describe("a checkpoint for people", () => {
  let repo: Repo | undefined;
  afterEach(() => repo?.remove());

  const GATED = planOf(`      - id: A
        title: Note
        owner: implementer
        files: { write: [A.md] }
        steps:
          - { id: write, agent: implementer, request: write }
          - { id: seen, gate: { message: Is it good, require: [human] } }
`);

  it.each([
    ["approve", "DONE", 0],
    ["reject", "REJECTED", 4],
  ] as const)("waits through the end of the process for `%s`, and the task then is %s", async (verb, status, code) => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": GATED });
    const server = await scripted(repo, scriptOf({ "A:work:1": [write("A.md"), submit] }));
    expect(await worknode(repo, "run", "plan.yaml", "--yes")).toMatchObject({ code: 6 });
    expect(await worknode(repo, "continue")).toMatchObject({ code: 6 });
    const { approvals } = jsonOf((await ask(repo, "approvals", "--output-format", "json")).out) as {
      approvals: { id: string }[];
    };
    expect(approvals).toHaveLength(1);
    expect(await ask(repo, verb, approvals[0]?.id ?? "", "--reason", "looked at it")).toMatchObject({ code: 0 });
    expect((await worknode(repo, "continue")).code).toBe(code);
    await server.close();
    const { tasks } = jsonOf((await ask(repo, "status", "--output-format", "json")).out) as {
      tasks: { id: string; status: string }[];
    };
    expect(tasks).toMatchObject([{ id: "A", status }]);
    expect(server.repeatedWholeReplies()).toEqual([]);
  });
});

describe("coordination and execution", () => {
  let repo: Repo | undefined;
  afterEach(() => repo?.remove());

  /** What was done to files, whoever had planned it. */
  const effects = (events: readonly AnyEvent[]): object[] =>
    of(events, "EFFECT_KEPT").map(({ payload }) => payload.changes);
  /** The stages of the call that wrote A.md. */
  const stages = (events: readonly AnyEvent[]): string[] => {
    const call = of(events, "PROPOSAL").find(({ payload }) => payload.action === "Write A.md")?.payload.call_id;
    return events.filter(({ payload }) => (payload as { call_id?: string }).call_id === call).map(({ type }) => type);
  };

  it("are apart: another plan of the work leaves what is executed as it is", async () => {
    const stepped = planOf(`      - id: A
        title: Note
        owner: implementer
        files: { write: [A.md] }
        steps:
          - { id: there, if: "files.exist('README.md')", agent: implementer, request: "\${{ with.what }}" }
        with: { what: write the note }
`);
    const done: { effects: object[]; stages: string[] }[] = [];
    for (const plan of [planOf(NOTE), stepped]) {
      repo = makeRepo({ "README.md": "# r\n", "plan.yaml": plan });
      const { events, exitCode } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
      expect(exitCode).toBe(0);
      done.push({ effects: effects(events), stages: stages(events) });
      repo.remove();
    }
    expect(done[1]).toEqual(done[0]);
  });

  it("share one way to execute: a call by a run and the same call by hand leave the same stages", async () => {
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(NOTE) });
    const input = JSON.stringify({ file_path: "A.md", content: "x\n" });
    const call = ["tool", "Write", input, "--plan", "plan.yaml", "--task", "A", "--yes"];
    expect((await worknode(repo, ...call)).code).toBe(0);
    const byHand = eventsOf(repo);
    repo.remove();
    repo = makeRepo({ "README.md": "# r\n", "plan.yaml": planOf(NOTE) });
    const { events } = await runScripted(repo, { "A:work:1": [write("A.md"), submit] });
    expect(stages(byHand)).toEqual(["PROPOSAL", "VERDICT", "EFFECT_KEPT", "TOOL_RESULT"]);
    expect(stages(events)).toEqual(stages(byHand));
    expect(effects(events)).toEqual(effects(byHand));
  });
});
