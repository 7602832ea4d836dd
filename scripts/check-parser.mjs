// Stands for `oxc-parser` in the single file: the same parser, compiled to WebAssembly. Reads nothing but its own part.
import { createContext } from "@emnapi/runtime";
import { emnapiAsyncWorkPlugin, emnapiTSFNPlugin, instantiateNapiModuleSync } from "@napi-rs/wasm-runtime";
import { mayFlood } from "../src/measure/ecmascript/parser-safety.ts";
import { readPart } from "../src/surface/check/single/parts.ts";

export { default as visitorKeys } from "oxc-parser/src-js/generated/visit/keys";

/** WebAssembly hands nothing over but text, and what lies in the repository's own packages is not to be loaded. */
export function oxcPart(name) {
  throw new Error(`the single file has no ${name}`);
}

/** Memory in pages of 64 KiB, as the package's own loader has it. */
const PAGES = { initial: 4_000, maximum: 65_536 };

/** What a parser that is tried may use: 1.5 GiB. */
const TRIED_PAGES = { ...PAGES, maximum: 24_000 };

let binding;

/**
 * As `survivesParsing` of `parser-probe.ts`: a parser of its own tries, which is not used again, whatever became of it. What
 * may take all memory is not tried: WebAssembly without memory has ended Node (exit 139), and would here.
 */
export function survivesParsing(path, text, attempts) {
  if (mayFlood(text)) return true;
  const { parseSync: parse } = loadBinding(TRIED_PAGES);
  try {
    return attempts.every((options) => parse(path, text, options).errors.length >= 0);
  } catch {
    return false;
  }
}

/** As `parseSync` of oxc-parser. Values of big integers and regular expressions are left out: nothing here looks at them. */
export function parseSync(path, text, options) {
  binding ??= loadBinding(PAGES);
  const { program, comments, errors } = binding.parseSync(path, text, options);
  return { program: JSON.parse(program).node, comments, errors };
}

function loadBinding(pages) {
  const { WASI } = silently(() => process.getBuiltinModule("node:wasi"));
  const memory = new WebAssembly.Memory(pages);
  const wasi = silently(() => new WASI({ version: "preview1", env: {}, preopens: {} }));
  const { napiModule } = instantiateNapiModuleSync(readPart("parser.wasm"), {
    context: createContext(),
    asyncWorkPoolSize: 0,
    wasi,
    plugins: [emnapiAsyncWorkPlugin, emnapiTSFNPlugin],
    overwriteImports: (imports) => ({
      ...imports,
      env: { ...imports.env, ...imports.napi, ...imports.emnapi, memory },
    }),
    beforeInit({ instance }) {
      const names = Object.keys(instance.exports).filter((name) => name.startsWith("__napi_register__"));
      for (const name of names) instance.exports[name]();
    },
  });
  return napiModule.exports;
}

/** Node calls WASI experimental, on the standard error of whoever loads it. */
function silently(work) {
  const emitWarning = Reflect.get(process, "emitWarning");
  process.emitWarning = () => undefined;
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
