import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  all,
  fleetAnsible,
  fleetCloudInit,
  fleetScript,
  previewFleetAnsible,
  server,
} from '../../lib/index.js';
import { errorOf, failure } from '../support/failure.js';
import { leftToWhole } from '../support/form.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const key = 'ec:p256';
const fleet = () => ({
  ca: { directory: join(shared(), 'ca') },
  defaults: { key },
  hosts: {
    web1: { names: ['web1.example.com', '10.0.0.5'], groups: ['prod'] },
    here: { names: ['here.example.com'], keys: 'on-controller' as const },
  },
  clients: { alice: {} },
});

beforeAll(async () => {
  const directory = join(shared(), 'ca');
  await all({ directory, hosts: ['x.example.com'], key, passphrase: null });
  await server({ directory, name: 'here', hosts: ['here.example.com'], key });
});

describe('the playbooks', () => {
  leftToWhole('are as a linter wants them, and Ansible reads the inventory', async () => {
    const { out, written, unchanged } = await fleetAnsible(fleet(), { out: join(temporary(), 'a/../play') });
    expect([out, unchanged, written.includes('site.yml')]).toEqual([join(temporary(), 'play'), [], true]);
    const run = (program: string, ...args: string[]): string =>
      execFileSync(program, args, { cwd: out, encoding: 'utf8', env: { ...process.env, HOME: temporary() } });
    run('ansible-lint', '--offline', '--strict', '--profile', 'production');
    run('ansible-playbook', '-i', 'inventory.yml', '--syntax-check', 'site.yml', 'rollback.yml');
    const inventory = JSON.parse(run('ansible-inventory', '-i', 'inventory.yml', '--list')) as {
      _meta: { hostvars: Record<string, object> };
      prod: object;
    };
    expect(inventory.prod).toEqual({ hosts: ['web1'] });
    expect(inventory._meta.hostvars['web1']).toMatchObject({
      docker_tls_names: ['DNS:web1.example.com', 'IP:10.0.0.5', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'],
      docker_tls_client: 'alice',
      docker_tls_directory: join(shared(), 'ca'),
      docker_tls_program: [process.execPath, expect.stringMatching(/dist\/cli\/main\.cjs$/)],
    });
  });

  test('follow the fleet file, and leave alone what somebody changed', async () => {
    const out = join(temporary(), 'play');
    await fleetAnsible(fleet(), { out });
    expect((await fleetAnsible(fleet(), { out })).written).toEqual([]);
    const other = { ...fleet(), hosts: { web2: { names: ['web2.example.com'] } } };
    expect((await previewFleetAnsible(other, { out })).written).toEqual(['inventory.yml']);
    expect((await fleetAnsible(other, { out })).written).toEqual(['inventory.yml']);
    await appendFile(join(out, 'inventory.yml'), '# mine\n');
    const refused = await failure(temporary(), () => fleetAnsible(fleet(), { out }));
    expect(refused).toMatchObject({ code: 'ERR_EXISTS', path: join(out, 'inventory.yml') });
    expect((await fleetAnsible(fleet(), { out, overwrite: true })).written).toEqual(['inventory.yml']);
    expect(await readFile(join(out, 'inventory.yml'), 'utf8')).not.toContain('# mine');
  });
});

describe('the text for one host', () => {
  test('is a script that shellcheck, dash and busybox take', async () => {
    const script = await fleetScript(fleet(), 'web1');
    expect(script).toMatchObject({ host: 'web1', hasCertificate: false, hasKey: false });
    const path = join(temporary(), 'web1.sh');
    await writeFile(path, script.text);
    execFileSync('shellcheck', [path]);
    for (const shell of [['dash'], ['busybox', 'sh']])
      execFileSync(shell[0]!, [...shell.slice(1), '-n', path]);
  });

  test('is user-data with that script, packed', async () => {
    const { text } = await fleetCloudInit(fleet(), 'web1');
    const packed = /^ {4}content: (\S+)$/m.exec(text)?.[1] ?? '';
    expect(gunzipSync(Buffer.from(packed, 'base64')).toString()).toBe(
      (await fleetScript(fleet(), 'web1')).text,
    );
    expect(text).toMatch(/^#cloud-config\n/);
    expect(text.length).toBeLessThan(16_000);
    const load = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
    const value = execFileSync('/usr/bin/python3', ['-c', load], { input: text, encoding: 'utf8' });
    expect(JSON.parse(value)).toMatchObject({
      write_files: [{ permissions: '0700', encoding: 'gz+b64', owner: 'root:root' }],
      runcmd: [['sh', '-c', expect.stringContaining('/var/lib/docker-tls-openssl/web1.csr')]],
    });
  });

  test('has a private key only where that is asked for', async () => {
    const secret = await readFile(join(shared(), 'ca/servers/here/server-key.pem'), 'utf8');
    const withKey = await fleetScript(fleet(), 'here', { withKey: true });
    expect(withKey).toMatchObject({ hasCertificate: true, hasKey: true });
    expect(withKey.text).toContain(secret);
    expect((await fleetCloudInit(fleet(), 'here', { withKey: true })).text).toContain(
      'It contains a private key',
    );
    for (const render of [fleetScript, fleetCloudInit]) {
      expect(await errorOf(() => render(fleet(), 'here'))).toMatchObject({
        code: 'ERR_INPUT',
        option: 'withKey',
      });
      expect(await errorOf(() => render(fleet(), 'web1', { withKey: true }))).toMatchObject({
        code: 'ERR_INPUT',
      });
      expect(await errorOf(() => render(fleet(), 'web9'))).toMatchObject({
        code: 'ERR_INPUT',
        hint: 'it has web1, here',
      });
    }
  });
});
