/** Whether trying the same thing again can help. Unknown causes are `never`. */
export type Retry = "never" | "transient";

/**
 * The one error class. Expected outcomes (denied, over budget, invalid) are values, not faults.
 * `code` is stable and machine-readable; `message` says what, where and what to do.
 */
export class Fault extends Error {
  readonly code: string;
  readonly retry: Retry;
  /** Process exit code this fault maps to (DESIGN §13). */
  readonly exitCode: number;

  constructor(code: string, message: string, options: { retry?: Retry; cause?: unknown; exitCode?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.retry = options.retry ?? "never";
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Invalid input or usage: exit 2 (DESIGN §13). */
export function invalid(code: string, message: string, cause?: unknown): Fault {
  return new Fault(code, message, { exitCode: 2, ...(cause === undefined ? {} : { cause }) });
}

/** The message of anything thrown, for logs and records. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
