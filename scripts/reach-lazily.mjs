// What esbuild does for programs whose start-up counts.

/**
 * What is no ECMAScript module is reached at its first use, not imported at the start: importing `node:fs`
 * makes all its lazy members, `node:crypto` opens its library, and the driver is scanned for export names.
 */
export const reachLazily = {
  name: "reach-lazily",
  setup(plugin) {
    plugin.onResolve({ filter: /^(node:.*|better-sqlite3)$/ }, ({ path }) => ({ path, namespace: "lazy" }));
    plugin.onLoad({ filter: /^node:/, namespace: "lazy" }, ({ path }) => ({
      contents: `const get = (_, name) => process.getBuiltinModule("${path}")[name];
        module.exports = Object.create(new Proxy({}, { get }));`,
    }));
    plugin.onLoad({ filter: /^better-sqlite3$/, namespace: "lazy" }, ({ path }) => ({
      contents: `import { createRequire } from "node:module"; export default createRequire(import.meta.url)("${path}");`,
    }));
  },
};

/** Loaded by Node before any program starts, or by the first of what main.js does. */
const THERE = new Set(["node:fs", "node:path", "node:vm"]);

/**
 * The same for the shortest programs, where even asking through a proxy is felt: each member is a name of its own.
 * Those of what Node has loaded are taken at once, and only functions of what it has not, each by one that looks.
 */
export const reachByName = {
  name: "reach-by-name",
  setup(plugin) {
    plugin.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "named" }));
    plugin.onLoad({ filter: /^node:/, namespace: "named" }, ({ path }) => {
      const module = `process.getBuiltinModule("${path}")`;
      const taken = (name) => `export const ${name} = /* @__PURE__ */ take("${name}");`;
      const asked = (name) => `export function ${name}(...args) { return ${module}.${name}(...args); }`;
      const names = Object.entries(process.getBuiltinModule(path)).filter(([name]) => /^\w+$/.test(name));
      const lines = THERE.has(path)
        ? [`const take = (name) => ${module}[name];`, ...names.map(([name]) => taken(name))]
        : names
            .filter(([name, member]) => typeof member === "function" && /^[a-z]/.test(name))
            .map(([name]) => asked(name));
      return { contents: lines.join("\n") };
    });
    plugin.onResolve({ filter: /^(fs|path)$/ }, ({ path }) => ({ path, namespace: "there" }));
    plugin.onLoad({ filter: /./, namespace: "there" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}");`,
    }));
  },
};

/** Messages of schemas in languages that nothing here speaks are half of their library; its English is imported apart. */
export const englishAlone = {
  name: "english-alone",
  setup(plugin) {
    plugin.onLoad({ filter: /node_modules\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export {};" }));
  },
};
