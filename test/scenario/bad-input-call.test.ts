import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PLAN } from "./delegation-ground.js";
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

function tool(name: string, input: string, task = "A"): { code: number | null; said: string } {
  const call = ["tool", name, input, "--plan", "plan.yaml", "--task", task, "--yes"];
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

it("a child that is asked for more than its parent may hand on is refused, and the exit says so", () => {
  repo.remove();
  repo = makeRepo({ "plan.yaml": PLAN });
  const spawn = (files: string[]): string => JSON.stringify({ role: "implementer", task: "A", reason: "split", files });
  const wide = tool("spawn_agent", spawn(["src/other.ts"]), "P");
  expect(wide.said).toContain("ERROR_ATTENUATION");
  expect(wide.code).toBe(3);
  expect(tool("spawn_agent", spawn(["A.md"]), "P").code).toBe(0);
});
