import { type Clock, systemClock } from "../../../kernel/clock.js";
import { type CliContext, writeLine } from "../context.js";
import { formatElapsed, paintFor } from "../progress/paint.js";
import type { Incident } from "./incidents.js";
import type { DemoRepository } from "./repository.js";
import type { RefusedCommand } from "./without-commands.js";

/** What the demo says between the runs it shows. */
export interface Narrator {
  introduction(url: string, directory: string): void;
  refused(commands: readonly RefusedCommand[]): void;
  killed(pid: number): void;
  failure(what: string): void;
  proof(incidents: readonly Incident[], replies: { requests: number; whole: number; repeated: number }): void;
  conclusion(repository: DemoRepository): void;
  fixes(fixes: readonly string[]): void;
  leftovers(base: string): void;
}

/** A narrator on the context's screen. */
export function createNarrator(context: CliContext, clock: Clock = systemClock): Narrator {
  const paint = paintFor(context);
  const say = (line = "") => writeLine(context.out, line);
  const title = (text: string) => say(`\n${paint("bold", `== ${text}`)}`);
  const startedMs = clock.nowMs();
  const mark = (good: boolean) => (good ? paint("green", "✓") : paint("red", "✗"));

  return {
    introduction(url, directory) {
      title("worknode demo");
      say(`Only the model's words are scripted: a server at ${url} speaks the Messages API in its place.`);
      say("Agents, gate, worktrees, files, sandboxed commands, tests, coverage, SQLite and git are real.");
      say(`The repository: ${directory}`);
    },
    refused(commands) {
      for (const { task, command } of commands)
        say(`${paint("yellow", "refused")}  ${task}: ${command} (no sandbox; nothing runs unconfined)`);
      title("worknode run (to be killed in mid-task)");
    },
    killed(pid) {
      title(`kill -9 ${pid}: the whole run is gone, in the middle of a task`);
      title("worknode continue");
    },
    failure: (what) => say(`\n${mark(false)} ${what}`),
    proof(incidents, replies) {
      title("what the log proves (worknode log, by event id)");
      for (const { promise, event } of incidents)
        say(`${mark(event !== undefined)} ${promise}${event === undefined ? ": NOT FOUND" : `  ${event}`}`);
      const asked = `${replies.requests} requests, ${replies.whole} replies received whole, ${replies.repeated} of them asked for twice`;
      say(`${mark(replies.repeated === 0)} the scripted server counted ${asked}`);
    },
    conclusion({ directory }) {
      say(`${mark(true)} both runs and the kill between them took ${formatElapsed(clock.nowMs() - startedMs)}`);
      title("look around");
      say(`cd ${directory}`);
      say("git log --oneline worknode/formatkit/1      # the result, one commit a task; main is untouched");
      say("worknode status; worknode log; worknode trace; worknode trace verify");
      title("with a real model, in your own repository");
      say(
        "export ANTHROPIC_API_KEY=...                # or ANTHROPIC_BASE_URL of a compatible server; see .env.example",
      );
      say("worknode plan lint PLAN && worknode run PLAN # README.md has a plan of ten lines to begin with");
    },
    fixes(fixes) {
      title("commands were refused: this machine has no sandbox for them");
      for (const fix of fixes) say(fix);
    },
    leftovers: (base) => say(`\nEverything the demo made is in ${base}; delete it with: rm -rf ${base}`),
  };
}
