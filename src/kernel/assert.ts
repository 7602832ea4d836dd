/** A broken invariant: a defect of worknode itself, caught only by `main.ts` (exit 1). */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`invariant broken: ${message}`);
    this.name = "InvariantError";
  }
}

/** Throws InvariantError unless `condition` holds. Never used for input checks. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
