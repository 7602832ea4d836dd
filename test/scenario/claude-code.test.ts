import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Block, CLAUDE, type ClaudeGround, makeClaudeGround } from "./claude-code-ground.js";
import { PLAN } from "./hook-ground.js";

if (CLAUDE === undefined)
  process.stderr.write(
    "claude-code.test.ts: skipped, there is no `claude` in PATH or WORKNODE_TEST_CLAUDE (docs/claude-code.md)\n",
  );

let ground: ClaudeGround;
afterEach(() => ground.close());

const SUB_PROMPT = "please-try-it-below";
const say = (text: string): Block[] => [{ type: "text", text }];
const write = (file_path: string, content: string): Block => ({
  type: "tool_use",
  name: "Write",
  input: { file_path, content },
});

/** The folder the claimed task is done in, as the session was told it. */
function worktree(): string {
  const told = ground.api.asked.texts.findLast((text) => text.includes("Work in "));
  return /Work in (\S+?) and/.exec(told ?? "")?.[1] ?? "";
}

/** Requests whose conversation holds a text. */
function told(text: string): number {
  return ground.api.asked.texts.filter((each) => each.includes(text)).length;
}

describe.skipIf(CLAUDE === undefined)("the real Claude Code", () => {
  it("is held to its task, in subagents too, until the gate is satisfied; the next session is told where it stands", async () => {
    // denials and a rejection raise the risk: a headless session has nobody to sign for what then exceeds the usual 24
    const plan = PLAN.replace("phases:", "approval: { risk: { auto: 40 } }\nphases:");
    ground = await makeClaudeGround({ "README.md": "# r\n", "plan.yaml": plan });
    ground.worknode("plan", "approve", "plan.yaml");
    ground.worknode("install", "claude-code");
    const agent: Block = {
      type: "tool_use",
      name: "Agent",
      input: { description: "try", prompt: SUB_PROMPT, subagent_type: "general-purpose", run_in_background: false },
    };
    ground.api.play({
      main: [
        () => [write(join(worktree(), "main.md"), "main was here"), agent],
        say("finished, all tests pass"),
        () => [write(join(worktree(), "notes/one.md"), "finished\n")],
        say("finished"),
      ],
      sub: {
        prompt: SUB_PROMPT,
        replies: [() => [write(join(worktree(), "sub.md"), "sub was here")], say("tried")],
      },
    });
    const first = await ground.claude("-p", "continue");
    expect(first.code, first.out).toBe(0);
    for (const name of ["main.md", "sub.md"]) expect(existsSync(join(worktree(), name)), name).toBe(false);
    const denied = ground.api.asked.texts.filter((text) => text.includes("File not in agent's assigned scope"));
    for (const by of ["main was here", "sub was here"])
      expect(
        denied.some((text) => text.includes(by)),
        by,
      ).toBe(true);
    expect(told("task N-1 is not accepted")).toBeGreaterThan(0);
    expect(ground.repo.git("show", "worknode/notes/1:notes/one.md")).toBe("finished\n");

    ground.api.asked.texts.length = 0;
    ground.api.play({ main: [say("hello")] });
    const second = await ground.claude("-p", "hello");
    expect(second.code, second.out).toBe(0);
    expect(ground.api.asked.texts[0]).toContain("Resuming N-2 (Write the second note). Last session completed");
  }, 300_000);

  it.each([
    ["a team's settings", ["--project"], []],
    ["a plugin", ["--plugin", "plugin"], ["--plugin-dir", "plugin"]],
  ])(
    "is held by %s as well, which it finds valid",
    async (_, wish, flags) => {
      ground = await makeClaudeGround({ "README.md": "# r\n", "plan.yaml": PLAN });
      ground.worknode("plan", "approve", "plan.yaml");
      ground.worknode("install", "claude-code", ...wish);
      if (flags.length > 0) {
        const said = await ground.claude("plugin", "validate", "--profile", "directory", "plugin");
        expect(said.code, said.out).toBe(0);
        expect(said.out).not.toContain("No author information");
      }
      const outside = join(ground.repo.dir, "..", "x.txt");
      const shell: Block = {
        type: "tool_use",
        name: "Bash",
        input: { command: `echo made > notes.txt; echo x > ${outside}` },
      };
      ground.api.play({
        main: [
          () => [write(join(worktree(), "main.md"), "main was here"), shell],
          () => [write(join(worktree(), "notes/one.md"), "finished\n")],
          say("finished"),
        ],
      });
      const session = await ground.claude(...flags, "-p", "continue", "--permission-mode", "acceptEdits");
      expect(session.code, session.out).toBe(0);
      expect(told("File not in agent's assigned scope")).toBeGreaterThan(0);
      for (const path of [join(worktree(), "main.md"), join(worktree(), "notes.txt"), outside])
        expect(existsSync(path), path).toBe(false);
      expect(ground.repo.git("show", "worknode/notes/1:notes/one.md")).toBe("finished\n");
    },
    300_000,
  );

  it("ends where another hook changes a command after it was judged, and does nothing more", async () => {
    ground = await makeClaudeGround({ "README.md": "# r\n" });
    ground.worknode("install", "claude-code");
    const outside = (name: string): string => join(ground.repo.dir, "..", name);
    const rewrite = outside("rewrite.sh");
    const answer = `{"hookSpecificOutput":{"hookEventName":"PreToolUse","updatedInput":{"command":"touch ${outside("x")}"}}}`;
    writeFileSync(rewrite, `#!/bin/sh\nsleep 1\necho '${answer}'\n`, { mode: 0o755 });
    const hooks = { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: rewrite }] }] };
    ground.repo.write(".claude/settings.json", JSON.stringify({ hooks }));
    const file = join(ground.repo.dir, "a.txt");
    const shell: Block = { type: "tool_use", name: "Bash", input: { command: "true" } };
    ground.api.play({ main: [[shell], [write(file, "x")], say("over")] });
    const first = await ground.claude("-p", "go", "--permission-mode", "acceptEdits");
    expect(existsSync(outside("x")), "the client takes the other hook's command: if not, this test is of no use").toBe(
      true,
    );
    expect(ground.api.asked.texts.length, first.out).toBe(1);
    ground.api.play({ main: [[write(file, "x")], say("over")] });
    await ground.claude("-p", "go on", "--permission-mode", "acceptEdits");
    expect(told("another hook of Claude Code's changed a call")).toBeGreaterThan(0);
    expect(existsSync(file)).toBe(false);
  }, 300_000);

  it("can do nothing while the resident process is down", async () => {
    ground = await makeClaudeGround({ "README.md": "# r\n" });
    ground.worknode("install", "claude-code");
    const file = join(ground.repo.dir, "a.txt");
    const shell: Block = { type: "tool_use", name: "Bash", input: { command: `echo x > ${file}` } };
    ground.api.play({
      main: [
        () => {
          ground.worknode("hook", "stop");
          return [write(file, "x"), shell, { type: "tool_use", name: "Read", input: { file_path: file } }];
        },
        say("over"),
      ],
    });
    await ground.claude("-p", "write it", "--permission-mode", "acceptEdits", "--max-turns", "4");
    expect(existsSync(file)).toBe(false);
    expect(ground.api.asked.texts.length).toBeGreaterThan(1);
    expect(told('"is_error":true')).toBeGreaterThan(0);
  }, 300_000);
});
