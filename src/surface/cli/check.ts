import { loadMeasures } from "../../crew/state/grammars.js";
import { checkCommand } from "../check/check-command.js";
import type { Verb } from "./context.js";
import { readVersion } from "./version.js";

/** `worknode check`: what CI asks of a change. */
export const checkVerb: Verb = (context, args) => checkCommand({ version: readVersion(), loadMeasures })(context, args);
