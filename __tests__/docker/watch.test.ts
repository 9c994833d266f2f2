import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, cp, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  dockerOptions,
  pulumiProvider,
  renew,
  terraformProvider,
  watch,
  type WatchEvent,
  type WatchOptions,
} from '../../lib/index.js';
import { inspect } from 'node:util';
import { dockerBuilds, type RunningDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { startTlsDockerd } from '../support/tls-dockerd.js';

const shared = useSharedDirectory();
const set = (): string => join(shared(), 'set');
const [build] = await dockerBuilds();

beforeAll(() => makeSet({ directory: set(), hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null }));

/** Events as they come, in a form to compare. */
function watching(options: WatchOptions): { next: () => Promise<unknown>; end: () => Promise<unknown> } {
  const events = watch({ everyMs: 20, ...options });
  const shown = (event: WatchEvent): unknown => {
    switch (event.type) {
      case 'due':
        return ['due', event.certificate.path, event.certificate.state];
      case 'renewed':
        return ['renewed', event.certificate.path, event.before.serial !== event.certificate.serial];
      case 'served-differs':
        return ['served-differs', event.endpoint.port, event.served.subject, event.onDisk.length];
      case 'not-checked':
        return ['not-checked', event.what, event.why];
    }
  };
  return {
    next: async () => {
      const { value, done } = await events.next();
      return done ? 'the end' : shown(value);
    },
    end: () => events.return(undefined),
  };
}

describe('watch', () => {
  test('reports what is due once, and what was renewed', async () => {
    const directory = join(shared(), 'renewed');
    await cp(set(), directory, { recursive: true });
    const { next, end } = watching({ directory, within: '365d' });
    const due = [await next(), await next()];
    expect(due.sort()).toEqual([
      ['due', 'cert.pem', 'due'],
      ['due', 'server-cert.pem', 'due'],
    ]);
    await renew({ directory, names: ['client'], days: 500, passphrase: null });
    expect(await next()).toEqual(['renewed', 'cert.pem', true]);
    await end();
  });

  test('goes on where the files cannot be read, and says so once', async () => {
    const directory = join(shared(), 'gone');
    const { next, end } = watching({ directory, within: '365d' });
    expect(await next()).toEqual(['not-checked', 'files', expect.stringContaining(directory)]);
    await cp(set(), directory, { recursive: true });
    expect(await next()).toMatchObject(['due', expect.any(String), 'due']);
    await next();
    await chmod(join(directory, 'ca.pem'), 0o644);
    await writeFile(join(directory, 'ca.pem'), 'no certificate');
    expect(await next()).toEqual(['not-checked', 'files', expect.stringContaining('ca.pem')]);
    await end();
  });

  test('ends with its signal', async () => {
    const controller = new AbortController();
    const { next } = watching({ directory: set(), within: '1d', signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    expect(await next()).toBe('the end');
    expect(await watching({ directory: set(), signal: AbortSignal.abort() }).next()).toBe('the end');
  });

  test('goes on where the remembered port cannot be read, and leaves a silent daemon with its signal', async () => {
    const directory = join(shared(), 'port');
    await cp(set(), directory, { recursive: true });
    await writeFile(join(directory, 'endpoint.json'), 'no port');
    const { next, end } = watching({ directory, within: '1d', endpoint: '127.0.0.1' });
    expect(await next()).toEqual(['not-checked', 'daemon', expect.stringContaining('endpoint.json')]);
    await end();

    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const controller = new AbortController();
    silent.on('connection', () => controller.abort());
    const endpoint = `127.0.0.1:${port}`;
    const { signal } = controller;
    const waiting = watching({ directory: set(), within: '1d', endpoint, timeoutMs: 200_000, signal });
    expect(await waiting.next()).toBe('the end');
    silent.close();
  });

  test.each([{ everyMs: 0 }, { within: 'soon' }, { endpoint: 'unix:///a' }, { forever: true }])(
    'refuses %j',
    async (options) => {
      expect(await errorOf(() => watching(options as WatchOptions).next())).toMatchObject({
        code: 'ERR_INPUT',
      });
    },
  );

  describe('with a daemon', () => {
    let daemon: RunningDockerd | undefined;
    const directory = (): string => join(shared(), 'served');
    beforeAll(async () => {
      await cp(set(), directory(), { recursive: true });
      daemon = await startTlsDockerd(build!, directory());
    }, 90_000);
    afterAll(() => daemon?.stop(), 60_000);

    test('reports that the daemon serves another certificate, and that it is gone', async () => {
      const port = daemon!.port;
      const options = { directory: directory(), within: '365d', endpoint: `127.0.0.1:${port}` };
      const { next, end } = watching(options);
      for (let at = 0; at < 2; at += 1)
        expect(await next()).toMatchObject(['due', expect.any(String), 'due']);
      const first = next();
      await renew({ directory: directory(), names: ['server'], days: 500, passphrase: null });
      // The files are looked at before the daemon, or just have been.
      expect([await first, await next()]).toEqual(
        expect.arrayContaining([
          ['renewed', 'server-cert.pem', true],
          ['served-differs', port, 'CN=127.0.0.1', 1],
        ]),
      );
      await daemon!.stop();
      expect(await next()).toEqual(['not-checked', 'daemon', expect.stringContaining('connection refused')]);
      await end();
    });
  });
});

describe('the providers', () => {
  test('of Pulumi and Terraform have the texts of the files under their own names', async () => {
    const source = { directory: set(), host: 'docker.example.com' };
    const { ca, cert, key } = await dockerOptions(source);
    const host = 'tcp://docker.example.com:2376';
    const pulumi = await pulumiProvider(source);
    expect(pulumi).toEqual({ host, caMaterial: ca, certMaterial: cert, keyMaterial: key });
    const terraform = await terraformProvider(source);
    expect(terraform).toEqual({ host, ca_material: ca, cert_material: cert, key_material: key });
    for (const provider of [pulumi, terraform]) expect(inspect(provider)).not.toContain('PRIVATE KEY');
    expect(JSON.stringify(terraform)).toContain('PRIVATE KEY');
  });
});
