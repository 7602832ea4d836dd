import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { journalKey, stagedFile } from "../../../../src/effect/keep/journal.js";
import { type KeepOptions, keepChanges, recoverJournal } from "../../../../src/effect/keep/keep.js";
import { type KeepChange, type Prepared, prepareEdit, prepareWrite } from "../../../../src/effect/keep/prepared.js";
import { changedFiles, treeHash } from "../../../../src/effect/workspace/tree.js";
import type { TaskWorkspace } from "../../../../src/effect/workspace/workspace.js";
import { issuePermit } from "../../../../src/gate/permit.js";
import { hashOf, sha256Hex } from "../../../../src/kernel/canonical.js";
import type { Result } from "../../../../src/kernel/result.js";
import type { Change } from "../../../../src/schema/effect.js";
import { makeRepository, openTask, temporaryDirectory, write } from "../fixture.js";

const FILES = { "a.txt": "one\n", "src/run.sh": "#!/bin/sh\n", ".gitignore": "dist/\n" };

async function workspaceOf(files: Record<string, string | Buffer> = FILES): Promise<TaskWorkspace> {
  return openTask(await makeRepository(files).find());
}

let serial = 0;

/** Keeps changes under a permit of their own and says what was recorded. */
async function keep(
  workspace: TaskWorkspace,
  prepared: Pick<Prepared, "argsHash" | "changes">,
  options: KeepOptions & { fail?: Error; callId?: string } = {},
): Promise<{ result: Result<readonly Change[], string>; recorded: (readonly Change[])[] }> {
  serial += 1;
  const callId = options.callId ?? `keep-${serial}`;
  const permit = issuePermit({ callId, argsHash: prepared.argsHash });
  const recorded: (readonly Change[])[] = [];
  const record = (changes: readonly Change[]): void => {
    if (options.fail !== undefined) throw options.fail;
    recorded.push(changes);
  };
  const result = await keepChanges(
    permit,
    workspace,
    { callId, prepared, record, result: { content: callId } },
    options,
  );
  return { result, recorded };
}

async function prepare(workspace: TaskWorkspace, path: string, content: string): Promise<Prepared> {
  const prepared = await prepareWrite(workspace, { file_path: path, content });
  if (!prepared.ok) throw new Error(prepared.error);
  return prepared.value;
}

function command(...changes: KeepChange[]): Pick<Prepared, "argsHash" | "changes"> {
  return { argsHash: hashOf({ command: "x" }), changes };
}

function read(workspace: TaskWorkspace, path: string): string {
  return readFileSync(join(workspace.worktree, path), "utf8");
}

describe("keeping a call", () => {
  it("writes new and changed files, records them once and leaves no journal", async () => {
    const workspace = await workspaceOf();
    const { result, recorded } = await keep(workspace, await prepare(workspace, "deep/er/new.txt", "new\n"));
    const change = { path: "deep/er/new.txt", kind: "add", before: null, after: sha256Hex("new\n") };
    expect(result).toEqual({ ok: true, value: [change] });
    expect(recorded).toEqual([[change]]);
    expect(read(workspace, "deep/er/new.txt")).toBe("new\n");
    expect(statSync(join(workspace.worktree, "deep/er/new.txt")).mode & 0o777).toBe(0o644);
    expect(readdirSync(workspace.journalDir)).toEqual([]);
  });

  it("preserves the mode of a file", async () => {
    const workspace = await workspaceOf();
    chmodSync(join(workspace.worktree, "src/run.sh"), 0o755);
    await keep(workspace, await prepare(workspace, "src/run.sh", "#!/bin/sh\necho\n"));
    expect(statSync(join(workspace.worktree, "src/run.sh")).mode & 0o777).toBe(0o755);
  });

  it("loses no update: a file changed since it was read keeps its content and nothing is kept", async () => {
    const workspace = await workspaceOf();
    const prepared = await prepare(workspace, "a.txt", "mine\n");
    const second = await prepare(workspace, "b.txt", "b\n");
    writeFileSync(join(workspace.worktree, "a.txt"), "theirs\n");
    const { result, recorded } = await keep(workspace, {
      ...prepared,
      changes: [...second.changes, ...prepared.changes],
    });
    expect(result).toMatchObject({ ok: false, error: expect.stringContaining("a.txt changed since") });
    expect(recorded).toEqual([]);
    expect(read(workspace, "a.txt")).toBe("theirs\n");
    expect(existsSync(join(workspace.worktree, "b.txt"))).toBe(false);
  });

  it("does not replace a file that appeared, and does not bring back one that went", async () => {
    const workspace = await workspaceOf();
    const appeared = await prepare(workspace, "new.txt", "mine\n");
    write(workspace.worktree, { "new.txt": "theirs\n" });
    expect((await keep(workspace, appeared)).result.ok).toBe(false);
    const gone = await prepare(workspace, "a.txt", "mine\n");
    rmSync(join(workspace.worktree, "a.txt"));
    expect((await keep(workspace, gone)).result.ok).toBe(false);
  });

  it("never writes through a link, a hard link or over a directory", async () => {
    const workspace = await workspaceOf();
    const outside = temporaryDirectory();
    const [file, below, other, directory] = await Promise.all(
      ["a.txt", "sub/x.txt", "hard.txt", "dir"].map((path) => prepare(workspace, path, "mine\n")),
    );
    rmSync(join(workspace.worktree, "a.txt"));
    writeFileSync(join(outside, "target"), "outside\n");
    symlinkSync(join(outside, "target"), join(workspace.worktree, "a.txt"));
    symlinkSync(outside, join(workspace.worktree, "sub"));
    linkSync(join(outside, "target"), join(workspace.worktree, "hard.txt"));
    mkdirSync(join(workspace.worktree, "dir"));
    for (const prepared of [file, below, other, directory]) {
      if (prepared === undefined) throw new Error("not prepared");
      expect((await keep(workspace, prepared)).result).toMatchObject({
        ok: false,
        error: expect.stringMatching(/link|regular/),
      });
    }
    expect(readdirSync(outside)).toEqual(["target"]);
    expect(readFileSync(join(outside, "target"), "utf8")).toBe("outside\n");
  });

  it("keeps a command's files from its layer, byte for byte and with their mode", async () => {
    const workspace = await workspaceOf();
    const layer = temporaryDirectory();
    const bytes = Buffer.from([0, 255, 10, 13, 200]);
    write(layer, { "tool.bin": bytes });
    const add: KeepChange = {
      path: "bin/tool",
      kind: "add",
      before: null,
      after: sha256Hex(bytes),
      sourceFile: join(layer, "tool.bin"),
      mode: 0o4755,
    };
    const mode: KeepChange = {
      path: "src/run.sh",
      kind: "mode",
      before: sha256Hex("#!/bin/sh\n"),
      after: sha256Hex("#!/bin/sh\n"),
      mode: 0o755,
    };
    expect((await keep(workspace, command(add, mode))).result.ok).toBe(true);
    expect(readFileSync(join(workspace.worktree, "bin/tool"))).toEqual(bytes);
    expect(statSync(join(workspace.worktree, "bin/tool")).mode & 0o7777).toBe(0o755);
    expect((await changedFiles(workspace)).map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      "add bin/tool",
      "mode src/run.sh",
    ]);
  });

  it("refuses a source that is not what was judged, or no regular file", async () => {
    const workspace = await workspaceOf();
    const layer = temporaryDirectory();
    write(layer, { good: "good\n", changed: "evil\n" });
    symlinkSync("/etc/passwd", join(layer, "link"));
    const of = (path: string): KeepChange => ({
      path,
      kind: "add",
      before: null,
      after: sha256Hex("good\n"),
      sourceFile: join(layer, path),
    });
    for (const bad of ["changed", "link", "missing"])
      expect((await keep(workspace, command(of("good"), of(bad)))).result).toMatchObject({
        ok: false,
        error: expect.stringContaining("judged"),
      });
    expect(readdirSync(workspace.journalDir)).toEqual([]);
    expect(existsSync(join(workspace.worktree, "good"))).toBe(false);
  });

  it("records a call without effects and writes no journal for it", async () => {
    const workspace = await workspaceOf();
    expect(await keep(workspace, command())).toMatchObject({ result: { ok: true, value: [] }, recorded: [[]] });
  });

  it("keeps the journal when recording fails, so that nothing else is kept before recovery records it", async () => {
    const workspace = await workspaceOf();
    const prepared = await prepare(workspace, "a.txt", "kept\n");
    await expect(keep(workspace, prepared, { fail: new Error("disk full"), callId: "c1" })).rejects.toThrow(
      "disk full",
    );
    const next = await prepare(workspace, "b.txt", "b\n");
    await expect(keep(workspace, next)).rejects.toMatchObject({ code: "JOURNAL_PENDING" });
    const recorded: unknown[] = [];
    expect(await recoverJournal(workspace, (call) => recorded.push(call))).toEqual(recorded);
    expect(recorded).toMatchObject([{ callId: "c1", changes: [{ path: "a.txt" }], result: { content: "c1" } }]);
    expect((await keep(workspace, next)).result.ok).toBe(true);
    expect(await recoverJournal(workspace, () => undefined)).toEqual([]);
  });

  it("leaves the journal until a call that is put off is recorded, and recovery records it where that never comes", async () => {
    const workspace = await workspaceOf();
    const putOff: (() => void)[] = [];
    const keepLater = async (callId: string): Promise<Result<readonly Change[], string>> => {
      const prepared = await prepare(workspace, "a.txt", `${callId}\n`);
      const permit = issuePermit({ callId, argsHash: prepared.argsHash });
      const record = (): void => expect.unreachable("it is put off");
      const defer = (_changes: readonly Change[], recorded: () => void): void => void putOff.push(recorded);
      return await keepChanges(permit, workspace, { callId, prepared, record, defer, result: { content: callId } });
    };
    expect((await keepLater("c1")).ok).toBe(true);
    expect(read(workspace, "a.txt")).toBe("c1\n");
    await expect(keepLater("c2")).rejects.toMatchObject({ code: "JOURNAL_PENDING" });
    putOff.pop()?.();
    expect(readdirSync(workspace.journalDir)).toEqual([]);
    expect((await keepLater("c3")).ok).toBe(true);
    const recovered = await recoverJournal(workspace, () => undefined);
    expect(recovered).toMatchObject([{ callId: "c3", result: { content: "c3" } }]);
    expect(read(workspace, "a.txt")).toBe("c3\n");
  });

  it("preserves what somebody else wrote between the crash and the recovery", async () => {
    const workspace = await workspaceOf();
    const prepared = await prepare(workspace, "a.txt", "kept\n");
    const crash = (step: string): void => {
      if (step === "journaled") throw new Error("crash");
    };
    await expect(keep(workspace, prepared, { onStep: crash })).rejects.toThrow("crash");
    writeFileSync(join(workspace.worktree, "a.txt"), "by hand\n");
    await recoverJournal(workspace, () => undefined);
    expect(read(workspace, "a.txt")).toBe("kept\n");
    const [displaced = ""] = readdirSync(workspace.taskDir).filter((name) => name.startsWith("displaced."));
    expect(readFileSync(join(workspace.taskDir, displaced), "utf8")).toBe("by hand\n");
  });

  it("says what to do about a full disk, keeps nothing, and goes on once there is room", async () => {
    const workspace = await workspaceOf();
    const prepared = await prepare(workspace, "a.txt", "kept\n");
    for (const [code, name] of [
      ["ENOSPC", "DISK_FULL"],
      ["EROFS", "DISK_REFUSED"],
    ] as const) {
      const onStep = (): never => {
        throw Object.assign(new Error(`${code}: it does not go`), { code });
      };
      await expect(keep(workspace, prepared, { onStep })).rejects.toMatchObject({
        code: name,
        exitCode: 2,
        message: expect.stringContaining(workspace.worktree),
      });
    }
    expect(read(workspace, "a.txt")).toBe("one\n");
    expect((await keep(workspace, prepared)).result.ok).toBe(true);
  });

  it("is torn when the disk is full once it is decided, and nothing else is kept before recovery keeps the rest", async () => {
    const workspace = await workspaceOf();
    const [one, two] = [await prepare(workspace, "a.txt", "kept\n"), await prepare(workspace, "b.txt", "kept\n")];
    const onStep = (step: string): void => {
      if (step === "renamed") throw Object.assign(new Error("ENOSPC: it does not go"), { code: "ENOSPC" });
    };
    const both = { ...one, changes: [...one.changes, ...two.changes] };
    await expect(keep(workspace, both, { onStep })).rejects.toMatchObject({
      code: "KEEP_TORN",
      exitCode: 2,
      message: expect.stringMatching(/ENOSPC.*Free some space.*`worknode continue` keeps the rest/),
    });
    expect([read(workspace, "a.txt"), existsSync(join(workspace.worktree, "b.txt"))]).toEqual(["kept\n", false]);
    const next = await prepare(workspace, "c.txt", "c\n");
    await expect(keep(workspace, next)).rejects.toMatchObject({ code: "JOURNAL_PENDING" });
    expect(await recoverJournal(workspace, () => undefined)).toHaveLength(1);
    expect(read(workspace, "b.txt")).toBe("kept\n");
  });

  it("leaves no staged file behind when the next cannot be staged", async () => {
    const workspace = await workspaceOf();
    const [one, two] = [await prepare(workspace, "a.txt", "kept\n"), await prepare(workspace, "b.txt", "kept\n")];
    const onStep = (step: string): void => {
      if (step === "checked") writeFileSync(stagedFile(workspace, journalKey("s1"), 1), "in the way");
    };
    const both = { ...one, changes: [...one.changes, ...two.changes] };
    await expect(keep(workspace, both, { onStep, callId: "s1" })).rejects.toThrow("EEXIST");
    expect(readdirSync(workspace.journalDir)).toEqual([]);
    expect(read(workspace, "a.txt")).toBe("one\n");
  });

  it("says which journal cannot be read", async () => {
    const workspace = await workspaceOf();
    writeFileSync(join(workspace.journalDir, "x.json"), "{");
    await expect(recoverJournal(workspace, () => undefined)).rejects.toMatchObject({
      code: "JOURNAL_CORRUPT",
      message: expect.stringContaining("x.json"),
    });
  });

  it("needs the permit of exactly this call and arguments, once", async () => {
    const workspace = await workspaceOf();
    const prepared = await prepare(workspace, "a.txt", "kept\n");
    const request = { callId: "p1", prepared, record: () => undefined };
    const other = issuePermit({ callId: "p1", argsHash: hashOf({ other: 1 }) });
    await expect(keepChanges(other, workspace, request)).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED" });
    const permit = issuePermit({ callId: "p1", argsHash: prepared.argsHash });
    expect((await keepChanges(permit, workspace, request)).ok).toBe(true);
    await expect(keepChanges(permit, workspace, request)).rejects.toMatchObject({ code: "ERROR_NOT_APPROVED" });
    expect(read(workspace, "a.txt")).toBe("kept\n");
  });

  it("makes a file that git ignores part of the task's result, and no other ignored file", async () => {
    const workspace = await workspaceOf();
    await keep(workspace, await prepare(workspace, "dist/kept.js", "1;\n"));
    write(workspace.worktree, { "dist/scratch.js": "2;\n" });
    expect((await changedFiles(workspace)).map(({ path }) => path)).toEqual(["dist/kept.js"]);
    const before = await treeHash(workspace);
    await keep(workspace, await prepare(workspace, "dist/kept.js", "3;\n"));
    expect(await treeHash(workspace)).not.toBe(before);
  });
});

describe("preparing a write", () => {
  it("binds the hash to the arguments and shows the file before and after", async () => {
    const workspace = await workspaceOf();
    const input = { file_path: `${workspace.shownRoot}/a.txt`, content: "two\n" };
    expect(await prepareWrite(workspace, input)).toMatchObject({
      ok: true,
      value: {
        argsHash: hashOf(input),
        images: [{ path: "a.txt", before: "one\n", after: "two\n" }],
        changes: [{ kind: "modify", before: sha256Hex("one\n") }],
      },
    });
    expect(read(workspace, "a.txt")).toBe("one\n");
  });

  it("refuses content that is no text, or too much of it", async () => {
    const workspace = await workspaceOf();
    for (const [content, why] of [
      ["a\0b", "NUL"],
      ["a\ud800b", "surrogate"],
      ["x".repeat(4 * 1024 * 1024 + 1), "limit"],
    ] as const)
      expect(await prepareWrite(workspace, { file_path: "new.txt", content })).toMatchObject({
        ok: false,
        error: expect.stringContaining(why),
      });
  });

  it("refuses paths the rules refuse, directories, and what is below a file", async () => {
    const workspace = await workspaceOf();
    for (const file_path of ["../x", "/etc/passwd", ".git/config", "src", "a.txt/x", "a//b"])
      expect((await prepareWrite(workspace, { file_path, content: "x" })).ok).toBe(false);
  });

  it("does not let a binary file pass for a missing one", async () => {
    const workspace = await workspaceOf({ "logo.bin": Buffer.from([0, 1, 255]) });
    const prepared = await prepareWrite(workspace, { file_path: "logo.bin", content: "text\n" });
    expect(prepared).toMatchObject({
      ok: true,
      value: { images: [{ before: expect.any(String) }], changes: [{ kind: "modify" }] },
    });
  });
});

describe("preparing an edit", () => {
  const edit = (
    workspace: TaskWorkspace,
    old_string: string,
    new_string: string,
    replace_all = false,
  ): ReturnType<typeof prepareEdit> =>
    prepareEdit(workspace, { file_path: "f.txt", old_string, new_string, replace_all });

  it("replaces exactly one occurrence, literally", async () => {
    const workspace = await workspaceOf({ "f.txt": "a.c abc $&\n" });
    expect(await edit(workspace, "a.c", "$& $1 \\")).toMatchObject({
      ok: true,
      value: { images: [{ after: "$& $1 \\ abc $&\n" }] },
    });
  });

  it("refuses none or several occurrences, unless all are asked for", async () => {
    const workspace = await workspaceOf({ "f.txt": "x y x\n" });
    expect(await edit(workspace, "z", "q")).toMatchObject({ ok: false, error: expect.stringContaining("not found") });
    expect(await edit(workspace, "x", "q")).toMatchObject({ ok: false, error: expect.stringContaining("2 times") });
    expect(await edit(workspace, "x", "x")).toMatchObject({ ok: false, error: expect.stringContaining("same") });
    expect(await edit(workspace, "x", "q", true)).toMatchObject({
      ok: true,
      value: { images: [{ after: "q y q\n" }] },
    });
  });

  it("refuses what would be longer than any file, before it is made", async () => {
    const workspace = await workspaceOf({ "f.txt": "a".repeat(1_000_000) });
    for (const to of ["b".repeat(100_000), "bbbbb"])
      expect(await edit(workspace, "a", to, true)).toEqual({
        ok: false,
        error: "f.txt would be longer than 4194304 bytes.",
      });
    expect(await edit(workspace, "a", "bbbb", true)).toMatchObject({ ok: true });
    expect(await edit(workspace, "aa", "", true)).toMatchObject({ ok: true });
  });

  it("matches lines as Read shows them in a file of CRLF lines, and keeps its line ends and byte order mark", async () => {
    const workspace = await workspaceOf({ "f.txt": "\ufeffa\r\nb\r\nc\r\n" });
    expect(await edit(workspace, "a\nb", "a\nnew\nb")).toMatchObject({
      ok: true,
      value: { images: [{ after: "\ufeffa\r\nnew\r\nb\r\nc\r\n" }] },
    });
    expect(await edit(workspace, "b\r\n", "")).toMatchObject({
      ok: true,
      value: { images: [{ after: "\ufeffa\r\nc\r\n" }] },
    });
  });

  it("refuses a missing file, a binary one and one that is too long", async () => {
    const workspace = await workspaceOf({
      "bin.dat": Buffer.from([0, 1]),
      "long.txt": "x".repeat(4 * 1024 * 1024 + 1),
    });
    expect(await edit(workspace, "a", "b")).toMatchObject({
      ok: false,
      error: expect.stringContaining("does not exist"),
    });
    for (const file_path of ["bin.dat", "long.txt", "../x"])
      expect((await prepareEdit(workspace, { file_path, old_string: "x", new_string: "y" })).ok).toBe(false);
  });
});
