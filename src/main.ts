#!/usr/bin/env node
import { runCommandLine } from "./surface/cli/command-line.js";
import { processContext } from "./surface/cli/process-context.js";

/** What still keeps the process alive this long after its verb ended is cut off. */
const LINGER_MS = 2_000;

process.exitCode = await runCommandLine(processContext(), process.argv.slice(2));
setTimeout(() => process.exit(), LINGER_MS).unref();
