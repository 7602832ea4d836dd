import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { makeRepo, type Repo } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const [CALLS, TASKS] = [8, 2];

const repos: Repo[] = [];
afterEach(() => {
  for (const repo of repos.splice(0)) repo.remove();
});

function writeNote(repo: Repo, note: number): Promise<{ code: number | null; said: string }> {
  const task = `N-${note % TASKS}`;
  const input = JSON.stringify({ file_path: `notes/${note}.md`, content: `note ${note}\n` });
  const args = [MAIN, "tool", "Write", input, "--plan", "plan.yaml", "--task", task, "--yes"];
  const child = spawn(process.execPath, args, { cwd: repo.dir, env: repo.env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += String(data)));
  return new Promise((settle) => child.on("close", (code) => settle({ code, said })));
}

it("calls that processes make at once, the first of a plan, are of one cycle and each kept", {
  timeout: 120_000,
}, async () => {
  const notes = Array.from({ length: CALLS }, (_, note) => note);
  const tasks = Array.from({ length: TASKS }, (_, task) => ({
    id: `N-${task}`,
    title: "Write notes",
    write: notes.filter((note) => note % TASKS === task).map((note) => `notes/${note}.md`),
  }));
  const repo = makeRepo({ "README.md": "# r\n", "plan.yaml": notesPlan(tasks) });
  repos.push(repo);
  const calls = await Promise.all(notes.map((note) => writeNote(repo, note)));
  expect(calls.filter(({ code }) => code !== 0)).toEqual([]);
  const events = eventsOf(repo);
  expect(of(events, "CYCLE_STARTED")).toHaveLength(1);
  const kept = of(events, "EFFECT_KEPT").flatMap(({ payload }) => payload.changes.map(({ path }) => path));
  expect(kept.sort()).toEqual(notes.map((note) => `notes/${note}.md`));
});
