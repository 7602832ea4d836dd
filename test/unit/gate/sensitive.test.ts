import { describe, expect, it } from "vitest";
import { isSensitive } from "../../../src/gate/sensitive.js";

/** Of each kind what nothing else of the list would hold. */
const SENSITIVE: Record<string, string> = {
  "dependencies and scripts": `package.json a/package.json Cargo.lock go.mod requirements-dev.txt Pipfile gems.rb x.gemspec
    pixi.toml package.resolved libs.versions.toml Directory.Packages.props renv.lock flake.lock .terraform.lock.hcl`,
  "what package managers load": `.npmrc .pnpmfile.cjs .pnpmfile.mjs pnpmfile.cjs .pnp.cjs .pnp.loader.mjs .Yarn/releases/yarn.cjs
    .bundle/config pip.conf NuGet.Config`,
  "what builds": `Makefile Makefile.am rules.mk Kbuild configure acinclude.m4 CMakePresets.json build.gradle.kts buildSrc/a/B.kt
    gradlew mvnw.cmd .mvn/extensions.xml sub/.cargo/config.toml Cross.toml rust-toolchain.toml SConstruct SConscript wscript
    Package.swift build.zig mix.exs build.sbt project.clj dune stack.yaml x.cabal x.nimble A.csproj Directory.Build.targets
    app.xcodeproj/project.pbxproj gulpfile.mjs Gruntfile.js Jakefile Taskfile.dist.yml nx.json project.json turbo.json angular.json
    go.work .air.toml book.toml wrangler.jsonc nodemon.json .eleventy.js gatsby-node.js`,
  "Bazel and its like": `BUILD pkg/BUILD.bazel WORKSPACE WORKSPACE.bzlmod MODULE.bazel rules/defs.bzl .bazelrc user.bazelrc
    tools/bazel BUCK TARGETS .buckconfig pants.toml Tiltfile Earthfile`,
  "what runners and linters load": `vitest.config.ts jest.config.json vitest.workspace.ts karma.conf.js test/conftest.py pytest.toml
    .mypy.ini .flake8 .pylintrc .rspec .rubocop.yml phpunit.xml.dist .golangci.yml .eslintrc.json tsconfig.build.json
    nextest.toml .busted Dangerfile dangerfile.ts .storybook/main.ts docs/conf.py doc/source/conf.py mkdocs.yml codecov.yml`,
  "what interpreters start with": `sitecustomize.py a.pth python313._pth pyvenv.cfg .Rprofile renv/activate.R .user.ini .iex.exs .ghci
    jupyter_server_config.py`,
  "shells, debuggers, editors": `.profile sub/.zshenv .bashrc .gitconfig .gdbinit .lldbinit .dir-locals.el coc-settings.json
    .vscode/c_cpp_properties.json .clangd compile_commands.json .externalToolBuilders/a.launch`,
  "what makes a machine": `Dockerfile.prod docker-compose.dev.yml Vagrantfile Brewfile flake.nix shell.nix devenv.nix devbox.json
    .tool-versions ansible.cfg skaffold.yaml terragrunt.hcl netlify.toml cdk.json Procfile .readthedocs.yaml`,
  "other systems' repositories": "_darcs/prefs/defaults sub/.bzr/branch/branch.conf",
  "bots, and what switches a check off": "renovate.json .github/dependabot.yml .snyk .gitleaksignore osv-scanner.toml",
  "what linters, type checkers and coverage are configured by": `biome.jsonc pkg/.biome.json .biome.jsonc .eslintignore tslint.json
    knip.json pyrightconfig.json ruff.toml .ruff.toml pyrefly.toml ty.toml .pycodestyle .bandit complexipy.toml radon.cfg clippy.toml
    .clippy.toml tarpaulin.toml revive.toml staticcheck.conf .clang-tidy-ignore CPPLINT.cfg lcovrc whitelizer.txt lombok.config
    config/checkstyle.xml pmd.xml detekt.yml .semgrepignore sonar-project.properties .codeclimate.yml .pre-commit-config.yaml`,
  "what agents obey":
    "AGENTS.md sub/CLAUDE.md .github/copilot-instructions.md a.instructions.md fix.prompt.md skills/a/SKILL.md",
};

describe("sensitive are", () => {
  it.each(Object.entries(SENSITIVE))("%s", (_, paths) => {
    for (const path of paths.split(/\s+/)) {
      expect([path, isSensitive(path)]).toEqual([path, true]);
      expect([path, isSensitive(path.toUpperCase())]).toEqual([path, true]);
    }
  });

  it("no files of code, words or data, whatever their names remind of", () => {
    const plain = `src/package.ts src/config.ts docs/makefile.md src/rc.ts .gitignore README.md src/yarn/a.ts src/taskfiles.ts
      src/build.ts build/out.js src/workspace/a.ts targets/a.c src/targets.json modules/main.tf pkgs/hello.nix src/conf.py
      src/tasks.py src/settings.py testfile out/file data/project.csv docs/agents/guide.md docs/instructions.md src/profile.py
      .github/ISSUE_TEMPLATE/bug.md tools/bazel/rules.ts src/schema.props.ts src/rules.ts src/dune.ml a/vscode/x.json LICENSE`;
    expect(plain.split(/\s+/).filter(isSensitive)).toEqual([]);
  });
});
