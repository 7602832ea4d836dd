import { messageOf } from "../../kernel/fault.js";
import {
  type HookEvent,
  type HookEventName,
  type HookEventOf,
  type HookOutput,
  hookEventSchema,
} from "../../schema/hook-event.js";
import { performCall } from "../call/call.js";
import type { CallOutcome, CallRequest } from "../call/call-record.js";
import { asRecord } from "../conversation/chain.js";
import { fixesFor, recordDone, recordFailure } from "./after.js";
import { deny, refuse, tell } from "./answer.js";
import { createCarriedOut } from "./carried-out.js";
import { decideCall, type PendingCall, type RunLine } from "./decide.js";
import { createPendingCalls } from "./pending-calls.js";
import { signedByPerson } from "./person-review.js";
import type { HookPlace } from "./place.js";

/** Who says where a client's calls are judged, and what its session is about. What it leaves out says nothing. */
export interface HookDesk {
  /** The place of an event. Throws where there is none: the event is then refused. */
  place(event: HookEvent): Promise<HookPlace>;
  start?(event: HookEventOf<"SessionStart">): Promise<HookOutput>;
  /** What a prompt adds; the fixes known for errors it holds are added to it. */
  prompt?(event: HookEventOf<"UserPromptSubmit">): Promise<string>;
  /** Whether the session, or a subagent of it, may stop. */
  stop?(event: HookEventOf<"Stop" | "SubagentStop">): Promise<HookOutput>;
  compact?(event: HookEventOf<"PreCompact">): Promise<HookOutput>;
  end?(event: HookEventOf<"SessionEnd">): Promise<HookOutput>;
}

/** What a command behind the wall came to. */
export interface RanReport {
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Answers a client's hooks. Total: what goes wrong is a refusal. */
export interface HookService {
  /** `input` as the client sent it, parsed from JSON. */
  answer(input: unknown): Promise<HookOutput>;
  /** Runs a command that was allowed and waits, once. Ends it when `signal` aborts. */
  run(toolUseId: string, signal: AbortSignal): Promise<RanReport>;
}

/** Exit code of a command that was refused, or of which nothing was kept: a shell's for one that cannot be run. */
const REFUSED = 126;

/** Makes the service over one desk. `runLine` gives the command line that runs a waiting command. */
export function createHookService(desk: HookDesk, runLine: RunLine): HookService {
  const pending = createPendingCalls();
  const carried = createCarriedOut(desk, pending, runLine);

  async function decide(event: HookEventOf<"PreToolUse">): Promise<HookOutput> {
    const overruled = carried.overruled();
    if (overruled !== undefined) return deny(overruled);
    const input = JSON.stringify(event);
    const before = pending.again(event.tool_use_id, input);
    if (before !== undefined) return before;
    const { output, pending: call } = await decideCall(event, await desk.place(event), runLine);
    if (call !== undefined) pending.keep(event.tool_use_id, { call, input, output });
    return output;
  }

  const answers: Answers = {
    PreToolUse: decide,
    PostToolUse: (event) => carried.record(event, recordDone),
    PostToolUseFailure: (event) =>
      carried.record(event, async (failed, call) => await recordFailure(failed, await desk.place(failed), call)),
    SessionStart: async (event) => (await desk.start?.(event)) ?? {},
    UserPromptSubmit: async (event) => {
      const said = (await desk.prompt?.(event)) ?? "";
      const fixes = fixesFor(await desk.place(event), event.prompt);
      return tell(event.hook_event_name, [said, fixes].filter((text) => text !== "").join("\n\n"));
    },
    Stop: async (event) => (await desk.stop?.(event)) ?? {},
    SubagentStop: async (event) => (await desk.stop?.(event)) ?? {},
    PreCompact: async (event) => (await desk.compact?.(event)) ?? {},
    SessionEnd: async (event) => (await desk.end?.(event)) ?? {},
  };

  return {
    async answer(input) {
      const name = asRecord(input)["hook_event_name"];
      try {
        const event = hookEventSchema.parse(input);
        return await (answers[event.hook_event_name] as (event: HookEvent) => Promise<HookOutput>)(event);
      } catch (thrown) {
        const reason = `worknode cannot judge this and refuses it: ${messageOf(thrown).slice(0, 500)}`;
        return refuse(typeof name === "string" ? name : undefined, reason);
      }
    },
    async run(toolUseId, signal) {
      const call = pending.use(toolUseId);
      if (call === undefined) return refused("worknode: no command of that name waits to be run.");
      if (call.command === "") return refused("worknode: this command was run already.");
      return report(await runBehindWall(call, signal));
    },
  };
}

type Answers = { [N in HookEventName]: (event: HookEventOf<N>) => Promise<HookOutput> };

/** The whole path of a call: judged again, run on a layer, its effects judged, kept or discarded, recorded. */
async function runBehindWall({ place, request, asked }: PendingCall, signal: AbortSignal): Promise<CallOutcome> {
  const { crew } = place;
  const append: CallRequest["append"] = async (events) => void (await crew.store.commit(events));
  const review = asked === true ? { review: () => signedByPerson(place, request) } : {};
  return await performCall(
    { ...crew, signal: AbortSignal.any([crew.signal, signal]) },
    { ...request, ...review, dryRun: false, append },
  );
}

function refused(stderr: string): RanReport {
  return { exit_code: REFUSED, stdout: "", stderr: `${stderr}\n` };
}

/** What the client's shell is to say and end with. */
function report({ command, content, isError }: CallOutcome): RanReport {
  if (command === undefined) return refused(content);
  const { exit_code, stdout, stderr } = command;
  if (isError) return { exit_code: REFUSED, stdout, stderr: `${stderr}\n${content}\n` };
  const fixes = content.split("\n").filter((line) => line.startsWith("Known fix: "));
  return { exit_code: exit_code ?? REFUSED, stdout, stderr: [stderr, ...fixes].join("\n") };
}
