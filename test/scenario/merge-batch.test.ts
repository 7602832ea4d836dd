import { afterEach, describe, expect, it } from "vitest";
import { landCycle } from "../../src/crew/service/land.js";
import type { AnyEvent } from "../../src/schema/event.js";
import { type Repo, run, scripted } from "./harness.js";
import {
  assertTrue,
  BRANCH,
  gather,
  makeBatchRepo,
  merged,
  type Replies,
  repliesOf,
  statusOf,
  verifyReceipts,
} from "./merge-ground.js";
import { eventsOf, of, scriptOf, submit, write } from "./scripted-run.js";

const TEN_MINUTES_MS = 600_000;
const MEANWHILE = /^C: On top of what others merged meanwhile: .*not together: /s;

let repo: Repo | undefined;
afterEach(() => repo?.remove());

interface Batched {
  readonly exitCode: number;
  readonly events: AnyEvent[];
}

async function runBatch(
  ids: readonly string[],
  at: { apart: string; more?: Replies; meanwhile?: (repo: Repo) => void; onEvent?: (event: AnyEvent) => void },
): Promise<Batched & { repo: Repo }> {
  const made = makeBatchRepo(ids, at.apart);
  repo = made;
  const server = await scripted(made, scriptOf({ ...repliesOf(ids), ...at.more }));
  const running = run(made, "plan.yaml", (event) => {
    at.onEvent?.(event);
    if (event.type === "TASK_STATUS" && event.payload.status === "DONE") server.release(`after ${event.task}`);
  });
  const [{ exitCode }] = await Promise.all([running, gather(made, server, ids, () => at.meanwhile?.(made))]);
  await server.close();
  return { exitCode, events: eventsOf(made), repo: made };
}

const batches = (events: readonly AnyEvent[]): { tasks: string[]; pass: boolean }[] =>
  of(events, "BATCH_VERIFIED").map(({ payload: { tasks, pass } }) => ({ tasks, pass }));
const rejections = (events: readonly AnyEvent[]): string[] =>
  of(events, "TASK_REJECTED").map(({ task, payload }) => `${task}: ${payload.feedback}`);

describe("tasks that wait while another is merged", { timeout: TEN_MINUTES_MS }, () => {
  it("are verified together and merged at once, each with its own commit and receipt", async () => {
    const { exitCode, events, repo } = await runBatch(["A", "B", "C", "D"], { apart: "" });
    expect(exitCode).toBe(0);
    assertTrue(repo, events);
    expect(merged(repo)).toEqual(["A", "B", "C", "D"]);
    expect(batches(events)).toEqual([{ tasks: ["B", "C", "D"], pass: true }]);

    const tree = repo.git("rev-parse", `${BRANCH}^{tree}`).trim();
    const [batch] = of(events, "BATCH_VERIFIED");
    const ran = of(events, "COMMANDS_RAN").filter(({ payload }) => payload.tree === tree);
    expect(ran.map(({ id }) => id)).toEqual(batch?.payload.output_events);
    expect(ran).toHaveLength(1);
    expect(batch?.payload.tree).toBe(tree);
    const last = (id: string): AnyEvent | undefined => of(events, "VERIFIED").findLast(({ task }) => task === id);
    for (const id of ["B", "C", "D"])
      expect(last(id)?.payload).toMatchObject({ tree, pass: true, output_event: ran[0]?.id });
    const judged = new Set(of(events, "COMMANDS_RAN").map(({ payload }) => payload.tree));
    for (const { payload } of of(events, "VERIFIED")) expect(judged).toContain(payload.tree);

    expect(await verifyReceipts(repo, `main..${BRANCH}`)).toEqual({
      code: 0,
      standings: ["verified", "stacked", "stacked", "verified"],
    });
    expect(await verifyReceipts(repo, `main..${BRANCH}~1`)).toEqual({
      code: 4,
      standings: ["verified", "partial", "partial"],
    });
    const signal = new AbortController().signal;
    const landed = await landCycle({ cwd: repo.dir, env: repo.env, signal, partial: false, request: false });
    expect(landed.outcome).toBe("landed");
    expect(repo.git("rev-parse", "main^{tree}").trim()).toBe(tree);
  });

  it("land without the one that is red on what was merged, which alone is rejected and done again meanwhile", async () => {
    // the rework goes on only once D is done: one that held up others would never end
    const again = [write("C.md", "other\n", { hold: "after D" }), submit];
    const { exitCode, events, repo } = await runBatch(["A", "B", "C", "D"], {
      apart: "A+C",
      more: { "C:work:2": again },
    });
    expect(exitCode).toBe(0);
    expect(batches(events)).toEqual([
      { tasks: ["B", "C", "D"], pass: false },
      { tasks: ["B", "C"], pass: false },
    ]);
    expect(rejections(events)).toEqual([expect.stringMatching(MEANWHILE)]);
    assertTrue(repo, events);
    expect(merged(repo)).toEqual(["A", "B", "D", "C"]);
    expect(
      of(events, "VERIFIED")
        .filter(({ payload }) => !payload.pass)
        .map(({ task }) => task),
    ).toEqual(["C"]);
    expect((await verifyReceipts(repo, `main..${BRANCH}`)).code).toBe(0);
  });

  it("two that are green alone and red together: the first lands, the second is rejected", async () => {
    const again = [write("C.md", "other\n"), submit];
    const { exitCode, events, repo } = await runBatch(["A", "B", "C"], { apart: "B+C", more: { "C:work:2": again } });
    expect(exitCode).toBe(0);
    expect(batches(events)).toEqual([{ tasks: ["B", "C"], pass: false }]);
    expect(rejections(events)).toEqual([expect.stringMatching(MEANWHILE)]);
    assertTrue(repo, events);
    expect(merged(repo)).toEqual(["A", "B", "C"]);
  });

  it("one whose work conflicts is left out and rejected, and the others are merged together", async () => {
    const by = (repo: Repo): void => {
      const blob = repo.git("hash-object", "-w", "plan.yaml").trim();
      repo.git("read-tree", BRANCH);
      repo.git("update-index", "--add", "--cacheinfo", `100644,${blob},C.md`);
      const commit = repo.git("commit-tree", "-p", BRANCH, "-m", "by hand", repo.git("write-tree").trim()).trim();
      repo.git("update-ref", `refs/heads/${BRANCH}`, commit);
    };
    const { exitCode, events, repo } = await runBatch(["A", "B", "C", "D"], { apart: "", meanwhile: by });
    expect(exitCode).toBe(4);
    expect(batches(events)).toEqual([{ tasks: ["B", "D"], pass: true }]);
    expect(of(events, "TASK_STATUS").at(-1)?.payload.reason ?? "").toBe("the work cannot be merged (conflict): C.md");
    expect(statusOf(events, "C")).toBe("REJECTED");
    assertTrue(repo, events);
    expect(merged(repo)).toEqual(["A", "B", "D"]);
  });

  it("are merged one by one where somebody moves the branch while they are verified", async () => {
    const move = ({ type }: AnyEvent): void => {
      if (type !== "BATCH_VERIFIED") return;
      const commit = repo?.git("commit-tree", "-p", BRANCH, "-m", "by hand", `${BRANCH}^{tree}`).trim() ?? "";
      repo?.git("update-ref", `refs/heads/${BRANCH}`, commit);
    };
    const { exitCode, events, repo: made } = await runBatch(["A", "B", "C"], { apart: "-", onEvent: move });
    expect(exitCode).toBe(0);
    expect(batches(events)).toEqual([{ tasks: ["B", "C"], pass: true }]);
    assertTrue(made, events);
    expect(merged(made)).toEqual(["A", "B", "C"]);
  });

  it("are not merged where the run is killed when that is approved", async () => {
    const kill = ({ type, execution }: AnyEvent): void => {
      if (type !== "VERDICT" || !execution?.includes(":batch.merge:") || repo === undefined) return;
      const store = repo.store();
      const by = { os_user: "t", git_email: null };
      const place = { stream: "project", actor: "t", run: 0, task: null, execution: null };
      store.append([{ type: "KILLED", ...place, payload: { epoch: store.epoch() + 1, by } }]);
      store.close();
    };
    const { exitCode, events, repo: made } = await runBatch(["A", "B", "C"], { apart: "-", onEvent: kill });
    expect(exitCode).toBe(130);
    expect(merged(made)).toEqual(["A"]);
    expect(of(events, "EVENT_TASK_COMPLETED").map(({ task }) => task)).toEqual(["A"]);
  });
});
