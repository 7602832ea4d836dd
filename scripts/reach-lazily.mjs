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
