// npm run bench:authority: how long a CA takes to sign many CSRs, beside the tutorial's own command in a shell, one for each CSR
// and as many at once as there are cores; how much memory that takes; and how long its index takes to list.
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, home, measure, median, peak, time } from './race.js';
import { makeRequests } from './requests.js';

const rounds = Number(process.argv[2] ?? 5);
const [SOME, MANY, MOST, ENTRIES] = [100, 1000, 10_000, 100_000];

/** An index of clients as it is after years: some were revoked, some have expired. */
function makeIndex(directory, count) {
  mkdirSync(join(directory, 'authority'), { mode: 0o700 });
  const day = (number) => new Date(Date.UTC(2026, 0, 1) + number * 86_400_000).toISOString();
  const short = (date) => `${date.replace(/\D/g, '').slice(2, 14)}Z`;
  const [lines, records] = [[], []];
  const digest = (text) => createHash('sha256').update(String(text)).digest('hex');
  for (let number = 0; number < count; number++) {
    const serial = `40${randomBytes(15).toString('hex').toUpperCase()}`;
    const [notBefore, notAfter] = [day(number % 700), day((number % 700) + 365)];
    const revoked = number % 50 === 0 ? `${short(day(number % 700))},superseded` : '';
    lines.push(
      [revoked ? 'R' : 'V', short(notAfter), revoked, serial, 'unknown', `/CN=client-${number}`].join('\t'),
    );
    records.push(
      JSON.stringify({
        ...{ serial, fingerprint256: digest(number), role: 'client', commonName: `client-${number}` },
        ...{ names: [], notBefore, notAfter, path: `clients/client-${number}/cert.pem` },
        ...{ key: digest(-number), issuer: digest('ca'), issuerKey: digest('key').slice(0, 40) },
      }),
    );
  }
  const write = (file, content) =>
    writeFileSync(join(directory, 'authority', file), content, { mode: 0o600 });
  write('index.txt', lines.map((line) => `${line}\n`).join(''));
  write('index.txt.attr', 'unique_subject = no\n');
  write('issued.jsonl', records.map((record) => `${record}\n`).join(''));
}

/** The tutorial's lines for a client, but for the file of serials, which is not made for two at once. */
const tutorial = `
  printf 'extendedKeyUsage = clientAuth\\n' > extfile-client.cnf
  seq 0 ${MANY - 1} | xargs -P "$(nproc)" -I N openssl x509 -req -days 365 -sha256 -in "$1/client-N.csr" \\
    -CA ca.pem -CAkey ca-key.pem -out clients/client-N/cert.pem -extfile extfile-client.cnf
`;

/** Runs commands in turn. Gives the medians of each: by the clock, and of the processors. */
function compete(...commands) {
  const runs = commands.map(() => []);
  for (let round = 0; round < rounds; round++)
    commands.forEach(([command, prepare], at) => runs[at].push(measure(command, prepare)));
  return runs.map((own) => ({
    ms: median(own.map(({ ms }) => ms)),
    cpuMs: median(own.map(({ cpuMs }) => cpuMs)),
    all: own.map(({ ms }) => Math.round(ms)).join(' '),
  }));
}

const rows = [];
function row(what, ours, beside, ratio, goal, reached) {
  const shown = [ours, beside, ratio].map((value) => (value === undefined ? '' : +value.toFixed(2)));
  const [own, other, share] = shown;
  rows.push({ what, ours: own, beside: other, ratio: share, goal, reached: reached ? 'yes' : 'no' });
}

try {
  const [ca, old] = [join(home, 'ca'), join(home, 'old')];
  time(cli('ca', '--key', 'ec:p256', '--no-passphrase', '--quiet', '--dir', ca));
  const [some, many, most] = [SOME, MANY, MOST].map(makeRequests);
  cpSync(ca, old, { recursive: true });
  makeIndex(old, ENTRIES);
  const copyCa = (cwd) => cpSync(ca, cwd, { recursive: true });
  const sign = (folder) =>
    cli('sign', folder, '--names-from-csr', '--role', 'client', '--yes', '--quiet', '--dir', '.');
  const withClients = (cwd) => {
    copyCa(cwd);
    for (let number = 0; number < MANY; number++)
      mkdirSync(join(cwd, 'clients', `client-${number}`), { recursive: true });
  };

  const [ours, theirs] = compete([sign(many), copyCa], [['sh', '-euc', tutorial, 'sh', many], withClients]);
  const [byClock, ofProcessors] = [theirs.ms / ours.ms, theirs.cpuMs / ours.cpuMs];
  row(`sign ${MANY} / xargs, ms`, ours.ms, theirs.ms, byClock, 'at least 5', byClock >= 5);
  row(
    'the same, ms of the processors',
    ours.cpuMs,
    theirs.cpuMs,
    ofProcessors,
    'at least 5',
    ofProcessors >= 5,
  );
  console.log(`each round, ms: sign ${ours.all}; xargs ${theirs.all}`);

  const lists = [[], ['--json'], ['--client', 'client-4711']];
  const listed = compete(...lists.map((flags) => [cli('issued', ...flags, '--dir', old)]));
  for (const [at, { ms }] of listed.entries())
    row(
      ['issued', ...lists[at], `of ${ENTRIES}, ms`].join(' '),
      ms,
      undefined,
      undefined,
      'at most 1000',
      ms <= 1000,
    );

  const [least, greatest] = [some, most].map((folder) =>
    median(Array.from({ length: Math.min(rounds, 3) }, () => peak(sign(folder), copyCa))),
  );
  const share = greatest / least;
  row(`peak of ${MOST} and of ${SOME}, MiB`, greatest, least, share, 'at most 1.5', share <= 1.5);
  console.table(rows);
} finally {
  rmSync(home, { recursive: true, force: true });
}
