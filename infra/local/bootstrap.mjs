/**
 * The door every npm script goes through. It runs on whatever Node (>= 20.3) the machine has and needs no package, because
 * it is what brings them: it makes node_modules equal to package-lock.json, compiles what changed, and then runs the
 * wanted program on the project's own Node, which is a package like any other. What the local servers need is installed
 * by the program that starts them, so a command without servers never asks for Python or Go.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');
const NODE = join(BIN, 'node');
const STAMP = join(ROOT, 'dist', '.build-stamp');
const SOURCE_FOLDERS = ['workflows', 'activities', 'worker', 'schemas', 'infra', 'test'];

// A test that fails while something of it listens would keep jest alive, and whoever waits for its verdict.
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '--forceExit'];
// Nothing is written when a check fails: an import that leaves the checkout would be compiled beside its source.
const TSC = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmitOnError'];
/** Workers load the workflow code as one file: the bundler costs them 80 MB and two seconds. */
const BUNDLE = ['dist/worker/bundle-workflows.js'];
const LINT = ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'];
const PRETTIER = ['node_modules/prettier/bin/prettier.cjs', '--log-level', 'warn', '.'];
const STATIC_CHECKS = ['format:check', 'types', 'lint', 'tidy', 'knip'];

/**
 * What each command runs on the project's Node, after `build` where it needs compiled code. The person's arguments follow
 * `run`; `last` follows those, since jest's --selectProjects takes every word after it. `steps` are other commands.
 */
const COMMANDS = {
  demo: { build: true, run: ['dist/infra/local/demo.js'] },
  start: { build: true, run: ['dist/infra/local/start.js'] },
  local: { build: true, run: ['dist/infra/local/main.js'] },
  tidemark: { build: true, run: ['--enable-source-maps', 'dist/worker/cli/main.js'] },
  test: { build: true, run: JEST },
  'test:unit': { build: true, run: JEST, last: ['--selectProjects', 'unit'] },
  contract: { build: true, run: ['dist/test/contract/main.js'] },
  'bench:memory': { build: true, run: ['dist/test/bench/memory.js'] },
  'bench:transform': { build: true, run: ['dist/test/bench/transform.js'] },
  samples: { build: true, run: ['dist/test/samples/main.js'] },
  build: { build: true },
  types: { build: true },
  lint: { run: LINT },
  format: { run: [...PRETTIER, '--write'] },
  'format:check': { run: [...PRETTIER, '--check'] },
  tidy: { build: true, run: ['dist/infra/tidy.js'] },
  knip: { run: ['node_modules/knip/bin/knip.js'] },
  docs: { build: true, run: ['dist/infra/docs.js'] },
  'check:static': { steps: STATIC_CHECKS },
  check: { steps: [...STATIC_CHECKS, 'test'] },
};

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

/** Named together, each with what installs it. */
function checkPrerequisites() {
  const { minimum } = readJson('infra/local/versions.json').node;
  const missing = [];
  const places = (version) => version.split('.').map(Number);
  const [have, need] = [places(process.versions.node), places(minimum)];
  const at = need.findIndex((place, index) => place !== have[index]);
  if (at !== -1 && have[at] < need[at])
    missing.push(`Node >= ${minimum} (this is ${process.version}): https://nodejs.org, or: nvm install --lts`);
  if (process.platform === 'win32') missing.push('Linux or macOS: on Windows, run it inside WSL');
  else if (spawnSync('npm', ['--version']).status !== 0)
    missing.push('npm: it comes with Node from https://nodejs.org; on Debian: apt-get install npm');
  if (missing.length > 0) fail(`this machine lacks:\n  ${missing.join('\n  ')}`);
}

/**
 * Whether node_modules is what package-lock.json says. npm writes the list of what it installed as the last thing it does,
 * so an install that was interrupted has none. Packages for other platforms are in the lock only.
 */
function isInstalled() {
  if (!existsSync(join(ROOT, 'node_modules', '.package-lock.json')) || !existsSync(NODE)) return false;
  const installed = readJson('node_modules/.package-lock.json').packages;
  const wanted = readJson('package-lock.json').packages;
  for (const [path, { version, integrity }] of Object.entries(installed)) {
    if (wanted[path]?.version !== version || wanted[path].integrity !== integrity) return false;
  }
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || path in installed || entry.optional === true || entry.peer === true,
  );
}

function ensurePackages() {
  if (isInstalled()) return;
  checkPrerequisites();
  const start = Date.now();
  say('installing packages: npm ci (usually 40 seconds)');
  // Warnings are about the Node that runs npm; the packages run on the project's own.
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) fail('npm ci failed: see above');
  if (!existsSync(NODE))
    fail("the project's own Node was not installed. Allow install scripts (npm config set ignore-scripts false) and run: npm ci");
  say(`packages installed in ${Math.round((Date.now() - start) / 1000)} s`);
}

function* sourceFiles(folder) {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.(ts|json)$/.test(entry.name)) yield path;
  }
}

/** Changes when a source file appears, goes or is written; looking costs a stat per file, the compiler's own look 4 seconds. */
function sourcesDigest() {
  const hash = createHash('sha256');
  const files = SOURCE_FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) => [...sourceFiles(folder)]);
  for (const file of [...files.sort(), 'tsconfig.json', 'package-lock.json']) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Compiles when a source changed since the last compile that found no error; an error ends the command with the compiler's output. */
async function ensureBuilt() {
  const digest = sourcesDigest();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest) return 0;
  const code = (await runNode(TSC, [])) || (await runNode(BUNDLE, []));
  if (code !== 0) return code;
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, digest);
  return 0;
}

/** Runs on the project's Node with the project's programs first on the PATH. Signals reach the program, which decides when to end. */
function runNode(args, more) {
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` };
    const child = spawn(NODE, [...args, ...more], { cwd: ROOT, env, stdio: 'inherit' });
    // The terminal sends SIGINT to the program as well; a SIGTERM comes to this process alone.
    const ignore = () => undefined;
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    child.once('error', (error) => fail(`cannot run ${NODE}: ${error.message}`));
    child.once('close', (code, signal) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

async function runSteps(steps, args) {
  const done = [];
  for (const step of steps) {
    const start = Date.now();
    const code = await runCommand(step, step === 'test' ? args : []);
    done.push(`${step} ${((Date.now() - start) / 1000).toFixed(1)} s${code === 0 ? '' : ' FAILED'}`);
    if (code !== 0) {
      say(done.join(', '));
      return code;
    }
  }
  say(`${done.join(', ')}: all passed`);
  return 0;
}

async function runCommand(name, args) {
  const command = COMMANDS[name];
  if (command.steps !== undefined) return await runSteps(command.steps, args);
  if (command.build === true) {
    const code = await ensureBuilt();
    if (code !== 0) return code;
  }
  if (command.run === undefined) return 0;
  return await runNode(command.run, [...args, ...(command.last ?? [])]);
}

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(COMMANDS, name)) fail(`usage: node infra/local/bootstrap.mjs <command>, one of: ${Object.keys(COMMANDS).join(', ')}`);
ensurePackages();
process.exitCode = await runCommand(name, args);
