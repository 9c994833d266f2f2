import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerCe, makeImage } from './host-images.js';
import { useOneProcess } from './one-process.js';
import { quick } from './program.js';

const { program, succeeds } = useOneProcess();

/** What lies at a command's target before it runs. */
export type Base =
  | 'nothing'
  | 'empty'
  | 'ca'
  | 'set'
  | 'renewed'
  | 'encrypted'
  | 'fleet'
  | 'rolling-over'
  | 'image'
  | 'installed';

/** Where a command runs. */
export interface Target {
  /** The directory that it writes in, absolute. */
  readonly path: string;
  /** What `path` lies in, as an image of a host. */
  readonly root: string;
  /** A directory that nobody else can change, with what the command reads. */
  readonly inputs: string;
}

/** A command that writes. */
export interface Writer {
  /** As help has it. */
  readonly command: string;
  readonly base: Base;
  /** Whether it makes what is missing above its target. */
  readonly makesParents: boolean;
  readonly args: (target: Target) => readonly string[];
  readonly env?: (target: Target) => Readonly<Record<string, string>>;
  /** Whether it writes a private key. */
  readonly key?: true;
  /** Runs it as on a machine with systemd. */
  readonly systemd?: true;
  /** Whether `Target.root` has to be the image of a host; `set` in it is a certificate directory. */
  readonly inImage?: true;
  /** Another command that runs first, while nobody else can change anything. */
  readonly before?: (target: Target) => readonly string[];
}

const apply = ['--apply', '--dockerd', '/nonexistent'] as const;
const inDirectory =
  (...words: readonly string[]) =>
  ({ path }: Target) => [...words, '--dir', path];
/** The fleet file lies in the certificate directory. */
const inFleet =
  (...words: readonly string[]) =>
  ({ path }: Pick<Target, 'path'>) => ['fleet', 'roll-over', ...words, '--file', join(path, fleetFile)];
const fleetFile = 'docker-tls.json';
const toFile =
  (words: (inputs: string) => readonly string[], flag = '--out', name = 'out.pem') =>
  ({ path, inputs }: Target) => [...words(inputs), flag, join(path, name)];

const installTo = ({ path, root, inputs }: Target): readonly string[] => [
  ...['install', 'daemon', '--dir', inputs, '--root', root, '--to', path.slice(root.length), ...apply],
];

const made = { base: 'nothing', makesParents: true } as const;
const key = { key: true } as const;
const inSet = { base: 'set', makesParents: false } as const;

/** Of age. Nobody has the key. */
const someRecipient = 'age1qtvqjnxsxatcc53uz95hlj4dhxzsl2750c5z0lpynq50fq2prsvspqan62';

/** Writes a fleet file, whose directories are its own, and beside it a CSR that waits; nothing where commands are only listed. */
function fleetFileFor({ inputs }: Target, places: { readonly ca?: string; readonly csrs?: string }): string {
  const { ca = join(inputs, 'no-ca'), csrs = join(inputs, 'csrs') } = places;
  const name = Buffer.from(ca + csrs).toString('hex');
  const file = join(inputs, `fleet-${name.slice(-40)}.json`);
  if (!existsSync(inputs)) return file;
  const waiting = join(inputs, 'csrs/clients');
  mkdirSync(waiting, { recursive: true, mode: 0o700 });
  copyFileSync(join(inputs, 'x.csr'), join(waiting, 'x.csr'));
  const fleet = {
    ca: { directory: ca, key: 'ec:p256' },
    csrs,
    hosts: { web: { names: ['web.example'], key: 'ec:p256', keys: 'on-controller' } },
    clients: { x: { keys: 'on-host' } },
  };
  writeFileSync(file, JSON.stringify(fleet));
  return file;
}

/** Every command that writes, with the flags that let it. A test sees to it that none is missing. */
export const writers: readonly Writer[] = [
  { command: 'all', ...made, ...key, args: inDirectory('all', ...quick) },
  { command: 'all', ...made, ...key, args: inDirectory('all', '--separate-cas', ...quick) },
  { command: 'ca', ...made, ...key, args: inDirectory('ca', '--key', 'ec:p256', '--no-passphrase') },
  {
    command: 'ca',
    ...made,
    ...key,
    args: ({ path, inputs }) => [
      ...['ca', '--parent', join(inputs, '../parent'), '--dir', path],
      ...['--key', 'ec:p256', '--no-passphrase'],
    ],
  },
  { command: 'all', ...made, ...key, base: 'empty', makesParents: false, args: inDirectory('all', ...quick) },
  {
    command: 'server',
    ...inSet,
    ...key,
    base: 'ca',
    args: inDirectory('server', '--host', 'web.example', '--key', 'ec:p256'),
  },
  { command: 'client', ...inSet, ...key, args: inDirectory('client', '--name', 'bob', '--key', 'ec:p256') },
  {
    command: 'csr server',
    ...made,
    ...key,
    args: inDirectory('csr', 'server', '--host', 'web.example', '--key', 'ec:p256'),
  },
  { command: 'csr client', ...made, ...key, args: inDirectory('csr', 'client', '--key', 'ec:p256') },
  {
    command: 'sign',
    ...inSet,
    base: 'ca',
    args: ({ path, inputs }) => ['sign', join(inputs, 'x.csr'), '--client-name', 'x', '--dir', path],
  },
  {
    command: 'fleet apply',
    ...made,
    ...key,
    args: (target) => [
      ...['fleet', 'apply', '--no-passphrase', '--file', fleetFileFor(target, { ca: target.path })],
    ],
  },
  {
    command: 'fleet sign',
    ...inSet,
    base: 'ca',
    args: (target) => ['fleet', 'sign', '--file', fleetFileFor(target, { ca: target.path })],
  },
  {
    command: 'fleet csr',
    ...made,
    args: (target) => [
      ...['fleet', 'csr', '--file', fleetFileFor(target, { csrs: target.path })],
      // The directory on the hosts, of which none is asked here.
      ...['--from', join(target.inputs, 'csrs/clients'), '--to', '/etc/docker/tls'],
    ],
  },
  { command: 'revoke', ...inSet, args: inDirectory('revoke', 'client', '--yes') },
  { command: 'crl', ...inSet, args: inDirectory('crl') },
  { command: 'crl', ...inSet, systemd: true, args: inDirectory('crl', '--install-timer', '--apply') },
  { command: 'authority rebuild', ...inSet, args: inDirectory('authority', 'rebuild') },
  {
    command: 'import',
    ...made,
    ...key,
    args: ({ path, inputs }) => ['import', inputs, '--dir', path, '--apply'],
  },
  { command: 'renew', ...inSet, args: inDirectory('renew', '--all') },
  {
    command: 'renew',
    ...inSet,
    ...key,
    args: inDirectory('renew', '--all', '--new-key', '--key', 'ec:p256'),
  },
  { command: 'renew', ...inSet, systemd: true, args: inDirectory('renew', '--install-timer', '--apply') },
  { command: 'renew ca', ...inSet, args: inDirectory('renew', 'ca') },
  {
    command: 'renew ca',
    ...inSet,
    ...key,
    args: inDirectory('renew', 'ca', '--new-key', '--key', 'ec:p256', '--no-passphrase'),
  },
  {
    command: 'renew',
    ...made,
    ...key,
    inImage: true,
    before: installTo,
    args: ({ path, root }) => [
      ...['renew', '--all', '--install', '--dir', join(root, 'set')],
      ...['--root', root, '--to', path.slice(root.length)],
    ],
  },
  {
    command: 'renew ca',
    ...made,
    ...key,
    inImage: true,
    before: installTo,
    args: ({ path, root }) => [
      ...['renew', 'ca', '--install', '--dir', join(root, 'set')],
      ...['--root', root, '--to', path.slice(root.length)],
    ],
  },
  {
    command: 'fleet roll-over start',
    ...inSet,
    ...key,
    base: 'fleet',
    args: inFleet('start', '--no-passphrase'),
  },
  { command: 'fleet roll-over next', ...inSet, base: 'rolling-over', args: inFleet('next') },
  { command: 'fleet roll-over abort', ...inSet, ...key, base: 'rolling-over', args: inFleet('abort') },
  { command: 'rollback', ...inSet, base: 'renewed', args: inDirectory('rollback') },
  {
    command: 'passphrase add',
    ...inSet,
    ...key,
    args: ({ path, inputs }) => [
      ...['passphrase', 'add', '--dir', path, '--passphrase-file', join(inputs, 'secret')],
    ],
  },
  {
    command: 'passphrase change',
    ...inSet,
    ...key,
    base: 'encrypted',
    args: ({ path, inputs }) => [
      ...['passphrase', 'change', '--dir', path, '--passphrase-file', join(inputs, 'secret')],
      ...['--new-passphrase-file', join(inputs, 'other-secret')],
    ],
  },
  {
    command: 'passphrase remove',
    ...inSet,
    ...key,
    base: 'encrypted',
    args: ({ path, inputs }) => [
      ...['passphrase', 'remove', '--dir', path, '--passphrase-file', join(inputs, 'secret')],
    ],
  },
  {
    command: 'bundle',
    ...made,
    ...key,
    args: toFile((inputs) => ['bundle', '--dir', inputs], '--output', 'client.tar.gz'),
  },
  {
    command: 'bundle',
    ...made,
    ...key,
    base: 'empty',
    makesParents: false,
    args: toFile((inputs) => ['bundle', '--server', '--dir', inputs], '--output', 'server.tar.gz'),
  },
  {
    command: 'bundle',
    ...made,
    args: toFile(
      (inputs) => ['bundle', '--dir', inputs, '--to', someRecipient],
      '--output',
      'client.tar.gz.age',
    ),
  },
  {
    command: 'bundle',
    ...made,
    ...key,
    args: toFile(
      (inputs) => ['bundle', '--p12', '--dir', inputs, '--passphrase-file', join(inputs, 'secret')],
      '--output',
      'client.p12',
    ),
  },
  {
    command: 'status',
    base: 'empty',
    makesParents: false,
    args: toFile((inputs) => ['status', inputs], '--output', 'metrics.prom'),
  },
  {
    command: 'fleet status',
    base: 'empty',
    makesParents: false,
    args: toFile(
      (inputs) => ['fleet', 'status', '--offline', '--file', join(inputs, '.fleet', 'docker-tls.json')],
      '--output',
      'metrics.prom',
    ),
  },
  {
    command: 'status',
    base: 'empty',
    makesParents: false,
    args: toFile((inputs) => ['status', inputs], '--html', 'status.html'),
  },
  {
    command: 'fleet status',
    base: 'empty',
    makesParents: false,
    args: toFile(
      (inputs) => ['fleet', 'status', '--offline', '--file', join(inputs, '.fleet', 'docker-tls.json')],
      '--html',
      'fleet.html',
    ),
  },
  {
    command: 'context',
    ...made,
    args: ({ inputs }) => ['context', 'remote', '--dir', inputs, '--apply'],
    env: ({ path }) => ({ DOCKER_CONFIG: path }),
  },
  {
    command: 'install client',
    ...made,
    ...key,
    args: ({ path, inputs }) => ['install', 'client', '--dir', inputs, '--to', path, '--apply'],
  },
  {
    command: 'install daemon',
    base: 'image',
    ...key,
    makesParents: false,
    args: ({ path, inputs }) => ['install', 'daemon', '--dir', inputs, '--root', path, ...apply],
  },
  {
    command: 'install daemon',
    ...made,
    ...key,
    inImage: true,
    args: installTo,
  },
  {
    command: 'install daemon',
    ...made,
    ...key,
    inImage: true,
    args: (target) => [...installTo(target), '--for', 'dind'],
  },
  {
    command: 'uninstall daemon',
    base: 'installed',
    makesParents: false,
    args: ({ path }) => ['uninstall', 'daemon', '--root', path, '--apply'],
  },
  {
    command: 'uninstall daemon',
    ...made,
    inImage: true,
    before: installTo,
    args: ({ path, root }) => [
      ...['uninstall', 'daemon', '--root', root, '--to', path.slice(root.length), '--apply'],
    ],
  },
  {
    command: 'fleet ansible',
    ...made,
    args: ({ path, inputs }) => ['fleet', 'ansible', path, '--file', join(inputs, 'fleet.json')],
  },
  { command: 'step genrsa', ...made, ...key, args: toFile(() => ['step', 'genrsa', '2048']) },
  {
    command: 'step genpkey',
    ...made,
    ...key,
    args: toFile(() => ['step', 'genpkey', '--algorithm', 'ec:p256']),
  },
  {
    command: 'step req',
    ...made,
    args: toFile((inputs) => ['step', 'req', '--key', join(inputs, 'key.pem'), '--subj', '/CN=x']),
  },
  {
    command: 'step req-x509',
    ...made,
    args: toFile((inputs) => ['step', 'req-x509', '--key', join(inputs, 'key.pem'), '--subj', '/CN=x']),
  },
  {
    command: 'step x509-req',
    ...made,
    args: toFile((inputs) => [
      ...['step', 'x509-req', '--in', join(inputs, 'x.csr'), '--CA', join(inputs, 'ca.pem')],
      ...['--CAkey', join(inputs, 'ca-key.pem'), '--set_serial', '0x1234'],
    ]),
  },
  {
    command: 'step rsa',
    ...made,
    ...key,
    args: toFile((inputs) => ['step', 'rsa', '--in', join(inputs, 'rsa.pem')]),
  },
  {
    command: 'step pkey',
    ...made,
    ...key,
    args: toFile((inputs) => ['step', 'pkey', '--in', join(inputs, 'key.pem')]),
  },
];

/** The others: they print. `script` prints a file, and its caller's shell writes it. */
export const readers: readonly string[] = [
  ...['inspect', 'explain', 'verify', 'connect', 'doctor', 'daemon', 'env', 'snippet', 'modes', 'recipes'],
  ...['script', 'step verify', 'issued', 'fleet roll-over status', 'fleet plan'],
  ...['fleet script', 'fleet cloud-init', 'completion'],
];

/** Flags that name a place to write to, or by which a command writes to one. The place of a timer's units is fixed. */
export const writingFlags = /^--(out|output|html|to|root|apply|install.*)$/;

/** A short name for a writer that tells it from the others. */
export function nameOf({ command, base }: Writer, at: number): string {
  return `${command} (${at}, ${base})`;
}

/** Makes each base, and what the commands read, below `root`. */
export async function makeBases(root: string): Promise<{ bases: string; inputs: string }> {
  const bases = join(root, 'bases');
  const at = (base: Base): string => join(bases, base);
  await mkdir(at('empty'), { recursive: true });
  const inputs = join(root, 'inputs');
  await succeeds(root, ['all', ...quick, '--quiet', '--dir', inputs]);
  const parent = ['--dir', join(root, 'parent'), '--path-length', '1', '--key', 'ec:p256'];
  await succeeds(root, ['ca', ...parent, '--no-passphrase', '--quiet']);
  const copy = (base: Base): Promise<void> => cp(inputs, at(base), { recursive: true });
  await copy('set');
  await copy('renewed');
  await copy('encrypted');
  await mkdir(at('ca'));
  for (const file of ['ca.pem', 'ca-key.pem']) await cp(join(inputs, file), join(at('ca'), file));
  await writeFile(join(inputs, 'secret'), 'correct horse\n');
  await writeFile(join(inputs, 'fleet.json'), '{ "hosts": { "web1": { "names": ["web1.example"] } } }\n');
  await writeFile(join(inputs, 'other-secret'), 'battery staple\n');
  const web1 = join(inputs, '.fleet', 'ca', 'servers', 'web1');
  await mkdir(web1, { recursive: true });
  await cp(join(inputs, 'ca.pem'), join(inputs, '.fleet', 'ca', 'ca.pem'));
  await cp(join(inputs, 'server-cert.pem'), join(web1, 'server-cert.pem'));
  await writeFile(
    join(inputs, '.fleet', 'docker-tls.json'),
    '{"hosts":{"web1":{"names":["docker.example"]}}}\n',
  );
  await makeImage(at('image'), dockerCe);
  await mkdir(join(at('image'), 'etc/docker'));
  await cp(at('image'), at('installed'), { recursive: true });
  await Promise.all([
    succeeds(root, ['renew', '--all', '--quiet', '--dir', at('renewed')]),
    succeeds(root, [
      ...['passphrase', 'add', '--quiet', '--dir', at('encrypted')],
      ...['--passphrase-file', join(inputs, 'secret')],
    ]),
    program(root, [
      ...['install', 'daemon', '--dir', inputs, '--root', at('installed'), '--quiet', ...apply],
    ]),
    succeeds(root, ['step', 'genrsa', '2048', '--out', join(inputs, 'rsa.pem'), '--quiet']),
    succeeds(root, [
      ...['step', 'req', '--key', join(inputs, 'key.pem'), '--subj', '/CN=x', '--quiet'],
      ...['--out', join(inputs, 'x.csr')],
    ]),
  ]);
  // A host without a certificate has nothing to do in a roll-over.
  const hosts = { web1: { names: ['web1.example'] } };
  const fleet = { ca: { directory: '.' }, hosts, clients: { ops: {} } };
  await copy('fleet');
  await writeFile(join(at('fleet'), fleetFile), JSON.stringify(fleet));
  await succeeds(root, ['client', '--name', 'ops', '--key', 'ec:p256', '--quiet', '--dir', at('fleet')]);
  await cp(at('fleet'), at('rolling-over'), { recursive: true });
  await succeeds(root, [...inFleet('start')({ path: at('rolling-over') }), '--no-passphrase', '--quiet']);
  // Everybody may look: what is to be protected is protected by the modes of the files.
  for (const base of [
    'empty',
    'ca',
    'set',
    'renewed',
    'encrypted',
    'fleet',
    'rolling-over',
    'image',
    'installed',
  ] as const)
    await chmod(at(base), 0o755);
  return { bases, inputs };
}
