import { openSessionDesk, type SessionDesk } from "../../src/crew/hook/desk.js";
import { createHookService, type HookService } from "../../src/crew/hook/service.js";
import { ensureProjectDir, findRepository } from "../../src/effect/repository/repository.js";
import { sha256Hex } from "../../src/kernel/canonical.js";
import type { HookOutput } from "../../src/schema/hook-event.js";
import { openStore, type Store } from "../../src/store/store.js";
import { makeRepo, type Repo } from "./harness.js";

/** A plan of two phases whose first task verifies a note. */
export const PLAN = `apiVersion: worknode/v1
kind: Plan
id: notes
title: Write the notes
agents:
  executive: { tier: executive }
  implementer: { tier: implementation }
  validator: { tier: validation }
waivers:
  - { rule: coverage, tasks: [N-1], reason: it is about the notes }
phases:
  - id: write
    tasks:
      - id: N-1
        title: Write the first note
        owner: implementer
        files: { write: [notes/one.md, src/one.js] }
        verify: { test: [grep, -q, finished, notes/one.md] }
  - id: later
    tasks:
      - id: N-2
        title: Write the second note
        owner: implementer
        files: { write: [notes/two.md] }
        verify: { test: [grep, -q, finished, notes/two.md] }
`;

/** A repository whose hooks are answered in this process. */
export interface HookGround {
  readonly repo: Repo;
  readonly store: Store;
  readonly service: HookService;
  readonly desk: SessionDesk;
  /** One event, with what every event has. */
  send(name: string, more?: Record<string, unknown>): Promise<HookOutput>;
  /** One call before it is made. */
  call(tool: string, input: Record<string, unknown>, more?: Record<string, unknown>): Promise<HookOutput>;
  close(): Promise<void>;
}

/** What `runLine` of the ground writes; the command itself runs by `service.run`. */
export function runLineOf(id: string): string {
  return `run ${id}`;
}

/** Makes a ground; `approved` plans are on record as a person's. */
export async function makeHookGround(files: Record<string, string>, approved?: string): Promise<HookGround> {
  const repo = makeRepo(files);
  const repository = await findRepository(repo.dir, { env: repo.env });
  await ensureProjectDir(repository);
  const store = openStore(repository.databasePath);
  if (approved !== undefined) {
    const by = { os_user: "p", git_email: null };
    const text = files[approved] ?? "";
    const approval = { plan_hash: sha256Hex(text), plan_id: "notes", path: `${repo.dir}/${approved}`, by, via: "test" };
    store.append([
      {
        type: "PLAN_APPROVED",
        stream: "project",
        actor: "p",
        run: 0,
        task: null,
        execution: null,
        payload: approval,
      } as never,
    ]);
  }
  const ending = new AbortController();
  const desk = openSessionDesk({ repository, store }, { signal: ending.signal, env: repo.env });
  const service = createHookService(desk, runLineOf);
  let calls = 0;
  const send: HookGround["send"] = (name, more = {}) =>
    service.answer({ session_id: "s-1", cwd: repo.dir, hook_event_name: name, ...more });
  return {
    repo,
    store,
    service,
    desk,
    send,
    call: (tool, input, more = {}) => {
      calls += 1;
      return send("PreToolUse", { tool_name: tool, tool_input: input, tool_use_id: `toolu_${calls}`, ...more });
    },
    async close() {
      ending.abort();
      await desk.close();
      store.close();
      repo.remove();
    },
  };
}
