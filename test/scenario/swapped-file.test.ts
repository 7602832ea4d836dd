import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyEvent } from "../../src/schema/event.js";
import { makeRepo, type Repo, run, scripted } from "./harness.js";
import { notesPlan } from "./notes-plan.js";
import { eventsOf, of, scriptOf, submit, use } from "./scripted-run.js";

const read = use("Read", { file_path: "A.md" });
const edit = (old_string: string, new_string: string, more: object = {}): object =>
  use("Edit", { file_path: "A.md", old_string, new_string }, more);

describe("a file that is another one between an agent's Read and its Edit", () => {
  let repo: Repo;
  let events: AnyEvent[] = [];
  let exitCode = -1;
  const seen: string[] = [];

  beforeAll(async () => {
    repo = makeRepo({
      "plan.yaml": notesPlan([{ id: "A", title: "Note", write: ["A.md"] }]),
      "A.md": "one\nkeep\nend\n",
    });
    const state = join(repo.env["XDG_STATE_HOME"] ?? "", "worknode");
    const file = (): string => join(state, readdirSync(state)[0] ?? "", "worktrees", "1-A", "A.md");
    const replies = [
      read,
      use("Bash", { command: "sed -i s/one/two/ A.md" }),
      edit("one", "1"), // of what it read, and is there no more
      read,
      edit("two", "2", { hold: "renamed" }),
      edit("keep", "kept", { hold: "looked" }),
      submit,
    ];
    const server = await scripted(repo, scriptOf({ "A:work:1": replies }));
    server.onHold("renamed", () => {
      seen.push(readFileSync(file(), "utf8"));
      writeFileSync(`${file()}.other`, "another's\nkeep\nend\n");
      renameSync(`${file()}.other`, file());
      server.release("renamed");
    });
    server.onHold("looked", () => {
      seen.push(readFileSync(file(), "utf8"));
      server.release("looked");
    });
    try {
      ({ exitCode } = await run(repo));
    } finally {
      await server.close();
      events = eventsOf(repo);
    }
  });
  afterAll(() => repo.remove());

  it("is not edited by what stands there no more, whether a command or another's hand changed it", () => {
    const told = of(events, "TOOL_RESULT").filter(({ payload }) => payload.call_id.startsWith("1:A:work:1:"));
    const failed = told.filter(({ payload }) => payload.is_error).map(({ payload }) => payload.content);
    expect(failed).toHaveLength(2);
    for (const content of failed) expect(content).toContain("old_string was not found in A.md. Read the file");
    expect(seen).toEqual(["two\nkeep\nend\n", "another's\nkeep\nend\n"]);
  });

  it("keeps what the other did where the edit still fits, and the run goes on", () => {
    expect(repo.git("show", "worknode/notes/1:A.md")).toBe("another's\nkept\nend\n");
    expect(exitCode).toBe(0);
  });
});
