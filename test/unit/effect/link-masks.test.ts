import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { DEFAULT_DENY } from "../../../src/effect/deny.js";
import { maskLinks } from "../../../src/effect/link-masks.js";
import { temporaryDirectory } from "./fixture.js";

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

it("A link that leads nowhere holds nothing to mask", async () => {
  expect(await masksOf("/nowhere/node_modules")).toEqual([]);
});
