import { afterEach, expect, it, vi } from "vitest";
import { writeLine } from "../../../src/surface/cli/context.js";
import { processContext } from "../../../src/surface/cli/process-context.js";

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

it("goes on quietly when its reader goes away", () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { out } = processContext();
  const gone = process.stdout.listeners("error").at(-1) as () => void;
  writeLine(out, "one");
  gone();
  process.stdout.off("error", gone);
  writeLine(out, "two");
  expect(written.mock.calls.flat()).toEqual(["one\n"]);
  expect(out.closed).toBe(true);
  expect(out.columns).toBeGreaterThan(0);
});
