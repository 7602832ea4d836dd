import { expect, it } from "vitest";
import { pathsNamed } from "../../../../src/crew/hook/named-files.js";

const NAMING = { folders: ["/w/sub", "/w"], home: "/h", env: { HOME: "/h", OWN: "/own" } };
const WANTED = "/w/.claude/settings.json";

it.each([
  ".claude/settings.json",
  "./.claude//settings.json/",
  "../sub/../.claude/settings.json",
  " .claude/settings.json\n",
  "a\n/../.claude/settings.json",
  ".claude\\settings.json",
  "/w/x/../.claude/./settings.json",
  "file:///w/.claude/settings.json",
  "FILE://localhost/w/%2eclaude/settings%2Ejson",
  "file:.claude/settings.json",
  "%252eclaude/settings.json",
  "vscode://file/w/.claude/settings.json",
  "http:/../.claude/settings.json",
  "https://x/../../.claude/settings.json",
  "$OWN/../w/.claude/settings.json",
  `${"x/../".repeat(2_000)}.claude/settings.json`,
])("finds the file that %j names to a tool which repairs names", (text) => {
  expect(pathsNamed(text, NAMING)).toContain(WANTED);
});

it("finds a person's own files by every name of their folder", () => {
  for (const text of ["~/a", "~me/a", "$HOME/a", "${HOME}/a", "~/x/../a"])
    expect(pathsNamed(text, NAMING), text).toContain("/h/a");
});

it("takes an address of another machine's for none, and what no system opens", () => {
  expect(pathsNamed("https://example.com/o/r/.github/workflows/ci.yml", NAMING)).toEqual([]);
  expect(pathsNamed("x".repeat(5_000), NAMING)).toEqual([]);
  expect(pathsNamed("100% sure, 5%zz", NAMING)).toEqual(["/w/sub/100% sure, 5%zz", "/w/100% sure, 5%zz"]);
});
