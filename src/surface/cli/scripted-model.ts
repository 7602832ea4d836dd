import { invalid } from "../../kernel/fault.js";
import { serve } from "../../model/scripted/serve.js";
import { describeVerb, wholeNumber, withArguments } from "./arguments.js";
import type { Verb } from "./context.js";

/** `worknode scripted-model SCRIPT [PORT]`: serves a script until interrupted; for tests and benches. */
export const scriptedModelVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "scripted-model",
    "Serve a script's replies as the Messages API, until interrupted; for tests and benches.",
  )
    .argument("[script]", "what is answered (docs/scripted-model.md); not with --calls")
    .argument("[port]", "on the loopback interface; a free one by default")
    .option("--calls <n>", "instead of a script: this many calls of a tool in every conversation", wholeNumber(1));
  return withArguments<{ calls?: number }>(command, args, async ({ options: { calls }, values }) => {
    if (calls === undefined && values.length === 0) throw invalid("BAD_INPUT", "name the script to serve.");
    const server = await serve(calls === undefined ? values : ["--calls", String(calls), ...values]);
    await new Promise((resolve) => context.signal.addEventListener("abort", resolve, { once: true }));
    await server.close();
    return 0;
  });
};
