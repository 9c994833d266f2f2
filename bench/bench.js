// npm run bench: how long the program takes beside the same openssl commands as a plain shell script, and beside a bare
// start of Node. One run, the rivals in turn, so that a slow moment of the machine strikes both; medians and ratios.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { largePlan, schedule } from './plan.js';
import { cli, home, median, program, race, time } from './race.js';
import { makeMany, MANY, parseAll } from './status.js';

const library = pathToFileURL(join(import.meta.dirname, '..', 'dist', 'lib', 'index.js')).href;
const rounds = Number(process.argv[2] ?? 15);

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
  const [set, many] = [join(home, 'set'), join(home, 'many')];
  time(cli(...allArgs('ec:p256'), '--quiet', '--dir', set));
  const [start, version, help, one, dry, imported] = race(
    [
      bare,
      cli('--version'),
      cli('--help'),
      cli('status', set),
      cli('all', '--host', 'h', '--dry-run'),
      [process.execPath, '--input-type=module', '-e', `import ${JSON.stringify(library)}`],
    ],
    rounds * 2,
  );
  const besideStart = (what, ours, most) =>
    row(`${what} / node -e 0`, ours, start, `at most ${most}`, ours <= most * start);
  besideStart('--version', version, 1.3);
  besideStart('--help', help, 1.6);
  besideStart('status of one set', one, 1.8);
  besideStart('all --dry-run', dry, 1.8);
  besideStart('import of the library', imported, 1.6);

  const [ours, theirs] = race([cli(...allArgs('ec:p256'), '--quiet'), script('ec:p256')], rounds);
  const most = theirs + 1.5 * start;
  row(
    'all P-256 / script',
    ours,
    theirs,
    `at most the script and 1.5 node starts: ${Math.round(most)} ms`,
    ours <= most,
  );

  const [big, bigScript] = race([cli(...allArgs('rsa:4096'), '--quiet'), script('rsa:4096')], rounds);
  row('all RSA-4096 / script', big, bigScript, 'at most 0.6', big <= 0.6 * bigScript);

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
