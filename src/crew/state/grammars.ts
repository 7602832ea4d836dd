import type { Language } from "../../measure/language.js";
import { loadGrammars } from "../../measure/tree/grammar.js";
import { packageFile } from "./package-file.js";

/**
 * Loads what the measures of these languages need before the gate, which is synchronous, asks them. Languages between
 * which code moves are loaded together. Throws the faults of `loadGrammars`.
 */
export async function loadMeasures(asked: Iterable<Language | undefined>): Promise<void> {
  const languages = new Set(asked);
  if (languages.has("c") || languages.has("cpp")) languages.add("c").add("cpp");
  await loadGrammars(languages, packageFile("grammars"));
}
