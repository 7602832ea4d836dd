import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { CallRequest } from "../../../src/crew/call/call-record.js";
import { keepAllowed } from "../../../src/crew/call/write-call.js";
import type { Crew } from "../../../src/crew/state/context.js";
import { prepareWrite } from "../../../src/effect/keep/prepared.js";
import { issuePermit } from "../../../src/gate/permit.js";
import type { AnyNewEvent } from "../../../src/schema/event.js";
import { makeRepository, openTask } from "../effect/fixture.js";

/** A crew that only knows whether a capability is valid now. */
const crewThat = (holds: boolean): Crew =>
  ({
    epoch: 1,
    clock: { nowMs: () => 0 },
    store: { authority: () => ({ epoch: 1 }) },
    broker: { verifier: { verify: () => ({ ok: holds }) } },
  }) as unknown as Crew;

/** Keeps a change of `notes.txt` and says what became of its scratch; `meanwhile` comes after the change was prepared. */
async function keepNotes(meanwhile: (file: string) => void, ended = false) {
  const workspace = await openTask(await makeRepository({ "notes.txt": "one\n" }).find());
  const prepared = await prepareWrite(workspace, { file_path: "notes.txt", content: "two\n" });
  if (!prepared.ok) throw new Error(prepared.error);
  const { argsHash, changes } = prepared.value;
  const file = join(workspace.worktree, "notes.txt");
  meanwhile(file);
  const order: string[] = [];
  const request = {
    proposal: { call_id: "c1", what: { tool: "Bash" } },
    place: { workspace, held: { minted: { token: "t", capability: { nbf: 0, exp: Number.MAX_SAFE_INTEGER } } } },
    records: { stream: "task:1:A", actor: "a", run: 1, task: "A", execution: "e" },
    toolUseId: "t",
    append: async (events: readonly AnyNewEvent[]) => void order.push(...events.map(({ type }) => type)),
  } as unknown as CallRequest;
  const { effects } = await keepAllowed(crewThat(!ended), request, {
    permit: issuePermit({ callId: "c1", argsHash }),
    keeps: true,
    prepared: { argsHash, changes },
    content: "done",
    alongside: async () => void order.push("scratch"),
  });
  return { effects, order, text: readFileSync(file, "utf8") };
}

it("keeps the scratch of a command with its changes, before they are on record", async () => {
  const { effects, order, text } = await keepNotes(() => undefined);
  expect(effects).toMatchObject({ kept: true });
  expect(order).toEqual(["scratch", "EFFECT_KEPT", "TOOL_RESULT"]);
  expect(text).toBe("two\n");
});

it("keeps no scratch of a command whose changes are not kept: another changed the file meanwhile", async () => {
  const { effects, order, text } = await keepNotes((file) => writeFileSync(file, "another's\n"));
  expect(effects).toMatchObject({ kept: false, refused: [{ path: "notes.txt", rule: "lost-update" }] });
  expect(order).toEqual(["EFFECT_DISCARDED", "TOOL_RESULT"]);
  expect(text).toBe("another's\n");
});

it("keeps nothing of what was approved before the capability ended, and no scratch of it", async () => {
  const { effects, order, text } = await keepNotes(() => undefined, true);
  expect(effects).toMatchObject({ kept: false, refused: [{ path: "notes.txt", rule: "capability" }] });
  expect(order).toEqual(["EFFECT_DISCARDED", "TOOL_RESULT"]);
  expect(text).toBe("one\n");
});
