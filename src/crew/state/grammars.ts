import { loadGrammars } from "../../measure/grammar.js";
import { languageOf } from "../../measure/language.js";
import { packageFile } from "./package-file.js";

/**
 * Loads what the measures need for these files before the gate, which is synchronous, asks them. Languages between
 * which code moves are loaded together. Throws the faults of `loadGrammars`.
 */
export async function loadMeasures(paths: Iterable<string>): Promise<void> {
  const languages = new Set([...paths].map(languageOf));
  if (languages.has("c") || languages.has("cpp")) languages.add("c").add("cpp");
  await loadGrammars(languages, packageFile("grammars"));
}
