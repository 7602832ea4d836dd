import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectReportSchema } from "../../src/schema/project-report.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { cycleStarted, event } from "../unit/store/sample-events.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo } from "./harness.js";

let repo: Repo;
beforeEach(() => {
  repo = makeRepo({ "README.md": "# r\n" });
});
afterEach(() => repo.remove());

async function worknode(args: readonly string[], cwd = repo.dir) {
  const context = makeContext({ cwd, env: repo.env });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

async function json(...args: string[]): Promise<Record<string, never>> {
  const { code, out, err } = await worknode([...args, "--output-format", "json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as Record<string, never>;
}

describe("without a plan", () => {
  it("a person notes, decides, claims and continues, from any sub-directory and worktree", async () => {
    expect(await worknode(["continue", "--brief"])).toMatchObject({
      code: 7,
      err: "worknode: No incomplete cycle to continue\n",
    });
    await worknode(["note", "The cookie is set twice", "--path", "src/login.ts", "--as", "ann"]);
    await worknode([
      "decisions",
      "add",
      "Sessions",
      "--id",
      "AUTH-1",
      "--question",
      "Sessions or tokens?",
      "--rationale",
      "simple",
      "--rejected",
      "Tokens=cannot be revoked",
      "--confidence",
      "0.8",
      "--path",
      "src/login.ts",
    ]);
    expect(await worknode(["claim", "FIX-1", "--title", "Fix the login", "--as", "ann"])).toMatchObject({
      code: 0,
      out: "FIX-1 (Fix the login): IN_PROGRESS, ann\n",
    });
    const elsewhere = join(repo.dir, "..", "second");
    repo.git("worktree", "add", "-q", elsewhere);
    mkdirSync(join(elsewhere, "deep"));
    const here = await worknode(["continue", "--brief"]);
    expect(here.out).toMatch(
      /^Resuming FIX-1 \(Fix the login\)\. Last session completed nothing\. Next: Finish Fix the login\. No blockers\. Starting now\.\.\.\n/,
    );
    expect(here.out).toContain("- Sessions or tokens?: Sessions. simple [AUTH-1]");
    expect(here.out).toContain("- The cookie is set twice [ev_1, ann]");
    expect(await worknode(["continue", "--brief"], join(elsewhere, "deep"))).toEqual(here);
    expect(await worknode(["continue"])).toMatchObject({ code: 6, out: here.out });
    const small = await worknode(["continue", "--brief", "--budget", "40"]);
    expect(small.out).toBe(`${here.out.split("\n\n").slice(0, 2).join("\n\n")}\n`);
    expect(await json("continue", "--json", "--task", "FIX-1")).toMatchObject({ task: "FIX-1", cycle: 0 });
    expect(await worknode(["continue", "--task", "FIX-1"])).toMatchObject({ code: 2 });
    expect(await worknode(["done", "FIX-1", "--as", "bob"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("claimed by ann"),
    });
    expect(await worknode(["done", "FIX-1", "--summary", "once", "--as", "ann"])).toMatchObject({ code: 0 });
    expect((await worknode(["status"])).out).toContain("DONE        FIX-1 Fix the login · ann");
  });

  it("decisions are found by any words and replaced", async () => {
    await worknode(["decisions", "add", "Cap'n Proto", "--id", "TECH-001", "--question", "Which format?"]);
    expect((await worknode(["decisions", "search", "Cap'n", "AND", "(Proto"])).out).toMatch(
      /^TECH-001 {2}Which format\?: Cap'n Proto \(accepted, /,
    );
    expect(
      (await json("decisions", "supersede", "TECH-001", "JSON", "--id", "TECH-002", "--question", "Which format?"))[
        "id"
      ],
    ).toBe("TECH-002");
    expect((await worknode(["decisions", "search", "Proto"])).out).toContain("superseded by TECH-002");
    expect((await worknode(["decisions", "search", "nothing-like-it"])).out).toBe("Nothing found.\n");
    expect(await worknode(["decisions", "supersede", "TECH-001", "XML", "--question", "?"])).toMatchObject({ code: 2 });
    expect(await worknode(["decisions", "add", "x", "--question", "?", "--confidence", "2"])).toMatchObject({
      code: 2,
    });
    expect(await worknode(["decisions", "status", "TECH-002", "deprecated", "--reason", "slow"])).toMatchObject({
      code: 0,
      out: "[TECH-002] is deprecated.\n",
    });
    expect((await worknode(["decisions", "search", "JSON"])).out).toContain("(deprecated, ");
    expect(await worknode(["decisions", "status", "TECH-002", "gone"])).toMatchObject({ code: 2 });
    expect(await worknode(["decisions", "status", "TECH-001", "accepted"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("TECH-002 replaced"),
    });
    expect(await worknode(["pin", "TECH-002"])).toMatchObject({ code: 0, out: "Pinned [TECH-002].\n" });
    expect(await json("unpin", "TECH-002")).toEqual({ id: "TECH-002", pinned: false });
    expect(await worknode(["pin", "TECH-003"])).toMatchObject({ code: 2, err: expect.stringContaining("no decision") });
    expect(await worknode(["decisions", "remove"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("none of add"),
    });
  });

  it("errors are recorded, resolved, found again, and their fixes judged", async () => {
    await worknode([
      "issues",
      "add",
      "src/q.c:12: undefined reference to queue_push",
      "--type",
      "LINK",
      "--file",
      "src/q.c",
    ]);
    const { issues } = await json("issues", "search", "undefined reference to queue_push", "--open");
    const [{ id }] = issues as unknown as [{ id: string }];
    expect(
      (await worknode(["issues", "resolve", id, "--fix", "link with -lqueue", "--cause", "not named"])).out,
    ).toContain("fix: link with -lqueue");
    expect((await worknode(["issues", "outcome", id, "--worked"])).out).toContain("worked 1 of 1");
    expect((await worknode(["issues", "search", "queue_pusch", "--resolved", "--file", "src/q.c"])).out).toContain(id);
    expect((await worknode(["issues", "search", "--open"])).out).toBe("Nothing found.\n");
    expect(await worknode(["issues", "resolve", "is_none", "--fix", "x"])).toMatchObject({ code: 2 });
    expect(await worknode(["issues", "forget"])).toMatchObject({ code: 2 });
  });
});

it("status, approvals and report look at every project of the user, and pass over one that is gone", async () => {
  const other = makeRepo({ "README.md": "# o\n" });
  other.env["XDG_STATE_HOME"] = repo.env["XDG_STATE_HOME"];
  const context = makeContext({ cwd: other.dir, env: repo.env });
  expect(await runCommandLine(context, ["claim", "O-1", "--as", "bob"])).toBe(0);
  await worknode(["claim", "R-1", "--as", "ann"]);
  const store = repo.store();
  store.append([
    cycleStarted(1, [{ id: "T-1" }]),
    event("APPROVAL_REQUESTED", {
      id: "ap_1",
      kind: "gate",
      proposal_hash: "h",
      message: "Ship?",
      require: [],
      exclude: [],
      expires_at: 1,
    }),
  ]);
  store.close();
  const all = await json("status", "--all");
  expect((all["projects"] as unknown as { project: string }[]).map(({ project }) => project).sort()).toEqual(
    [repo.dir, other.dir].sort(),
  );
  const text = (await worknode(["status", "--all"])).out;
  expect(text).toContain(other.dir);
  expect(text).toContain("O-1 O-1 · bob");
  expect(text).toContain("R-1 R-1 · ann");
  expect((await worknode(["approvals", "--all"])).out).toContain(`${repo.dir}\nap_1  cycle 1`);
  expect((await json("approvals", "--all"))["projects"]).toHaveLength(2);
  const report = JSON.parse((await worknode(["report", "--all", "--since", "24h", "--format", "json"])).out) as {
    projects: unknown[];
  };
  expect(report.projects.map((each) => projectReportSchema.parse(each).in_progress.length)).toEqual([1, 1]);
  expect((await worknode(["report"])).out).toContain("## In progress\n\n- R-1 (R-1), IN_PROGRESS, ann");
  expect(await worknode(["report", "--since", "yesterday-ish"])).toMatchObject({ code: 2 });
  for (const spoilt of ["garbage, no database", undefined]) {
    if (spoilt !== undefined) writeFileSync(join(other.dir, ".worknode/worknode.db"), spoilt);
    else rmSync(join(other.dir, ".worknode"), { recursive: true });
    for (const verb of ["status", "approvals", "report"]) {
      const said = await worknode([verb, "--all"]);
      expect([said.code, said.err.includes(`${other.dir}: The database`)], verb).toEqual(
        spoilt === undefined ? [0, false] : [1, true],
      );
    }
    const { out } = await worknode(["status", "--all", "--output-format", "json"]);
    expect((JSON.parse(out) as { projects: unknown[] }).projects).toHaveLength(1);
  }
  renameSync(other.dir, `${other.dir}-moved`);
  expect((await json("status", "--all"))["projects"]).toHaveLength(1);
  other.remove();
});

it("everything is exported and imported again, and what other tools keep is read", async () => {
  const other = makeRepo({
    "README.md": "# o\n",
    "tasks.md": "- [ ] T001 Set up src/a.py\n",
    "adr/0001-log.md": "# 1. One log\n\nYes.\n",
  });
  const there = async (args: readonly string[]) => {
    const context = makeContext({ cwd: other.dir, env: other.env });
    return { code: await runCommandLine(context, args), out: context.printed(), err: context.complained() };
  };
  await worknode(["decisions", "add", "Sessions", "--id", "AUTH-1", "--question", "Which?"]);
  const file = join(repo.dir, "..", "all.jsonl");
  expect(await worknode(["export", file])).toMatchObject({ code: 0, err: `1 event(s) written to ${file}.\n` });
  expect(await worknode(["export", file])).toMatchObject({ code: 2 });
  expect((await worknode(["export"])).out).toBe(readFileSync(file, "utf8"));
  expect(await there(["import", file])).toMatchObject({ code: 0, out: "1 event(s) imported.\n" });
  expect(await there(["import", file])).toMatchObject({ code: 0, out: "0 event(s) imported.\n" });
  expect((await there(["decisions", "search", "Sessions"])).out).toContain("AUTH-1");
  expect(await there(["log", "rebuild"])).toMatchObject({ code: 0 });
  mkdirSync(join(other.dir, "prose"));
  writeFileSync(join(other.dir, "prose/notes.md"), "# Notes\n");
  expect(await there(["import", "prose"])).toMatchObject({ code: 2, err: expect.stringContaining("0001-title.md") });
  expect(await there(["import", "tasks.md", "--as", "ann"])).toMatchObject({
    code: 0,
    out: "1 task(s) and 0 decision(s) imported.\n",
  });
  expect(await there(["import", "adr"])).toMatchObject({ code: 0, out: "0 task(s) and 1 decision(s) imported.\n" });
  expect((await there(["import", "adr", "--output-format", "json"])).out).toBe(
    '{"tasks":0,"decisions":0,"known":["ADR-0001"]}\n',
  );
  expect((await there(["claim"])).out).toContain("T001 (Set up src/a.py): IN_PROGRESS");
  expect(await there(["import", file])).toMatchObject({ code: 0 });
  expect(await worknode(["import", join(repo.dir, "README.md"), "--from", "worknode"])).toMatchObject({ code: 2 });
  writeFileSync(join(repo.dir, "bad.json"), Buffer.from([0x7b, 0xff, 0xfe]));
  for (const path of ["bad.json", "nowhere.jsonl", "nowhere.json", "."])
    expect(await worknode(["import", path, ...(path === "." ? ["--from", "spec-kit"] : [])])).toMatchObject({
      code: 2,
    });
  writeFileSync(file, Buffer.from([0x7b, 0xff, 0x0a]));
  expect(await worknode(["import", file])).toMatchObject({ code: 2, err: expect.stringContaining("not UTF-8") });
  other.remove();
});
