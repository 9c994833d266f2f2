import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import fc, { type Arbitrary } from 'fast-check';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, isDeepStrictEqual } from 'node:util';
import {
  all,
  ca,
  client,
  commandLine,
  execute,
  genpkey,
  genrsaStep,
  InputError,
  parseAltNames,
  parseDays,
  parseKeyType,
  parseSerial,
  parseSubject,
  Passphrase,
  previewIssue,
  reqStep,
  script,
  x509ReqStep,
  type IssueOptions,
  type IssuePlan,
  type Plan,
  type RecipeName,
  type Step,
} from '../../lib/index.js';
import { argv } from '../../lib/plan/command-line.js';
import { formatAltName, issue, keyTypeNames, recipeNames, type IssueRequest } from '../../lib/internal.js';
import { parseAddresses } from '../../lib/x509/alt-names.js';
import { parseName } from '../../lib/set/layout.js';
import { rdn, type Rdn } from '../../lib/x509/subject.js';
import type { Attribute } from '../support/der.js';
import { errorOf } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import * as hostile from '../support/hostile.js';
import { mixed } from '../support/hostile.js';
import * as read from '../support/readers.js';
import {
  attributeOf,
  extensionOids,
  readConfig,
  readHosts,
  readSubject,
  type Entry,
} from '../support/readers.js';
import { leftToWhole, times } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { unlessRefused } from '../unit/refusal.js';
import { only } from '../support/only.js';

jest.setTimeout(times(120_000, 1_800_000));
const tally = usePromise('a hostile name is refused beforehand, or stands in what is made');
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const parts = ['ca', 'server', 'client'] as const;
/** How many sets are made side by side. */
const AT_ONCE = 2;

function shown(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
  );
}

/** As `expect(found).toEqual(wanted)`, and much faster where they are equal. */
function same(found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted)) expect(found).toEqual(wanted);
}

/** As `tally.attempt` for each, some of them side by side. */
async function attemptEach<Value>(
  values: readonly Value[],
  work: (value: Value, n: number) => Promise<unknown>,
): Promise<void> {
  const left = [...values.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [n, value] = next;
      await tally.attempt(shown(value), () => work(value, n));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  tally.none();
}

/** Throws unless it was refused for one of the options that are to blame. */
function blames(error: unknown, suspects: readonly string[]): void {
  if (!(error instanceof InputError)) throw new Error(`it is ${String(error)}`, { cause: error });
  if (!suspects.includes(error.option)) throw new Error(`${error.option} is blamed: ${error.message}`);
}

/** How often was refused and how often was not: both have to be a good part, or one of them was not tried. */
class Both {
  refused = 0;
  accepted = 0;

  /** Gives undefined where it was refused as it should be. */
  async take<Value>(
    suspects: readonly string[],
    make: () => Value | Promise<Value>,
  ): Promise<Value | undefined> {
    try {
      const made = await make();
      this.accepted++;
      return made;
    } catch (error) {
      blames(error, suspects);
      this.refused++;
      return undefined;
    }
  }

  enough(least: number): void {
    const total = this.refused + this.accepted;
    expect(total).toBeGreaterThanOrEqual(least);
    expect(this.refused / total).toBeGreaterThan(0.2);
    expect(this.accepted / total).toBeGreaterThan(0.2);
    tally.none();
  }
}

interface Given {
  readonly options: IssueRequest;
  /** The options to one of which a refusal may be due. */
  readonly suspects: readonly string[];
}

/** The same serial and clock for every plan, so that two of them can be compared. */
const fixed = { random: (size: number) => new Uint8Array(size).fill(0x5a), now: new Date() };
const nameOfCa = 'Docker TLS CA 5a5a5a5a';
const localNames = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
const plainHosts = ['plain.example'];
const unique = (names: readonly string[]): string[] => [...new Set(names)];
const withoutType = (name: string): string => name.replace(/^\w+:/, '');

async function plainly(options: IssueRequest): Promise<IssuePlan> {
  return previewIssue(parts, { ...options, ...fixed }, { fresh: true });
}

/** Plans each, and checks it where it was not refused as it should be. */
async function plansEach(
  given: Arbitrary<Given>,
  count: number,
  check: (options: IssueRequest, plan: IssuePlan) => Promise<void>,
): Promise<void> {
  const both = new Both();
  for (const { options, suspects } of fc.sample(given, count)) {
    await tally.attempt(shown(options), async () => {
      const plan = await both.take(suspects, () => plainly(options));
      if (!plan) return;
      const { hosts, ips, subject, clientName, name, hostname } = options;
      const asked = [hosts, ips, subject, clientName, name, hostname]
        .flat()
        .filter((each) => typeof each === 'string');
      same(asked.filter(conceals), []);
      await check(options, plan);
    });
  }
  both.enough(count);
}

/** Holds what no name needs and nobody sees. */
function conceals(text: string): boolean {
  return (
    /\p{Cs}/u.test(text) || hostile.concealed.some((each) => !/\p{Cs}/u.test(each) && text.includes(each))
  );
}

/** What is configured, alike for every openssl: before 3.0.15 it read 510 bytes at once. */
function configured(content: string): Entry[] {
  const entries = readConfig(content);
  same(readConfig(content, true), entries);
  same(new Set(entries.map(([section, name]) => `${section} ${name}`)).size, entries.length);
  return entries;
}

/** What is asked of names in a plan, and the plan without it. */
interface Taken {
  readonly subjects: Attribute[][];
  /** The subjectAltNames of each configuration that has some, and of each check of a server. */
  readonly names: string[][];
  readonly days: string[];
  readonly bones: unknown[];
}

/** Writes the port of a host, or gives that file its mode. */
function isPort(step: Step): boolean {
  const paths = 'paths' in step ? step.paths : 'path' in step ? [step.path] : [];
  return paths.length > 0 && paths.every((path) => path.endsWith('endpoint.json'));
}

function taken({ steps }: Plan): Taken {
  const found: Taken = { subjects: [], names: [], days: [], bones: [] };
  for (const step of steps) {
    if (step.kind === 'openssl') {
      const words = argv(step);
      // A shell and openssl take it alike: what is shown is what runs.
      same(read.shellWords(commandLine(step)), ['openssl', ...words]);
      const after = (flag: string): string[] => words.filter((_, at) => words[at - 1] === flag);
      const [subject] = after('-subj');
      if (subject !== undefined) {
        found.subjects.push(readSubject(subject));
        same(words.includes('-utf8'), /[^\x20-\x7e]/.test(subject));
      }
      found.days.push(...after('-days'));
      found.bones.push(words.filter((word) => word !== subject && word !== '-utf8'));
    } else if (isPort(step)) {
      // Its content is no configuration of openssl.
    } else if (step.kind === 'write-file' || (step.kind === 'echo' && step.text.includes('='))) {
      const entries = configured(step.kind === 'echo' ? step.text : step.content);
      const within = (wanted: RegExp): Entry[] =>
        entries.filter(([section, name]) => wanted.test(`${section} ${name}`));
      const bare = (name: string): string => name.replace(/^\d+\.|\.\d+$/g, '');
      const subject = within(/^subject /).map(([, name, value]) => attributeOf(bare(name), value));
      const listed = within(/^(alt_)?names /).map(([, name, value]) => `${bare(name)}:${value}`);
      const inline = within(/^default subjectAltName$/).flatMap(([, , value]) => value.split(/, ?/));
      if (subject.length > 0) found.subjects.push(subject);
      if (listed.length + inline.length > 0) found.names.push([...listed, ...inline]);
      const rest = within(/^(?!subject |(alt_)?names |default subjectAltName$)/);
      found.bones.push({ ...step, content: '', text: '', rest });
    } else {
      if (step.kind === 'check' && step.role === 'server') found.names.push(step.altNames.map(formatAltName));
      found.bones.push({ ...step, altNames: [] });
    }
  }
  return found;
}

/** What a plan with plain names is, by what else it depends on. */
const plainPlans = new Map<string, Taken>();
async function plain(options: IssueRequest): Promise<Taken> {
  const id = shown(options);
  const found = plainPlans.get(id) ?? taken((await plainly(options)).plan);
  plainPlans.set(id, found);
  return found;
}

/** Throws unless the plan is a plain one but for these names and subjects. */
async function holds(
  { plan, names }: IssuePlan,
  like: IssueRequest,
  wanted: { readonly names: string[]; readonly subjects: Attribute[][] },
): Promise<Taken> {
  const [found, reference] = [taken(plan), await plain(like)];
  same([names.map(formatAltName), ...found.names], Array(found.names.length + 1).fill(wanted.names));
  same(found.subjects, wanted.subjects);
  same(found.bones, reference.bones);
  return found;
}

const isSubject = (text: string): boolean =>
  unlessRefused(() => parseSubject(text))?.every(({ type }) => type !== 'CN') ?? false;
/** Values of which the library takes each by itself. */
const accepted = {
  hosts: hostile.host.filter((text) => unlessRefused(() => parseAltNames([text])) !== undefined),
  subject: hostile.subject.filter(isSubject),
  longSubject: hostile.longSubject.filter(isSubject),
  clientName: hostile.clientName.filter((text) => unlessRefused(() => rdn('CN', text)) !== undefined),
  days: hostile.days.filter((value) => unlessRefused(() => parseDays(value, 'days')) !== undefined),
};

describe('what is planned for recommended', () => {
  const one = (
    option: keyof IssueRequest,
    value: Arbitrary<unknown>,
    rest: IssueRequest = {},
  ): Arbitrary<Given> =>
    value.map((made) => ({ options: { hosts: plainHosts, ...rest, [option]: made }, suspects: [option] }));
  const anyOf = (options: IssueRequest): Given => ({ options, suspects: Object.keys(options) });
  const hosts = fc.array(hostile.host, { minLength: 1, maxLength: 3 });
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.ipV4(), fc.ipV6(), hostile.host);
  const authority = fc.constantFrom(nameOfCa, nameOfCa.toUpperCase(), 'client', 'plain.example');
  const name = mixed([9, hostile.clientName], [1, authority]);
  const key = fc.constantFrom('ec:p256', 'EC:P384', 'ed25519', 'rsa:3072', ...hostile.meanings);
  const single = fc.array(hostile.host, { minLength: 1, maxLength: 1 });
  const given: Arbitrary<Given> = mixed<Given>(
    [3, one('hosts', hosts)],
    [1, one('hosts', fc.array(hostile.host, { maxLength: 1 }), { localhost: false })],
    [1, one('ips', fc.array(address, { minLength: 1, maxLength: 3 }))],
    [1, hostile.host.map((hostname) => ({ options: { hostname }, suspects: ['hosts'] }))],
    [4, one('clientName', name)],
    [5, one('subject', hostile.subject)],
    [1, one('subject', accepted.longSubject)],
    [1, one('days', hostile.days)],
    [1, one('caDays', hostile.days)],
    [1, one('name', hostile.directoryName)],
    [1, one('key', key)],
    [3, fc.record({ hosts: single, subject: hostile.subject, clientName: name }).map(anyOf)],
  );

  async function asGiven(options: IssueRequest, plan: IssuePlan): Promise<void> {
    const { hosts = [options.hostname ?? ''], ips = [], localhost = true } = options;
    const { days = 365, caDays = 3650, name, key, subject, clientName = name ?? 'client' } = options;
    const names = unique([...readHosts([...hosts, ...ips]), ...(localhost ? localNames : [])]);
    const called = names.map(withoutType).find((name) => name.length <= 64) ?? 'docker-server';
    const prefix = readSubject(typeof subject === 'string' ? subject : '');
    const subjects = [nameOfCa, called, clientName].map((name) => [...prefix, attributeOf('CN', name)]);
    const found = await holds(plan, { hosts: plainHosts, days, caDays, name, key }, { names, subjects });
    same(found.names.length, 2);
    const leaf = Math.min(Number(days), Number(caDays) - 1); // it ends with its CA
    same(found.days.map(Number), [Number(caDays), leaf, leaf]);
  }

  test('is refused for the option that is to blame, or holds the value and nothing else', async () => {
    await plansEach(given, times(250, 20_000), asGiven);
  });

  describe('the checker sees', () => {
    const options = { hosts: ['a.example'], clientName: 'alice', subject: '/O=Example' };
    const planWith = async (change: (content: string) => string): Promise<IssuePlan> => {
      const made = await plainly(options);
      const steps = made.plan.steps.map((step) =>
        step.kind === 'write-file' ? { ...step, content: change(step.content) } : step,
      );
      return { ...made, plan: { ...made.plan, steps } };
    };

    test('nothing where nothing is wrong', async () => {
      await asGiven(options, await planWith((content) => content));
    });

    test.each<[string, (content: string) => string]>([
      ['a name more', (content) => `${content}DNS.9 = evil.example\n`],
      ['a name less', (content) => content.replace(/^DNS\.1.*\n/m, '')],
      ['a value that ends its line', (content) => content.replace('alice', 'alice\n[v3_client]\nx = y')],
      ['a value that goes on', (content) => content.replace('Example', 'Example\\')],
      ['a variable', (content) => content.replace('alice', '$ENV::HOME')],
      ['a quote', (content) => content.replace('alice', "'alice'\\'")],
      ['a comment', (content) => content.replace('alice', 'ali#ce')],
      ['an include', (content) => content.replace('[ subject ]', '.include /etc/passwd\n[ subject ]')],
      ['another usage', (content) => content.replace('clientAuth', 'clientAuth,serverAuth')],
      ['an attribute more', (content) => content.replace('[ subject ]', '[ subject ]\n9.OU = x')],
      ['what an old openssl loses', (content) => content.replace('alice', `${'\\a'.repeat(249)}\\$b`)],
    ])('%s', async (_, change) => {
      const changed = await planWith(change);
      await expect(asGiven(options, changed)).rejects.toThrow();
    });
  });
});

describe('what a function reads is refused, or is read as it stands', () => {
  /** Throws unless `read` gives what `wanted` says, or refuses for `option`. */
  function tried<Value>(
    option: string,
    arbitrary: Arbitrary<Value>,
    reads: (value: Value) => unknown,
    wanted: (value: Value) => unknown,
  ): void {
    test(option, async () => {
      const both = new Both();
      const count = times(400, 20_000);
      for (const value of fc.sample(arbitrary, count)) {
        await tally.attempt(`${option} ${shown(value)}`, async () => {
          const got = await both.take([option], () => reads(value));
          if (got !== undefined) same(got, wanted(value));
        });
      }
      both.enough(count);
    });
  }

  const itself = (text: string): string => text;
  const addresses = fc.oneof(fc.ipV4(), fc.ipV6(), hostile.host);
  const kinds = fc.constantFrom('ec:p256', 'EC:P256', 'Ed25519', 'rsa:2048');
  const one = (text: string): string[] => readHosts([text]);
  tried('hosts', hostile.host, (text) => parseAltNames([text]).map(formatAltName), one);
  tried('ips', addresses, (text) => parseAddresses([text]).map(formatAltName), one);
  tried('subject', hostile.subject, (text) => parseSubject(text).map(asAttribute), readSubject);
  tried('clientName', hostile.clientName, (text) => rdn('CN', text, 'clientName').value, itself);
  tried('days', hostile.days, (value) => parseDays(value, 'days'), Number);
  tried('name', hostile.directoryName, parseName, itself);
  tried('serial', hostile.serial, (text) => asNumber(parseSerial(text)), asNumber);
  const isKind = (text: string): string => (keyTypeNames.includes(text.toLowerCase()) ? 'object' : 'none');
  tried(
    'key',
    fc.oneof(kinds, fc.constantFrom(...hostile.meanings)),
    (text) => typeof parseKeyType(text),
    isKind,
  );

  test('a thousand names are taken, and one more is not', () => {
    const list = Array.from({ length: 1001 }, (_, n) => `h${n}.example`);
    expect(parseAltNames(list.slice(1))).toHaveLength(1000);
    expect(parseAltNames([...list.slice(1), 'H1.example'])).toHaveLength(1000);
    expect(() => parseAltNames(list)).toThrow('1001 names are too many');
    tally.kept(3);
  });
});

const asAttribute = ({ type, value }: Rdn): Attribute => attributeOf(type, value);

function asNumber(serial: string): bigint {
  return BigInt(`0x${serial.replace(/^0x/i, '').replaceAll(':', '')}`);
}

interface Wanted {
  readonly subject: readonly Attribute[];
  /** `DNS:host`, `IP:address`. */
  readonly names: readonly string[];
  readonly role: 'server' | 'client';
  readonly serial: string;
  readonly days: number;
  /** Extensions that its template has before those of the profile, with their values in hex. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Throws unless a certificate says what was asked for, and nothing else. */
function asAsked(found: read.Contents, { subject, names, role, serial, days, more = {} }: Wanted): void {
  const altNames = names.map(read.asEncoded);
  expect(found).toMatchObject({
    subject,
    altNames,
    serial,
    days,
    ca: false,
    extendedKeyUsage: [`${role}Auth`],
  });
  expect(found.extensions).toEqual([
    ...Object.keys(more),
    `${extensionOids.basicConstraints}!`,
    `${extensionOids.keyUsage}!`,
    extensionOids.extendedKeyUsage,
    extensionOids.subjectKeyIdentifier,
    extensionOids.authorityKeyIdentifier,
    ...(role === 'server' ? [extensionOids.altName] : []),
  ]);
  expect(found.values).toMatchObject({ ...more, [extensionOids.keyUsage]: '03020780' }); // digitalSignature
}

const contentsOf = async (directory: string, file: string): Promise<read.Contents> =>
  read.contents(await readFile(join(directory, file), 'utf8'));

const base: IssueOptions = { key: 'ec:p256', passphrase: null };
const CA_DAYS = 3650;
const at = (...path: readonly string[]): string => join(shared(), ...path);

beforeAll(async () => {
  await ca(only('ca', { ...base, directory: at('authority'), caDays: CA_DAYS }));
});

/** A new directory with the CA that all share. */
async function withCa(name: string): Promise<string> {
  const directory = at(name);
  await mkdir(directory, { mode: 0o700 });
  for (const file of ['ca.pem', 'ca-key.pem']) await copyFile(at('authority', file), join(directory, file));
  return directory;
}

/** Random bytes for serials, given in turn, for a plan is made more than once; and the serials that are made of them. */
function serials(bytes: readonly Uint8Array[]): { random: () => Uint8Array; expected: string[] } {
  let asked = 0;
  const octets = ([first = 0, ...rest]: Uint8Array): number[] => [(first & 0x7f) | 0x40, ...rest];
  return {
    random: () => bytes[asked++ % bytes.length] ?? new Uint8Array(16),
    expected: bytes.map((each) => Buffer.from(octets(each)).toString('hex').toUpperCase()),
  };
}

describe('certificates that are made', () => {
  /** Makes a server's and a client's certificate, and compares them with what was asked. */
  async function makesAsAsked(name: string, asked: IssueOptions, made: readonly Uint8Array[]): Promise<void> {
    const directory = await withCa(name);
    const { hosts = [], subject = '', clientName = '', days = 365 } = asked;
    const { random, expected } = serials(made);
    await issue(['server', 'client'], only(['server', 'client'], { ...base, ...asked, directory, random }));
    const names = unique([...readHosts(hosts), ...localNames]);
    const called = names.map(withoutType).find((each) => each.length <= 64) ?? '';
    const wanted = (commonName: string, serial = ''): Pick<Wanted, 'subject' | 'serial' | 'days'> => ({
      subject: [...readSubject(typeof subject === 'string' ? subject : ''), attributeOf('CN', commonName)],
      serial,
      days: Math.min(Number(days), CA_DAYS - 1),
    });
    asAsked(await contentsOf(directory, 'server-cert.pem'), {
      ...wanted(called, expected[0]),
      names,
      role: 'server',
    });
    asAsked(await contentsOf(directory, 'cert.pem'), {
      ...wanted(clientName, expected[1]),
      names: [],
      role: 'client',
    });
    await rm(directory, { recursive: true });
  }

  const sixteen = fc.oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.constantFrom(...[0, 128, 255].map((byte) => new Uint8Array(16).fill(byte))),
  );
  const round = fc.record({
    asked: fc.record({
      hosts: fc.array(accepted.hosts, { minLength: 1, maxLength: 40 }),
      subject: fc.oneof(accepted.subject, accepted.subject, accepted.longSubject),
      clientName: accepted.clientName,
      days: accepted.days,
    }),
    made: fc.tuple(sixteen, sixteen),
  });

  test('hold what was asked, and nothing else', async () => {
    const rounds = fc.sample(round, times(3, 300));
    await attemptEach(rounds, ({ asked, made }, n) => makesAsAsked(`round-${n}`, asked, made));
  });

  leftToWhole('hold a thousand names, and the longest', async () => {
    const short = Array.from({ length: 996 }, (_, n) => `${n % 2 ? 'H' : 'h'}${n}.example`);
    const longest = hostile.nameOfLength(253);
    const long = Array.from({ length: 996 }, (_, n) => longest.replace(/^a+/, `n${n}`));
    const bytes = [new Uint8Array(16), new Uint8Array(16)];
    await attemptEach(
      [
        { hosts: [...short, longest], clientName: '🐳'.repeat(64), subject: `/O=${'"'.repeat(64)}` },
        { hosts: ['h', ...long], clientName: 'x' },
      ],
      (asked, n) => makesAsAsked(`thousand-${n}`, asked, bytes),
    );
  });

  test('are not even begun for what is refused', async () => {
    const directory = await withCa('refused');
    const openssl = await fakeOpenssl(shared(), `touch '${at('started')}'; exit 1`);
    const before = await tree(directory);
    const count = times(10, 1000);
    const given = fc.oneof(
      hostile.host.map((host) => ({ hosts: [host] })),
      hostile.host.map((host) => ({ hosts: ['a'], ips: [host] })),
      hostile.subject.map((subject) => ({ hosts: ['a'], subject })),
      hostile.clientName.map((clientName) => ({ hosts: ['a'], clientName })),
      hostile.days.map((days) => ({ hosts: ['a'], days })),
      hostile.directoryName.map((name) => ({ hosts: ['a'], name })),
    );
    const refused: IssueOptions[] = [];
    for (const options of fc.sample(given, 6 * count)) {
      if (refused.length >= count) break;
      const beforehand = previewIssue(
        ['server', 'client'],
        only(['server', 'client'], { ...base, ...options, directory }),
      );
      if ((await beforehand.catch(() => undefined)) === undefined) refused.push(options);
    }
    expect(refused).toHaveLength(count);
    await attemptEach(refused, async (options) => {
      const asked = { ...base, ...options, directory, openssl };
      blames(
        await errorOf(() => issue(['server', 'client'], only(['server', 'client'], asked))),
        Object.keys(options),
      );
    });
    expect(await tree(directory)).toEqual(before);
    await expect(readFile(at('started'))).rejects.toThrow('ENOENT');
  });
});

describe('the comparison sees', () => {
  const subject = [attributeOf('O', 'Example'), attributeOf('CN', 'web.example')];
  const names = ['DNS:web.example', 'IP:10.0.0.5', 'IP:::1'];
  const wanted: Wanted = { subject, names, role: 'server', serial: '5A'.repeat(16), days: 30 };
  let found: read.Contents;
  beforeAll(async () => {
    const directory = at('comparison');
    const asked = { hosts: names.map(withoutType), localhost: false, subject: '/O=Example', days: 30 };
    await all({ ...base, ...asked, ...fixed, directory });
    found = await contentsOf(directory, 'server-cert.pem');
  });

  test('nothing where all is as asked', () => {
    asAsked(found, wanted);
  });

  test.each<[string, (found: read.Contents) => Partial<read.Contents>]>([
    ['a name more', ({ altNames }) => ({ altNames: [...altNames, 'DNS:evil.example'] })],
    ['a name less', ({ altNames }) => ({ altNames: altNames.slice(1) })],
    ['names in another order', ({ altNames }) => ({ altNames: altNames.toReversed() })],
    ['an address as a name', ({ altNames }) => ({ altNames: [altNames[0]!, 'DNS:10.0.0.5', altNames[2]!] })],
    ['an extension more', ({ extensions }) => ({ extensions: [...extensions, '1.2.3'] })],
    ['one that is critical', ({ extensions }) => ({ extensions: extensions.map((oid) => `${oid}!`) })],
    ['a usage more', () => ({ extendedKeyUsage: ['serverAuth', 'clientAuth'] })],
    ['another key usage', ({ values }) => ({ values: { ...values, [extensionOids.keyUsage]: '03020784' } })],
    ['a CA', () => ({ ca: true })],
    ['a letter that looks the same', () => ({ subject: [attributeOf('O', 'Ex\u0430mple'), subject[1]!] })],
    ['another attribute', () => ({ subject: [attributeOf('OU', 'Example'), subject[1]!] })],
    ['an attribute more', () => ({ subject: [...subject, attributeOf('OU', 'x')] })],
    ['other days', () => ({ days: 31 })],
    ['another serial', () => ({ serial: '4143' })],
  ])('%s', (_, other) => {
    expect(() => asAsked({ ...found, ...other(found) }, wanted)).toThrow();
  });
});

describe("in templates of the user's own", () => {
  /** Each value stands once more in an extension, in a quoted one, and in a comment. */
  const [plain, quoted] = ['1.3.6.1.4.1.99999.1', '1.3.6.1.4.1.99999.2'] as const;
  const value = 'ASN1:FORMAT:UTF8,UTF8String:{{#subject}}{{value}};{{/subject}}';
  const lines = [
    '# {{#subject}}{{type}}={{value}} {{/subject}}',
    `${plain} = ${value}`,
    `${quoted} = "${value}"`,
  ];
  const own = async (): Promise<string> => {
    await mkdir(at('templates'), { recursive: true });
    const packaged = fileURLToPath(new URL('../../templates/recommended/client.cnf', import.meta.url));
    const text = await readFile(packaged, 'utf8');
    await writeFile(
      at('templates', 'client.cnf'),
      text.replace('[ v3_client ]\n', `$&${lines.join('\n')}\n`),
    );
    return at('templates');
  };
  const subjects = fc.oneof(accepted.subject, accepted.subject, accepted.longSubject);
  const asked = fc.record({ subject: subjects, clientName: accepted.clientName });
  const subjectOf = (options: { subject: string; clientName: string }): Attribute[] => [
    ...readSubject(options.subject),
    attributeOf('CN', options.clientName),
  ];
  const listed = (subject: readonly Attribute[]): string => subject.map(({ value }) => `${value};`).join('');

  test('a value is the value, wherever it is put, and in a line of whatever length', async () => {
    const templates = await own();
    for (const options of fc.sample(asked, times(100, 5000))) {
      await tally.attempt(shown(options), async () => {
        const { plan } = await plainly({ hosts: ['a'], templates, ...options });
        const written = plan.steps.find((step) => step.kind === 'write-file' && step.path === 'client.cnf');
        const entries = configured(written && 'content' in written ? written.content : '');
        const value = `ASN1:FORMAT:UTF8,UTF8String:${listed(subjectOf(options))}`;
        same(
          entries.filter(([, name]) => name.startsWith('1.3.6.1.')),
          [plain, quoted].map((oid) => ['v3_client', oid, value]),
        );
      });
    }
    tally.none();
  });

  test('a certificate holds it', async () => {
    const templates = await own();
    await attemptEach(fc.sample(asked, times(2, 150)), async (options, n) => {
      const directory = await withCa(`own-${n}`);
      const { random, expected } = serials([new Uint8Array(16)]);
      await client(only('client', { ...base, ...options, directory, templates, random }));
      const subject = subjectOf(options);
      const hex = utf8String(listed(subject));
      const more = { [plain]: hex, [quoted]: hex };
      asAsked(await contentsOf(directory, 'cert.pem'), {
        subject,
        names: [],
        role: 'client',
        serial: expected[0]!,
        days: 365,
        more,
      });
      await rm(directory, { recursive: true });
    });
  });

  /** In DER, as hex. */
  function utf8String(text: string): string {
    const bytes = Buffer.from(text);
    const { length } = bytes;
    const size =
      length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
    return Buffer.concat([Buffer.from([0x0c, ...size]), bytes]).toString('hex');
  }
});

describe("in the tutorials' recipes", () => {
  const tutorialNames = recipeNames.filter((name) => name !== 'recommended');
  const plainIps = ['192.0.2.1'];

  /** What has to be there for a recipe to be taken, with one value that is hostile. */
  const given: Arbitrary<Given> = fc
    .record({
      recipe: fc.constantFrom(...tutorialNames),
      addSan: fc.boolean(),
      option: fc.constantFrom('host', 'host', 'another', 'another', 'subject', 'common name'),
      host: hostile.host,
      subject: hostile.subject,
      name: hostile.clientName,
    })
    .map(({ recipe, addSan: alone, option, host, subject, name }): Given => {
      const byAddress = recipe === 'openssl-cnf';
      const addSan = alone || (option === 'another' && recipe !== 'docs' && recipe !== 'katacoda');
      const options = {
        recipe,
        ips: byAddress ? plainIps : [],
        hosts: byAddress && !addSan ? [] : plainHosts,
        ...(addSan ? { addSan } : {}),
      };
      if (option === 'another')
        return { options: { ...options, hosts: [...plainHosts, host] }, suspects: ['hosts'] };
      if (option === 'host' || byAddress || recipe === 'katacoda')
        return byAddress && !addSan
          ? { options: { ...options, ips: [...plainIps, host] }, suspects: ['ips'] }
          : { options: { ...options, hosts: [host] }, suspects: ['hosts'] };
      const asked = option === 'subject' ? subject : `/O=Example${hostile.written('CN', name)}`;
      return { options: { ...options, subject: asked }, suspects: ['subject'] };
    });

  /** The server's names, as each text has them. */
  function expectedNames({ recipe, hosts = [], ips = [], addSan }: IssueRequest): string[] {
    const named = readHosts([...hosts, ...ips]);
    if (recipe === 'docs' || recipe === 'katacoda') return unique([...named, 'IP:127.0.0.1']);
    const own =
      recipe === 'openssl-cnf' ? [...named.filter((name) => name.startsWith('IP:')), 'IP:0.0.0.0'] : [];
    return unique([...own, ...(addSan ? [...named, ...localNames] : [])]);
  }

  /** What the text calls the host. */
  const calledBy = ({ hosts = [], ips = [] }: IssueRequest): string =>
    withoutType(readHosts([...hosts, ...ips])[0] ?? '');

  async function asGiven(options: IssueRequest, plan: IssuePlan): Promise<void> {
    const { recipe, addSan, hosts = [], subject } = options;
    const ips = recipe === 'openssl-cnf' ? plainIps : [];
    const like = { recipe, addSan, ips, hosts: hosts.length > 0 ? plainHosts : [] };
    const subjects = (await plain(like)).subjects.map((each, at) => {
      if (isDeepStrictEqual(each, readSubject('/CN=plain.example')))
        return [attributeOf('CN', calledBy(options))];
      return at === 0 && typeof subject === 'string' && subject !== '' ? readSubject(subject) : each;
    });
    const names = expectedNames(options);
    const found = await holds(plan, like, { names, subjects });
    same(found.names.length, names.length > 0 ? 2 : 1);
  }

  test('a plan is refused for the option that is to blame, or holds the value and nothing else', async () => {
    const seen = new Set<unknown>();
    await plansEach(given, times(200, 15_000), async (options, plan) => {
      seen.add(options.recipe);
      await asGiven(options, plan);
    });
    expect(seen.size).toBe(tutorialNames.length);
  });

  const inArgs = (step: Step, from: string, to: string): Step =>
    step.kind === 'openssl'
      ? { ...step, args: step.args.map((arg) => (typeof arg === 'string' ? arg.replace(from, to) : arg)) }
      : step;
  test.each<[string, (step: Step) => Step]>([
    ['another host', (step) => inArgs(step, 'plain.example', 'evil.example')],
    ['a second subject', (step) => inArgs(step, '/CN=client', '/CN=client/O=x')],
    [
      'a name more',
      (step) => ('text' in step ? { ...step, text: step.text.replace('=', '= DNS:evil,') } : step),
    ],
    ['a second line', (step) => ('text' in step ? { ...step, text: `${step.text}\nx = y` } : step)],
    ['a word more', (step) => ('args' in step ? { ...step, args: [...step.args, '-nodes'] } : step)],
  ])('the checker sees %s', async (_, change) => {
    const options = { recipe: 'docs', hosts: plainHosts } as const;
    const made = await plainly(options);
    await asGiven(options, made);
    const plan = { ...made.plan, steps: made.plan.steps.map(change) };
    await expect(asGiven(options, { ...made, plan })).rejects.toThrow();
  });

  const hosts = [
    '*.a_b.example',
    '0xg.x',
    'xn--bcher-kva.example',
    '2001:DB8::5',
    'tcp://[::ffff:1.2.3.4]:1',
  ];
  const [subject, other] = [
    'a/b+c=d\\,"\'`#;$HOME $(id)',
    '日本 🐳 critical,DNS:a @names [ca] {{x}} ~*?',
  ].map((name) => `/O=Example${hostile.written('CN', name)}`);
  const cases: [RecipeName, IssueRequest][] = [
    ['openssl-cnf', { hosts: hosts.slice(0, 3), ips: hosts.slice(3), addSan: true }],
    ['training', { hosts, addSan: true, subject }],
    ['docs-2014', { hosts: [hosts[0]!], subject: other }],
    ['docs', { hosts: hosts.toReversed(), subject: other }],
    ['katacoda', { hosts }],
  ];

  test.each(cases.slice(0, times(1, cases.length)))(
    'the certificates of %s hold %j',
    async (recipe, asked) => {
      const directory = join(temporary(), 'set');
      const options = { ...asked, recipe };
      const secret = recipe === 'openssl-cnf' ? {} : { passphrase: 'a$b`c"d\'e\\f #' };
      const { files } = await all({ ...options, ...secret, directory });
      const server = await contentsOf(directory, files.server.certificate);
      const authority = await contentsOf(directory, files.ca.certificate);
      await tally.attempt(shown(options), async () => {
        const { subject, issuer, altNames, days } = server;
        same(subject, [attributeOf('CN', recipe === 'openssl-cnf' ? 'docker-server' : calledBy(options))]);
        same(issuer, authority.subject);
        if (typeof asked.subject === 'string') same(issuer, readSubject(asked.subject));
        same(altNames, expectedNames(options).map(read.asEncoded));
        same(days, 365);
        return Promise.resolve();
      });
      tally.none();
    },
  );
});

describe('what is of a wrong type is refused for its option, before anything runs', () => {
  const attribute = (type: unknown, value: unknown): readonly unknown[] => [{ type, value }];
  const cases: readonly [option: keyof IssueOptions, ...values: readonly unknown[]][] = [
    ['hosts', 'a', '', 0, false, null, {}, [null], [5], [['a']], [undefined], Array(1), new Set(['a'])],
    ['ips', '1.2.3.4', '', 5, {}, [5], [null], [['1.2.3.4']]],
    ['localhost', 'false', 0, null],
    ['days', NaN, -1, 0, 1.5, 1e400, '1e9', null, {}, [], true, 5n, [5], new Date(), Symbol('5')],
    ['caDays', NaN, -1, 1, 1.5, 1e400, '1e9', null, {}, []],
    ['key', {}, [], 5, true, null, { algorithm: '__proto__' }, '__proto__', 'constructor', ''],
    ['key', { algorithm: 'rsa', bits: 512 }, { algorithm: 'rsa', bits: '2048; id' }, { algorithm: 'ec' }],
    ['key', { algorithm: 'ec', curve: 'secp112r1' }, { algorithm: 'ec', curve: '-out' }],
    ['now', new Date(NaN), new Date(8.64e15), null, '2026-01-01', 5, {}],
    ['directory', 5, {}, [], true, '', 'a\0b', 'a/'.repeat(2000)],
    ['clientName', 5, {}, [], true, null, '', ['a'], { toString: () => 'a' }],
    ['subject', 5, {}, true, null, [{}], [5], [null], ['/O=a'], [['O', 'a']], attribute('O', undefined)],
    ['subject', attribute('O', 5), attribute('O', ''), attribute('O', 'a\nb'), attribute('O', 'a\u202eb')],
    ['subject', attribute('O', 'a'.repeat(65)), attribute('XX', 'a'), attribute('__proto__', 'a')],
    ['subject', attribute('C', 'Germany'), attribute('O = x\n[v3_ca]\n1.O', 'a'), attribute('CN', 'a')],
    ['name', 5, {}, [], ['a'], '', true, null],
    ['passphrase', 5, 0, true, false, NaN, {}, [], '', Symbol('a')],
    ['passphrase', () => 5, () => false, () => ({}), () => ''],
    ['force', 'ca', 5, {}, null, ['x'], [5], [null], Array(1)],
    ['templates', 5, {}, true, null, '', 'a\0b'],
    ['random', 5, null, () => 5, () => 'x', () => new Uint8Array(3), () => new Uint8Array(17), () => null],
    ['recipe', 'x', 5, {}, '', null, '__proto__', 'constructor'],
    ['openssl', 5, {}, '', null, 'a\0b'],
    ['signal', 5, {}, null, new EventTarget()],
    ['timeoutMs', NaN, -1, 0, 'x', {}, null, Infinity, 2 ** 31],
    ['lockTimeoutMs', NaN, -1, 'x', {}, null],
    ['observer', 5, {}, null, 'x'],
  ];

  test.each(unique(cases.map(([option]) => option)))('as %s', async (option) => {
    const root = temporary();
    const openssl = await fakeOpenssl(root, `touch '${root}/started'; exit 1`);
    const before = await tree(root);
    const given = { ...base, hosts: ['a.example'], directory: join(root, 'set'), openssl };
    for (const value of cases.flatMap(([of, ...values]) => (of === option ? values : []))) {
      await tally.attempt(`${option}: ${inspect(value).slice(0, 80)}`, async () => {
        const error = await errorOf(() => all({ ...given, [option]: value }));
        blames(error, option === 'random' ? ['random', 'serial'] : [option]);
        expect(await tree(root)).toEqual(before);
      });
    }
    tally.none();
  });

  const plan: Plan = { recipe: 'x', steps: [], replaces: [], notes: [], departures: [] };
  const csr = { key: 'a', out: 'b' };
  test.each<[string, () => unknown]>([
    ['hosts', () => parseAltNames([5] as never)],
    ['ips', () => parseAddresses({} as never)],
    ['subject', () => parseSubject(['/O=a'] as never)],
    ['days', () => parseDays([5] as never, 'days')],
    ['name', () => parseName(['a'] as never)],
    ['serial', () => parseSerial(5 as never)],
    ['key', () => parseKeyType({} as never)],
    ['passphrase', () => Passphrase.of(['a', 'b', 'c', 'd'] as never)],
    ['subject', () => rdn('CN', 5 as never)],
    ['subject', () => rdn('__proto__' as never, 'a')],
    ['subject', () => rdn('constructor' as never, 'a')],
    ['bits', () => genrsaStep({ out: 'a', bits: [] as never })],
    ['cipher', () => genrsaStep({ out: 'a', cipher: 'out' as never, passout: 'abcd' })],
    ['digest', () => reqStep({ ...csr, digest: 'nodes' as never })],
    ['subj', () => reqStep({ ...csr, subj: [{ type: 'O', value: 'a\nb' }] })],
    ['subj', () => reqStep({ ...csr, subj: [{ type: 'O=x/CN' as never, value: 'a' }] })],
    ['days', () => x509ReqStep({ in: 'a', ca: 'b', caKey: 'c', out: 'd', days: {} as never })],
    ['out', () => genpkey({ out: `/${'a/'.repeat(2000)}b`, algorithm: 'ec:p256' })],
    ['directory', () => client({ directory: null as never })],
    ['directory', () => script(plan, { directory: 5 as never })],
    ['directory', () => script(plan, { directory: 'a\0b' })],
    ['directory', () => execute(plan, { directory: 5 as never })],
  ])('as %s: %s', async (option, action) => {
    await tally.attempt(String(action), async () =>
      blames(await errorOf(() => Promise.resolve().then(action)), [option]),
    );
    tally.none();
  });

  test.each([{ hosts: [] }, { ips: [] }, { hosts: [], ips: [] }])(
    'as no name at all: %j',
    async (options) => {
      const directory = join(temporary(), 'set');
      await tally.attempt(`no name at all: ${shown(options)}`, async () => {
        blames(await errorOf(() => all({ ...base, ...options, directory, localhost: false })), ['hosts']);
        expect(await tree(temporary())).toHaveLength(1);
      });
      tally.none();
    },
  );
});

describe('options that were read from JSON', () => {
  test.each([
    ['{"__proto__": {"polluted": true, "hosts": ["evil.example"], "clientName": "evil"}}', '__proto__'],
    ['{"constructor": {"prototype": {"polluted": true}}}', 'constructor'],
    ['{"prototype": {"polluted": true}}', 'prototype'],
    ['{"toString": "evil"}', 'toString'],
    ['{"hasOwnProperty": 1}', 'hasOwnProperty'],
    ['{"length": 9}', 'length'],
  ])('%s are refused for %s, and change no prototype', async (json, option) => {
    await tally.attempt(json, async () => {
      const before = Reflect.ownKeys(Object.prototype);
      const options = JSON.parse(json) as IssueRequest;
      expect(await errorOf(() => plainly(options))).toMatchObject({ code: 'ERR_INPUT', option });
      expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
      expect({}).not.toHaveProperty('polluted');
    });
    tally.none();
  });

  test.each([
    '{"hosts": ["__proto__", "constructor.prototype"], "clientName": "__proto__", "subject": "/O=__proto__"}',
    '{"subject": [{"__proto__": {"polluted": true}, "type": "O", "value": "constructor"}]}',
    '{"name": "constructor"}',
  ])('%s change no prototype, and give no option', async (json) => {
    await tally.attempt(json, async () => {
      const before = Reflect.ownKeys(Object.prototype);
      const options = JSON.parse(json) as IssueRequest;
      const { hosts = plainHosts, name = 'client', clientName = name } = options;
      const { plan, names } = await plainly({ hosts, ...options });
      expect(names.map(formatAltName)).toEqual([...readHosts(hosts), ...localNames]);
      const written = plan.steps.find(
        (step) => step.kind === 'write-file' && step.path.endsWith('client.cnf'),
      );
      const entries = configured(written && 'content' in written ? written.content : '');
      const commonNames = entries.filter(([, entry]) => entry.endsWith('.CN'));
      expect(commonNames.map(([, , value]) => value)).toEqual([clientName]);
      expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
      expect({}).not.toHaveProperty('polluted');
    });
    tally.none();
  });
});
