import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, chmod, copyFile, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crl, importSet, issued, previewImport, server, type ImportedSet } from '../../lib/index.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { failure } from '../support/failure.js';
import { lay, layouts, makeMaterial, tools } from '../support/foreign-sets.js';
import { inTurns } from '../support/form.js';
import { openssl, opensslOutput } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const material = (...names: string[]): string => join(shared(), 'material', ...names);
const from = (...names: string[]): string => join(temporary(), 'from', ...names);
const to = (...names: string[]): string => join(temporary(), 'set', ...names);

beforeAll(() => makeMaterial(material()));

/** Each file with where it goes. */
const mapping = ({ files }: Pick<ImportedSet, 'files'>): Record<string, string> =>
  Object.fromEntries(files.map((file) => [file.from, file.to]));
const whyOf = ({ leftOut }: Pick<ImportedSet, 'leftOut'>): Record<string, string> =>
  Object.fromEntries(leftOut.map(({ path, kind }) => [path, kind]));

/** The pairs of an imported set: each key opens, and belongs to its certificate, which the CA beside it signed. */
async function isWhole(imported: ImportedSet): Promise<void> {
  const { directory, files } = imported;
  const mode = await modes(directory);
  for (const { to: path, from: source, kind } of files) {
    expect(mode[path]).toBe(kind === 'private-key' ? '0400' : '0444');
    if (kind !== 'private-key') continue;
    const text = await readFile(join(directory, path), 'utf8');
    expect(text).toBe(await readFile(join(imported.from, source), 'utf8'));
    const folder = path.replace(/[^/]*$/, '');
    const certificate = {
      'ca-key.pem': 'ca.pem',
      'server-key.pem': 'server-cert.pem',
      'key.pem': 'cert.pem',
    };
    const name = certificate[path.slice(folder.length) as keyof typeof certificate];
    const leaf = new X509Certificate(await readFile(join(directory, folder, name)));
    expect(leaf.checkPrivateKey(createPrivateKey(text))).toBe(true);
    const { code, stdout } = await openssl(
      ['verify', '-CAfile', `${folder}ca.pem`, folder + name],
      directory,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder}${name}: OK\n` });
  }
}

/** A copy of the set of a tool, which makes it once. */
async function madeBy(tool: string): Promise<void> {
  const directory = join(shared(), tool);
  if (!existsSync(directory)) {
    await mkdir(directory, { mode: 0o700 });
    await tools[tool]!(directory);
  }
  await cp(directory, from(), { recursive: true, preserveTimestamps: true });
}

describe('a set that was made by', () => {
  const expected: Record<string, Record<string, string>> = {
    'easy-rsa': {
      'pki/ca.crt': 'ca.pem',
      'pki/private/ca.key': 'ca-key.pem',
      'pki/issued/web.crt': 'servers/web/server-cert.pem',
      'pki/private/web.key': 'servers/web/server-key.pem',
      'pki/issued/alice.crt': 'clients/alice/cert.pem',
      'pki/private/alice.key': 'clients/alice/key.pem',
    },
    cfssl: {
      'ca.pem': 'ca.pem',
      'ca-key.pem': 'ca-key.pem',
      'web.pem': 'servers/web/server-cert.pem',
      'web-key.pem': 'servers/web/server-key.pem',
      'alice.pem': 'clients/alice/cert.pem',
      'alice-key.pem': 'clients/alice/key.pem',
    },
    mkcert: {
      'rootCA.pem': 'ca.pem',
      'rootCA-key.pem': 'ca-key.pem',
      'web.example+1.pem': 'servers/web.example/server-cert.pem',
      'web.example+1-key.pem': 'servers/web.example/server-key.pem',
      'alice-client.pem': 'clients/alice/cert.pem',
      'alice-client-key.pem': 'clients/alice/key.pem',
    },
    minica: {
      'cacert.crt': 'ca.pem',
      'cakey.key': 'ca-key.pem',
      'web.example.crt': 'servers/web.example/server-cert.pem',
      'web.example.key': 'servers/web.example/server-key.pem',
      'alice.crt': 'clients/alice/cert.pem',
      'alice.key': 'clients/alice/key.pem',
    },
  };

  inTurns(1).each(Object.keys(tools))('%s keeps its names, and is whole', async (tool) => {
    await madeBy(tool);
    const before = await tree(from());
    const preview = await previewImport(from(), { directory: to() });
    expect(mapping(preview)).toEqual(expected[tool]);
    expect(preview.missing).toEqual([]);
    const imported = await importSet(from(), { directory: to() });
    expect(await tree(from())).toEqual(before);
    await isWhole(imported);
    expect(imported.verification).toEqual(preview.verification);
    expect(imported.verification.ok).toBe(true);
    const { certificates, recorded } = await issued({ directory: to() });
    expect(recorded).toBe(true);
    expect(certificates).toHaveLength(imported.recorded);
    const paths = Object.values(expected[tool]!).filter((path) => path.endsWith('cert.pem'));
    expect(certificates.map(({ path }) => path)).toEqual(expect.arrayContaining(paths));
  });

  test('easy-rsa stays revoked where it was revoked, also in the next list', async () => {
    await madeBy('easy-rsa');
    const imported = await importSet(from('pki'), { directory: to() });
    expect(imported.revoked).toHaveLength(1);
    const [serial = ''] = imported.revoked;
    expect(whyOf(imported)).toMatchObject({
      [`revoked/certs_by_serial/${serial}.crt`]: 'revoked',
      [`revoked/private_by_serial/${serial}.key`]: 'unused-key',
    });
    const { certificates } = await issued({ directory: to(), revoked: true });
    expect(certificates).toMatchObject([{ serial, subject: '/CN=bob', reason: 'keyCompromise' }]);
    expect((await crl({ directory: to() })).revoked).toEqual([serial]);
  });
});

describe('the layout of', () => {
  const defaults = {
    'ca-key.pem': 'ca.key',
    'ca.pem': 'ca.crt',
  };
  /** Which of the material lies where after that. */
  const expected: Record<keyof typeof layouts, Record<string, string>> = {
    tutorial: {
      ...defaults,
      ...{ 'server-cert.pem': 'server.crt', 'server-key.pem': 'server.key' },
      ...{ 'cert.pem': 'client.crt', 'key.pem': 'client.key' },
    },
    'docker-machine': {
      ...defaults,
      ...{ 'cert.pem': 'client.crt', 'key.pem': 'client.key' },
      ...{ 'servers/web/server-cert.pem': 'both.crt', 'servers/web/server-key.pem': 'both.key' },
      ...{ 'servers/db/server-cert.pem': 'server2.crt', 'servers/db/server-key.pem': 'server2.key' },
    },
    dind: {
      ...defaults,
      ...{ 'server-cert.pem': 'server.crt', 'server-key.pem': 'server.key' },
      ...{ 'cert.pem': 'client.crt', 'key.pem': 'client.key' },
    },
    omgwtfssl: { ...defaults, 'server-cert.pem': 'both.crt', 'server-key.pem': 'both.key' },
    certstrap: {
      ...defaults,
      ...{ 'servers/web/server-cert.pem': 'both.crt', 'servers/web/server-key.pem': 'both.key' },
      ...{ 'clients/alice/cert.pem': 'client.crt', 'clients/alice/key.pem': 'client.key' },
    },
    'jsha-minica': {
      ...defaults,
      ...{
        'servers/web.example/server-cert.pem': 'both.crt',
        'servers/web.example/server-key.pem': 'both.key',
      },
    },
    step: { 'ca-key.pem': 'between.key', 'servers/web/server-key.pem': 'step.key' },
  };

  inTurns(1).each(Object.keys(layouts) as (keyof typeof layouts)[])('%s is understood', async (name) => {
    await mkdir(from(), { mode: 0o700 });
    await lay(layouts[name], material(), from());
    const imported = await importSet(from(), { directory: to() });
    for (const [path, source] of Object.entries(expected[name]))
      expect([path, await readFile(to(path), 'utf8')]).toEqual([
        path,
        await readFile(material(source), 'utf8'),
      ]);
    const count = Object.keys(expected[name]).length + (name === 'step' ? 2 : 0);
    expect(new Set(imported.files.map((file) => file.to)).size).toBe(count);
    expect(imported.missing).toEqual([]);
    await isWhole(imported);
    expect(await importSet(from(), { directory: to() })).toMatchObject({ made: [] });
  });

  test('step trusts the root, signs with the intermediate CA, and keeps the chain of a leaf', async () => {
    await mkdir(from(), { mode: 0o700 });
    await lay(layouts.step, material(), from());
    const { recorded } = await importSet(from(), { directory: to() });
    const subjects = async (path: string): Promise<string[]> =>
      certificatesIn(await readFile(to(path), 'utf8')).map(({ subject }) => subject);
    expect(await subjects('ca.pem')).toEqual(['CN=Between', 'CN=Root']);
    expect(await subjects('servers/web/server-cert.pem')).toEqual(['CN=step.example', 'CN=Between']);
    expect(recorded).toBe(1);
  });
});

describe('importing', () => {
  beforeEach(async () => {
    await mkdir(from(), { mode: 0o700 });
    await lay(layouts.tutorial, material(), from());
  });

  test('goes on with the CA where the tools stopped', async () => {
    await importSet(from(), { directory: to() });
    const made = await server({ directory: to(), name: 'new', hosts: ['new.example'], key: 'ec:p256' });
    expect(made.certificates.server?.issuer).toBe('CN=Root');
    const { certificates } = await issued({ directory: to() });
    expect(certificates.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['ca.pem', 'server-cert.pem', 'cert.pem', 'servers/new/server-cert.pem']),
    );
  });

  test('says what is missing, and imports the rest', async () => {
    await rm(from('ca-key.pem'));
    await rm(from('server-key.pem'));
    const { missing, files, verification } = await importSet(from(), { directory: to() });
    expect(missing.map(({ path, role }) => [path, role])).toEqual([
      ['ca-key.pem', 'ca'],
      ['server-key.pem', 'server'],
    ]);
    expect(files.map((file) => file.to).sort()).toEqual(['ca.pem', 'cert.pem', 'key.pem', 'server-cert.pem']);
    expect(verification.findings.map(({ file }) => file)).toContain('server-cert.pem');
  });

  test('explains what it leaves out', async () => {
    await copyFile(material('between.key'), from('spare-key.pem'));
    await copyFile(material('other-ca.crt'), from('bundle.pem'));
    await appendFile(from('bundle.pem'), await readFile(material('between.crt')));
    await copyFile(material('foreign.crt'), from('mallory.pem'));
    await opensslOutput(['x509', '-in', material('server2.crt'), '-outform', 'DER', '-out', from('a b.der')]);
    await writeFile(from('browser.p12'), 'x');
    await writeFile(from('broken.pem'), '-----BEGIN CERTIFICATE-----\n');
    await symlink(material('both.crt'), from('both.pem'));
    const { leftOut } = await previewImport(from(), { directory: to(), ca: 'ca.pem' });
    expect(Object.fromEntries(leftOut.map(({ path, kind }) => [path, kind]))).toEqual({
      'a b.der': 'form',
      'both.pem': 'link',
      'broken.pem': 'damaged',
      'browser.p12': 'form',
      'bundle.pem': 'other-ca',
      'ca.srl': 'other',
      'client.csr': 'csr',
      'extfile.cnf': 'other',
      'mallory.pem': 'other-ca',
      'server.csr': 'csr',
      'spare-key.pem': 'unused-key',
    });
    const hints = leftOut.map(({ hint }) => hint);
    expect(hints).toContain("openssl x509 -inform DER -in 'a b.der' -out 'a b.pem'");
    expect(hints.join()).toContain('openssl pkcs12 -in browser.p12 -nodes -out browser.pem');
  });

  test('separates a key from the certificate in its file, and shows it to nobody', async () => {
    await rm(from('server-key.pem'));
    await appendFile(from('server-cert.pem'), await readFile(material('server.key')));
    await importSet(from(), { directory: to() });
    expect(await readFile(to('server-cert.pem'), 'utf8')).not.toContain('PRIVATE KEY');
    expect(await modes(to())).toMatchObject({ 'server-cert.pem': '0444', 'server-key.pem': '0400' });
    expect(await readFile(to('server-key.pem'), 'utf8')).toContain('PRIVATE KEY');
  });

  test('remarks on keys that are encrypted, that others could read, and on certificates that have expired', async () => {
    const encrypted = ['pkcs8', '-topk8', '-in', material('ca.key'), '-passout', 'pass:secret'];
    await opensslOutput([...encrypted, '-out', from('ca-key.pem')]);
    await chmod(from('key.pem'), 0o644);
    const now = new Date(Date.now() + 40 * 86_400_000);
    const { files } = await previewImport(from(), { directory: to(), now });
    const remarks = Object.fromEntries(files.map((file) => [file.to, file.remarks.join('; ')]));
    expect(remarks['ca-key.pem']).toBe('encrypted; found by its name, not compared');
    expect(remarks['key.pem']).toBe('others could read it there (mode 0644)');
    expect(remarks['cert.pem']).toMatch(/^expired on \d{4}-\d\d-\d\d$/);
  });

  test('finds an encrypted key in another directory by its name', async () => {
    await rm(from(), { recursive: true });
    await mkdir(from('private'), { recursive: true });
    await mkdir(from('issued'));
    await copyFile(material('ca.crt'), from('ca.crt'));
    await copyFile(material('client.crt'), from('issued/alice.crt'));
    const encrypted = ['pkcs8', '-topk8', '-in', material('client.key'), '-passout', 'pass:secret'];
    await opensslOutput([...encrypted, '-out', from('private/alice.key')]);
    const { files } = await previewImport(from(), { directory: to() });
    expect(mapping({ files })['private/alice.key']).toBe('clients/alice/key.pem');
    expect(files.at(-1)?.remarks[0]).toBe('encrypted: docker opens no encrypted key');
  });

  test('takes the newest certificate of a holder, and records the older one', async () => {
    await mkdir(from('old'));
    await copyFile(from('cert.pem'), from('old/cert.pem'));
    const renewed = [
      'x509',
      '-req',
      '-in',
      material('client.csr'),
      '-CA',
      material('ca.crt'),
      '-CAkey',
      material('ca.key'),
    ];
    await new Promise((resolve) => setTimeout(resolve, 1100)); // its dates have seconds
    await opensslOutput([...renewed, '-set_serial', '77', '-days', '60', '-out', from('cert.pem')]);
    const imported = await importSet(from(), { directory: to() });
    expect(whyOf(imported)['old/cert.pem']).toBe('older');
    expect(await readFile(to('cert.pem'), 'utf8')).toBe(await readFile(from('cert.pem'), 'utf8'));
    expect((await issued({ directory: to() })).certificates).toHaveLength(4);
  });
});

describe('a revocation list', () => {
  test('is taken over, with a certificate that only the list knows', async () => {
    await mkdir(from(), { mode: 0o700 });
    await lay(layouts.certstrap, material(), from());
    const config = '[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=30\n';
    await writeFile(from('crl.cnf'), config);
    const alice = new X509Certificate(await readFile(material('client.crt')));
    const line = (serial: string): string => `R\t300101000000Z\t261101000000Z\t${serial}\tunknown\t/CN=x\n`;
    await writeFile(from('index'), line(alice.serialNumber) + line('AB12'));
    const sign = ['-cert', material('ca.crt'), '-keyfile', material('ca.key'), '-out', 'out/Root.crl'];
    await opensslOutput(['ca', '-gencrl', '-config', 'crl.cnf', ...sign], from());
    const imported = await importSet(from(), { directory: to() });
    expect(mapping(imported)['out/Root.crl']).toBe('crl.pem');
    const revoked = [alice.serialNumber, 'AB12'].sort();
    expect([...imported.revoked].sort()).toEqual(revoked);
    expect(whyOf(imported)['out/alice.crt']).toBe('revoked');
    expect([...(await crl({ directory: to() })).revoked].sort()).toEqual(revoked);
    expect(await importSet(from(), { directory: to() })).toMatchObject({ made: [] });
  });
});

describe('it is refused, and nothing is changed:', () => {
  beforeEach(async () => {
    await mkdir(from(), { mode: 0o700 });
    await lay(layouts.tutorial, material(), from());
  });

  test('several CAs, of which none was named', async () => {
    await copyFile(material('other-ca.crt'), from('other-ca.pem'));
    await copyFile(material('foreign.crt'), from('mallory.pem'));
    const error = await failure(temporary(), () => importSet(from(), { directory: to() }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'ca' });
    expect(error.message).toContain('ca.pem, other-ca.pem');
    const { files } = await importSet(from(), { directory: to(), ca: from('other-ca.pem') });
    expect(mapping({ files })).toEqual({
      'other-ca.pem': 'ca.pem',
      'mallory.pem': 'clients/mallory/cert.pem',
    });
  });

  test('no CA', async () => {
    await rm(from('ca.pem'));
    const error = await failure(temporary(), () => importSet(from(), { directory: to() }));
    expect(error.code).toBe('ERR_CA_MISSING');
  });

  test('a file that is in the way', async () => {
    await mkdir(to(), { mode: 0o700 });
    await copyFile(material('both.key'), to('key.pem'));
    const error = await failure(temporary(), () => importSet(from(), { directory: to() }));
    expect(error).toMatchObject({ code: 'ERR_EXISTS', path: to('key.pem') });
    expect(error.hint).not.toContain('remove');
  });

  test('a CA that others could have put there', async () => {
    await chmod(from('ca.pem'), 0o666);
    expect(await failure(temporary(), () => importSet(from(), { directory: to() }))).toMatchObject({
      code: 'ERR_UNSAFE',
      path: from('ca.pem'),
      hint: expect.stringContaining(`chmod -R go-w ${from()}`) as unknown,
    });
    await chmod(from('ca.pem'), 0o644);
    await chmod(from(), 0o777);
    expect((await failure(temporary(), () => importSet(from(), { directory: to() }))).code).toBe(
      'ERR_UNSAFE',
    );
  });

  test.each(['nothing', 'a file', 'the certificate directory'])('%s', async (what) => {
    const path = { nothing: from('nothing'), 'a file': from('ca.pem') }[what] ?? to();
    const error = await failure(temporary(), () => importSet(path, { directory: to() }));
    expect(error.code).toBe(what === 'the certificate directory' ? 'ERR_INPUT' : 'ERR_FILE');
  });
});
