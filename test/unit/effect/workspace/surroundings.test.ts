import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { claimedIdentity } from "../../../../src/effect/repository/identity.js";
import { listMasks, resolveLinks } from "../../../../src/effect/workspace/surroundings.js";
import { git, makeRepository, openTask, temporaryDirectory, write } from "../fixture.js";

describe("dependency folders", () => {
  it("are the git-ignored ones of the checkout, at any depth", async () => {
    const home = makeRepository({ ".gitignore": "node_modules\n.venv/\ndist/\n", "a.txt": "x" });
    write(home.root, {
      "node_modules/a/x": "1",
      "pkg/node_modules/b/x": "1",
      ".venv/bin/python": "1",
      "dist/out": "1",
    });
    const links = await resolveLinks(await home.find(), undefined);
    expect(links.map(({ path }) => path).sort()).toEqual([".venv", "node_modules", "pkg/node_modules"]);
    expect(links.find(({ path }) => path === ".venv")?.source).toBe(join(home.root, ".venv"));
  });

  it("are also those only the user's own ignore file names", async () => {
    const home = makeRepository();
    const person = temporaryDirectory();
    write(person, { ".config/git/ignore": "node_modules/\n" });
    write(home.root, { "node_modules/a/x": "1" });
    vi.stubEnv("HOME", person);
    vi.stubEnv("XDG_CONFIG_HOME", undefined);
    try {
      const links = await resolveLinks(await home.find(), undefined);
      expect(links.map(({ path }) => path)).toEqual(["node_modules"]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("named by a plan must be there", async () => {
    const home = makeRepository();
    mkdirSync(join(home.root, "vendor"));
    expect(await resolveLinks(await home.find(), ["vendor/"])).toEqual([
      { path: "vendor", source: join(home.root, "vendor") },
    ]);
    await expect(resolveLinks(await home.find(), ["gone"])).rejects.toMatchObject({
      code: "MISSING_DEPENDENCY",
      exitCode: 2,
      message: expect.stringContaining("gone"),
    });
  });
});

describe("masked files", () => {
  it("are those workspace.deny names and the worktree has", async () => {
    const home = makeRepository({ ".env": "SECRET=1\n", "certs/tls.key": "k\n", "a.txt": "x\n" });
    const workspace = await openTask(await home.find());
    expect((await listMasks(workspace)).sort()).toEqual([".env", "certs/tls.key"]);
  });
});

describe("who a person claims to be", () => {
  it("comes from the environment, the repository or the home, in that order", () => {
    const home = makeRepository();
    const person = temporaryDirectory();
    const location = { commonDir: join(home.root, ".git") };
    const env = { HOME: person, XDG_CONFIG_HOME: join(person, "config") };
    expect(claimedIdentity(env, location).git_email).toBeNull();
    write(person, { "config/git/config": '[user]\n\tname = x\n\temail = "xdg@example.com"\n' });
    expect(claimedIdentity(env, location).git_email).toBe("xdg@example.com");
    write(person, { ".gitconfig": "[other]\n\temail = no@example.com\n[user]\n\temail = home@example.com # mine\n" });
    expect(claimedIdentity(env, location).git_email).toBe("home@example.com");
    git(home.root, "config", "user.email", "repo@example.com");
    expect(claimedIdentity(env, location).git_email).toBe("repo@example.com");
    expect(claimedIdentity({ ...env, EMAIL: "env@example.com" }, location).git_email).toBe("env@example.com");
    expect(claimedIdentity(env, location).os_user).not.toBe("");
  });
});
