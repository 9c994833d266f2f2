/** The words about what a client or a host is sent; their voice is that of present.ts. */
import { shellWord } from '../lib/internal.js';
import type { Bundle, P12 } from '../lib/index.js';
import { ownLine } from './own-command.js';
import { hostVariables, octal, shortest } from './present-docker.js';
import { spelledNotes } from './present.js';
import type { Style } from './streams.js';

type Role = 'client' | 'server';
type Encryption = Bundle['encryption'];

const danger: Readonly<Record<Role, string>> = {
  client: "the client's private key: anyone who has it is root on the host",
  server: "the server's private key: anyone who has it can impersonate the host",
};

export const bundleWords = {
  toTerminal: 'refusing to write an archive to a terminal: redirect it, or use --output FILE',
  andJson: '--json and --output - cannot both write to stdout',
  p12ToStdout: '--p12 writes a file, not stdout: use --output FILE',
  notWithP12: '--p12 writes one file: --layout does not apply',
  onlyWithP12: (flag: string) => `--${flag} applies only with --p12`,
  /** Said beside what was written. */
  secret: (role: Role, encryption: Encryption) =>
    encryption
      ? `only ${encryption.recipients.length === 1 ? 'its recipient' : 'its recipients'} can open it; it contains ${danger[role].replace('has it', 'opens it')}`
      : `it contains ${danger[role]}`,
  p12Secret: `it contains ${danger.client.replace('has it', 'has it and its passphrase')}; send the two separately`,
  notMade: (path: string, encryption: Encryption) =>
    `Preview: these files would be packed into ${path}${encryptedFor(encryption)}.`,
} as const;

function encryptedFor(encryption: Encryption): string {
  return encryption
    ? `, encrypted with ${encryption.program} for ${encryption.recipients.map(shortRecipient).join(' and ')}`
    : '';
}

/** An SSH key by its kind and its comment, which is enough to tell it from others. */
function shortRecipient(recipient: string): string {
  const [kind = '', key = '', ...comment] = recipient.split(' ');
  return key === ''
    ? recipient
    : [kind, ...(comment.length === 0 ? [`…${key.slice(-12)}`] : comment)].join(' ');
}

/** What is in a bundle. */
export function describeBundled({ files }: Pick<Bundle, 'files'>): string[] {
  const width = Math.max(...files.map(({ name }) => name.length));
  return files.map(
    ({ name, mode, from }) => `  ${name.padEnd(width)}  ${octal(mode)}  from ${shortest(from)}`,
  );
}

/** What became of a bundle that was written, and how its reader opens it. */
export function describeBundle(
  path: string,
  { files, encryption }: Bundle,
  next: readonly string[],
  style: Style,
): string[] {
  const key = encryption?.program === 'age' ? ["  (KEY: the file with the recipient's private key)"] : [];
  const created = `${style.green('Created')} ${path}${encryptedFor(encryption)}:`;
  return [created, ...describeBundled({ files }), '', ...next, ...key];
}

/** What to do with a bundle that has Docker's own names. */
export function dockerLines(
  path: string,
  { encryption }: Bundle,
  role: Role,
  host: string | undefined,
): string[] {
  const unpack = unpackLine(path, encryption, role === 'client' ? 'docker-tls' : '/root/docker-tls');
  return role === 'client'
    ? ['On the client:', `  ${unpack}`, `  export ${hostVariables(host)} DOCKER_CERT_PATH="$PWD/docker-tls"`]
    : [
        'On the Docker host, as root:',
        `  ${unpack}`,
        `  ${ownLine('install', 'daemon', '--apply', '--restart', '--dir', '/root/docker-tls')}`,
      ];
}

/** Where the files for docker:dind are unpacked. */
const DIND = '/srv/dind';

/** What to do with one that has the names of docker:dind. */
export function dindLines(
  path: string,
  { encryption }: Bundle,
  role: Role,
  host: string | undefined,
): string[] {
  const unpack = unpackLine(path, encryption, DIND, '-p -m 0755');
  const mounts = ['ca', 'server'].map((name) => `-v ${DIND}/${name}:/certs/${name}:ro`).join(' ');
  return role === 'client'
    ? [
        'Where the client runs, as root:',
        `  ${unpack}`,
        `  export ${hostVariables(host)} DOCKER_CERT_PATH=${DIND}/client`,
      ]
    : [
        'On the machine that runs docker:dind, as root:',
        `  ${unpack}`,
        `  docker run -d --privileged -p 2376:2376 -e DOCKER_TLS_CERTDIR=/certs ${mounts} docker:dind`,
      ];
}

function unpackLine(path: string, encryption: Encryption, directory: string, how = '-m 0700'): string {
  const file = shellWord(path);
  const make = `mkdir ${how} ${directory}`;
  if (!encryption) return `${make} && tar -xzf ${file} -C ${directory}`;
  const open = encryption.program === 'age' ? `age -d -i KEY ${file}` : `gpg -d ${file}`;
  return `${make} && ${open} | tar -xzf - -C ${directory}`;
}

export function bundleAsJson(path: string, bundle: Bundle, more: object): object {
  const { files, encryption } = bundle;
  return {
    ...more,
    path,
    format: 'tar.gz',
    encryption: encryption?.program ?? null,
    recipients: encryption?.recipients ?? [],
    files: files.map(({ mode, ...file }) => ({ ...file, mode: octal(mode) })),
  };
}

/** What became of a PKCS #12 file that was written, and how programs use it. */
export function describeP12(
  shown: string,
  { alias, files }: P12,
  host: string | undefined,
  style: Style,
): string[] {
  const url = (host ?? 'tcp://HOST:2376').replace(/^tcp:/, 'https:');
  const rows = [
    ['private key', files.key],
    ['certificate', files.certificate],
    ['CA', files.ca],
  ] as const;
  return [
    `${style.green('Created')} ${shown}, with the name ${alias}:`,
    ...rows.map(([what, from]) => `  ${what.padEnd(11)}  from ${shortest(from)}`),
    '',
    'On the client:',
    `  curl --cert-type P12 --cert ${shellWord(shown)} --cacert ca.pem ${shellWord(`${url}/version`)}`,
    '  in a browser: import it under "Your certificates", and ca.pem under "Authorities"',
    `  in Java: javax.net.ssl.keyStore=${shown}, javax.net.ssl.keyStoreType=PKCS12`,
  ];
}

export function p12AsJson({ path, alias, files, notes, commands, openssl }: P12, dryRun: boolean): object {
  return {
    ok: true,
    command: 'bundle',
    dryRun,
    role: 'client',
    path,
    format: 'p12',
    encryption: 'passphrase',
    recipients: [],
    alias,
    files: [
      { name: 'ca.pem', from: files.ca },
      { name: 'cert.pem', from: files.certificate },
      { name: 'key.pem', from: files.key },
    ],
    notes: spelledNotes(notes),
    commands,
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
  };
}
