import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { type ContextSettings, makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, use, write } from "./scripted-run.js";

const DRAFT = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
budget: { usd: 3 }
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the first note, owner: implementer, files: { write: [notes/one.md] } }
      - { id: N-2, title: Write the second note, owner: implementer, needs: [N-1], files: { write: [notes/two.md] } }
`;
const FAULTY = DRAFT.replace("owner: implementer", "owner: nobody");
const handIn = (plan: string): object => use("submit_result", { summary: "drafted", outputs: { plan } });

describe("a plan drafted for a goal", () => {
  let repo: Repo;
  beforeEach(() => {
    repo = makeRepo({ "README.md": "# r\n", "CLAUDE.md": "Be brief.\n" });
  });
  afterEach(() => repo.remove());

  async function worknode(args: readonly string[], settings: ContextSettings = {}) {
    const context = makeContext({ cwd: repo.dir, env: repo.env, ...settings });
    const code = await runCommandLine(context, args);
    return { code, out: context.printed(), err: context.complained() };
  }
  async function drafting(replies: readonly object[], args: readonly string[], settings: ContextSettings = {}) {
    const work = { "N-1:work:1": [write("notes/one.md"), submit], "N-2:work:1": [write("notes/two.md"), submit] };
    const server = await scripted(repo, scriptOf({ "DRAFT-1:work:1": replies, ...work }));
    try {
      return await worknode(args, settings);
    } finally {
      await server.close();
    }
  }
  const path = ".worknode/plans/notes.yaml";

  it("is written down with files, waivers and worst cost, and nothing of it runs", async () => {
    const look = use("Read", { file_path: "README.md" });
    const { code, out } = await drafting(
      [look, handIn(DRAFT)],
      ["plan", "new", "Write two notes", "--files", "notes/one.md"],
    );
    expect(code).toBe(0);
    expect(readFileSync(join(repo.dir, path), "utf8")).toBe(DRAFT);
    expect(out).toContain("N-2 Write the second note · implementer, after N-1\n      writes notes/two.md");
    expect(out).toContain("2 task(s), at most $3.00; no finished task to estimate from");
    const events = eventsOf(repo);
    const prompt = of(events, "CONVERSATION_STARTED")[0]?.payload.prompt ?? "";
    expect(prompt).toContain("Write two notes");
    expect(prompt).toContain("Files the person named: notes/one.md");
    expect(prompt).toContain("CLAUDE.md");
    expect(of(events, "PROPOSAL").some(({ payload }) => payload.what.tool === "Read")).toBe(true);
    expect(of(events, "TASK_STATUS").map(({ task }) => task)).not.toContain("N-1");
    expect(await worknode(["continue"])).toMatchObject({ code: 7 });
  });

  it("goes back with the linter's faults until it is sound", async () => {
    const { code } = await drafting(
      [handIn(FAULTY), handIn(FAULTY), handIn(DRAFT)],
      ["plan", "new", "Write two notes"],
    );
    expect(code).toBe(0);
    const told = of(eventsOf(repo), "TOOL_RESULT").filter(({ payload }) => payload.content.includes("draft.yaml:"));
    expect(told).toHaveLength(2);
    expect(told[0]?.payload.content).toContain("unknown-owner");
  });

  it("is kept as it is after three returns, and the exit code says that it is not sound", async () => {
    const { code, out } = await drafting(
      Array.from({ length: 6 }, () => handIn(FAULTY)),
      ["plan", "new", "Write"],
    );
    expect(code).toBe(4);
    expect(out).toContain("unknown-owner");
    expect(readFileSync(join(repo.dir, ".worknode/plans/draft-1.yaml"), "utf8")).toBe(FAULTY);
    expect(of(eventsOf(repo), "MODEL_RESPONSE")).toHaveLength(4);
  });

  it("overwrites no plan, and its drafter can write no file", async () => {
    repo.write(path, "mine\n");
    const { code, out } = await drafting([write("README.md", "theirs\n"), handIn(DRAFT)], ["plan", "new", "Write"]);
    expect(code).toBe(0);
    expect(readFileSync(join(repo.dir, path), "utf8")).toBe("mine\n");
    expect(out).toContain(".worknode/plans/notes-1.yaml");
    expect(readFileSync(join(repo.dir, "README.md"), "utf8")).toBe("# r\n");
    expect(of(eventsOf(repo), "SECURITY_VIOLATION")).not.toHaveLength(0);
  });

  it("may be impossible, and then there is none", async () => {
    const blocker = use("report_blocker", { reason: "the goal says nothing" });
    const { code, err } = await drafting([blocker], ["plan", "new", "Write"]);
    expect(code).toBe(4);
    expect(err).toContain("the goal says nothing");
    expect(existsSync(join(repo.dir, ".worknode/plans"))).toBe(false);
  });

  it("runs after one question, in one command, and its time and cost are known the next time", async () => {
    const asked: string[] = [];
    const confirm = async (question: string): Promise<boolean> => asked.push(question) > 0;
    expect(await drafting([handIn(DRAFT)], ["do", "Write two notes"], { confirm })).toMatchObject({ code: 0 });
    expect(asked).toHaveLength(1);
    expect(repo.git("show", "worknode/notes/2:notes/two.md")).toBe("x\n");
    const again = await drafting([handIn(DRAFT)], ["plan", "new", "Write two notes"]);
    expect(again.out).toMatch(/by the median of 2 finished task\(s\) \$[\d.]+ and /);
  });

  it("runs nothing where nobody is asked or the answer is no", async () => {
    expect(await drafting([handIn(DRAFT)], ["do", "Write two notes"])).toMatchObject({ code: 6 });
    const confirm = async (): Promise<boolean> => false;
    expect(await drafting([handIn(DRAFT)], ["do", "Write two notes"], { confirm })).toMatchObject({ code: 6 });
    expect(of(eventsOf(repo), "PLAN_APPROVED")).toHaveLength(0);
  });

  it("costs no more than it may", async () => {
    const { code, err } = await drafting([handIn(DRAFT)], ["plan", "new", "Write", "--draft-usd", "0.000001"]);
    expect(code).toBe(5);
    expect(err).toContain("no draft");
    expect(await worknode(["plan", "new", "Write", "--draft-usd", "much"])).toMatchObject({ code: 2 });
  });
});
