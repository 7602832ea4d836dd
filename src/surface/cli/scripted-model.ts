import { serve } from "../../model/scripted/serve.js";
import type { Verb } from "./context.js";

/** `worknode scripted-model SCRIPT [PORT]`: serves a script until interrupted; for tests and benches. */
export const scriptedModelVerb: Verb = async (context, args) => {
  const server = await serve(args);
  await new Promise((resolve) => context.signal.addEventListener("abort", resolve, { once: true }));
  await server.close();
  return 0;
};
