import { beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BACKUP,
  CUT,
  ecKeys,
  fifo,
  files,
  linkTo,
  makeStock,
  MIXED_UP,
  next,
  noFiles,
  nothings,
  pkcs8,
  row,
  scene,
  spki,
  utf16,
  type Files,
  type Row,
  type Stock,
} from '../support/bad-files.js';
import { certificateOf, constraints, digitalSignature } from '../support/by-hand.js';
import {
  among,
  asks,
  attempt,
  commands,
  ec,
  isTold,
  runs,
  serves,
  toldBy,
  type Call,
  type Job,
  type Way,
} from '../support/job.js';
import { onAllCores } from '../support/on-all-cores.js';
import { openssl } from '../support/openssl.js';
import { processesIn } from '../support/processes.js';
import { whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

// What flags name: passphrases, what single steps are given, templates.
const tally = usePromise('an input file that is bad is named, with what is wrong with it');
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const PER_TEST_MS = 120_000;
const secret = 'correct horse';

let right: Files;
let foreign: Stock['foreign'];
beforeAll(async () => {
  ({ right, foreign } = await makeStock(shared()));
});

let places = 0;
const place = (set: Partial<Files>): Promise<string> => scene(join(temporary(), `place-${++places}`), set);

/** Does them all, and throws what fell short. Gives how many. */
async function done(works: readonly (() => Promise<void>)[]): Promise<number> {
  const before = tally.tried();
  await onAllCores(works, (work) => work());
  expect(await processesIn(temporary())).toEqual([]);
  tally.none();
  return tally.tried() - before;
}

/** Where it is put, and what is given to the flag. */
const INPUT = 'input.pem';

/** Runs the program with a file that it is given, and expects to be told of it; without words, that it serves. */
async function given(
  one: Row,
  args: readonly string[],
  json: boolean,
  exit = 1,
  call: Call = {},
): Promise<void> {
  const root = await place(right);
  await writeFile(join(root, 'a.csr'), foreign.csr);
  await one.put(join(root, INPUT), undefined);
  const before = await tree(root);
  const flags = ['--timeout', one.that === 'is a FIFO' ? '1' : '20', ...(json ? ['--json'] : [])];
  const outcome = await runs(root, [...args, ...flags], call);
  if (one.words) {
    isTold(toldBy(outcome, json, exit), [join(root, INPUT), INPUT], one.words, one.hint);
    expect(await tree(root)).toEqual(before);
  } else expect(outcome).toMatchObject({ code: 0 });
  await rm(root, { recursive: true });
}

/** Every row with every line; in the short form every `few`th row with one of them. */
function triesOf(
  what: string,
  rows: readonly Row[],
  lines: readonly (readonly string[])[],
  { few = 1, first = 0, exit = 1 } = {},
): (() => Promise<void>)[] {
  const chosen = whole ? rows : rows.filter((_, at) => at % few === first % few);
  return chosen.flatMap((one, at) =>
    (whole ? lines : [lines[(at + first) % lines.length]!]).map((args, line) => () => {
      const json = (at + line) % 2 === 0;
      const title = `${what} that ${one.that}: ${args.join(' ')}${json ? ', as JSON' : ''}`;
      return tally.attempt(title, () => given(one, args, json, exit));
    }),
  );
}

const NUL = 'is nothing but NUL';
const missing = row('is not there', () => '', /FILE.*: it does not exist$/);
const absent: Row = { ...missing, put: () => Promise.resolve() };
const garbled = (words: RegExp): Row[] =>
  nothings.slice(2).map((one) => ({ ...one, words, hint: undefined }));
/** Nothing of a set is to be brought back from a backup here. */
const unread = noFiles
  .filter(({ that }) => that !== 'is a link to /dev/null')
  .map((one) => ({ ...one, hint: undefined }));

test(
  'a passphrase is read from a file: one that is bad is named',
  async () => {
    const lines = [
      ['ca', '--dir', 'new', ...ec, '--passphrase-file', INPUT],
      ['step', 'genpkey', '--algorithm', 'ec:p256', '--passout', `file:${INPUT}`, '--out', 'out.pem'],
    ];
    const nul = /FILE.*: it holds a NUL byte/;
    const other = (that: string): Row => ({ ...noFiles.find((one) => one.that === that)!, hint: undefined });
    const contents = [
      row('is empty', () => '', /FILE.*: it is empty/),
      row('is blank', () => '\n', /FILE.*: it is empty/),
      row('is short', () => 'abc\n', /FILE.*: it is shorter than 4 bytes/),
      row('is two lines', () => 'correct horse\nbattery staple\n', /FILE.*: it holds a line end/),
      row('is NUL', () => Buffer.alloc(100), nul),
      row('is 1 MB in one line', () => 'A text. '.repeat(125_000), /FILE.*: it is \d+ bytes long/),
      { ...absent, that: 'is a link to /dev/null', put: linkTo('/dev/null'), words: /FILE.*: it is empty/ },
      { ...absent, that: 'is a link to /dev/zero', put: linkTo('/dev/zero'), words: nul },
      { ...other('is 100 MB of nothing'), words: nul },
    ];
    const unreadable = ['is a directory', 'is a socket', 'is a link to itself'].map(other);
    // Another text than a passphrase is a wrong value of the flag, as one that is typed.
    const works = [
      ...triesOf('a passphrase file', contents, lines, { exit: 2 }),
      ...triesOf('a passphrase file', [...unreadable, absent], lines),
    ];
    expect(await done(works)).toBe(whole ? 26 : 13);
  },
  PER_TEST_MS,
);

test('a passphrase is read from a FIFO as soon as something comes', async () => {
  await tally.attempt('a passphrase in a FIFO', async () => {
    const root = await place({});
    await fifo(join(root, INPUT));
    const outcome = runs(root, ['ca', '--dir', 'new', ...ec, '--passphrase-file', INPUT]);
    await writeFile(join(root, INPUT), `${secret}\n`);
    expect(await outcome).toMatchObject({ code: 0 });
    const key = await readFile(join(root, 'new/ca-key.pem'));
    expect(createPrivateKey({ key, passphrase: secret }).asymmetricKeyType).toBe('ec');
  });
  tally.none();
});

test('a FIFO in which nothing comes is waited for, until a signal', async () => {
  const signals = [
    ['INT', 130],
    ['TERM', 143],
  ] as const;
  const works = signals.map(([signal, code]) => async (): Promise<void> => {
    const root = await place(right);
    await fifo(join(root, INPUT));
    const before = await tree(root);
    // By then it waits, also on a busy machine.
    const through = ['timeout', '--foreground', '--preserve-status', '-s', signal, '3'];
    const outcome = await runs(root, ['ca', '--dir', 'new', ...ec, '--passphrase-file', INPUT], { through });
    expect(outcome).toMatchObject({
      code,
      stderr: expect.stringMatching(/^stopped: nothing was changed$/m) as unknown,
    });
    expect(await tree(root)).toEqual(before);
  });
  await done(
    works.map((work, at) => () => tally.attempt(`a passphrase in a FIFO: ${signals[at]![0]}`, work)),
  );
});

describe('a single step', () => {
  const out = ['--out', 'out.pem'];
  const ca = ['--CA', 'docker-tls/ca.pem'];
  const caKey = ['--CAkey', 'docker-tls/ca-key.pem'];
  const sign = (csr: string, ...more: readonly string[]): string[] => [
    ...['step', 'x509-req', '--in', csr, '--days', '9', ...more, ...out],
  ];
  const toRsa = ['step', 'rsa', '--in', INPUT, ...out];
  const keyLines = [
    ['step', 'req', '--key', INPUT, '--subj', '/CN=a', ...out],
    ['step', 'req-x509', '--key', INPUT, '--subj', '/CN=a', '--days', '9', ...out],
    toRsa,
  ];
  const certificateLines = [
    ['step', 'verify', '--CAfile', INPUT, 'docker-tls/cert.pem'],
    ['step', 'verify', '--CAfile', 'docker-tls/ca.pem', INPUT],
  ];

  /** A pipe may be what a shell made of `<(…)`: it is waited for. */
  const awaited = (one: Row): Row =>
    one.that === 'is a FIFO'
      ? { ...one, words: /did not finish within 1 s: openssl .*FILE/, hint: /never ends/ }
      : one;
  const anything: readonly Row[] = [
    ...nothings,
    row('is UTF-16', () => utf16(right['key.pem']), /FILE.*: it is in UTF-16$/),
    row('is a CRL', () => foreign.crl, /FILE.*: it holds a revocation list$/, MIXED_UP),
    absent,
    ...unread.map(awaited),
  ];
  const keyOfRight = (): string => right['key.pem'];
  const locked = (): string =>
    String(
      createPrivateKey(right['key.pem']).export({
        ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: secret },
      } as never),
    );
  const closed = /FILE is encrypted, but no passphrase was given$/;
  const noKeys: readonly Row[] = [
    row('is a certificate', () => right['cert.pem'], /FILE is not a private key: it holds a cert/, MIXED_UP),
    row('is a public key', () => spki(foreign.keys.publicKey), /FILE.*: it holds a public key$/, MIXED_UP),
    row('is cut in the middle', () => right['key.pem'].slice(0, 90), CUT, BACKUP),
    row('is encrypted', locked, closed, /passphrase/),
    ...anything,
  ];
  const noCertificates: readonly Row[] = [
    row('is a key', keyOfRight, /FILE is not a certificate: it holds a private key$/, MIXED_UP),
    row('is a CSR', () => foreign.csr, /FILE.*: it holds a certificate signing request$/, MIXED_UP),
    row('is cut in the middle', () => right['cert.pem'].slice(0, 90), CUT, BACKUP),
    ...anything,
  ];
  const noCsrs: readonly Row[] = [
    row('is a certificate', () => right['cert.pem'], /FILE.*: it holds a certificate$/, MIXED_UP),
    row('is a key', keyOfRight, /FILE.*: it holds a private key$/, MIXED_UP),
    row('is cut in the middle', () => foreign.csr.slice(0, 90), CUT),
    row('is damaged', () => foreign.csr.replace(/(?<=\n.{20})/, '\n\n!'), /FILE.*cannot be parsed$/),
    ...anything,
  ];
  /** With these the certificate would lack what was asked for. */
  const noExtensions: readonly Row[] = [
    row('is empty', () => '', /FILE: it is empty$/, /without extensions/),
    ...garbled(/configuration file FILE has an error$/).filter(({ that }) => that !== NUL),
    row(NUL, () => Buffer.alloc(4096), /FILE: it is empty$/, /without extensions/),
    row('is a certificate', () => right['cert.pem'], /configuration file FILE has an error$/),
    row('has an extension that nobody knows', () => 'bogus = 1\n', /configuration file FILE has an error$/),
    row('has a value that nobody knows', () => 'keyUsage = bogus\n', /configuration file FILE has an error$/),
    absent,
    ...unread.map(awaited),
  ];
  const another = row(
    'is of another',
    () => pkcs8(foreign.keys.privateKey),
    /and FILE do not belong together$/,
  );
  const noRsa = [row('is of EC', keyOfRight, /FILE is not an RSA key: its kind is ec$/)];

  // Not each of them in each place: in the short form they take turns.
  test.each<[string, number, readonly Row[], readonly (readonly string[])[]]>([
    ['a key', 0, noKeys, keyLines],
    ['a certificate', 1, noCertificates, certificateLines],
    ['a CSR', 2, noCsrs, [sign(INPUT, ...ca, ...caKey)]],
    ["a CA's certificate", 3, noCertificates, [sign('a.csr', '--CA', INPUT, ...caKey)]],
    ["a CA's key", 5, [another, ...noKeys], [sign('a.csr', ...ca, '--CAkey', INPUT)]],
    ['extensions', 5, noExtensions, [sign('a.csr', ...ca, ...caKey, '--extfile', INPUT)]],
    ['a key of RSA', 0, noRsa, [toRsa]],
  ])(
    'names what it is given for %s and is none',
    async (what, first, rows, lines) => {
      const works = triesOf(`${what} of a step`, rows, lines, { few: 5, first });
      expect(await done(works)).toBeGreaterThanOrEqual(whole ? rows.length : Math.floor(rows.length / 5));
    },
    PER_TEST_MS,
  );

  test('takes what is as good as the right one', async () => {
    const sec1 = (): string => String(foreign.keys.privateKey.export({ type: 'sec1', format: 'pem' }));
    const takes: readonly (readonly [Row, readonly string[]])[] = [
      [row('is a key, with text before it', () => `A key:\n${right['key.pem']}`), keyLines[0]!],
      [row('is a key in the form SEC1', sec1), keyLines[1]!],
      [row('is a key of RSA', () => pkcs8(foreign.rsa.privateKey)), toRsa],
      [row('is a bundle', () => foreign.certificate + right['ca.pem']), certificateLines[0]!],
      [row('has other line ends', () => right['cert.pem'].replaceAll('\n', '\r\n')), certificateLines[1]!],
      [row('is a CSR, with text before it', () => `A CSR:\n${foreign.csr}`), sign(INPUT, ...ca, ...caKey)],
      [
        row('is extensions, with a comment', () => '# A comment.\r\nbasicConstraints = CA:FALSE\r\n'),
        sign('a.csr', ...ca, ...caKey, '--extfile', INPUT),
      ],
    ];
    await done(takes.flatMap(([one, args]) => triesOf('a file of a step', [one], [args])));
  });
});

// --- templates of the user's own

const roles = ['ca', 'server', 'client'] as const;
type Role = (typeof roles)[number];

/** In words that go on `a template that`. */
interface Own extends Row<string> {
  readonly for?: readonly Role[];
  /** What is named. Default: the template. */
  readonly names?: 'the certificate' | 'the directory';
}

const change = (that: string, content: (ours: string) => string | Uint8Array, words?: RegExp): Own =>
  row(that, content, words);
const instead = (for_: readonly Role[], ...rows: readonly Own[]): Own[] =>
  rows.map((one) => ({
    ...{ ...one, for: for_ },
    ...(one.words && { names: 'the certificate' as const, hint: /template/ }),
  }));
const CONFIG = /configuration file FILE has an error$/;
const NOT_ITS_USE = /its extendedKeyUsage is not that of a (?:server|client)$/;
const TAG = /cannot render the template FILE: .*[Uu]n(?:closed|opened)/;

const owns: readonly Own[] = [
  change('is empty', () => '', CONFIG),
  ...garbled(CONFIG),
  change('is UTF-16', (ours) => utf16(ours), CONFIG),
  ...unread.map((one) => ({ ...one, hint: /template/ })),
  change('has a section that is not closed', (ours) => `{{#subject}}\n${ours}`, TAG),
  change('has a section that is not opened', (ours) => `{{/subject}}\n${ours}`, TAG),
  change('has a tag that is not closed', (ours) => `${ours}\n{{#rsa`, TAG),
  change('has a heading that is not closed', (ours) => `${ours}\n[ other\n`, CONFIG),
  change('has a line that says nothing', (ours) => `${ours}\nnothing\n`, CONFIG),
  change('has an unknown tag for the subject', (ours) => ours.replace(/\{\{n\}\}.*/, '{{unknown}}'), CONFIG),
  change('has no section of its name', (ours) => ours.replace(/\[ v3_\w+ \]/, '[ other ]'), CONFIG),
  change('has an unknown extension', (ours) => ours.replace(/^basic/m, 'bogus = 1\nbasic'), CONFIG),
  change('has an unknown value', (ours) => ours.replace(/^keyUsage.*/m, 'keyUsage = bogus'), CONFIG),
  change('would ask at the terminal', (ours) => ours.replace(/^prompt.*/m, ''), CONFIG),
  change('reads a variable', (ours) => `${ours}\nother = $ENV::NOBODY\n`, CONFIG),
  change('includes what is no configuration', (ours) => `.include = /etc/passwd\n${ours}`, CONFIG),
  change('includes what is not there', (ours) => `.include = /nonexistent/file\n${ours}`),
  change('has an unknown tag in a comment', (ours) => `${ours}\n# {{unknown}} {{> other}}\n`),
  change('ends its lines as on Windows', (ours) => ours.replaceAll('\n', '\r\n')),
  ...instead(
    ['server', 'client'],
    change('adds an extension', (ours) => ours.replace(/^basic/m, 'nsComment = a comment\nbasic')),
    change('says that a leaf is a CA', (ours) => ours.replace('CA:FALSE', 'CA:TRUE')),
    change('says nothing of what a leaf is', (ours) => ours.replace(/^basic.*\n/m, '')),
    change('lets a leaf sign', (ours) => ours.replace('digitalSignature', '$&,keyCertSign')),
    change(
      'makes a CA of a leaf',
      (ours) => ours.replace('CA:FALSE', 'CA:TRUE').replace('digitalSignature', '$&,keyCertSign'),
      /FILE: it is a CA$/,
    ),
    change('drops the extendedKeyUsage', (ours) => ours.replace(/^extended.*\n/m, ''), NOT_ITS_USE),
    change(
      'allows every use',
      (ours) => ours.replace(/^(extended.*=).*/m, '$1 serverAuth,clientAuth'),
      NOT_ITS_USE,
    ),
  ),
  ...instead(
    ['server'],
    change('drops the names', (ours) => ours.replace(/^subjectAltName.*\n/m, ''), /FILE: it lacks the name/),
  ),
  ...instead(
    ['ca'],
    change(
      'makes no CA',
      (ours) => ours.replace('CA:TRUE,pathlen:{{pathLength}}', 'CA:FALSE'),
      /FILE: it is not a CA$/,
    ),
    change('lets a CA sign nothing', (ours) => ours.replace('keyCertSign,', ''), /FILE: it is not a CA$/),
  ),
  {
    that: 'is in a directory that is a file',
    put: (path) => rm(join(path, '..'), { recursive: true }).then(() => writeFile(join(path, '..'), '')),
    words: /FILE.*: .*not a directory$/,
    names: 'the directory',
  },
  {
    ...{ that: 'is not there', put: () => Promise.resolve() },
    ...{ words: /^found no template in FILE$/, names: 'the directory' },
  },
];

const makers: Readonly<Record<Role, Job & { readonly makes: readonly [string, string] }>> = {
  ca: {
    args: ['ca', '--dir', 'new', ...ec, '--no-passphrase'],
    parts: ['ca'],
    options: { key: 'ec:p256', directory: 'new', passphrase: null },
    makes: ['ca.pem', 'ca-key.pem'],
  },
  server: commands.server,
  client: commands.client,
};

/** Nobody believes what it signs. */
async function signsNothing(directory: string, [certificate, key]: readonly [string, string]): Promise<void> {
  const privateKey = createPrivateKey(await readFile(join(directory, key)));
  const { subject } = new X509Certificate(await readFile(join(directory, certificate)));
  const name = /CN=(.*)/.exec(subject)![1]!;
  const issuer = { name, keys: { privateKey, publicKey: createPublicKey(privateKey) } };
  const extensions = [constraints(false), digitalSignature];
  await writeFile(
    join(directory, 'child.pem'),
    certificateOf({ name: 'evil', keys: ecKeys(), issuer, extensions }),
  );
  const words = ['verify', '-CAfile', 'ca.pem', '-untrusted', certificate, 'child.pem'];
  expect(await openssl(words, directory)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/CA cert|issuer/i) as unknown,
  });
  await rm(join(directory, 'child.pem'));
}

const tryTemplate = (own: Own, role: Role, way: Way) => (): Promise<void> =>
  tally.attempt(`a template ${role}.cnf that ${own.that}, ${way}`, async () => {
    const root = await place(right);
    const path = join(root, 'own', `${role}.cnf`);
    await mkdir(join(root, 'own'));
    const ours = new URL(`../../templates/recommended/${role}.cnf`, import.meta.url);
    await own.put(path, await readFile(ours, 'utf8'));
    const before = await tree(root);
    const { args, parts, options, makes } = makers[role];
    const templates = join(root, 'own');
    const job = { args: [...args, '--templates', 'own'], parts, options: { ...options, templates } };
    const told = await asks(root, job, way);
    if (own.words) {
      const inWorkspace = role === 'ca' ? 'ca.cnf' : makes[0].replace(/[^/]+$/, `${role}.cnf`);
      const named = {
        'the template': [path, `own/${role}.cnf`, inWorkspace, `${role}.cnf`],
        'the certificate': [makes[0]],
        'the directory': [templates, 'own'],
      }[own.names ?? 'the template'];
      if (!told) throw new Error('it was not refused');
      isTold(told, named, own.words, own.hint);
      expect(await tree(root)).toEqual(before);
    } else {
      expect(told).toBeUndefined();
      if (role === 'ca') expect(new X509Certificate(await readFile(join(root, 'new/ca.pem'))).ca).toBe(true);
      else {
        await serves(join(root, 'docker-tls'), makers[role], before, await tree(root));
        await signsNothing(join(root, 'docker-tls'), makes);
      }
    }
    await rm(root, { recursive: true });
  });

test(
  "a template of the user's own that is bad is named, or does no harm",
  async () => {
    const works = owns.flatMap((own, number) => {
      if (!whole && number % 4 > 0) return [];
      const at = whole ? number : number / 4;
      const all = own.for ?? roles;
      const inside = whole ? all : at % 3 === 0 ? [] : [all[at % all.length]!];
      const outside = whole || at % 3 === 0 ? [next(all)] : [];
      return [
        ...inside.map((role) => tryTemplate(own, role, 'library')),
        ...outside.map((role) => tryTemplate(own, role, next(['plain', 'json'] as const))),
      ];
    });
    expect(await done(works)).toBeGreaterThanOrEqual(whole ? 150 : 10);
  },
  PER_TEST_MS,
);

test('a CA that signs is found to be one', async () => {
  const directory = join(await place(right), 'docker-tls');
  await expect(signsNothing(directory, ['ca.pem', 'ca-key.pem'])).rejects.toThrow(/code/);
});

// --- without what lets root read everything

test('a file that may not be read is named', async () => {
  const through = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
  for (const file of whole ? files : [next(files), next(files)]) {
    const name = next(among('looks', file));
    await tally.attempt(`${file}, mode 0000: ${name}`, async () => {
      const root = await place(right);
      await chmod(join(root, 'docker-tls', file), 0);
      const words = /^cannot read FILE: permission denied$/;
      const expected = { file, words, hint: /run as a user with that permission/ };
      await attempt(root, commands[name], next(['plain', 'json'] as const), expected, { through });
    });
  }
  const closed: Row = {
    that: 'may not be read',
    put: (path) => writeFile(path, right['key.pem'], { mode: 0 }),
    words: /FILE.*: permission denied$/,
  };
  for (const args of [
    ['step', 'req', '--key', INPUT, '--subj', '/CN=a', '--out', 'out.pem'],
    ['ca', '--dir', 'new', ...ec, '--passphrase-file', INPUT],
  ])
    await tally.attempt(`mode 0000: ${args.join(' ')}`, () => given(closed, args, false, 1, { through }));
  await tally.attempt('mode 0000: a template', async () => {
    const root = await place(right);
    await mkdir(join(root, 'own'));
    await closed.put(join(root, 'own/client.cnf'), undefined);
    const outcome = await runs(root, [...commands.client.args, '--templates', 'own'], { through });
    isTold(toldBy(outcome, false), ['own/client.cnf'], closed.words!);
  });
  tally.none();
});
