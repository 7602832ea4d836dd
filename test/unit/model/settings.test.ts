import { expect, it } from "vitest";
import { Fault } from "../../../src/kernel/fault.js";
import { resolveModel } from "../../../src/model/aliases.js";
import { resolveConnection } from "../../../src/model/connection.js";
import { BASIC_PROFILE, FULL_PROFILE, isAdaptive, resolveProfile } from "../../../src/model/profile.js";

function faultOf(work: () => unknown): Fault {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
  }
  throw new Error("a Fault was expected");
}

it("maps aliases to the current ids, or to those of the environment, and leaves literal ids", () => {
  expect(["opus", "sonnet", "haiku"].map((alias) => resolveModel(alias, {}))).toEqual([
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
  ]);
  const env = { ANTHROPIC_DEFAULT_OPUS_MODEL: "big", ANTHROPIC_DEFAULT_HAIKU_MODEL: " " };
  expect(["opus", "haiku", "claude-sonnet-4", "toString"].map((name) => resolveModel(name, env))).toEqual([
    "big",
    "claude-haiku-5-5",
    "claude-sonnet-4",
    "toString",
  ]);
});

it("says what to do when there is no key, with exit code 2", () => {
  for (const env of [{}, { ANTHROPIC_API_KEY: " " }, { ANTHROPIC_BASE_URL: "https://api.anthropic.com/" }]) {
    const fault = faultOf(() => resolveConnection(env));
    expect([fault.code, fault.exitCode, fault.retry]).toEqual(["MODEL_NO_KEY", 2, "never"]);
    expect(fault.message).toContain(".env.example");
    expect(fault.message).toContain("worknode demo");
  }
});

it("needs no key for a server of one's own, and then sends a placeholder", () => {
  const own = resolveConnection({ ANTHROPIC_BASE_URL: "http://127.0.0.1:9" });
  expect(own).toEqual({ baseUrl: "http://127.0.0.1:9", apiKey: "worknode-no-key", profile: BASIC_PROFILE });
  const hosted = resolveConnection({ ANTHROPIC_API_KEY: "k" });
  expect(hosted).toEqual({ baseUrl: "https://api.anthropic.com", apiKey: "k", profile: FULL_PROFILE });
});

it("refuses an address that is none, with exit code 2", () => {
  for (const baseUrl of ["localhost:8080", "ftp://x", "not an address"]) {
    const fault = faultOf(() => resolveConnection({ ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_API_KEY: "k" }));
    expect([fault.code, fault.exitCode]).toEqual(["MODEL_BASE_URL", 2]);
    expect(fault.message).toContain(baseUrl);
  }
});

it("gives a foreign server nothing it might refuse, unless the profile says so", () => {
  expect(resolveProfile("https://api.anthropic.com.evil.example", undefined)).toEqual(BASIC_PROFILE);
  expect(resolveProfile("https://eu.api.anthropic.com/x", "")).toEqual(FULL_PROFILE);
  expect(resolveProfile("http://localhost:1", "full")).toEqual(FULL_PROFILE);
  expect(resolveProfile("https://api.anthropic.com", "basic")).toEqual(BASIC_PROFILE);
  expect(resolveProfile("http://localhost:1", "caching, effort")).toEqual({
    caching: true,
    thinking: false,
    effort: true,
  });
  const fault = faultOf(() => resolveProfile("http://localhost:1", "cache"));
  expect([fault.code, fault.exitCode]).toEqual(["MODEL_PROFILE", 2]);
  expect(fault.message).toContain('"cache"');
});

it("knows which models think adaptively", () => {
  const models = (names: string[]) => names.filter(isAdaptive);
  const yes = ["claude-opus-5-5", "claude-haiku-5-5", "claude-opus-4-7", "claude-opus-4-8-20260901", "qwen3"];
  expect(models(yes)).toEqual(yes);
  expect(
    models(["claude-3-5-haiku-20241022", "claude-opus-4-6", "claude-sonnet-4-20250514", "claude-haiku-4-5-20251001"]),
  ).toEqual([]);
});
