import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parseScript } from "../../src/model/scripted/script.js";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
phases:
  - id: write
    tasks:
      - { id: N-1, title: Write the note, owner: implementer, files: { write: [notes/one.md] } }
`;
const KEY = "sk-ant-REALKEY0123456789abcdef";

let repo: Repo;
afterEach(() => repo.remove());

async function worknode(...args: string[]) {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

it("replays what a real run recorded, with its denials, its paths made relative and no secret in it", async () => {
  repo = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  repo.env["ANTHROPIC_API_KEY"] = KEY;
  repo.env["DEPLOY_TOKEN"] = "not-of-any-known-form";
  const said = `The key is ${KEY}, the token not-of-any-known-form, another ghp_${"a".repeat(36)}.`;
  const replies = [
    write(join(repo.dir, "README.md"), said),
    { ...write(join(repo.dir, "notes/one.md"), said), text: said },
    submit,
  ];
  const server = await scripted(repo, scriptOf({ "N-1:work:1": replies }));
  expect(await worknode("run", "plan.yaml", "--yes", "--record", "night.yaml")).toMatchObject({ code: 0 });
  await server.close();
  const text = readFileSync(join(repo.dir, "night.yaml"), "utf8");
  expect(parseScript(text).ok).toBe(true);
  expect(text).not.toMatch(/REALKEY|not-of-any-known-form|ghp_/);
  expect(text).not.toContain(repo.dir);
  expect(of(eventsOf(repo), "SECURITY_VIOLATION")).toHaveLength(1);
  expect(await worknode("plan", "test", "plan.yaml", "--script", "night.yaml")).toMatchObject({ code: 0 });
  writeFileSync(join(repo.dir, "night.yaml"), text.replace("N-1: DONE", "N-1: BLOCKED"));
  expect(await worknode("plan", "test", "plan.yaml", "--script", "night.yaml")).toMatchObject({ code: 4 });
  expect(await worknode("run", "plan.yaml", "--yes", "--record", "night.yaml")).toMatchObject({ code: 2 });
});
