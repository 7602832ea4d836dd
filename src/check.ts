#!/usr/bin/env node
import type { PolicyShape } from "./surface/check/plain-policy.js";
import { tellPlan } from "./surface/check/single/program.js";
import { startSingleFile } from "./surface/check/single/start.js";
import { processContext } from "./surface/cli/process-context.js";

/** Put there by the build. */
declare const WORKNODE_VERSION: string;
declare const WORKNODE_POLICY: PolicyShape;

process.exitCode = await startSingleFile(processContext(), process.argv.slice(2), {
  version: WORKNODE_VERSION,
  policy: WORKNODE_POLICY,
  isPlainPlan: tellPlan,
});
