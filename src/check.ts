#!/usr/bin/env node
import { runSingleFile } from "./surface/check/single/run.js";
import { processContext } from "./surface/cli/process-context.js";

/** Put there by the build. */
declare const WORKNODE_VERSION: string;

process.exitCode = await runSingleFile(processContext(), process.argv.slice(2), WORKNODE_VERSION);
