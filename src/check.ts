#!/usr/bin/env node
import { startSingleFile } from "./surface/check/single/start.js";
import { processContext } from "./surface/cli/process-context.js";

/** Put there by the build. */
declare const WORKNODE_VERSION: string;

process.exitCode = await startSingleFile(processContext(), process.argv.slice(2), WORKNODE_VERSION);
