import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { all, ca } from '../../lib/index.js';
import { notAfter, notBefore } from '../../lib/internal.js';
import { lockName } from '../../lib/store/lock.js';
import { ownerTag } from '../../lib/store/owner.js';
import { certificateFields } from '../support/certificate-fields.js';
import { errorOf } from '../support/failure.js';
import { atClock, atClockOf, faketimeOffset, forgetLibrary, opensslAt } from '../support/faketime.js';
import { opensslOutput } from '../support/openssl.js';
import { processesIn } from '../support/processes.js';
import { cleanEnvironment, main, type Outcome } from '../support/program.js';
import { request } from '../support/request.js';
import { rows, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { until } from '../support/until.js';
import { only } from '../support/only.js';

const tally = usePromise('a clock that is wrong makes nothing void, and is told of');
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();

const PATIENCE_MS = 60_000;
const PER_TEST_MS = times(180_000, 1_200_000);
/** How many programs run side by side. */
const AT_ONCE = 3;
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const YEAR = 365 * DAY;
/** Before this moment the program was not written: a clock that says so is certainly wrong. */
const WRITTEN = Date.UTC(2026, 0, 1);

// --- clocks

/** A clock, in words that go on `a clock that is`, by how many milliseconds it is ahead. */
interface Clock {
  readonly that: string;
  readonly ahead: number;
}
const lengths = [
  ['an hour', HOUR],
  ['a day', DAY],
  ['a year', 366 * DAY],
  ['fifty years', 50 * YEAR],
] as const;
const clocks: readonly Clock[] = lengths.flatMap(([length, by]) => [
  { that: `${length} ahead`, ahead: by },
  { that: `${length} behind`, ahead: -by },
]);

/** How far a clock is ahead that says that: whole seconds, as faketime takes them. */
const till = (date: string): number => Math.round((Date.parse(date) - Date.now()) / SECOND) * SECOND;

interface RunOptions {
  /** How far its clock is ahead, in milliseconds. */
  readonly ahead?: number;
  /** Lines of shell before openssl is run: `$1` is its command, and `$ahead` its clock's offset, which they can change. */
  readonly script?: string;
  /** What comes before the program: another program that starts it. */
  readonly through?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

let scripts = 0;

/** Runs the program by a clock that is off; one that hangs is ended. */
async function runs(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const bin = join(temporary(), `bin-${++scripts}`);
  await mkdir(bin);
  const { ahead = 0, through = [] } = options;
  const [file, ...rest] = [...through, process.execPath, '--import', forgetLibrary, main, ...args];
  const child = spawn(file!, rest, {
    cwd,
    env: cleanEnvironment({
      OPENSSL_BIN: await opensslAt(bin, ahead, options.script),
      ...(ahead === 0 ? {} : atClock(faketimeOffset(ahead))),
      TZ: 'UTC',
      ...options.env,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code === null) throw new Error(`it hangs: ${args.join(' ')}\n${stderr}`);
  return { code: code as number, stdout, stderr };
}

function succeeds({ code, stderr }: Outcome): void {
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}`);
}

test('a clock can be set wrong here, for the program and for openssl', async () => {
  const place = await scene();
  const outcome = await runs(place, [...make, '--json'], { ahead: 50 * YEAR });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  const year = new Date(Date.now() + 50 * YEAR).getUTCFullYear();
  const { certificates } = JSON.parse(outcome.stdout) as {
    certificates: Record<string, { notBefore: string }>;
  };
  for (const { notBefore: from } of Object.values(certificates))
    expect(new Date(from).getUTCFullYear()).toBe(year);
});

// --- sets

const ecKey = ['--key', 'ec:p256'];
const make = ['all', '--host', 'docker.example', ...ecKey, '--no-passphrase'];
const files = {
  ca: 'ca.pem',
  server: 'server-cert.pem',
  client: 'cert.pem',
} as const;

interface Command {
  readonly args: readonly string[];
  /** The certificates that stay and have to be valid. */
  readonly keeps: readonly string[];
  /** The one that it makes, or makes anew. */
  readonly makes?: string;
}
const commands = {
  all: { args: ['all'], keeps: ['server-cert.pem', 'cert.pem'] },
  client: { args: ['client', '--name', 'alice', ...ecKey], keeps: [], makes: 'clients/alice/cert.pem' },
  server: {
    args: ['server', '--name', 'web', '--host', 'web.example', ...ecKey],
    keeps: [],
    makes: 'servers/web/server-cert.pem',
  },
  force: {
    args: ['all', '--force', 'server', '--host', 'docker.example', ...ecKey],
    keeps: ['cert.pem'],
    makes: 'server-cert.pem',
  },
  docs: { args: ['all', '--recipe', 'docs'], keeps: ['server-cert.pem', 'cert.pem'] },
} as const satisfies Record<string, Command>;
type CommandName = keyof typeof commands;
const every = Object.keys(commands) as CommandName[];

let places = 0;
/** A place of its own, with a copy of that set. */
async function scene(set?: string): Promise<string> {
  const root = join(temporary(), `place-${++places}`);
  await mkdir(root);
  if (set !== undefined)
    await cp(set, join(root, 'docker-tls'), { recursive: true, preserveTimestamps: true });
  return root;
}

const read = async (path: string): Promise<X509Certificate> => new X509Certificate(await readFile(path));

/** One that was made just now, and one that was made a month ago. */
const young = (): string => join(shared(), 'young', 'docker-tls');
const old = (): string => join(shared(), 'old', 'docker-tls');
beforeAll(async () => {
  await all(request(join(shared(), 'young')));
  await mkdir(join(shared(), 'old'));
  await runs(join(shared(), 'old'), make, { ahead: -30 * DAY });
}, PATIENCE_MS);

/** What is made by a clock is valid by that clock, for as long as was asked, and not longer than its CA. */
async function isMade(
  directory: string,
  path: string,
  [earliest, latest]: readonly [number, number],
  days: number,
): Promise<void> {
  const authority = await read(join(directory, files.ca));
  const pem = await readFile(join(directory, path), 'utf8');
  const certificate = new X509Certificate(pem);
  const own = path === files.ca;
  const asked = notBefore(certificate).getTime() + days * DAY;
  const shortened = asked > notAfter(authority).getTime();
  expect({
    path,
    bornBefore: notBefore(certificate).getTime() < Math.floor(earliest / SECOND) * SECOND,
    bornLater: notBefore(certificate).getTime() > latest,
    bornBeforeItsCa: notBefore(certificate) < notBefore(authority),
    outlivesItsCa: notAfter(certificate) > notAfter(authority),
    days: certificateFields(pem).days,
    signed: certificate.verify(authority.publicKey),
  }).toEqual({
    path,
    bornBefore: false,
    bornLater: false,
    bornBeforeItsCa: false,
    outlivesItsCa: false,
    days: own || !shortened ? days : Math.floor(certificateFields(pem).days),
    signed: true,
  });
  if (own) return;
  // At the very end openssl takes it for expired.
  for (const moment of [notBefore(certificate).getTime(), notAfter(certificate).getTime() - SECOND])
    await opensslOutput([
      ...['verify', '-attime', String(moment / SECOND), '-CAfile', join(directory, files.ca)],
      ...[join(directory, path)],
    ]);
}

// --- what is told

interface Told {
  readonly message: string;
  readonly hint: string;
}

/** One error and one hint, in the form that was asked for. */
function toldBy({ code, stdout, stderr }: Outcome, json: boolean, exit = 1): Told {
  expect({ code, stderr, stdout: json ? '' : stdout }).toMatchObject({ code: exit, stdout: '' });
  if (json) {
    expect(stderr).toBe('');
    const { error } = JSON.parse(stdout) as { error: { message: string; hint: string | null } };
    return { message: error.message, hint: error.hint ?? '' };
  }
  const [message, hint] = ['error: ', 'hint: '].map((word) => {
    const lines = stderr.split('\n').filter((line) => line.startsWith(word));
    if (lines.length !== 1) throw new Error(`${lines.length} lines with ${word}in: ${stderr}`);
    return lines[0]!.slice(word.length);
  });
  return { message: message!, hint: hint! };
}

/** The day that a clock says, as a message has it. */
const day = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

/** The clock is what is likely at fault: it says so, and what the clock says. */
function namesClock({ hint }: Told, ahead: number): void {
  expect(hint).toMatch(/clock/);
  // The run may have begun before midnight.
  expect([day(Date.now() + ahead), day(Date.now() + ahead - HOUR)]).toContainEqual(
    /\d{4}-\d\d-\d\d(?= \d\d:\d\d)/.exec(hint)?.[0],
  );
}

async function sideBySide(works: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = works.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const work of waiting) await work();
    }),
  );
  expect(await processesIn(temporary())).toEqual([]);
}

/** One of several, another one each time. */
let turn = 0;
const next = <Value>(values: readonly Value[]): Value => values[turn++ % values.length]!;

// --- a set is used

/** What a clock makes of a set that is there, and what has to be told of it. */
async function uses(set: string, name: CommandName, json: boolean, ahead: number): Promise<void> {
  const root = await scene(set);
  const directory = join(root, 'docker-tls');
  const command: Command = commands[name];
  // A CA that stays is checked, too.
  const signs = [files.ca];
  const needed = await Promise.all(
    [...command.keeps, ...signs].map(async (path) => ({
      path,
      certificate: await read(join(directory, path)),
    })),
  );
  const before = await tree(root);
  const earliest = Date.now() + ahead;
  const outcome = await runs(root, [...command.args, ...(json ? ['--json'] : [])], { ahead });
  const latest = Date.now() + ahead;
  const unborn = needed.filter(({ certificate }) => notBefore(certificate).getTime() > latest);
  const ended = needed.filter(({ certificate }) => notAfter(certificate).getTime() <= earliest);
  if (unborn.length + ended.length > 0) {
    const told = toldBy(outcome, json);
    const words = unborn.length > 0 ? 'is not valid before' : 'expired on';
    const dates = [...unborn, ...ended].map(
      ({ path, certificate }) =>
        [
          join(directory, path),
          day((unborn.length > 0 ? notBefore : notAfter)(certificate).getTime()),
        ] as const,
    );
    const [, date] = dates.find(([path]) => told.message.includes(path)) ?? [];
    expect(told.message).toContain(`it ${words} ${date}`);
    namesClock(told, ahead);
    expect(await tree(root)).toEqual(before);
  } else {
    succeeds(outcome);
    if (command.makes !== undefined) await isMade(directory, command.makes, [earliest, latest], 365);
  }
  await rm(root, { recursive: true });
}

test(
  'a set that was made by the right clock is used by another one',
  async () => {
    const tries = whole
      ? clocks.flatMap((clock) =>
          every.flatMap((name) => [false, true].map((json) => ({ clock, name, json }))),
        )
      : rows(clocks, 2, 1).map((clock) => ({ clock, name: next(every), json: next([false, true, false]) }));
    await sideBySide(
      tries.map(
        ({ clock, name, json }) =>
          () =>
            tally.attempt(`${name}${json ? ', as JSON' : ''}, by a clock that is ${clock.that}`, () =>
              uses(young(), name, json, clock.ahead),
            ),
      ),
    );
    tally.none();
  },
  PER_TEST_MS,
);

test(
  'a set that was made by another clock is used by the right one',
  async () => {
    const tries = whole ? clocks : clocks.filter(({ ahead }) => [HOUR, -DAY].includes(ahead));
    await sideBySide(
      tries.map(
        ({ that, ahead }) =>
          () =>
            tally.attempt(`made by a clock that is ${that}`, async () => {
              const root = await scene();
              const earliest = Date.now() + ahead;
              const outcome = await runs(root, make, { ahead });
              if (earliest < WRITTEN) {
                isCertain(toldBy(outcome, false), earliest);
                return;
              }
              succeeds(outcome);
              const set = join(root, 'docker-tls');
              const span = [earliest, Date.now() + ahead] as const;
              for (const [file, days] of [
                [files.ca, 3650],
                [files.server, 365],
                [files.client, 365],
              ] as const)
                await isMade(set, file, span, days);
              for (const name of whole ? every : [next(every)]) await uses(set, name, false, 0);
            }),
      ),
    );
    tally.none();
  },
  PER_TEST_MS,
);

test('a clock that is seconds behind is told in seconds', async () => {
  await tally.attempt('ten seconds behind', async () => {
    const root = await scene(young());
    const from = notBefore(await read(join(root, 'docker-tls', files.ca)));
    // It stands still, so that it does not matter how long the program takes.
    const frozen = new Date(from.getTime() - 10 * SECOND).toISOString().slice(0, 19).replace('T', ' ');
    const outcome = await runs(root, ['all'], { env: atClock(frozen) });
    const { message, hint } = toldBy(outcome, false);
    const [said] = /\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?/.exec(hint) ?? [];
    expect(message).toContain('is not valid before');
    expect(said).toBeDefined();
    expect(message).not.toContain(said);
  });
  tally.none();
});

// --- a clock that is certainly wrong

function isCertain({ message, hint }: Told, moment: number): void {
  expect(message).toMatch(
    /clock (?:of this machine )?says \d{4}-.* before this program was (?:made|written)$/,
  );
  // The clock is set to a whole second: it may be the one before.
  expect([day(moment - SECOND), day(moment + HOUR)]).toContainEqual(/\d{4}-\d\d-\d\d/.exec(message)?.[0]);
  expect(hint).toMatch(/set the clock/);
}

test(
  'a clock from before the program was written makes nothing',
  async () => {
    const moments = ['1970-01-02T00:00:00Z', '1976-12-04T12:00:00Z', '2025-12-31T22:00:00Z'];
    const lines = [
      make,
      ['ca', ...ecKey, '--no-passphrase'],
      ['all', '--recipe', 'openssl-cnf', '--host', 'docker.example'],
    ];
    const tries = whole
      ? moments.flatMap((moment) =>
          lines.flatMap((args) => [false, true].map((json) => ({ moment, args, json }))),
        )
      : moments.map((moment, at) => ({ moment, args: lines[at]!, json: at === 1 }));
    await sideBySide(
      tries.map(
        ({ moment, args, json }) =>
          () =>
            tally.attempt(`${args.join(' ')}${json ? ', as JSON' : ''}, at ${moment}`, async () => {
              const root = await scene();
              const outcome = await runs(root, [...args, ...(json ? ['--json'] : [])], {
                ahead: till(moment),
              });
              isCertain(toldBy(outcome, json), Date.parse(moment));
              expect(await readdir(root)).toEqual([]);
            }),
      ),
    );
    tally.none();
  },
  PER_TEST_MS,
);

test('a clock from before the program was written signs nothing with a CA that is older', async () => {
  await tally.attempt('a CA of 2020, in 2021', async () => {
    const root = await scene();
    const ahead = till('2020-06-01T12:00:00Z');
    const key = ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'docker-tls/ca-key.pem'];
    const certificate = ['--subj', '/CN=by hand', '--days', '3650', '--out', 'docker-tls/ca.pem'];
    await mkdir(join(root, 'docker-tls'), { mode: 0o700 });
    await writeFile(
      join(root, 'ca.cnf'),
      '[req]\ndistinguished_name=d\nx509_extensions=v3\nprompt=no\n[d]\nCN=by hand\n[v3]\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n',
    );
    succeeds(await runs(root, key));
    const self = ['step', 'req-x509', '--key', 'docker-tls/ca-key.pem', '--config', 'ca.cnf', ...certificate];
    succeeds(await runs(root, self, { ahead }));
    const before = await tree(root);
    const moment = '2021-06-01T12:00:00Z';
    const outcome = await runs(root, commands.client.args, { ahead: till(moment) });
    isCertain(toldBy(outcome, false), Date.parse(moment));
    expect(await tree(root)).toEqual(before);
    // By the right clock it does.
    succeeds(await runs(root, commands.client.args));
  });
  tally.none();
});

// --- dates

/** When it is made, its days, those of its CA; the days on which they end. */
type Dates = readonly [moment: string, days: number, caDays: number, end: string, caEnd: string];
const dates: readonly Dates[] = [
  // Where 32 bits of seconds end, and where the form of dates changes (RFC 5280 section 4.1.2.5).
  ['2038-01-18T12:00:00Z', 1, 2, '2038-01-19', '2038-01-20'],
  ['2049-12-31T12:00:00Z', 1, 2, '2050-01-01', '2050-01-02'],
  // A leap day.
  ['2028-02-29T12:00:00Z', 365, 366, '2029-02-28', '2029-03-01'],
  ['2037-01-19T12:00:00Z', 365, 366, '2038-01-19', '2038-01-20'],
  ['2038-01-19T03:13:00Z', 365, 3650, '2039-01-19', '2048-01-17'],
  ['2048-12-31T12:00:00Z', 365, 366, '2049-12-31', '2050-01-01'],
  ['2050-01-01T00:01:00Z', 365, 3650, '2051-01-01', '2059-12-30'],
  ['2027-02-28T12:00:00Z', 1, 366, '2027-03-01', '2028-02-29'],
  ['2028-02-28T12:00:00Z', 1, 2, '2028-02-29', '2028-03-01'],
  ['2028-02-29T12:00:00Z', 366, 1461, '2029-03-01', '2032-02-29'],
  ['2099-12-31T12:00:00Z', 59, 60, '2100-02-28', '2100-03-01'],
  ['2076-11-22T12:00:00Z', 365, 3650, '2077-11-22', '2086-11-20'],
  ['2106-02-07T06:27:00Z', 365, 36_500, '2107-02-07', '2206-01-14'],
  ['2026-01-01T00:01:00Z', 365, 3650, '2027-01-01', '2035-12-30'],
];

async function endsOn(directory: string, path: string, end: string): Promise<void> {
  const pem = await readFile(join(directory, path), 'utf8');
  const certificate = new X509Certificate(pem);
  const printed = await opensslOutput(['x509', '-in', join(directory, path), '-noout', '-dates']);
  const byOpenssl = /notAfter=(.*)/.exec(printed)![1]!;
  expect([path, day(notAfter(certificate).getTime()), day(Date.parse(byOpenssl))]).toEqual([path, end, end]);
  // UTCTime (tag 0x17) has two digits of the year, and is for those up to 2049.
  const forms = [notBefore(certificate), notAfter(certificate)].map((date) =>
    date.getUTCFullYear() < 2050 ? '170d' : '180f',
  );
  expect(certificate.raw.toString('hex')).toMatch(new RegExp(`30..${forms[0]}(?:3.)+5a${forms[1]}(?:3.)+5a`));
}

test(
  'what is made by a clock has the days that were asked for',
  async () => {
    const tries = whole ? dates : dates.slice(0, 2);
    await sideBySide(
      tries.map(
        ([moment, days, caDays, end, caEnd]) =>
          () =>
            tally.attempt(`at ${moment}, for ${days} and ${caDays} days`, async () => {
              const root = await scene();
              const ahead = till(moment);
              const span = [`${days}`, '--ca-days', `${caDays}`];
              const outcome = await runs(root, [...make, '--days', ...span], { ahead });
              succeeds(outcome);
              const set = join(root, 'docker-tls');
              const made = [Date.parse(moment) - SECOND, Date.now() + ahead] as const;
              await isMade(set, files.ca, made, caDays);
              await endsOn(set, files.ca, caEnd);
              for (const file of [files.server, files.client]) {
                await isMade(set, file, made, days);
                await endsOn(set, file, end);
              }
            }),
      ),
    );
    tally.none();
  },
  PER_TEST_MS,
);

test('what is made today has the days that were asked for', async () => {
  const caDays = [
    2,
    366,
    3650,
    4200,
    8500,
    8700,
    36_500,
    ...(whole ? [365, 1461, 4000, 8401, 20_000, 36_499] : []),
  ];
  for (const days of caDays) {
    await tally.attempt(`for ${days} days`, async () => {
      const directory = join(await scene(), 'docker-tls');
      const earliest = Date.now();
      await ca(only('ca', request('', { directory, caDays: days })));
      await isMade(directory, files.ca, [earliest, Date.now()], days);
      const from = notBefore(await read(join(directory, files.ca))).getTime();
      await endsOn(directory, files.ca, day(from + days * DAY));
    });
  }
  tally.none();
});

// --- a clock that jumps

describe('a clock that jumps while a set is made', () => {
  /** When the CA is there, and its leaves are not; `file` sets the clock of the program itself, which jumps, too. */
  const jump = (to: number, file: string): string =>
    [
      // What signs a leaf needs the CA; a request may be made before it.
      `case $1 in x509 | verify)`,
      `ahead=${faketimeOffset(to)}; echo "$ahead" > '${file}'.$$; mv '${file}'.$$ '${file}';; esac`,
    ].join('\n');

  test(
    'makes what is valid by it, or nothing, and is told of',
    async () => {
      const jumps = [...clocks, { that: 'twenty years ahead', ahead: 20 * YEAR }];
      const tries = whole ? jumps : jumps.filter(({ ahead }) => [HOUR, 20 * YEAR].includes(ahead));
      await sideBySide(
        tries.map(
          ({ that, ahead }) =>
            () =>
              tally.attempt(`a clock that suddenly is ${that}`, async () => {
                const root = await scene();
                const earliest = Date.now();
                const file = join(temporary(), `clock-${++scripts}`);
                await writeFile(file, '+0');
                const outcome = await runs(root, make, { script: jump(ahead, file), env: atClockOf(file) });
                if (ahead > 0 && ahead < 10 * YEAR) {
                  succeeds(outcome);
                  const set = join(root, 'docker-tls');
                  for (const file of [files.server, files.client])
                    await isMade(set, file, [earliest + ahead, Date.now() + ahead], 365);
                } else {
                  expect(toldBy(outcome, false).hint).toMatch(/clock/);
                  expect(await readdir(root)).toEqual([]);
                }
              }),
        ),
      );
      tally.none();
    },
    PER_TEST_MS,
  );
});

// --- runs side by side whose clocks differ

/** Stands still before it signs, until it may go on. */
const gated = (gate: string): string =>
  `if [ "$1" = x509 ]; then touch '${gate}.reached'; n=0; while [ ! -e '${gate}' ] && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done; fi`;

interface Gated {
  readonly outcome: Promise<Outcome>;
  open(): Promise<Outcome>;
}

/** A run that is at work until it is let on. */
async function startGated(root: string, args: readonly string[], options: RunOptions = {}): Promise<Gated> {
  const gate = join(temporary(), `gate-${++scripts}`);
  const outcome = runs(root, args, { ...options, script: gated(gate) });
  await until(() => Promise.resolve(existsSync(`${gate}.reached`)));
  return {
    outcome,
    open: async () => {
      await writeFile(gate, '');
      return outcome;
    },
  };
}

/** Waits until a lock was renewed by a clock that says about that. */
async function renewed(path: string, moment: number): Promise<void> {
  await until(async () => Math.abs((await stat(path)).mtimeMs - moment) < HOUR / 2);
}

/** Processes have numbers of their own there: nobody can ask for them from outside. */
const elsewhere = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** All of a set, and of what was added to it, belongs together, and nothing else is there. */
async function isWhole(root: string): Promise<void> {
  const directory = join(root, 'docker-tls');
  const names = await readdir(directory, { recursive: true });
  expect(names.filter((name) => /(?:^|\/)\./.test(name))).toEqual([]);
  expect((await readdir(root)).filter((name) => name.startsWith('.'))).toEqual([]);
  const authority = await read(join(directory, files.ca));
  const certificates = names.filter((name) => name.endsWith('cert.pem'));
  expect(certificates.length).toBeGreaterThanOrEqual(2);
  for (const path of certificates) {
    const certificate = await read(join(directory, path));
    const key = await readFile(join(directory, path.replace(/cert\.pem$/, 'key.pem')), 'utf8');
    expect([
      path,
      certificate.verify(authority.publicKey),
      certificate.checkPrivateKey(createPrivateKey(key)),
    ]).toEqual([path, true, true]);
  }
}

describe('a run that is at work', () => {
  const first = commands.client.args;
  const others = {
    'that makes another client': ['client', '--name', 'bob', ...ecKey],
    'that makes the server anew': ['all', '--force', 'server', '--host', 'docker.example', ...ecKey],
    'that has nothing to do': ['all'],
  } as const;

  test(
    'is waited for, or told of, by a run whose clock differs',
    async () => {
      const kinds = Object.entries(others).flatMap(([that, args]) =>
        [HOUR, -HOUR, DAY, -DAY].flatMap((ahead) =>
          [false, true].map((isElsewhere) => ({ that, args, ahead, isElsewhere })),
        ),
      );
      const few = kinds.filter(
        ({ that, ahead, isElsewhere }) =>
          Math.abs(ahead) === HOUR && (isElsewhere ? ahead > 0 : ahead < 0) && that.includes('another'),
      );
      await sideBySide(
        (whole ? kinds : few).map(({ that, args, ahead, isElsewhere }) => async () => {
          const where = isElsewhere ? 'elsewhere' : 'here';
          await tally.attempt(`${where}, beside one ${that}, ahead by ${ahead / HOUR} hours`, async () => {
            const root = await scene(old());
            const gate = await startGated(root, first, isElsewhere ? { through: elsewhere } : {});
            const second = runs(root, args, { ahead });
            await Promise.race([second, sleep(1500)]);
            const [one, other] = await Promise.all([gate.open(), second]);
            succeeds(other);
            if (one.code !== 0) {
              // The lock was taken over: it may give up, but not as if somebody had stopped it.
              const { message, hint } = toldBy(one, false);
              expect(`${message}\n${hint}`).toMatch(/another run|lock/);
              expect(hint).toMatch(/again/);
            }
            expect(existsSync(join(root, 'docker-tls/clients/alice/cert.pem'))).toBe(one.code === 0);
            await isWhole(root);
          });
        }),
      );
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'holds its lock although the clock jumps',
    async () => {
      await sideBySide(
        (whole ? clocks : clocks.filter(({ ahead }) => ahead === -HOUR)).map(
          ({ that, ahead }) =>
            async () => {
              await tally.attempt(`a clock that suddenly is ${that}`, async () => {
                const root = await scene(old());
                const clock = join(temporary(), `clock-${++scripts}`);
                await writeFile(clock, '+0');
                const gate = await startGated(root, first, { env: atClockOf(clock) });
                await writeFile(clock, faketimeOffset(ahead));
                await renewed(join(root, 'docker-tls', lockName), Date.now() + ahead);
                // One that comes now has the new clock, too.
                const second = runs(root, [...first.slice(0, 2), 'bob', ...ecKey], { ahead });
                if (ahead < -20 * DAY || ahead > 9 * YEAR) {
                  // By that clock the CA is not valid.
                  namesClock(toldBy(await second, false), ahead);
                  succeeds(await gate.open());
                } else {
                  expect(await Promise.race([second, sleep(1500)])).toBeUndefined();
                  for (const outcome of await Promise.all([gate.open(), second])) succeeds(outcome);
                }
                await isWhole(root);
              });
            },
        ),
      );
      tally.none();
    },
    PER_TEST_MS,
  );

  test.each([
    ['here', []],
    ['elsewhere', elsewhere],
  ])(
    'keeps its workspace, whatever the clock of another: %s',
    async (where, through) => {
      await tally.attempt(`the workspace of a run ${where}`, async () => {
        const root = await scene(old());
        const before = await readdir(root);
        const gate = await startGated(root, [...make, '--dir', 'new'], { through });
        const workspaces = async (): Promise<string[]> =>
          (await readdir(root)).filter((name) => !before.includes(name));
        const [workspace, ...rest] = await workspaces();
        expect([workspace, rest]).toEqual([expect.stringMatching(/^\.docker-tls-openssl/), []]);
        // After a day, by the clock, whose process nobody can ask for counts as gone.
        const days = where === 'here' ? [2 * DAY, 50 * YEAR] : [];
        const all = [HOUR, -HOUR, -2 * DAY, -50 * YEAR, ...days];
        for (const ahead of whole ? all : all.filter((ahead) => ahead !== HOUR && ahead !== -2 * DAY)) {
          const { stderr } = await runs(root, ['all'], { ahead });
          expect({ ahead, stderr, left: await workspaces() }).toMatchObject({ ahead, left: [workspace] });
        }
        succeeds(await gate.open());
        expect(await workspaces()).toEqual(['new']);
      });
      tally.none();
    },
    PER_TEST_MS,
  );
});

// --- what killed runs have left

describe('what a killed run has left', () => {
  /** The moment that a file has, seen from now: a clock that jumped, or another one's. */
  const ages = [
    0,
    HOUR,
    -HOUR,
    23 * HOUR,
    -23 * HOUR,
    2 * DAY,
    -2 * DAY,
    366 * DAY,
    -366 * DAY,
    50 * YEAR,
    -50 * YEAR,
  ];

  const leave = async (path: string, age: number): Promise<void> => {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(join(path, 'key.pem'), 'a key');
    const moment = new Date(Date.now() - age);
    await utimes(path, moment, moment);
  };

  test(
    'is removed, of whatever age; and what is at work stays',
    async () => {
      const own = await ownerTag();
      const owners = {
        running: own,
        gone: own.replace(/-\d+$/, '-1'), // the number of a process that is another one now
        elsewhere: own.replace(/^\w+/, '000000'),
      };
      const set = await scene(young());
      let places = 0;
      for (const [who, tag] of Object.entries(owners)) {
        for (const prefix of ['.docker-tls-openssl-', '.docker-tls-openssl_']) {
          for (const inside of [false, true]) {
            for (const age of rows(ages, 3, places++)) {
              const what = `${who}, ${prefix}, ${inside ? 'in' : 'beside'} the directory, of ${age / HOUR} hours`;
              await tally.attempt(what, async () => {
                const path = join(set, inside ? 'docker-tls' : '', `${prefix}${tag}-abcdef`);
                await leave(path, age);
                await all(request(set));
                // Who has the lock knows that who had it before is gone.
                const held = inside && prefix.endsWith('-');
                const removed = who === 'gone' || (who === 'elsewhere' && (held || age > DAY));
                expect(existsSync(path)).toBe(!removed);
                await rm(path, { recursive: true, force: true });
              });
            }
          }
        }
      }
      expect(tally.tried()).toBeGreaterThanOrEqual(3 * 2 * 2 * (whole ? ages.length : 3));
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'as a lock, of whatever age, holds nobody up for long',
    async () => {
      const tries = whole ? ages : [-HOUR, 50 * YEAR];
      // They wait: all at once.
      await Promise.all(
        tries.map((age) =>
          tally.attempt(`a lock of ${age / HOUR} hours`, async () => {
            const root = await scene(old());
            await mkdir(join(root, 'docker-tls', lockName));
            const moment = new Date(Date.now() - age);
            await utimes(join(root, 'docker-tls', lockName), moment, moment);
            const outcome = await runs(root, [...first(age), '--lock-timeout', '30']);
            succeeds(outcome);
            await isWhole(root);
          }),
        ),
      );
      tally.none();
    },
    PER_TEST_MS,
  );
  const first = (age: number): readonly string[] => [
    'client',
    '--name',
    `age${Math.abs(age / HOUR)}`,
    ...ecKey,
  ];
});

// --- what finds the faults

describe('the checks find', () => {
  test('a certificate that is born later, that ends earlier, and that outlives its CA', async () => {
    const directory = young();
    const now = Date.now();
    await isMade(directory, files.server, [now - HOUR, now], 365);
    const fault = async (span: readonly [number, number], days: number): Promise<string> =>
      String(await errorOf(() => isMade(directory, files.server, span, days)));
    expect(await fault([now - 2 * HOUR, now - HOUR], 365)).toMatch(/"bornLater": true/);
    expect(await fault([now + HOUR, now + 2 * HOUR], 365)).toMatch(/"bornBefore": true/);
    expect(await fault([now - HOUR, now], 364)).toMatch(/"days"/);
    const root = await scene(young());
    const long = ['-days', '9999', '-subj', '/CN=docker.example', '-out', 'docker-tls/server-cert.pem'];
    await rm(join(root, 'docker-tls', files.server));
    await opensslOutput(['req', '-new', '-x509', '-key', 'docker-tls/server-key.pem', ...long], root);
    const outlived = errorOf(() =>
      isMade(join(root, 'docker-tls'), files.server, [now - HOUR, Date.now()], 9999),
    );
    expect(String(await outlived)).toMatch(/"outlivesItsCa": true/);
  });

  test('an end on another day', async () => {
    expect(String(await errorOf(() => endsOn(young(), files.server, '2020-01-01')))).toMatch(/2020-01-01/);
  });

  test('a hint without the clock, or with another time', () => {
    expect(() =>
      namesClock({ message: '', hint: `the clock says ${day(Date.now())} 12:00 UTC` }, 0),
    ).not.toThrow();
    expect(() => namesClock({ message: '', hint: 'make it anew' }, 0)).toThrow();
    expect(() => namesClock({ message: '', hint: 'the clock says 1976-12-04 12:00 UTC' }, 0)).toThrow();
  });

  test('a set that does not belong together', async () => {
    const root = await scene(young());
    await isWhole(root);
    await cp(join(old(), files.client), join(root, 'docker-tls', files.client), { force: true });
    await expect(isWhole(root)).rejects.toThrow('cert.pem');
  });
});
