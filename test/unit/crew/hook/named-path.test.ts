import { expect, it } from "vitest";
import { clientPath, isBelow } from "../../../../src/crew/hook/named-path.js";

it("takes a path from the session's folder, and refuses what the client would repair", () => {
  expect(clientPath("a/b.md", "/w")).toEqual({ ok: true, value: "/w/a/b.md" });
  expect(clientPath("./a.md", "/w")).toEqual({ ok: true, value: "/w/a.md" });
  expect(clientPath("/x/a.md", "/w")).toEqual({ ok: true, value: "/x/a.md" });
  for (const path of ["~", "~/one.md", "~root/one.md", " a", "a\n", 1, null])
    expect(clientPath(path, "/w").ok, String(path)).toBe(false);
});

it("tells below from beside", () => {
  expect([isBelow("/w", "/w"), isBelow("/w/a", "/w"), isBelow("/w/../x", "/w"), isBelow("/wx", "/w")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
