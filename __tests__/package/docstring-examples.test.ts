import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { all, ca, client, csr, renew, server, syncContext } from '../../lib/index.js';
import { leftToWhole } from '../support/form.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

/** A compiler of TypeScript is at work here. */
jest.setTimeout(600_000);

await useMadeRsaKeys();
const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = useSharedDirectory();

/** What each example prints. It runs beside a set in `docker-tls`, of which one renewal is in the archive. */
const printed: Readonly<Record<string, RegExp>> = {
  all: /^\[\s*'ca-key\.pem',[^]*'cert\.pem'\s*\] \w{3} /,
  ensure: /^kept \/\S+\/docker-tls \[\]\n$/,
  watch: /^(renew \S*cert\.pem 36\d\n){2}$/,
  reloadingAgent: /^connect ECONNREFUSED 127\.0\.0\.1:9\n$/,
  tunnel: /^DOCKER_HOST=unix:\/\/\S+\/docker\.sock docker ps 2376\n$/,
  pulumiProvider: /^tcp:\/\/docker\.example\.com:2376 true true true\n$/,
  terraformProvider:
    /^tcp:\/\/docker\.example\.com:2376 \[ 'host', 'ca_material', 'cert_material', 'key_material' \] true\n$/,
  startDockerd: /^tcp:\/\/127\.0\.0\.1:\d+\n$/,
  useDockerd: /^true$/m, // among what node:test reports
  temporarySet: /^\/\S+\/docker-tls key\.pem\n$/,
  ca: /^([\dA-F]{2}:){31}[\dA-F]{2}\n$/,
  server: /'web\.example\.com'[^]*'servers\/web\/server-cert\.pem'/,
  client: /^clients\/alice\/cert\.pem clients\/alice\/key\.pem\n$/,
  csr: /^take server\.csr to the CA\n$/,
  importSet: /^(\S+ -> \S+\n){6,}$/,
  sign: /^servers\/docker\.example\.com\/server-cert\.pem \[/,
  planFleet:
    /^make ca ca there is none yet\nwait host web1 [^\n]+\nmake client alice [^\n]+\nthere is something to do\n$/,
  applyFleet: /^make ca ca\nmake host web1\nmake client alice\n$/,
  revoke: /^\[ '\/CN=client', '\/CN=client' \] crl\.pem 1n\n$/,
  renew: /^$/, // nothing is due
  renewCa: /^\w{3} [^]*GMT archive\/\S+\n$/,
  readFleet: /^12 db12\.example\.com\n$/,
  rollback: /^restored cert\.pem, server-cert\.pem, replaced at 20\S+Z\n$/,
  startRollOver: /^trust-daemons \[ 'web1' \]\n$/,
  status: /^ok\n(\S+ \d+\n){3}$/,
  statusPage: /^<!DOCTYPE html>\n$/,
  fleetStatus: /^due\nweb1 not-checked it has no certificate, and has sent no CSR\n$/,
  fleetAnsible: /^cd \S*playbooks && ansible-playbook -i inventory\.yml site\.yml \d+\n$/,
  verifyDirectory: /^$/, // nothing is wrong
  snippet: /^terraform \{[^]*ca_material +=/,
  bundle: /^\[ 'ca\.pem', 'cert\.pem', 'key\.pem' \]\n$/,
  writeP12: /^client\n$/,
  // A preview: it looks at this machine, and changes nothing.
  installDaemon: /^(\w+ \/\S+ [^\n]*\n)+\{\n[^]*"tlsverify": true/,
  podmanService: /^podman system service --time=0 [^\n]+\n # Made by docker-tls-openssl\.\n/,
  // No daemon listens here.
  connect: /^failed Something listens [^]*^not protected\n$/m,
  dockerOptions: /^https:\/\/docker\.example\.com:2376 2376\n$/,
  listContexts: /^remote tcp:\/\/docker\.example\.com:2376 20\S+Z\n$/,
  readContext: /^tcp:\/\/docker\.example\.com:2376 CN=client 20\S+Z\n$/,
  execute: /^\[ 'alice-key\.pem', 'alice\.csr' \]\n$/,
  script: /^#!\/bin\/sh\n/,
};

interface Documented {
  readonly name: string;
  readonly comment: string;
  readonly example: string;
}

async function documented(): Promise<Documented[]> {
  const files = (await readdir(join(root, 'lib'), { recursive: true })).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = await Promise.all(files.map((name) => readFile(join(root, 'lib', name), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/^\/\*\*\n((?: \*(?!\/).*\n)+) \*\/\nexport (?:async )?function\*? (\w+)/gm)].map(
      ([, lines = '', name = '']) => {
        const comment = lines.replace(/^ \* ?/gm, '');
        return { name, comment, example: /@example\n```ts\n([^]*?)^```$/m.exec(comment)?.[1] ?? '' };
      },
    ),
  );
}

const examples = (await documented()).filter(({ example }) => example !== '');
const known = new Set((await readFile(join(root, 'lib', 'errors.ts'), 'utf8')).match(/ERR_\w+/g));

/** A project with the package, and a set whose CA has signed twice. */
const project = (): string => join(shared(), 'project');
const passphrase = 'correct horse battery staple';
let compiled: Outcome | undefined;

beforeAll(async () => {
  await mkdir(join(project(), 'node_modules'), { recursive: true });
  await symlink(root, join(project(), 'node_modules', 'docker-tls-openssl'));
  const directory = join(project(), 'docker-tls');
  await all({ directory, hosts: ['docker.example.com', '10.0.0.5'], passphrase });
  await renew({ directory, all: true, passphrase });
  await cp(directory, join(project(), 'easy-rsa/pki'), { recursive: true });
  await syncContext('remote', { directory, configDirectory: join(project(), 'docker-config'), apply: true });
  const fleet = join(project(), 'fleet');
  const inFleet = { directory: join(fleet, 'ca'), key: 'ec:p256', passphrase };
  await ca(inFleet);
  await server({ ...inFleet, name: 'web1', hosts: ['web1.example.com'] });
  await client({ ...inFleet, name: 'ops' });
  await writeFile(
    join(fleet, 'docker-tls.yaml'),
    'hosts: { web1: { names: [web1.example.com] } }\nclients: { ops: {} }\n',
  );
  const host = join(shared(), 'host');
  await csr('server', { directory: host, hosts: ['docker.example.com'], key: 'ec:p256' });
  await cp(join(host, 'server.csr'), join(project(), 'server.csr'));
  for (const { name, example } of examples) await writeFile(join(project(), `${name}.mts`), example);
  const compilerOptions = {
    ...{ module: 'NodeNext', target: 'ES2022', lib: ['ES2022'] },
    // The package's tests check its types themselves.
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] },
  };
  const files = examples.map(({ name }) => `${name}.mts`);
  await writeFile(join(project(), 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  compiled = await run(project(), [tsc, '-p', '.']);
});

interface Outcome {
  readonly stdout: string;
  /** Why it failed, with all that it wrote; empty where it did not. */
  readonly failed: string;
}

function run(cwd: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) =>
      resolve({ stdout, failed: error === null ? '' : `${error.message}${stdout}${stderr}` }),
    );
  });
}

test('the functions of the main job have an example, and no others', () => {
  expect(examples.map(({ name }) => name).sort()).toEqual(Object.keys(printed).sort());
});

test('all of the examples compile strictly', () => {
  expect(compiled).toEqual({ stdout: '', failed: '' });
});

const turns = examples.map((one, at) => ({ ...one, isRun: at % 4 === 0 }));

/** All are compiled; the short form runs every fourth. */
describe.each(turns)('$name', ({ name, comment, example, isRun }) => {
  (isRun ? test : leftToWhole)(
    'has an example of a few lines that runs, and prints what it should',
    async () => {
      expect(example.trim().split('\n').length).toBeLessThanOrEqual(11);
      const own = join(shared(), name);
      await cp(project(), own, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      const directory = name === 'all' ? join(own, 'empty') : own;
      await mkdir(directory, { recursive: true });
      await cp(join(project(), `${name}.mjs`), join(directory, 'example.mjs'));
      const { stdout, failed } = await run(directory, ['example.mjs']);
      expect(failed).toBe('');
      expect(stdout).toMatch(printed[name]!);
    },
  );

  test('names what it throws by code', () => {
    const thrown = comment.split('\n').filter((line) => line.startsWith('@throws '));
    expect(thrown.length).toBeGreaterThan(0);
    const codes = thrown.flatMap((line) => line.match(/ERR_\w+/g) ?? []);
    expect(codes.filter((code) => !known.has(code))).toEqual([]);
    expect(
      thrown.filter((line) => !/^@throws (`ERR_|The errors of \{@link \w+\}|TypeError:)/.test(line)),
    ).toEqual([]);
  });
});
