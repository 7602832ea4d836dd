import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { withLock } from "../../src/effect/lock/file-lock.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { receiptVerb } from "../../src/surface/cli/receipt.js";
import { makeContext } from "../unit/surface/screen.js";
import { makeRepo, type Repo, scripted } from "./harness.js";
import { of, submit, write } from "./scripted-run.js";

/** The cycle's branch. */
export const BRANCH = "worknode/batch/1";

/** Fails where the first of a pair is there and the second is as it was first written: each is green without the other. */
const CHECK = `import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
for (const pair of (process.argv[2] ?? "").split(",").filter(Boolean)) {
  const [one, other] = pair.split("+").map((name) => name + ".md");
  if (existsSync(one) && existsSync(other) && readFileSync(other, "utf8") === "x\\n") {
    console.log("not together: " + pair);
    process.exit(1);
  }
}
`;

/** `apart`: pairs that are red together (`A+C`); `-` for no commands. */
function planOf(ids: readonly string[], apart: string): string {
  const tasks = ids.map((id) => ({
    id,
    title: `Note ${id}`,
    owner: "implementer",
    files: { write: [`${id}.md`, `${id}2.md`] },
    ...(apart === "-" ? {} : { verify: { test: ["node", "check.mjs", apart] } }),
  }));
  const phases = [{ id: "build", tasks }];
  return JSON.stringify({ apiVersion: "worknode/v1", kind: "Plan", id: "batch", title: "Batch", phases });
}

export type Replies = Record<string, readonly object[]>;

/** Each task writes its file and hands it in once its turn has come: they are accepted one after the other. */
export const repliesOf = (ids: readonly string[]): Replies =>
  Object.fromEntries(ids.map((id) => [`${id}:work:1`, [write(`${id}.md`), { ...submit, hold: id }]]));

export type Server = Awaited<ReturnType<typeof scripted>>;
export const statusOf = (events: readonly AnyEvent[], id: string): string | undefined =>
  of(events, "TASK_STATUS").findLast(({ task }) => task === id)?.payload.status;

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("it did not come to that in two minutes");
}

/**
 * Has the first task's merge wait for a lock until all others are accepted too, in this order: they are the next batch.
 * `meanwhile` is done before the lock is given free.
 */
export async function gather(
  repo: Repo,
  server: Server,
  ids: readonly string[],
  meanwhile = (): void => {},
): Promise<void> {
  const states = join(repo.env["XDG_STATE_HOME"] ?? "", "worknode");
  const projects = (): string[] => {
    try {
      return readdirSync(states).filter((name) => /^[0-9a-f-]{8,}/.test(name));
    } catch {
      return [];
    }
  };
  await until(() => projects().length > 0);
  await withLock(join(states, projects()[0] ?? "", "locks", "merge"), async () => {
    const store = repo.store(); // open all the while: to open it and read it whole at each look cost half of the test
    try {
      for (const id of ids) {
        server.release(id);
        await until(() => statusOf(store.events({ type: "TASK_STATUS" }), id) === "VERIFIED");
      }
    } finally {
      store.close();
    }
    meanwhile();
  });
}

/** Tasks of the branch's commits, oldest first. */
export const merged = (repo: Repo): string[] =>
  repo
    .git("log", "--reverse", "--format=%(trailers:key=Worknode-Task,valueonly,separator=)", `main..${BRANCH}`)
    .split("\n")
    .filter(Boolean);
export async function verifyReceipts(repo: Repo, range: string): Promise<{ code: number; standings: string[] }> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const code = await receiptVerb(context, ["verify", range, "--output-format", "json"]);
  const { commits } = JSON.parse(context.printed()) as { commits: { standing: string }[] };
  return { code, standings: commits.map(({ standing }) => standing) };
}

/** What must hold of every log and branch, whatever happened: who was merged is there once, on the commit it is said to be on. */
export function assertTrue(repo: Repo, events: readonly AnyEvent[]): void {
  const done = of(events, "EVENT_TASK_COMPLETED").map(({ task }) => task);
  expect(new Set(done).size).toBe(done.length);
  const commits = of(events, "TASK_MERGED").map(({ task, payload }) => ({ task, ...payload }));
  for (const { task, commit, parent } of commits) {
    expect(repo.git("rev-parse", `${commit}^`).trim()).toBe(parent);
    expect(repo.git("show", "-s", "--format=%B", commit)).toContain(`Worknode-Task: ${task}`);
    repo.git("merge-base", "--is-ancestor", commit, BRANCH);
  }
  expect(new Set(commits.map(({ task }) => task))).toEqual(new Set(merged(repo)));
  expect(commits).toHaveLength(merged(repo).length);
}

/** A repository whose plan has these tasks. */
export function makeBatchRepo(ids: readonly string[], apart: string): Repo {
  return makeRepo({ "check.mjs": CHECK, "plan.yaml": planOf(ids, apart) });
}
