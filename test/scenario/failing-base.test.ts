import { afterEach, describe, expect, it } from "vitest";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeRepo, type Repo } from "./harness.js";
import { of, runScripted, submit, write } from "./scripted-run.js";

/** A plan whose tests are a text that a file must hold: a runner of tests would take most of the time. */
const planOf = (text: string, file: string): string => `apiVersion: worknode/v1
kind: Plan
id: base
title: Base
waivers: [{ rule: coverage, tasks: [A], reason: a test of its own }]
phases:
  - id: build
    tasks:
      - { id: A, title: Note, owner: implementer, files: { write: [a.js] }, verify: { test: [grep, -q, ${text}, ${file}] } }
`;
const GOOD = "/** A. */\nexport const a = 1;\n";
const BAD = "/** A. */\nexport const a = 0;\n";

describe.skipIf(sandboxMissing)(`A rejection for failing tests${reason}`, () => {
  let repo: Repo | undefined;
  afterEach(() => repo?.remove());

  async function feedback(plan: string, replies: readonly object[]): Promise<string[]> {
    repo = makeRepo({ "package.json": '{"type":"module"}', "plan.yaml": plan, "a.js": GOOD });
    const { events } = await runScripted(repo, { "A:work:1": replies });
    return of(events, "TASK_REJECTED").map(({ payload }) => payload.feedback);
  }

  it("says so where they failed before there was anything of the task, once", async () => {
    const said = await feedback(planOf("never", "package.json"), [write("a.js", BAD), submit, submit]);
    expect(said[0]).toContain("On the task's base commit, without this work, test ended with 1 too");
    expect(said[1]).not.toContain("base commit");
  });

  it("blames nothing else for what the task broke", async () => {
    const said = await feedback(planOf("'a = 1'", "a.js"), [write("a.js", BAD), submit, write("a.js", GOOD), submit]);
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain("base commit");
  });
});
