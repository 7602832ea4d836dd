/** Where a verb's words go. */
export interface Screen {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width in characters. */
  readonly columns: number;
  /** Whether the reader went away (`worknode log | head`); writing is then pointless and harmless. */
  readonly closed: boolean;
}

/** Everything a verb may know of the process it runs in; tests give their own. */
export interface CliContext {
  /** Directory the command was given in. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly out: Screen;
  readonly err: Screen;
  /** Aborted by SIGINT, SIGTERM or its terminal's end, from the first time it is asked for. */
  readonly signal: AbortSignal;
  /** Asks a person on the terminal; undefined where there is none to ask. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  /** Asks for one key, without the return key; undefined where there is nobody to press it. */
  readonly key?: ((question: string) => Promise<string>) | undefined;
}

/** What a verb that only reads and prints needs to know. */
export type ReadingContext = Pick<CliContext, "cwd" | "env" | "out" | "err">;

/** A verb: what it does with its arguments. Answers the exit code (DESIGN §13); may throw a Fault. */
export type Verb = (context: CliContext, args: readonly string[]) => Promise<number>;

/** One line of a verb's output. */
export function writeLine(screen: Screen, line = ""): void {
  screen.write(`${line}\n`);
}
