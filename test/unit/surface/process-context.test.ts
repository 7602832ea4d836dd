import { afterEach, expect, it, vi } from "vitest";
import { writeLine } from "../../../src/surface/cli/context.js";
import { processContext, screenOn } from "../../../src/surface/cli/process-context.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
const before = new Map(SIGNALS.map((name) => [name, process.listeners(name)]));
afterEach(() => {
  vi.restoreAllMocks();
  for (const name of SIGNALS)
    for (const listener of process.listeners(name))
      if (!before.get(name)?.includes(listener)) process.off(name, listener);
});

it("leaves signals alone until a verb asks for them", () => {
  const context = processContext();
  expect(process.listenerCount("SIGINT")).toBe(before.get("SIGINT")?.length);
  expect(context.signal.aborted).toBe(false);
  expect(process.listenerCount("SIGINT")).toBe((before.get("SIGINT")?.length ?? 0) + 1);
  expect(context.signal).toBe(context.signal);
  expect(process.listenerCount("SIGINT")).toBe((before.get("SIGINT")?.length ?? 0) + 1);
});

it("stops in good order at the first signal and at once at the second", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
  const { signal } = processContext();
  const mine = process.listeners("SIGINT").at(-1) as () => void;
  mine();
  expect(signal.aborted).toBe(true);
  expect(exit).not.toHaveBeenCalled();
  mine();
  expect(exit).toHaveBeenCalledWith(130);
});

it("has nobody to ask where standard input is no terminal", () => {
  expect(process.stdin.isTTY === true || processContext().confirm === undefined).toBe(true);
});

const failure = (code: string) => Object.assign(new Error(code), { code });

it("writes to the descriptor until all is written", () => {
  const taken: string[] = [];
  const screen = screenOn(
    1,
    (_descriptor, bytes) => taken.push(bytes.subarray(0, 4).toString()) * 0 + Math.min(4, bytes.length),
  );
  writeLine(screen, "one two");
  expect(taken).toEqual(["one ", "two\n"]);
});

it("leaves what would block to the stream, and everything after it", () => {
  const streamed = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  let calls = 0;
  const screen = screenOn(1, () => {
    calls += 1;
    if (calls === 1) return 2;
    throw failure("EAGAIN");
  });
  screen.write("abcd");
  screen.write("ef");
  expect(streamed.mock.calls.map(([text]) => String(text))).toEqual(["cd", "ef"]);
  expect(calls).toBe(2);
  expect(screen.closed).toBe(false);
});

it("goes on quietly when its reader goes away", () => {
  let calls = 0;
  const screen = screenOn(1, () => {
    calls += 1;
    throw failure("EPIPE");
  });
  for (const line of ["one", "two"]) writeLine(screen, line);
  expect(calls).toBe(1);
  expect(screen.closed).toBe(true);
});

it("notices through the stream, too", () => {
  const screen = screenOn(2);
  expect(screen.columns).toBeGreaterThan(0);
  const gone = process.stderr.listeners("error").at(-1) as () => void;
  gone();
  process.stderr.off("error", gone);
  expect(screen.closed).toBe(true);
});
