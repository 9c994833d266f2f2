// npm run bench:fleet: how long a fleet takes, beside the tutorial's commands in a shell and beside the least that openssl takes for
// a key: one run, the rivals in turn. Then how cost grows from 100 certificates to 10,000, what a run takes that has nothing to do,
// what looking at all of them takes, and whether all cores make keys. Directories stay until the end: ext4 without a journal makes
// files slowly where many were removed just before.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cli, home, measure, median, peak, time } from './race.js';
import { makeRequests } from './requests.js';

const rounds = Number(process.argv[2] ?? 3);
const [SOME, MANY, MOST, LARGE] = [100, 1000, 10_000, 100];
const ca = join(home, 'ca');

/** A fleet file with so many clients whose keys are made here, and the CA beside it. */
function fleetOf(count, key = 'ec:p256') {
  const clients = Object.fromEntries(Array.from({ length: count }, (_, number) => [`client-${number}`, {}]));
  // A fleet has a host; its key is not made here.
  const fleet = {
    ca: { directory: './ca' },
    defaults: { key },
    hosts: { web: { names: ['web.example.com'] } },
  };
  return (cwd) => {
    cpSync(ca, join(cwd, 'ca'), { recursive: true });
    writeFileSync(join(cwd, 'docker-tls.json'), JSON.stringify({ ...fleet, clients }));
  };
}

const apply = cli('fleet', 'apply', '--file', 'docker-tls.json', '--quiet');

/** The three commands of the tutorial for a client, each with a serial number of its own: one file of numbers is not made for two at once. */
const tutorial = `
  printf 'extendedKeyUsage = clientAuth\\n' > extfile-client.cnf
  seq 1 ${MANY} | xargs -P "$(nproc)" -I N sh -c '
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out clients/N/key.pem &&
    openssl req -subj /CN=client-N -new -key clients/N/key.pem -out clients/N/client.csr &&
    openssl x509 -req -days 365 -sha256 -in clients/N/client.csr -CA ca/ca.pem -CAkey ca/ca-key.pem -set_serial N \\
      -out clients/N/cert.pem -extfile extfile-client.cnf' 2> /dev/null
`;

/** The least that starts an openssl for each key. */
const bare = `
  seq 1 ${MANY} | xargs -P "$(nproc)" -I N openssl req -x509 -newkey EC -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \\
    -subj /CN=client-N -CA ca/ca.pem -CAkey ca/ca-key.pem -keyout clients/N/key.pem -out clients/N/cert.pem 2> /dev/null
`;

/** The least that signs CSRs: one openssl for all of them. */
const infiles = `
  mkdir signed
  : > index.txt
  echo 01 > serial
  printf '%s\\n' '[ ca ]' 'default_ca = own' '[ own ]' 'database = index.txt' 'serial = serial' 'new_certs_dir = signed' \\
    'policy = any' 'default_md = sha256' 'unique_subject = no' '[ any ]' > ca.cnf
  printf 'extendedKeyUsage = clientAuth\\n' > extfile-client.cnf
  openssl ca -batch -notext -preserveDN -config ca.cnf -cert ca/ca.pem -keyfile ca/ca-key.pem -days 365 \\
    -extfile extfile-client.cnf -infiles "$1"/*.csr 2> /dev/null
`;

const shell = (text, ...args) => ['sh', '-euc', text, 'sh', ...args];

function withClients(cwd) {
  cpSync(ca, join(cwd, 'ca'), { recursive: true });
  for (let number = 1; number <= MANY; number++)
    mkdirSync(join(cwd, 'clients', String(number)), { recursive: true });
}

/** Runs commands in turn. Gives the medians of each: by the clock, and of the processors. */
function compete(times, ...commands) {
  const runs = commands.map(() => []);
  for (let round = 0; round < times; round++)
    commands.forEach(([command, prepare], at) => runs[at].push(measure(command, prepare)));
  return runs.map((own) => ({
    ms: median(own.map(({ ms }) => ms)),
    cpuMs: median(own.map(({ cpuMs }) => cpuMs)),
  }));
}

const rows = [];
function row(what, ours, beside, ratio, goal, reached) {
  const [own, other, share] = [ours, beside, ratio].map((value) =>
    value === undefined ? '' : +value.toFixed(2),
  );
  rows.push({ what, ours: own, beside: other, ratio: share, goal, reached: reached ? 'yes' : 'no' });
  console.log(JSON.stringify(rows.at(-1)));
}

/** How many times as fast, by the clock; and in processor time, which tells more on a machine that has other things to do. */
function against(what, ours, theirs, least) {
  const [byClock, ofProcessors] = [theirs.ms / ours.ms, theirs.cpuMs / ours.cpuMs];
  row(`${what}, ms`, ours.ms, theirs.ms, byClock, `at least ${least}`, byClock >= least);
  row(`the same, ms of the processors`, ours.cpuMs, theirs.cpuMs, ofProcessors, '', ofProcessors >= least);
}

function making() {
  const fleet = fleetOf(MANY);
  const [ours, theirs, least] = compete(
    rounds,
    [apply, fleet],
    [shell(tutorial), withClients],
    [shell(bare), withClients],
  );
  against(`fleet apply, ${MANY} clients / the tutorial under xargs`, ours, theirs, 4);
  against(`fleet apply, ${MANY} clients / one bare openssl each`, ours, least, 0.8);
}

function signing() {
  const requests = makeRequests(MANY);
  const copyCa = (cwd) => cpSync(ca, cwd, { recursive: true });
  const flags = ['--names-from-csr', '--role', 'client', '--yes', '--quiet', '--dir', '.'];
  const [ours, theirs] = compete(
    rounds,
    [cli('sign', requests, ...flags), copyCa],
    [shell(infiles, requests), (cwd) => copyCa(join(cwd, 'ca'))],
  );
  against(`sign, ${MANY} CSRs / one openssl ca`, ours, theirs, 0.6);
}

function growing() {
  const [some, most] = [SOME, MOST].map((count) => {
    const times = count === SOME ? Math.max(rounds, 3) : 1;
    const runs = Array.from({ length: times }, () => measure(apply, fleetOf(count)));
    const of = (name) => median(runs.map((run) => run[name])) / count;
    const memory = median(Array.from({ length: times }, () => peak(apply, fleetOf(count))));
    return { ms: of('ms'), cpuMs: of('cpuMs'), memory };
  });
  const ratio = (name) => most[name] / some[name];
  const compared = (what, name, limit) =>
    row(what, most[name], some[name], ratio(name), `at most ${limit}`, ratio(name) <= limit);
  compared(`ms for each of ${MOST} and of ${SOME}`, 'ms', 1.1);
  compared('the same, of the processors', 'cpuMs', 1.1);
  compared(`peak of ${MOST} and of ${SOME}, MiB`, 'memory', 1.5);
}

/** With nothing to do: in the directory of a run that has made them all. */
function idle() {
  const cwd = join(home, 'done');
  mkdirSync(cwd);
  fleetOf(MOST)(cwd);
  const again = cli('fleet', 'apply', '--file', join(cwd, 'docker-tls.json'), '--quiet');
  time(again);
  const [{ ms }] = compete(Math.max(rounds, 3), [again]);
  row(`fleet apply, nothing to do for ${MOST}, ms`, ms, undefined, undefined, 'at most 3000', ms <= 3000);
}

/** All cores make keys: of the whole run, its start and its end included. */
function onAllCores() {
  const [{ ms, cpuMs }] = compete(1, [apply, fleetOf(LARGE, 'rsa:4096')]);
  const share = cpuMs / ms / availableParallelism();
  row(
    `${LARGE} RSA-4096: ms, processors over cores`,
    ms,
    cpuMs / availableParallelism(),
    share,
    'at least 0.95',
    share >= 0.95,
  );
}

async function looking() {
  if (!existsSync(new URL('fleet-status.js', import.meta.url))) return;
  const { statusOnDisk, statusOfLive } = await import('./fleet-status.js');
  for (const { what, ms, goal, reached } of [statusOnDisk(rounds), await statusOfLive(rounds)])
    row(`${what}, ms`, ms, undefined, undefined, `at most ${goal}`, reached);
}

try {
  time(cli('ca', '--key', 'ec:p256', '--no-passphrase', '--quiet', '--dir', ca));
  // `node bench/fleet.js ROUNDS making idle` runs these parts alone.
  const all = { making, signing, onAllCores, idle, looking, growing };
  const parts = process.argv.slice(3);
  for (const [name, part] of Object.entries(all))
    if (parts.length === 0 || parts.includes(name)) await part();
  console.table(rows);
} finally {
  rmSync(home, { recursive: true, force: true });
}
