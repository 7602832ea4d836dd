/** Names of a list, in small letters. */
function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/**
 * Files whose change reaches beyond the code: dependencies, what package managers, builds, test runners, linters, shells,
 * debuggers, editors and deployments load or run unasked, and what the agents that come after obey. Files that the plan's
 * own language makes most of a project of (`*.nix`, `*.tf`) are not among them but for those that tools look for by name.
 */
const NAMES = new Set([
  // JavaScript
  ...words(`package.json package-lock.json npm-shrinkwrap.json pnpm-lock.yaml pnpm-workspace.yaml yarn.lock bun.lock bun.lockb
    bunfig.toml deno.json deno.jsonc deno.lock .yarnrc.yml .pnpmfile.cjs .pnpmfile.mjs pnpmfile.cjs .pnp.cjs .pnp.loader.mjs
    lerna.json nx.json project.json turbo.json rush.json moon.yml angular.json biome.json nodemon.json ember-cli-build.js
    .ember-cli.js gatsby-node.js gatsby-config.js .eleventy.js .eleventy.cjs .release-it.json testem.js`),
  // Python
  ...words(`pyproject.toml poetry.lock uv.lock pdm.lock pixi.toml pixi.lock pipfile pipfile.lock pip.conf environment.yml
    environment.yaml setup.py setup.cfg hatch.toml hatch_build.py pdm_build.py tox.ini tox.toml noxfile.py fabfile.py dodo.py
    pavement.py snakefile conftest.py sitecustomize.py usercustomize.py pyvenv.cfg pytest.ini .pytest.ini pytest.toml
    .pytest.toml mypy.ini .mypy.ini pylintrc pylintrc.toml .flake8 mkdocs.yml mkdocs.yaml gcovr.cfg`),
  // Rust, Go, Zig, D, Nim, Swift
  ...words(`cargo.toml cargo.lock build.rs rust-toolchain rust-toolchain.toml cross.toml makefile.toml trunk.toml nextest.toml
    book.toml go.mod go.sum go.work go.work.sum magefile.go .air.toml build.zig build.zig.zon dub.json dub.sdl config.nims
    nim.cfg package.swift package.resolved`),
  // C and what builds anything
  ...words(`makefile gnumakefile bsdmakefile makefile.local makefile.am makefile.in kbuild configure configure.ac configure.in
    autogen.sh cmakelists.txt cmakepresets.json cmakeuserpresets.json meson.build meson_options.txt meson.options conanfile.py
    conanfile.txt vcpkg.json xmake.lua premake5.lua sconstruct sconscript wscript justfile compile_commands.json
    compile_flags.txt .clangd .clang-tidy .gdbinit .lldbinit`),
  ...words(`build build.bazel workspace workspace.bazel workspace.bzlmod module.bazel module.bazel.lock .bazelversion buck
    targets .buckconfig .plzconfig pants.toml tiltfile earthfile vagrantfile brewfile procfile`),
  // Java, Scala, Clojure, .NET
  ...words(`pom.xml build.xml gradlew gradlew.bat mvnw mvnw.cmd libs.versions.toml build.sc build.mill build.properties .sbtopts
    .jvmopts project.clj deps.edn shadow-cljs.edn build.boot bb.edn directory.build.props directory.build.targets
    directory.packages.props directory.build.rsp msbuild.rsp nuget.config global.json dotnet-tools.json paket.dependencies
    paket.lock`),
  // Ruby, PHP, Perl, R, Julia, Lua
  ...words(`gemfile gemfile.lock gems.rb gems.locked rakefile guardfile capfile thorfile berksfile appraisals podfile podfile.lock
    cartfile fastfile appfile matchfile pluginfile steepfile puppetfile .rspec .rubocop.yml .yardopts .simplecov composer.json
    composer.lock phpunit.xml phpunit.xml.dist phpunit.dist.xml phpstan.neon phpstan.neon.dist .php-cs-fixer.php
    .php-cs-fixer.dist.php rector.php .user.ini .htaccess makefile.pl build.pl cpanfile dist.ini .rprofile .renviron renv.lock
    project.toml manifest.toml .busted`),
  // Elixir, Erlang, Haskell, OCaml
  ...words(`mix.exs mix.lock .formatter.exs .iex.exs .credo.exs rebar.config rebar.config.script rebar.lock stack.yaml
    stack.yaml.lock package.yaml setup.hs setup.lhs .ghci hie.yaml shakefile.hs dune dune-project dune-workspace`),
  // shells, editors, and what fetches the tools themselves
  ...words(`.profile .bash_profile .bash_login .bash_logout .zshenv .zprofile .zlogin .zlogout .tmux.conf .gitconfig .tool-versions
    flake.nix flake.lock default.nix shell.nix devenv.nix devenv.yaml devbox.json .dir-locals.el .dir-locals-2.el .kateproject
    coc-settings.json .vimspector.json .ycm_extra_conf.py`),
  // deployments, bots, and what switches a check off
  ...words(`ansible.cfg terragrunt.hcl .terraform.lock.hcl skaffold.yaml helmfile.yaml docker-bake.hcl docker-bake.json pulumi.yaml
    cdk.json netlify.toml vercel.json firebase.json fly.toml render.yaml heroku.yml app.yaml tauri.conf.json .readthedocs.yml
    .readthedocs.yaml renovate.json renovate.json5 dependabot.yml dependabot.yaml .snyk .trivyignore .gitleaks.toml
    .gitleaksignore osv-scanner.toml`),
  // what linters, type checkers and coverage are configured by, and what they leave out
  ...words(`biome.jsonc .biome.json .biome.jsonc .eslintignore .jshintignore tslint.json knip.json knip.jsonc pyrightconfig.json
    ruff.toml .ruff.toml pyrefly.toml ty.toml .pycodestyle .pep8 .bandit bandit.yaml complexipy.toml .complexipy.toml radon.cfg
    clippy.toml .clippy.toml tarpaulin.toml .tarpaulin.toml deny.toml revive.toml staticcheck.conf .clang-tidy-ignore cpplint.cfg
    lcovrc whitelizer.txt lombok.config checkstyle.xml pmd.xml detekt.yml .swiftlint.yml .semgrepignore .semgrep.yml
    sonar-project.properties .codeclimate.yml .codacy.yml .codacy.yaml .deepsource.toml .sourcery.yaml .mega-linter.yml
    .hadolint.yaml .pre-commit-config.yaml .pre-commit-config.yml stryker.conf.json`),
  // instructions that agents obey
  ...words(`agents.md agents.override.md claude.md claude.local.md gemini.md qwen.md warp.md skill.md copilot-instructions.md
    .goosehints .rules`),
]);

const FORMS = anyOf(
  /^(docker|container)file/,
  /^(docker-)?compose[^/]*\.ya?ml$/,
  /^requirements[^/]*\.txt$/,
  /^[jt]sconfig[^/]*\.json$/,
  /\.(config|workspace)\.([cm]?[jt]s|json)$/,
  /\.(mk|cmake|pth|_pth|m4|bzl|bazelrc|sbt|gemspec|podspec|rockspec|cabal|opam|nimble|nims)$/,
  /\.((cs|fs|vb|vcx)proj|targets)$/,
  /^\.[a-z0-9_-]+rc(\.[a-z]+)?$/,
  /\.gradle(\.kts)?$/,
  /^gradle(-wrapper)?\.properties$/,
  /^(gulp|grunt|task|jake|plop|danger)file(\.[a-z.]+)?$/,
  /\.conf\.[cm]?[jt]s$/,
  /^cabal\.project/,
  /^\.?codecov\.ya?ml$/,
  /^\.(golangci|goreleaser)\.[a-z]+$/,
  /^(wrangler|serverless|electron-builder)\.(toml|ya?ml|jsonc?|json5)$/,
  /^(ipython|jupyter)_[a-z_]*config\.(py|json)$/,
  /\.(instructions|prompt|chatmode|agent)\.md$/,
);

/** Folders whose files such programs obey, whatever they are called, and files they look for at one place. */
const PLACES = anyOf(
  /(?:^|\/)\.(?:cargo|mvn|bundle|yarn|vscode|storybook|moon|ssh|bzr|externaltoolbuilders)\//,
  /(?:^|\/)(?:buildsrc|_darcs|[^/]+\.(?:xcodeproj|xcworkspace))\//,
  /(?:^|\/)(?:tools\/bazel|renv\/activate\.r|docs?\/(?:source\/)?conf\.py)$/,
);

/** One expression for several: every write is looked at by all of them. */
function anyOf(...forms: readonly RegExp[]): RegExp {
  return new RegExp(forms.map(({ source }) => `(?:${source})`).join("|"));
}

/** Whether a change of a file reaches beyond the code. Case does not matter, as it does not to some file systems. */
export function isSensitive(path: string): boolean {
  const folded = path.toLowerCase();
  const name = folded.slice(folded.lastIndexOf("/") + 1);
  return NAMES.has(name) || FORMS.test(name) || (name.length < folded.length && PLACES.test(folded));
}
