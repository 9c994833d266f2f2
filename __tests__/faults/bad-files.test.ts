import { beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject, KeyPairKeyObjectResult } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { recipeNames, tutorials } from '../../lib/internal.js';
import {
  BACKUP,
  BINARY,
  CUT,
  ecKeys,
  EMPTY,
  files,
  makeStock,
  MIXED_UP,
  next,
  NO_BEGIN,
  noFiles,
  nothings,
  pkcs8,
  row,
  rsaKeys,
  scene,
  spki,
  utf16,
  type FileName,
  type Files,
  type Row,
  type Stock,
} from '../support/bad-files.js';
import {
  bytesOf,
  certificateOf,
  certSign,
  constraints,
  derOf,
  digitalSignature,
  pem,
  setOf,
  type Holder,
  type Profile,
} from '../support/by-hand.js';
import { errorOf } from '../support/failure.js';
import {
  among,
  attempt,
  commands,
  every,
  isPossible,
  isTold,
  signers,
  ways,
  type Call,
  type Command,
  type CommandName,
  type Expected,
  type Way,
} from '../support/job.js';
import { onAllCores } from '../support/on-all-cores.js';
import { processesIn } from '../support/processes.js';
import { groupLeftToWhole, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const tally = usePromise('an input file that is bad is named, with what is wrong with it');
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const PER_TEST_MS = 120_000;
const secret = 'correct horse';

const certificates: readonly FileName[] = ['ca.pem', 'server-cert.pem', 'cert.pem'];
const keys: readonly FileName[] = ['ca-key.pem', 'server-key.pem', 'key.pem'];
const partner = (file: FileName): FileName =>
  certificates.includes(file) ? keys[certificates.indexOf(file)]! : certificates[keys.indexOf(file)]!;

let right: Files;
let foreign: Stock['foreign'];
let authority: Holder;
beforeAll(async () => {
  ({ right, foreign } = await makeStock(shared()));
  authority = { name: 'a CA', keys: ecKeys() };
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

const nextProgram = (): Way => next(['plain', 'json'] as const);

// --- files of a set

interface Right {
  readonly pem: string;
  /** The other half of its pair. */
  readonly other: string;
}

type Kind = Row<Right>;
const inPlaceOf = (names: readonly FileName[], ...rows: readonly Kind[]): Kind[] =>
  rows.map((one) => ({ ...one, as: names }));
const keyOf = ({ pem }: Right): KeyObject => createPrivateKey(pem);
const sec1 = (right: Right): string => String(keyOf(right).export({ type: 'sec1', format: 'pem' }));
const ecParameters = pem('EC PARAMETERS', bytesOf('06082a8648ce3d030107'));
const encryption = { cipher: 'aes-256-cbc', passphrase: secret } as const;
const rsaKey = (format: 'pem' | 'der', type: 'pkcs1' | 'pkcs8', more = {}): string | Buffer =>
  foreign.rsa.privateKey.export({ type, format, ...more } as never);
function withWrongLength(text: string): string {
  const bytes = derOf(text);
  const at = bytes[1]! > 0x80 ? 3 : 1;
  bytes[at] = bytes[at]! ^ 0x11;
  return pem(/BEGIN ([^-]+)-/.exec(text)![1]!, bytes);
}

const UNPARSED = /FILE.*: it holds (?:a certificate|a private key) that cannot be parsed$/;
const A_KEY = /FILE is not a certificate: it holds a private key/;
const A_CERTIFICATE = /FILE is not a private key: it holds a certificate/;
const KEY_IN_DER = /FILE is not a private key: it holds a private key in its binary form \(DER\)$/;
const CERTIFICATE_IN_DER = /FILE is not a certificate: it holds a certificate in its binary form \(DER\)$/;
const AS_KEY = /openssl pkey -inform DER/;
const A_CSR = /FILE.*: it holds a certificate signing request$/;
const A_CRL = /FILE.*: it holds a revocation list$/;
const A_PUBLIC_KEY = /FILE.*: it holds a public key$/;
const UTF16 = /FILE.*: it is in UTF-16$/;

const kinds: readonly Kind[] = [
  ...nothings,
  ...noFiles,
  // Cut off.
  row('ends after its first line', ({ pem }) => `${pem.split('\n', 1)[0]}\n`, CUT, BACKUP),
  row('is cut in the middle', ({ pem }) => pem.slice(0, pem.length / 2), CUT, BACKUP),
  row('lacks its last line', ({ pem }) => pem.replace(/-----END.*\n/, ''), CUT, BACKUP),
  row('is cut in its last line', ({ pem }) => pem.slice(0, -10), CUT, BACKUP),
  row('lacks its first line', ({ pem }) => pem.replace(/-----BEGIN.*\n/, ''), NO_BEGIN),
  row('begins with a hyphen too few', ({ pem }) => pem.slice(1), NO_BEGIN),
  row('has a damaged first line', ({ pem }) => pem.replace(/-\n/, '\n'), /FILE.*: its line .* is damaged$/),
  // What is meant, in another form.
  ...inPlaceOf(
    certificates,
    row('is in DER', ({ pem }) => derOf(pem), CERTIFICATE_IN_DER, /openssl x509 -inform DER/),
    // Docker knows one name of a certificate in PEM.
    row('is a trusted one', ({ pem }) => pem.replaceAll(' CERT', ' TRUSTED CERT'), /TRUSTED/, /openssl x509/),
    row('has its old name', ({ pem }) => pem.replaceAll(' CERT', ' X509 CERT'), /X509/, /openssl x509/),
    row("is its pair's key", ({ other }) => other, A_KEY, MIXED_UP),
    row("is its pair's key in DER", ({ other }) => derOf(other), A_KEY, MIXED_UP),
    row('is an encrypted key (pkcs1)', () => rsaKey('pem', 'pkcs1', encryption), A_KEY, MIXED_UP),
    row('is an encrypted key (pkcs8)', () => rsaKey('pem', 'pkcs8', encryption), A_KEY, MIXED_UP),
  ),
  ...inPlaceOf(
    keys,
    row('is in DER (pkcs8)', ({ pem }) => derOf(pem), KEY_IN_DER, AS_KEY),
    row('is in DER (sec1)', (right) => derOf(sec1(right)), KEY_IN_DER, AS_KEY),
    row('is in DER (pkcs1)', () => rsaKey('der', 'pkcs1'), KEY_IN_DER, AS_KEY),
    row('is in DER, encrypted', () => rsaKey('der', 'pkcs8', encryption), BINARY),
    row("is its pair's certificate", ({ other }) => other, A_CERTIFICATE, MIXED_UP),
    row("is its pair's certificate in DER", ({ other }) => derOf(other), A_CERTIFICATE, MIXED_UP),
  ),
  // Something else.
  row('is a CSR in DER', () => derOf(foreign.csr), BINARY),
  row('is a public key in DER', () => derOf(spki(foreign.keys.publicKey)), BINARY),
  row('is PKCS#12', () => foreign.pkcs12, BINARY),
  row('is a CSR', () => foreign.csr, A_CSR, MIXED_UP),
  row('is a public key', () => spki(foreign.keys.publicKey), A_PUBLIC_KEY, MIXED_UP),
  row('is a CRL', () => foreign.crl, A_CRL, MIXED_UP),
  row(
    "is in OpenSSH's form",
    () => foreign.openssh,
    /FILE.*: it holds a key in OpenSSH's own form$/,
    MIXED_UP,
  ),
  row('is DH parameters', () => foreign.dhParameters, /FILE.*: it holds 'DH PARAMETERS'$/, MIXED_UP),
  // Damaged.
  row('has NUL in it', ({ pem }) => pem.replace(/(?<=\n.{20})/, '\0'), UNPARSED, BACKUP),
  row('has a letter in it that is none', ({ pem }) => pem.replace(/(?<=\n.{20})./, '!'), UNPARSED, BACKUP),
  row('has a wrong length in its DER', ({ pem }) => withWrongLength(pem), UNPARSED, BACKUP),
  row('ends its lines as on an old Mac', ({ pem }) => pem.replaceAll('\n', '\r'), UNPARSED),
  row('has \\n where its lines should end', ({ pem }) => pem.replaceAll('\n', '\\n'), UNPARSED),
  row('is two, without a line end between them', ({ pem }) => pem.trimEnd() + pem, UNPARSED),
  row('is indented', ({ pem }) => pem.replace(/^/gm, '  '), NO_BEGIN),
  // As other editors write it. OpenSSL reads a byte order mark at times; Go, of which Docker is made, never does.
  row(
    'begins with a byte order mark',
    ({ pem }) => `\ufeff${pem}`,
    /FILE.*: .*byte order mark$/,
    /plain text/,
  ),
  row('is UTF-16', ({ pem }) => utf16(pem), UTF16, /plain text/),
  row('is UTF-16 in the other order', ({ pem }) => utf16(pem).swap16(), UTF16, /plain text/),
];

/** What is as good as the right one. */
const good: readonly Kind[] = [
  row('ends its lines as on Windows', ({ pem }) => pem.replaceAll('\n', '\r\n')),
  row('has text before it', ({ pem }) => `Subject: CN = a\n    Issuer: CN = b\n${pem}`),
  row('has text before it that is no UTF-8', ({ pem }) => Buffer.from(`CN = M\xfcller\n${pem}`, 'latin1')),
  row('has text after it', ({ pem }) => `${pem}That was it.\n`),
  row('has blank lines around it', ({ pem }) => `\n\n${pem}\n\n`),
  row('lacks the line end of its last line', ({ pem }) => pem.trimEnd()),
  row('has blanks at the ends of its lines', ({ pem }) => pem.replaceAll('\n', '  \n')),
  row('has NUL behind it', ({ pem }) => `${pem}\0\0\0`),
  ...inPlaceOf(
    certificates,
    row('is a bundle', ({ pem }) => pem + foreign.certificate),
    row('holds its key too', ({ pem, other }) => pem + other),
    row('holds its key first', ({ pem, other }) => other + pem),
  ),
  ...inPlaceOf(
    keys,
    row('holds its certificate too', ({ pem, other }) => pem + other),
    row('holds its certificate first', ({ pem, other }) => other + pem),
    row('is in the form SEC1', sec1),
    row('has its parameters before it', (right) => ecParameters + sec1(right)),
  ),
  {
    that: 'is a link to it',
    put: async (path, { pem }) => {
      await writeFile(`${path}.real`, pem, { mode: 0o400 });
      await symlink(`${basename(path)}.real`, path);
    },
  },
];

const without = (file: FileName): Partial<Files> =>
  Object.fromEntries(Object.entries(right).filter(([name]) => name !== file));

async function sceneWith({ put }: Kind, file: FileName): Promise<string> {
  const root = await place(without(file));
  await put(join(root, 'docker-tls', file), { pem: right[file], other: right[partner(file)] });
  return root;
}

const tryKind = (kind: Kind, file: FileName, name: CommandName, way: Way) => (): Promise<void> =>
  tally.attempt(`${file} that ${kind.that}: ${name}, ${way}`, async () => {
    const { words, hint } = kind;
    await attempt(await sceneWith(kind, file), commands[name], way, words && { file, words, hint });
  });

/**
 * Every kind in each place: by the library with every command, and by the program with one. In the short form in every
 * eighth place, with one command by the library, which takes a moment; some by the program. What serves takes longer.
 */
function triesOf(
  rows: readonly Kind[],
  commandsFor = (file: FileName, list: 'uses' | 'looks') => among(list, file),
) {
  return rows.flatMap((kind, number) =>
    (kind.as ?? files).flatMap((file, at) => {
      const names = commandsFor(file, kind.unreadable ? 'looks' : 'uses');
      const few = kind.words ? 8 : 10;
      const chosen = kind.words ? names : names.filter((_, turn) => (turn + at + number) % 2 === 0);
      const inside = whole ? chosen : (at + number) % few === 0 ? [next(names)] : [];
      const outside = whole || (at === number % 6 && number % 8 === 0) ? [next(names)] : [];
      return [
        ...inside.map((name) => tryKind(kind, file, name, 'library')),
        ...outside.map((name) => tryKind(kind, file, name, nextProgram())),
      ];
    }),
  );
}

describe('in a set', () => {
  test(
    'a file that is bad is refused by whoever uses it',
    async () => {
      expect(await done(triesOf(kinds))).toBeGreaterThan(whole ? 1000 : 30);
    },
    PER_TEST_MS,
  );

  test(
    'a file that is as good as the right one serves',
    async () => {
      // What is made anew may not be a link.
      const tries = triesOf(good, (file) =>
        every.filter((name) => name !== 'force' || !file.startsWith('server')),
      );
      expect(await done(tries)).toBeGreaterThan(whole ? 200 : 5);
    },
    PER_TEST_MS,
  );

  test(
    'of any recipe, whatever it calls it, a file that is bad is named',
    async () => {
      const bad = kinds.filter(({ that }) => ['is empty', 'is random', 'is a socket'].includes(that));
      const works = recipeNames.flatMap((name) => {
        if (name === 'recommended') return [];
        const { files: names } = tutorials[name];
        const pairs = [names.ca, names.server, names.client];
        const paths = pairs.flatMap(({ certificate, key }) => [certificate, key]);
        return paths.flatMap((path, number) =>
          (whole ? bad : number % 3 === 0 ? [next(bad)] : []).map(
            ({ that, put, words }) =>
              () =>
                tally.attempt(`${path} of ${name} that ${that}`, async () => {
                  const root = await place({});
                  for (const [at, other] of paths.entries()) {
                    const to = join(root, 'docker-tls', other);
                    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
                    const source = { pem: right[files[at]!], other: '' };
                    if (at === number) await put(to, source);
                    else await writeFile(to, source.pem, { mode: 0o400 });
                  }
                  const options = { recipe: name };
                  const command: Command = {
                    args: [],
                    parts: commands.all.parts,
                    options,
                    uses: [],
                    looks: [],
                  };
                  await attempt(root, command, 'library', { file: path, words: words! });
                }),
          ),
        );
      });
      expect(await done(works)).toBe(Object.keys(tutorials).length * (whole ? 6 * bad.length : 2));
    },
    PER_TEST_MS,
  );

  test.each<[FileName, CommandName, FileName, RegExp]>([
    ['ca.pem', 'all', 'ca-key.pem', /FILE exists, but its certificate ca\.pem does not$/],
    ['ca.pem', 'client', 'ca-key.pem', /FILE exists, but its certificate ca\.pem does not$/],
    ['ca-key.pem', 'client', 'ca-key.pem', /but the CA's private key FILE does not$/],
    ['server-cert.pem', 'all', 'server-key.pem', /FILE exists, but its certificate does not$/],
    ['key.pem', 'all', 'cert.pem', /FILE exists, but its private key does not$/],
  ])('a link to nothing at %s is for %s as if nothing was there', async (file, name, told, words) => {
    const root = await place(without(file));
    await symlink('nothing', join(root, 'docker-tls', file));
    await tally.attempt(`${file}, a link to nothing: ${name}`, () =>
      attempt(
        root,
        commands[name],
        next(ways),
        { file: told, words, hint: /restore|put/ },
        { passphrase: secret },
      ),
    );
    tally.none();
  });
});

// --- sets that do not fit together

/** In words that go on `a set`. */
interface State {
  readonly that: string;
  readonly set: () => Files;
  /** What is told; a command that is not here serves. */
  readonly told: Partial<Record<CommandName, Expected>>;
  readonly passphrase?: string | undefined;
  /** It may serve as well: what is made works. */
  readonly orServes?: boolean;
}

/** These commands tell that of one of these files. */
const tell = (
  names: readonly CommandName[],
  file: FileName | readonly FileName[],
  words: RegExp,
  hint?: RegExp,
): State['told'] => Object.fromEntries(names.map((name) => [name, { file, words, hint }]));
const state = (
  that: string,
  set: () => Files,
  told: State['told'] = {},
  more: Partial<Pick<State, 'orServes' | 'passphrase'>> = {},
): State => ({ that, set, told, ...more });

/** A set under a CA that was made by hand, and differs in this from one that signs. */
const under =
  (more: () => Partial<Profile>, leaves: Partial<Profile> = {}) =>
  () =>
    setOf(
      { ...authority, from: -400, to: 3650, extensions: [constraints(true, 0), certSign], ...more() },
      leaves,
    );
const withKeys = (name: string, make: () => KeyPairKeyObjectResult): State =>
  state(
    `of a CA with a key of ${name}`,
    under(() => ({ keys: make() })),
  );
/** What `all` made, and in it something else. */
const but = (more: () => Partial<Files>) => (): Files => ({ ...right, ...more() });

const damagedInItsSignature = (text: string): string => {
  const bytes = derOf(text);
  bytes[bytes.length - 9] = bytes[bytes.length - 9]! ^ 0x10;
  return pem('CERTIFICATE', bytes);
};
const encrypted = (text: string, type: 'pkcs1' | 'pkcs8' | 'sec1', cipher = 'aes-256-cbc'): string =>
  String(createPrivateKey(text).export({ type, format: 'pem', cipher, passphrase: secret }));

const keepers = ['all', 'docs'] as const;
const keepClient = [...keepers, 'force'] as const;
const leaves = ['server-cert.pem', 'cert.pem'] as const;
const CLOCK = /clock/;
const RIGHT_ONE = /restore the right one/;
const NO_CA = /FILE cannot sign: it is not a CA certificate$/;
const EXPIRED = /FILE cannot (?:sign|be used): it expired on \d{4}-\d\d-\d\d$/;
const TOO_YOUNG = /FILE cannot (?:sign|be used): it is not valid before \d{4}-\d\d-\d\d /;
const UNSIGNED = /FILE cannot be used: it is not signed by the existing CA$/;
const ENCRYPTED = /FILE cannot be used: it is encrypted, and Docker cannot open encrypted keys$/;
const ALONE = /FILE is encrypted, but no passphrase was given$/;
const CLOSED = /^the passphrase does not open FILE$/;
const SELF = [constraints(true), certSign];

const states: readonly State[] = [
  withKeys('P-256', ecKeys),
  withKeys('P-384', () => ecKeys('P-384')),
  withKeys('P-521', () => ecKeys('P-521')),
  withKeys('RSA', () => foreign.rsa),
  withKeys('Ed25519', () => generateKeyPairSync('ed25519')),
  withKeys('Ed448', () => generateKeyPairSync('ed448')),
  state(
    'of a CA without keyUsage',
    under(() => ({ extensions: [constraints(true)] })),
  ),
  state(
    'of a CA of any path',
    under(() => ({ extensions: SELF })),
  ),
  state(
    'of a CA without a subjectKeyIdentifier',
    under(() => ({ unidentified: true })),
  ),
  state('of a CA that is signed by another, with that one behind it', () => {
    const root = { name: 'a root', keys: ecKeys(), to: 3660, extensions: SELF };
    return setOf({ ...authority, issuer: root, extensions: SELF }, {}, certificateOf(root));
  }),
  state(
    'of a CA that is signed by another, which is not there',
    under(() => ({ issuer: { name: 'a root', keys: ecKeys() } })),
    tell(signers, 'ca.pem', /does not verify with FILE: .*issuer/),
    { orServes: true },
  ),
  state(
    'of a CA that is weak (RSA 1024, SHA-1)',
    under(() => ({ keys: rsaKeys(1024), digest: 'sha1' })),
    tell(signers, 'ca.pem', /does not verify with FILE: .*/),
    { orServes: true },
  ),
  state(
    'of a CA whose own signature is damaged',
    but(() => ({ 'ca.pem': damagedInItsSignature(right['ca.pem']) })),
    tell(signers, 'ca.pem', /does not verify with FILE: .*/),
    { orServes: true },
  ),
  state(
    'of a CA of the first version',
    under(() => ({ extensions: [] })),
    tell(
      every,
      'ca.pem',
      /FILE cannot sign: it has version 1, without the extensions that say that it is a CA$/,
    ),
  ),
  state(
    'of a CA that may not sign certificates',
    under(() => ({ extensions: [constraints(true), digitalSignature] })),
    tell(every, 'ca.pem', /FILE cannot sign: its keyUsage lacks keyCertSign$/),
  ),
  state(
    "with the server's pair for the CA's",
    but(() => ({ 'ca.pem': right['server-cert.pem'], 'ca-key.pem': right['server-key.pem'] })),
    tell(every, 'ca.pem', NO_CA, /mistake/),
  ),
  state(
    "with a bundle for the CA's certificate, the server's first",
    but(() => ({ 'ca.pem': right['server-cert.pem'] + right['ca.pem'] })),
    tell(every, 'ca.pem', NO_CA, /mistake/),
  ),
  ...[-3, 100].map((to) =>
    state(
      `of a CA that has expired, and its leaves end on day ${to}`,
      under(() => ({ to: -2 }), { to }),
      tell(every, 'ca.pem', EXPIRED, CLOCK),
    ),
  ),
  state(
    'of a CA that is not valid yet',
    under(() => ({ from: 2 })),
    tell(every, 'ca.pem', TOO_YOUNG, CLOCK),
  ),
  state(
    'of a CA that ends within the day',
    under(() => ({ to: 0.5 }), { to: 0.4 }),
    tell(signers, 'ca.pem', /FILE expires on \d{4}-.*too soon to sign/, /`renewCa\(|renew ca/),
  ),
  state(
    "with another CA's key",
    but(() => ({ 'ca-key.pem': pkcs8(foreign.keys.privateKey) })),
    tell(every, 'ca.pem', /FILE and \S+ca-key\.pem do not belong together$/, BACKUP),
  ),
  state(
    'with another CA',
    but(() => ({ 'ca.pem': foreign.certificate, 'ca-key.pem': pkcs8(foreign.keys.privateKey) })),
    { ...tell(keepers, leaves, UNSIGNED, RIGHT_ONE), ...tell(['force'], 'cert.pem', UNSIGNED, RIGHT_ONE) },
  ),
  state(
    "with the CA's two files in each other's place",
    but(() => ({ 'ca.pem': right['ca-key.pem'], 'ca-key.pem': right['ca.pem'] })),
    tell(every, 'ca.pem', A_KEY, MIXED_UP),
  ),
  state(
    "with the client's certificate for the server's",
    but(() => ({ 'server-cert.pem': right['cert.pem'] })),
    tell(keepers, 'server-cert.pem', /FILE cannot be used: it does not belong to \S+server-key\.pem$/),
  ),
  state(
    "with the client's pair for the server's",
    but(() => ({ 'server-cert.pem': right['cert.pem'], 'server-key.pem': right['key.pem'] })),
    tell(keepers, 'server-cert.pem', /FILE cannot be used: it is not for a server$/),
  ),
  ...(['server-cert.pem', 'cert.pem'] as const).map((file) =>
    state(
      `with a damaged signature in ${file}`,
      but(() => ({ [file]: damagedInItsSignature(right[file]) })),
      tell(file === 'cert.pem' ? keepClient : keepers, file, UNSIGNED, RIGHT_ONE),
    ),
  ),
  state(
    'with leaves that have expired',
    under(() => ({}), { to: -2 }),
    {
      ...tell(keepers, leaves, EXPIRED, /`(?:docker-tls-openssl renew\b|renew\()/),
      ...tell(['force'], 'cert.pem', EXPIRED, /`(?:docker-tls-openssl renew\b|renew\()/),
    },
  ),
  state(
    'with leaves that are not valid yet',
    under(() => ({}), { from: 2 }),
    {
      ...tell(keepers, leaves, TOO_YOUNG, CLOCK),
      ...tell(['force'], 'cert.pem', TOO_YOUNG, CLOCK),
    },
  ),
  ...(['pkcs8', 'sec1'] as const).flatMap((type) =>
    (['server-key.pem', 'key.pem'] as const).map((file) =>
      state(
        `with an encrypted ${file} (${type})`,
        but(() => ({ [file]: encrypted(right[file], type) })),
        tell(file === 'key.pem' ? keepClient : keepers, file, ENCRYPTED),
      ),
    ),
  ),
  ...(['pkcs8', 'sec1'] as const).flatMap((type) =>
    ['aes-256-cbc', 'des-ede3-cbc'].flatMap((cipher) => {
      const set = but(() => ({ 'ca-key.pem': encrypted(right['ca-key.pem'], type, cipher) }));
      const told = (words: RegExp, hint: RegExp): State['told'] => tell(signers, 'ca-key.pem', words, hint);
      return (
        [
          ['its passphrase', secret, {}],
          ['another passphrase', 'incorrect horse', told(CLOSED, /passphrase of this key/)],
          ['no passphrase', undefined, told(ALONE, /--passphrase-file|give it with `passphrase`/)],
        ] as const
      ).map(([what, passphrase, told]) =>
        state(`whose CA's key is encrypted (${type}, ${cipher}), with ${what}`, set, told, { passphrase }),
      );
    }),
  ),
  state(
    "whose CA's key is encrypted, as `openssl rsa -traditional -aes256` does it, with another passphrase",
    () => {
      const set = under(() => ({ keys: foreign.rsa }))();
      return { ...set, 'ca-key.pem': encrypted(set['ca-key.pem'], 'pkcs1') };
    },
    tell(signers, 'ca-key.pem', CLOSED),
    { passphrase: 'incorrect horse' },
  ),
  state(
    "whose CA's key is encrypted, and cut off",
    but(() => ({ 'ca-key.pem': encrypted(right['ca-key.pem'], 'pkcs8').slice(0, 200) })),
    tell(every, 'ca-key.pem', CUT, BACKUP),
    { passphrase: secret },
  ),
];

const tryState = (one: State, name: CommandName, way: Way) => (): Promise<void> =>
  tally.attempt(`a set ${one.that}: ${name}, ${way}`, async () => {
    const { passphrase, told } = one;
    const set = one.set();
    const tryAs = async (expected: Expected | undefined): Promise<void> =>
      attempt(
        await place(set),
        commands[name],
        way,
        expected,
        passphrase === undefined ? {} : { passphrase },
      );
    if (one.orServes && told[name]) await tryAs(undefined).catch(() => tryAs(told[name]));
    else await tryAs(told[name]);
  });

test(
  'a set that does not fit together is refused by whoever uses it',
  async () => {
    const works = states.flatMap((one, number) => {
      // One that refuses it, and any other.
      const refusing = every.filter((name) => one.told[name] !== undefined);
      const refuses = refusing.length > 0 ? [next(refusing)] : [];
      const inside = whole ? every : [...refuses, ...(number % 8 === 2 ? [next(every)] : [])];
      const outside = whole || number % 8 === 0 ? [next(refusing.length > 0 ? refusing : every)] : [];
      return [
        ...inside.map((name) => tryState(one, name, 'library')),
        ...outside.map((name) => tryState(one, name, nextProgram())),
      ];
    });
    expect(await done(works)).toBeGreaterThan(whole ? 300 : 40);
  },
  PER_TEST_MS,
);

// --- what finds the faults

groupLeftToWhole('the checks find', () => {
  const expected: Expected = { file: 'ca.pem', words: EMPTY, hint: BACKUP };
  const found = async (set: Partial<Files>, wanted?: Expected, way: Way = 'library', call: Call = {}) => {
    const root = await place({ ...right, ...set });
    return String(await errorOf(() => attempt(root, commands.all, way, wanted, call)));
  };

  test('nothing where all is as expected', async () => {
    for (const way of ways)
      await attempt(await place({ ...right, 'ca.pem': '' }), commands.all, way, expected);
    await attempt(await place(right), commands.client, 'library', undefined);
  });

  test.each<[string, Partial<Files>, Expected | undefined, RegExp]>([
    ['another file', { 'cert.pem': '' }, expected, /ca\.pem is not named in/],
    ['other words', { 'ca.pem': 'a' }, expected, /it has no line/],
    ['another hint', { 'ca.pem': '' }, { ...expected, hint: MIXED_UP }, /mixed up/],
    ['a result where it should be refused', {}, expected, /it was not refused/],
    ['a refusal where it should serve', { 'ca.pem': '' }, undefined, /it is empty/],
  ])('%s', async (_, set, wanted, words) => {
    expect(await found(set, wanted)).toMatch(words);
  });

  test.each<[string, string, RegExp]>([
    ['a file more', 'touch docker-tls/more; exec "$@"', /docker-tls\/more/],
    [
      'a file that was replaced',
      'cd docker-tls; cp key.pem k; mv -f k key.pem; cd ..; exec "$@"',
      /key\.pem/,
    ],
    ['a file that was touched', 'touch docker-tls/key.pem; exec "$@"', /key\.pem/],
    ['another exit code', '"$@"; exit 3', /3/],
    ['a stack', '"$@"; s=$?; echo "    at run (main.js:1:1)" >&2; exit $s', /main\.js/],
    ['two errors', '"$@"; s=$?; echo "error: more" >&2; exit $s', /2 lines with error/],
    ['no error', '"$@" 2> /dev/null', /0 lines with error/],
    ['a program that hangs', 'exec timeout 0.5 sleep 3', /124/],
  ])('%s', async (_, script, words) => {
    const through = ['/bin/sh', '-c', script, 'sh'];
    expect(await found({ 'ca.pem': '' }, expected, 'plain', { through })).toMatch(words);
  });

  test.each([
    'error:0480006C:PEM routines::no start line',
    "ENXIO: no such device or address, open 'a'",
    'unable to load key: Expecting: ANY PRIVATE KEY',
  ])('words that no person understands: %s', (words) => {
    expect(() => isTold({ message: `a is wrong: ${words}`, hint: 'a hint' }, ['a'], /./)).toThrow();
  });

  test('a hint that cannot be followed', () => {
    expect(() => isPossible('recreate it with --force server', ['client'])).toThrow('cannot be done');
    expect(() => isPossible('`docker-tls-openssl server --force client`', ['client'])).toThrow();
    isPossible('`docker-tls-openssl all --force ca`, or --force client', ['client']);
    expect(() => isPossible("recreate it with `force: ['server']`", ['client'])).toThrow('cannot be done');
    expect(() => isPossible("`server({ force: ['client'] })`", ['client'])).toThrow('cannot be done');
    isPossible("`all({ name: 'a', force: ['ca', 'server'] })`, or `force: ['client']`", ['client']);
  });
});
