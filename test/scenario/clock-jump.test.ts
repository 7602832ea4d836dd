import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const PLAN = notesPlan([
  { id: "N-1", title: "Write the notes", write: ["notes/one.md", "notes/two.md"] },
  { id: "N-2", title: "Write more", write: ["notes/three.md"], needs: ["N-1"] },
]);
let repo: Repo | undefined;
afterEach(() => repo?.remove());

/** Loaded before the program: from SIGUSR2 on, its clock is off by so much. */
const jumping = (byMs: number): string => `
const now = Date.now;
let offMs = 0;
Date.now = () => now() + offMs;
process.on("SIGUSR2", () => { offMs = ${byMs}; });
`;

function worknode(
  at: Repo,
  args: readonly string[],
  byMs: number,
): { pid: number; ended: Promise<{ code: number | null; err: string }> } {
  const file = join(at.dir, "..", "jump.mjs");
  writeFileSync(file, jumping(byMs));
  const child = spawn(process.execPath, ["--import", file, MAIN, ...args], {
    cwd: at.dir,
    env: at.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (piece) => (err += String(piece)));
  const ended = new Promise<{ code: number | null; err: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, err }));
  });
  return { pid: child.pid ?? 0, ended };
}

const DAY_MS = 24 * 60 * 60 * 1_000;

it.each([
  ["a day ahead, as after a suspend", DAY_MS],
  ["a day back", -DAY_MS],
])("a clock that jumps %s in mid-task stops nothing, and the log stays in order", async (_, byMs) => {
  const at = makeRepo({ "README.md": "# r\n", "plan.yaml": PLAN });
  repo = at;
  const server = await scripted(
    at,
    scriptOf({
      "N-1:work:1": [write("notes/one.md"), write("notes/two.md", "x\n", { hold: "jump" }), submit],
      "N-2:work:1": [write("notes/three.md"), submit],
    }),
  );
  const run = worknode(at, ["run", "plan.yaml", "--yes"], byMs);
  server.onHold("jump", () => {
    process.kill(run.pid, "SIGUSR2");
    server.release("jump");
  });
  expect(await run.ended).toEqual({ code: 0, err: "" });
  await server.close();
  const events = eventsOf(at);
  expect(of(events, "EVENT_TASK_COMPLETED")).toHaveLength(2);
  const stamps = events.map(({ hlc }) => hlc);
  expect(stamps).toEqual([...stamps].sort());
  const after = events.find(({ type }) => type === "CYCLE_ENDED")?.hlc ?? "";
  const jumped = Math.abs(Date.parse(after.slice(0, 24)) - Date.now()) > DAY_MS / 2;
  expect(jumped).toBe(byMs > 0);
  expect(at.store().verify()).toMatchObject({ ok: true });
});
