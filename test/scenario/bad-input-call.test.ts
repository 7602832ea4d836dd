import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeRepo, type Repo } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of } from "./scripted-run.js";

const MAIN = join(fileURLToPath(new URL("../..", import.meta.url)), "dist/main.js");
const DEEP = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;

let repo: Repo;
beforeEach(() => {
  repo = makeRepo({ "plan.yaml": notesPlan([{ id: "A", title: "Note", write: ["A.md"] }]) });
});
afterEach(() => repo.remove());

function tool(name: string, input: string): { code: number | null; said: string } {
  const call = ["tool", name, input, "--plan", "plan.yaml", "--task", "A", "--yes"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...call], {
    cwd: repo.dir,
    env: repo.env,
    encoding: "utf8",
  });
  return { code: status, said: `${stdout}${stderr}` };
}

it.each([
  ["a number beyond all bounds", "Read", '{"file_path":"plan.yaml","limit":1e309}', /ERROR_INVALID_INPUT.* limit: /],
  ["nesting without end", "Write", `{"file_path":"A.md","content":${DEEP}}`, /ERROR_INVALID_INPUT.* content: /],
])("%s in a call is denied by name, and the next call works", (_, name, input, denial) => {
  const denied = tool(name, input);
  expect(denied.said).toMatch(denial);
  expect(denied.code).toBe(3);
  expect(tool("Read", `{"file_path":"plan.yaml","beside":${DEEP}}`)).toMatchObject({
    code: 0,
    said: expect.stringContaining("apiVersion: worknode/v1"),
  });
  expect(of(eventsOf(repo), "VERDICT").some(({ payload }) => payload.outcome === "PolicyBlocked")).toBe(true);
});
