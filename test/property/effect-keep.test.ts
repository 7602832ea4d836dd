import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KeepStep, keepChanges, recoverJournal } from "../../src/effect/keep/keep.js";
import { prepareWrite } from "../../src/effect/keep/prepared.js";
import { changedFiles } from "../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../src/gate/permit.js";
import { makeRepository, openTask } from "../unit/effect/fixture.js";

const PATHS = ["a.txt", "b/c.txt", "b/d.txt"] as const;
const STEPS: KeepStep[] = ["checked", "staged", "journaled", "renamed", "applied", "recorded", "dropped"];

interface Write {
  readonly path: (typeof PATHS)[number];
  readonly content: string;
  /** Where the process "dies"; null: it lives. */
  readonly crash: KeepStep | null;
  /** What somebody else puts there between the look and the keep; null: nobody does. */
  readonly meddled: string | null;
}

const writes = fc.array(
  fc.record<Write>({
    path: fc.constantFrom(...PATHS),
    content: fc.string({ maxLength: 20 }).filter((text) => !text.includes("\0")),
    crash: fc.constantFrom(null, ...STEPS),
    meddled: fc.constantFrom(null, null, null, "somebody else's"),
  }),
  { maxLength: 8 },
);

function put(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Steps after which a journal stands and nothing else may be kept before recovery. */
const PENDING: ReadonlySet<KeepStep | null> = new Set<KeepStep | null>(["journaled", "renamed", "applied", "recorded"]);

/** Whether somebody else's change stops the keep, and whether the call was decided before it crashed. */
function outcomeOf({ meddled, crash }: Write, before: string | undefined): { stale: boolean; decided: boolean } {
  const stale = meddled !== null && meddled !== before;
  return { stale, decided: !stale && crash !== "checked" && crash !== "staged" };
}

/** Keeps one write; a crash is an exception that nobody handles before recovery. */
async function attempt(workspace: TaskWorkspace, callId: string, write: Write, recorded: Set<string>): Promise<void> {
  const prepared = await prepareWrite(workspace, { file_path: write.path, content: write.content });
  if (!prepared.ok) throw new Error(prepared.error);
  if (write.meddled !== null) put(join(workspace.worktree, write.path), write.meddled);
  const permit = issuePermit({ callId, argsHash: prepared.value.argsHash });
  const onStep = (step: KeepStep): void => {
    if (step === write.crash) throw new Error("crash");
  };
  const record = (): void => {
    expect(recorded.has(callId)).toBe(false);
    recorded.add(callId);
  };
  await keepChanges(permit, workspace, { callId, prepared: prepared.value, record }, { onStep }).catch(
    (thrown: unknown) => {
      if ((thrown as Error).message !== "crash") throw thrown;
    },
  );
}

describe("keeping and recovering, whatever crashes when", () => {
  it("leaves exactly the recorded calls in the worktree, in their order", async () => {
    const repository = await makeRepository({ "a.txt": "base\n" }).find();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(writes, async (sequence) => {
        runs += 1;
        const workspace = await openTask(repository, `P${runs}`);
        const model = new Map<string, string>([["a.txt", "base\n"]]);
        const recorded = new Set<string>();
        for (const [index, write] of sequence.entries()) {
          const callId = `${runs}:${index}`;
          await attempt(workspace, callId, write, recorded);
          const { stale, decided } = outcomeOf(write, model.get(write.path));
          if (!stale && PENDING.has(write.crash))
            await expect(
              attempt(workspace, `${callId}:next`, { ...write, crash: null, meddled: null }, recorded),
            ).rejects.toThrow("was interrupted while being kept");
          await recoverJournal(workspace, (call) => recorded.add(call.callId));
          if (stale) model.set(write.path, write.meddled ?? "");
          expect(recorded.has(callId)).toBe(decided);
          if (decided) model.set(write.path, write.content);
        }
        for (const [path, content] of model) expect(readFileSync(join(workspace.worktree, path), "utf8")).toBe(content);
        const expected = [...model]
          .filter(([path, content]) => path !== "a.txt" || content !== "base\n")
          .map(([path]) => path);
        expect((await changedFiles(workspace)).map(({ path }) => path)).toEqual(expected.sort());
      }),
      { numRuns: 25 },
    );
  });
});
