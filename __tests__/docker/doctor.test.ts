import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, doctor, type Finding } from '../../lib/index.js';
import { docker, dockerBuilds, freePort, startDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';
import { rows } from '../support/form.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const url = 'tcp://docker.example:2376';

beforeAll(async () => {
  const options = { key: 'ec:p256', passphrase: null, directory: join(shared(), 'docker-tls') } as const;
  await all({ ...options, hosts: ['docker.example'] });
  await client(only('client', { ...options, name: 'alice' }));
});

async function found(id: Finding['id'], home: string): Promise<Finding[]> {
  const env = { PATH: process.env['PATH'], HOME: home };
  const { findings } = await doctor({
    ...{ directory: join(shared(), 'docker-tls'), root: temporary(), plainPort: await freePort(), env },
  });
  return findings.filter((finding) => finding.id === id);
}

describe.each(rows(await dockerBuilds(), 2))('$name', (build) => {
  test('keeps contexts where they are looked for, and takes the line that mends one', async () => {
    const home = join(temporary(), 'home');
    await mkdir(home);
    const files = (folder: string): string =>
      ['ca', 'cert', 'key'].map((file) => `${file}=${join(folder, `${file}.pem`)}`).join();
    const others = join(shared(), `others-${build.name.replaceAll(/\W/g, '')}`);
    await all({ directory: others, hosts: ['docker.example'], key: 'ec:p256', passphrase: null });

    const create = ['context', 'create', 'remote', '--docker', `host=${url},${files(others)}`];
    expect(await docker(build, create, { HOME: home })).toMatchObject({ code: 0 });
    const [finding] = await found('context', home);
    expect(finding).toMatchObject({ title: 'Context remote', state: 'problem' });

    const [program, ...fix] = finding!.fix!.split(' ');
    expect(program).toBe('docker');
    expect(await docker(build, fix, { HOME: home })).toMatchObject({ code: 0 });
    expect(await found('context', home)).toMatchObject([{ title: 'Context remote', state: 'ok' }]);
  });

  test('does not start with what is said to be in conflict', async () => {
    const config = { tlsverify: true };
    await mkdir(join(temporary(), 'etc/docker'), { recursive: true });
    await mkdir(join(temporary(), 'etc/systemd/system'), { recursive: true });
    await writeFile(join(temporary(), 'etc/docker/daemon.json'), JSON.stringify(config));
    const unit = '[Service]\nExecStart=/usr/bin/dockerd --tlsverify\n';
    await writeFile(join(temporary(), 'etc/systemd/system/docker.service'), unit);
    expect(await found('conflict', temporary())).toMatchObject([
      { state: 'problem', detail: 'dockerd does not start: tlsverify is set in both' },
    ]);
    const error = await errorOf(() => startDockerd(build, { config, args: ['--tlsverify'] }));
    expect(String(error)).toContain('specified both as a flag and in the configuration file: tlsverify');
  });
});
