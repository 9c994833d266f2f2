import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { opensslOutput } from './openssl.js';

const run = promisify(execFile);

/** Sets that other tools make, each by the tool itself, in a directory of its own. */
export const tools: Readonly<Record<string, (directory: string) => Promise<void>>> = {
  'easy-rsa': async (directory) => {
    const easyRsa = (...args: string[]): Promise<unknown> =>
      run('/usr/share/easy-rsa/easyrsa', args, {
        cwd: directory,
        env: {
          PATH: process.env['PATH'],
          EASYRSA: '/usr/share/easy-rsa',
          EASYRSA_PKI: join(directory, 'pki'),
          EASYRSA_BATCH: '1',
          EASYRSA_ALGO: 'ec',
          EASYRSA_CURVE: 'prime256v1',
        },
      });
    await easyRsa('init-pki');
    await easyRsa('build-ca', 'nopass');
    await easyRsa('--subject-alt-name=DNS:web.example', 'build-server-full', 'web', 'nopass');
    await easyRsa('build-client-full', 'alice', 'nopass');
    await easyRsa('build-client-full', 'bob', 'nopass');
    await easyRsa('revoke', 'bob', 'keyCompromise');
  },
  cfssl: async (directory) => {
    const request = (name: string, more: object): Promise<void> =>
      writeFile(
        join(directory, `${name}.json`),
        JSON.stringify({ CN: name, key: { algo: 'ecdsa', size: 256 }, ...more }),
      );
    const profile = (usage: string): object => ({ usages: ['digital signature', usage], expiry: '8760h' });
    const profiles = { server: profile('server auth'), client: profile('client auth') };
    await writeFile(join(directory, 'config.json'), JSON.stringify({ signing: { profiles } }));
    await request('authority', {});
    await request('web', { hosts: ['web.example'] });
    await request('alice', {});
    const gencert = (name: string, ...args: string[]): Promise<unknown> =>
      run('sh', ['-c', 'name=$1; shift; cfssl gencert "$@" | cfssljson -bare "$name"', '-', name, ...args], {
        cwd: directory,
      });
    await gencert('ca', '-initca', 'authority.json');
    const signed = ['-ca=ca.pem', '-ca-key=ca-key.pem', '-config=config.json'];
    await gencert('web', ...signed, '-profile=server', 'web.json');
    await gencert('alice', ...signed, '-profile=client', 'alice.json');
  },
  mkcert: async (directory) => {
    const env = { PATH: process.env['PATH'], CAROOT: directory, TRUST_STORES: 'none' };
    await run('mkcert', ['-ecdsa', 'web.example', '10.0.0.5'], { cwd: directory, env });
    await run('mkcert', ['-ecdsa', '-client', 'alice'], { cwd: directory, env });
  },
  // Debian's minica, which is not that of Let's Encrypt's people.
  minica: async (directory) => {
    await run('minica', ['web.example'], { cwd: directory });
    await run('minica', ['-type', 'client', 'alice'], { cwd: directory });
  },
};

/** What the layouts below are filled with: a CA, an intermediate CA, and leaves. */
export async function makeMaterial(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const one = async (
    name: string,
    subject: string,
    issuer: string,
    ...extensions: string[]
  ): Promise<void> => {
    const own = extensions.flatMap((extension) => ['-addext', extension]);
    const csr = ['req', '-new', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject];
    await opensslOutput([...csr, ...own], directory);
    const signer =
      issuer === name
        ? ['-signkey', `${name}.key`]
        : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
    const sign = [
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-days',
      '30',
      '-sha256',
      '-out',
      `${name}.crt`,
    ];
    await writeFile(
      join(directory, 'ext.cnf'),
      extensions.map((extension) => extension.replace('=', ' = ')).join('\n'),
    );
    await opensslOutput([...sign, '-extfile', 'ext.cnf'], directory);
  };
  const isCa = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const leaf = ['basicConstraints=critical,CA:FALSE'];
  const host = 'subjectAltName=DNS:web.example,IP:10.0.0.5';
  await one('ca', '/CN=Root', 'ca', ...isCa);
  await one('between', '/CN=Between', 'ca', ...isCa);
  await one('other-ca', '/CN=Other', 'other-ca', ...isCa);
  await one('server', '/CN=web.example', 'ca', ...leaf, 'extendedKeyUsage=serverAuth', host);
  await one('server2', '/CN=db.example', 'ca', ...leaf, 'extendedKeyUsage=serverAuth', host);
  await one('client', '/CN=alice', 'ca', ...leaf, 'extendedKeyUsage=clientAuth');
  await one('both', '/CN=both.example', 'ca', ...leaf, 'extendedKeyUsage=serverAuth,clientAuth', host);
  await one('step', '/CN=step.example', 'between', ...leaf, 'extendedKeyUsage=serverAuth,clientAuth', host);
  await one('foreign', '/CN=mallory', 'other-ca', ...leaf, 'extendedKeyUsage=clientAuth');
}

type Layout = Readonly<Record<string, string | readonly string[]>>;

/** The files of tools that Debian does not have, and what of the material each holds; of several one after the other. */
export const layouts = {
  // docs.docker.com, as `openssl` leaves it.
  tutorial: {
    ...{ 'ca-key.pem': 'ca.key', 'ca.pem': 'ca.crt', 'server-key.pem': 'server.key' },
    ...{ 'server-cert.pem': 'server.crt', 'key.pem': 'client.key', 'cert.pem': 'client.crt' },
    ...{
      'server.csr': 'server.csr',
      'client.csr': 'client.csr',
      'ca.srl': 'ca.srl',
      'extfile.cnf': 'ext.cnf',
    },
  },
  // machine/libmachine/auth and machine/libmachine/cert.
  'docker-machine': {
    ...{ 'certs/ca.pem': 'ca.crt', 'certs/ca-key.pem': 'ca.key', 'certs/cert.pem': 'client.crt' },
    ...{
      'certs/key.pem': 'client.key',
      'machines/web/ca.pem': 'ca.crt',
      'machines/web/cert.pem': 'client.crt',
    },
    ...{ 'machines/web/key.pem': 'client.key', 'machines/web/server.pem': 'both.crt' },
    ...{ 'machines/web/server-key.pem': 'both.key', 'machines/db/server.pem': 'server2.crt' },
    ...{ 'machines/db/server-key.pem': 'server2.key', 'machines/db/ca.pem': 'ca.crt' },
  },
  // dockerd-entrypoint.sh of docker:dind, with DOCKER_TLS_CERTDIR=/certs.
  dind: {
    ...{ 'ca/key.pem': 'ca.key', 'ca/cert.pem': 'ca.crt', 'server/key.pem': 'server.key' },
    ...{ 'server/csr.pem': 'server.csr', 'server/cert.pem': 'server.crt', 'server/ca.pem': 'ca.crt' },
    ...{ 'client/key.pem': 'client.key', 'client/csr.pem': 'client.csr', 'client/cert.pem': 'client.crt' },
    'client/ca.pem': 'ca.crt',
  },
  // generate-certs of paulczar/omgwtfssl.
  omgwtfssl: {
    ...{ 'ca.pem': 'ca.crt', 'ca-key.pem': 'ca.key', 'key.pem': 'both.key', 'key.csr': 'both.csr' },
    ...{ 'cert.pem': 'both.crt', 'openssl.cnf': 'ext.cnf', 'ca.srl': 'ca.srl' },
  },
  // pkix and depot of square/certstrap: --cn, and what follows it is the CA.
  certstrap: {
    ...{
      'out/Root.crt': 'ca.crt',
      'out/Root.key': 'ca.key',
      'out/web.crt': 'both.crt',
      'out/web.key': 'both.key',
    },
    ...{ 'out/web.csr': 'both.csr', 'out/alice.crt': 'client.crt', 'out/alice.key': 'client.key' },
  },
  // jsha/minica.
  'jsha-minica': {
    ...{ 'minica.pem': 'ca.crt', 'minica-key.pem': 'ca.key', 'web.example/cert.pem': 'both.crt' },
    'web.example/key.pem': 'both.key',
  },
  // step ca init, and step ca certificate.
  step: {
    ...{ 'certs/root_ca.crt': 'ca.crt', 'certs/intermediate_ca.crt': 'between.crt' },
    ...{ 'secrets/root_ca_key': 'ca.key', 'secrets/intermediate_ca_key': 'between.key' },
    ...{ 'web.crt': ['step.crt', 'between.crt'], 'web.key': 'step.key' },
  },
} as const satisfies Readonly<Record<string, Layout>>;

/** Fills a directory with the material, in a layout. */
export async function lay(layout: Layout, material: string, directory: string): Promise<void> {
  for (const [path, from] of Object.entries(layout)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o755 });
    await rm(target, { force: true });
    if (typeof from === 'string') await cp(join(material, from), target);
    else {
      const parts = await Promise.all(from.map((name) => readFile(join(material, name), 'utf8')));
      await writeFile(target, parts.join(''));
    }
  }
}
