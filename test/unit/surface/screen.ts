import type { CliContext, Screen } from "../../../src/surface/cli/context.js";

/** A context that remembers what was printed. */
export interface TestContext extends CliContext {
  /** Everything written to standard output so far. */
  printed(): string;
  /** Everything written to standard error so far. */
  complained(): string;
}

/** Settings of a test's context. */
export interface ContextSettings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly closed?: () => boolean;
  readonly confirm?: (question: string) => Promise<boolean>;
  readonly key?: (question: string) => Promise<string>;
}

/** Makes a context without a process behind it. */
export function makeContext(settings: ContextSettings = {}): TestContext {
  const out: string[] = [];
  const err: string[] = [];
  return {
    cwd: settings.cwd ?? "/",
    env: settings.env ?? {},
    out: screenOn(out, settings),
    err: screenOn(err, settings),
    signal: new AbortController().signal,
    confirm: settings.confirm,
    key: settings.key,
    printed: () => out.join(""),
    complained: () => err.join(""),
  };
}

function screenOn(lines: string[], settings: ContextSettings): Screen {
  return {
    write: (text) => void lines.push(text),
    isTTY: settings.isTTY ?? false,
    columns: settings.columns ?? 80,
    get closed() {
      return settings.closed?.() ?? false;
    },
  };
}
