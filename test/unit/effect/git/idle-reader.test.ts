import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createIdleReader } from "../../../../src/effect/git/idle-reader.js";
import { GIT_IDLE_MS } from "../../../../src/kernel/bounds.js";
import { git, makeRepository } from "../fixture.js";

afterEach(() => void vi.useRealTimers());

/** A reader of a repository with one commit, and the gits it started. */
function ground() {
  const { root } = makeRepository({ "a.txt": "one\n" });
  const started: ChildProcess[] = [];
  const reader = createIdleReader((args) => {
    const child = spawn("git", args, { cwd: root });
    started.push(child);
    return child;
  });
  const text = async (): Promise<string | undefined> => (await reader.read(["HEAD:a.txt"]))[0]?.content.toString();
  return { root, reader, started, text };
}

describe("a reader that nobody closes", () => {
  it("answers all questions by one git, which ends when nothing was asked for a while; the next starts another", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { text, started } = ground();
    expect(await Promise.all([text(), text()])).toEqual(["one\n", "one\n"]);
    vi.advanceTimersByTime(GIT_IDLE_MS - 1);
    expect(await text()).toBe("one\n");
    expect(started.length).toBe(1);
    const ended = once(started[0] as ChildProcess, "close");
    vi.advanceTimersByTime(GIT_IDLE_MS);
    await ended;
    expect(await text()).toBe("one\n");
    expect(started.length).toBe(2);
  });

  it("asks another git what one that was ended left without an answer", async () => {
    const { text, started } = ground();
    await text();
    const [first] = started as [ChildProcess];
    first.kill("SIGKILL");
    expect(await text()).toBe("one\n");
    expect(started.length).toBe(2);
  });

  it("says a branch as it is now, not as it was when the git was started", async () => {
    const { root, reader } = ground();
    const tip = async (): Promise<string | undefined> => (await reader.describe(["refs/heads/main"]))[0]?.id;
    const before = await tip();
    git(root, "commit", "-q", "--allow-empty", "-m", "second");
    expect(await tip()).not.toBe(before);
    git(root, "pack-refs", "--all");
    git(root, "commit", "-q", "--allow-empty", "-m", "third");
    expect(await tip()).toBe(git(root, "rev-parse", "main").trim());
  });
});
