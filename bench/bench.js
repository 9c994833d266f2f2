// npm run bench: how long the program takes beside the same openssl commands as a plain shell script, and beside a bare
// start of Node. One run, the rivals in turn, so that a slow moment of the machine strikes both; medians and ratios.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largePlan, schedule } from './plan.js';
import { makeMany, MANY, parseAll } from './status.js';

const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');
const home = mkdtempSync(join(tmpdir(), 'bench-'));
const rounds = Number(process.argv[2] ?? 15);

/** One timed run in a directory of its own, in milliseconds. */
function time([command, ...args]) {
  const cwd = mkdtempSync(join(home, 'run-'));
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  const ms = performance.now() - began;
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${stderr}`);
  rmSync(cwd, { recursive: true });
  return ms;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs the contestants in turn and gives the median of each. */
function race(contestants, times) {
  const results = contestants.map(() => []);
  contestants.forEach((contestant) => time(contestant)); // warm-up
  for (let round = 0; round < times; round++)
    contestants.forEach((contestant, index) => results[index].push(time(contestant)));
  return results.map(median);
}

const cli = (...args) => [process.execPath, program, ...args];
const bare = [process.execPath, '-e', '0'];

/** The very commands of `all`, one after another: what its dry run prints. */
function script(key) {
  const { stdout } = spawnSync(process.execPath, [program, ...allArgs(key), '--dry-run', '--quiet'], {
    encoding: 'utf8',
  });
  const file = join(home, `${key.replace(':', '-')}.sh`);
  writeFileSync(file, `set -eu\n${stdout}`);
  return ['sh', file];
}

function allArgs(key) {
  return ['all', '--host', 'docker.example.com', '--key', key, '--no-passphrase'];
}

const rows = [];
function row(what, ours, theirs, goal, reached) {
  rows.push({
    what,
    'median ms': Math.round(ours),
    'beside ms': Math.round(theirs),
    ratio: (ours / theirs).toFixed(2),
    goal,
    reached: reached ? 'yes' : 'no',
  });
}

try {
  const [start, version, help, dry] = race(
    [bare, cli('--version'), cli('--help'), cli('all', '--host', 'h', '--dry-run')],
    rounds * 2,
  );
  row('--version / node -e 0', version, start, 'at most 2', version <= 2 * start);
  row('--help / node -e 0', help, start, 'at most 2', help <= 2 * start);
  row('all --dry-run / node -e 0', dry, start, 'at most 3', dry <= 3 * start);

  const [ours, theirs] = race([cli(...allArgs('ec:p256'), '--quiet'), script('ec:p256')], rounds);
  row(
    'all P-256 / script',
    ours,
    theirs,
    `at most the script and one node start: ${Math.round(theirs + start)} ms`,
    ours <= theirs + start,
  );

  const [big, bigScript] = race([cli(...allArgs('rsa:4096'), '--quiet'), script('rsa:4096')], rounds);
  row('all RSA-4096 / script', big, bigScript, 'at most 0.7', big <= 0.7 * bigScript);

  const [set, many] = [join(home, 'set'), join(home, 'many')];
  time(cli(...allArgs('ec:p256'), '--quiet', '--dir', set));
  makeMany(set, many);
  const [status, parsing] = race([cli('status', many), [process.execPath, '-e', parseAll(many)]], 5);
  row(`status of ${MANY} / parsing them`, status, parsing, 'at most 2000 ms', status <= 2000);

  const plan = largePlan();
  const order = median(Array.from({ length: 5 }, () => schedule(plan)));
  row(`order of ${plan.steps.length} steps / node -e 0`, order, start, 'at most 300 ms', order <= 300);
  console.table(rows);
} finally {
  rmSync(home, { recursive: true, force: true });
}
