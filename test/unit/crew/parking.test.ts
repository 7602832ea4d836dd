import { expect, it } from "vitest";
import { watchAnswers } from "../../../src/crew/state/parking.js";
import type { AnyEvent } from "../../../src/schema/event.js";

const settled = async (wait: Promise<void>): Promise<boolean> =>
  await Promise.race([wait.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);

it("an answer is told to who waits, also when it came while nobody did, and only once", async () => {
  let tell: (events: readonly AnyEvent[]) => void = () => undefined;
  const watch = watchAnswers({
    subscribe: (listener) => {
      tell = listener;
      return () => undefined;
    },
  });
  const event = (type: string): AnyEvent[] => [{ type } as AnyEvent];
  tell(event("APPROVAL_RESOLVED"));
  expect(await settled(watch.next())).toBe(true);
  const waiting = watch.next();
  tell(event("ALERT"));
  expect(await settled(waiting)).toBe(false);
  tell(event("APPROVAL_RESOLVED"));
  expect(await settled(waiting)).toBe(true);
});
