import { existsSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { locateRepository } from "../../effect/repository/repository-location.js";
import { messageOf } from "../../kernel/fault.js";
import type { AnyEvent } from "../../schema/event.js";
import type { CliContext } from "./context.js";

/** A log for people who look for the cause of trouble: `.worknode/logs/worknode.log`, one JSON object a line. */
export interface SessionLog {
  /** That an event happened and where; never what it holds: payloads are texts of models, files and commands. */
  event(event: AnyEvent): void;
  /** How the session ended. */
  ended(exitCode: number, reason: string): void;
  /** A defect of worknode itself, with its stack. */
  defect(thrown: unknown): void;
  close(): void;
}

/** Opens the log of the repository around the current directory; undefined where worknode keeps nothing there yet. */
export function openSessionLog(context: Pick<CliContext, "cwd" | "env">): SessionLog | undefined {
  const root = locateRepository(context.cwd, context.env)?.root;
  if (root === undefined || !existsSync(join(root, ".worknode"))) return undefined;
  const file = pino.destination({ dest: join(root, ".worknode", "logs", "worknode.log"), mkdir: true, sync: true });
  const log = pino({ base: { pid: process.pid } }, file);
  return {
    event: ({ seq, type, run, task, execution, actor }) => log.info({ seq, type, cycle: run, task, execution, actor }),
    ended: (exitCode, reason) => log.info({ exitCode }, reason),
    defect: (thrown) => log.error({ stack: thrown instanceof Error ? thrown.stack : undefined }, messageOf(thrown)),
    close: () => file.end(),
  };
}
