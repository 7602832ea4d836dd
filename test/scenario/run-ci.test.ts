import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { reason, sandboxMissing } from "../unit/effect/sandbox/fixture.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { scriptOf, submit, use, write } from "./scripted-run.js";

let repo: Repo | undefined;
afterEach(() => repo?.remove());

const plan = (task: string): string => `apiVersion: worknode/v1
kind: Plan
id: notes
title: Notes
phases:
  - id: only
    tasks:
      - { id: N-1, title: One, owner: implementer, files: { write: [one.md] }${task} }
`;

/** A run on a terminal with a person who must not be asked. */
async function onTerminal(at: Repo, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const confirm = async (): Promise<boolean> => {
    throw new Error("somebody was asked");
  };
  const context = makeContext({ cwd: at.dir, env: at.env, isTTY: true, confirm });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

async function ran(at: Repo, replies: Record<string, readonly object[]>, ...args: string[]) {
  const server = await scripted(at, scriptOf(replies));
  try {
    return await onTerminal(at, "run", "plan.yaml", "--ci", ...args);
  } finally {
    await server.close();
  }
}

const DONE = { "N-1:work:1": [write("README.md", "::error::mine"), write("one.md"), submit] };

describe(`a run in a pipeline${reason}`, () => {
  it("asks nobody: a plan that is not approved is exit 6, though there is a terminal", async () => {
    repo = makeRepo({ "plan.yaml": plan("") });
    const run = await ran(repo, DONE);
    expect(run).toMatchObject({ code: 6, err: expect.stringContaining("is not approved") });
  });

  it.skipIf(sandboxMissing)("shows plain lines on a terminal, and leaves annotations to GitHub", async () => {
    repo = makeRepo({ "plan.yaml": plan("") });
    const { code, out } = await ran(repo, DONE, "--yes");
    expect(code).toBe(0);
    expect(out).toContain("Done (exit 0)");
    expect(out).not.toContain("\u001b");
    expect(out).not.toContain("::");
  });

  it.skipIf(sandboxMissing)("tells GitHub what went wrong, between marks that no agent's text can end", async () => {
    repo = makeRepo({ "plan.yaml": plan("") });
    Object.assign(repo.env, { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(repo.dir, "../summary.md") });
    const { code, out } = await ran(repo, DONE, "--yes");
    expect(code).toBe(0);
    const lines = out.trimEnd().split("\n");
    const token = /^::stop-commands::(worknode_\w+)$/.exec(lines[0] ?? "")?.[1];
    const end = lines.indexOf(`::${token}::`);
    expect(lines.slice(0, end).join("\n")).toContain("Done (exit 0)");
    const warnings = lines.slice(end + 1, -1);
    expect(warnings.filter((line) => !line.startsWith("::warning title=worknode run::"))).toEqual([]);
    expect(warnings.join("\n")).toContain("README.md");
    expect(lines.at(-1)).toMatch(/^::notice title=worknode run::done \(exit 0\): /);
    const summary = readFileSync(join(repo.dir, "../summary.md"), "utf8");
    expect(summary).toMatch(/^ {4}worknode run: done \(exit 0\).*\n {4}tasks {5}1 DONE$/m);
  });

  it.skipIf(sandboxMissing)("ends with the code of what stopped it, and says so in an annotation", async () => {
    repo = makeRepo({ "plan.yaml": plan("") });
    repo.env["GITHUB_ACTIONS"] = "true";
    const block = use("report_blocker", { reason: "no access" });
    const { code, out } = await ran(
      repo,
      {
        "N-1:work:1": [block],
        "N-1:escalation:1": [use("resolve_escalation", { action: "block", reason: "so be it" })],
      },
      "--yes",
    );
    expect(code).toBe(6);
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/^::error title=worknode run::ended \(exit 6\): /);
  });

  it.skipIf(sandboxMissing)("is no success where no task was done", async () => {
    repo = makeRepo({ "plan.yaml": plan(', if: "false"') });
    const { code, out } = await ran(repo, {}, "--yes");
    expect({ code, out }).toEqual({ code: 4, out: expect.stringContaining("no task was done") });
    const server = await scripted(repo, scriptOf({}));
    expect((await onTerminal(repo, "run", "plan.yaml", "--yes", "--output-format", "json")).code).toBe(0);
    await server.close();
  });

  it("prints nothing but objects where objects are asked for, and is not detached", async () => {
    repo = makeRepo({ "plan.yaml": plan("") });
    repo.env["GITHUB_ACTIONS"] = "true";
    const { out } = await ran(repo, DONE, "--output-format", "json");
    expect(out).toBe("");
    expect(await ran(repo, DONE, "--detach")).toMatchObject({ code: 2, err: expect.stringContaining("--detach") });
    expect(existsSync(join(repo.dir, "one.md"))).toBe(false);
  });

  it("is carried on in the same way", async () => {
    repo = makeRepo({ "plan.yaml": plan("") });
    expect(await onTerminal(repo, "run", "--continue", "--ci")).toMatchObject({ code: 7 });
  });
});
