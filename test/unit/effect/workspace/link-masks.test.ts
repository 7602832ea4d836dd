import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { CHECKOUT_DENY, DEFAULT_DENY } from "../../../../src/effect/workspace/deny.js";
import { maskLinks } from "../../../../src/effect/workspace/link-masks.js";
import { MAX_LINK_MASKS } from "../../../../src/kernel/bounds.js";
import { temporaryDirectory } from "../fixture.js";

function put(root: string, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "secret\n");
  }
}

async function masksOf(source: string, deny: readonly string[] = DEFAULT_DENY, nowMs = 0): Promise<readonly string[]> {
  const [link] = await maskLinks([{ path: "node_modules", source }], { deny }, nowMs);
  return link?.masks ?? [];
}

it("What workspace.deny names is masked in linked dependencies as well, the topmost name of each", async () => {
  const source = temporaryDirectory();
  put(source, "a/.env", "a/.ENV.local", "@s/b/.netrc", "@s/b/c/.git/config", "a/index.js", "a/environment");
  symlinkSync(".env", join(source, "a/.env.link"));
  symlinkSync(source, join(source, "round"));
  expect(await masksOf(source)).toEqual(["@s/b/.netrc", "@s/b/c/.git", "a/.ENV.local", "a/.env", "a/.env.link"]);
});

it("Certificates that packages bring stay readable unless the plan names them itself", async () => {
  const source = temporaryDirectory();
  put(source, "certifi/cacert.pem", "tls/test.key", "tls/id_rsa");
  expect(await masksOf(source)).toEqual(["tls/id_rsa"]);
  expect(await masksOf(source, ["*.pem"])).toEqual(["certifi/cacert.pem"]);
  expect(await masksOf(source, ["node_modules/tls"])).toEqual(["tls"]);
});

it("A folder is searched again when a package was added, and after a minute whatever happened", async () => {
  const source = temporaryDirectory();
  put(source, "a/.env");
  expect(await masksOf(source)).toEqual(["a/.env"]);
  put(source, "b/.env");
  utimesSync(source, new Date(1), new Date(1)); // a clock too coarse to tell
  expect(await masksOf(source)).toEqual(["a/.env", "b/.env"]);
  put(source, "b/deep/.env");
  expect(await masksOf(source, DEFAULT_DENY, 60_000)).toEqual(["a/.env", "b/.env", "b/deep/.env"]);
});

it("A plan that names certificates means them, however like the default its list is", async () => {
  const source = temporaryDirectory();
  put(source, "certifi/cacert.pem");
  const begun = DEFAULT_DENY.slice(0, DEFAULT_DENY.indexOf("*.pem") + 1);
  const changed = [...DEFAULT_DENY.slice(0, -1), "other"];
  for (const deny of [begun, changed, [...DEFAULT_DENY].reverse()])
    expect(await masksOf(source, deny)).toEqual(["certifi/cacert.pem"]);
  put(source, ".claude/settings.local.json");
  expect(await masksOf(source, ["x", ".claude/settings.local.json"])).toEqual([]); // anchored at the workspace
  expect(await masksOf(source, CHECKOUT_DENY)).toEqual([]);
});

it("One folder linked at two places is masked at each by its own names", async () => {
  const source = temporaryDirectory();
  put(source, "tls/a", "other/b");
  const links = [
    { path: "one", source },
    { path: "two", source },
  ];
  const masked = await maskLinks(links, { deny: ["one/tls", "two/other"] }, 0);
  expect(masked.map(({ masks }) => masks)).toEqual([["tls"], ["other"]]);
});

it.each(["@scope", ".pnpm", "lib/python3.11/site-packages"])(
  "A package added below %s is searched at once",
  async (shelf) => {
    const source = temporaryDirectory();
    put(source, `${shelf}/a/.env`);
    expect(await masksOf(source)).toEqual([`${shelf}/a/.env`]);
    put(source, `${shelf}/b/.env`);
    utimesSync(join(source, shelf), new Date(1), new Date(1)); // a clock too coarse to tell
    expect(await masksOf(source)).toEqual([`${shelf}/a/.env`, `${shelf}/b/.env`]);
  },
);

it("More than can be masked is a fault, and searched again once there is less", async () => {
  const source = temporaryDirectory();
  put(source, ...Array.from({ length: MAX_LINK_MASKS + 1 }, (_, at) => `a/.env${at}`));
  await expect(masksOf(source)).rejects.toMatchObject({ code: "LINK_MASKS", exitCode: 2 });
  rmSync(join(source, "a/.env0"));
  expect(await masksOf(source)).toHaveLength(MAX_LINK_MASKS);
});

it("A link that leads nowhere holds nothing to mask", async () => {
  expect(await masksOf("/nowhere/node_modules")).toEqual([]);
});
