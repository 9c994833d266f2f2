import { describe, expect, test } from '@jest/globals';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, findOpenssl, genpkey, type StepEvent } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { processesIn } from '../support/processes.js';
import { request } from '../support/request.js';
import { inTurns, times } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const temporary = useTemporaryDirectory();
const openssl = await findOpenssl();

/** Where the certificates would be, apart from what else a test has in its directory. */
async function place(): Promise<string> {
  const path = join(temporary(), 'place');
  await mkdir(path);
  return path;
}

describe('an aborted signal', () => {
  test('before the work stops it', async () => {
    const root = await place();
    const signal = AbortSignal.abort();
    expect(await failure(root, () => all(request(root, { signal })))).toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('while the keys are made stops it, and no openssl goes on', async () => {
    const root = await place();
    const controller = new AbortController();
    const work = request(root, { key: 'rsa:4096', signal: controller.signal });
    // Not before all three are at work, which takes a moment, and long before any can be done.
    const stop = until(async () => (await processesIn(root)).length >= 1).then(() => controller.abort());
    expect(await failure(root, () => all(work))).toMatchObject({ code: 'ERR_ABORTED' });
    await stop;
    expect(await processesIn(root)).toEqual([]);
  });

  inTurns(1, 1).each(['start', 'done'] as const)(
    'at the %s of any step leaves nothing behind',
    async (moment) => {
      const root = await place();
      const options = request(root);
      let steps = 0;
      await all({ ...options, observer: ({ type }) => (steps += Number(type === moment)) });
      expect(steps).toBeGreaterThan(10);
      for (let last = 0; last < steps; last += times(6, 1)) {
        const controller = new AbortController();
        let seen = 0;
        const observer = (event: StepEvent): void => {
          if (event.type === moment && seen++ === last) controller.abort();
        };
        const forced = { ...options, observer, signal: controller.signal, force: ['ca' as const] };
        expect(await failure(root, () => all(forced))).toMatchObject({ code: 'ERR_ABORTED' });
      }
      expect(await processesIn(root)).toEqual([]);
    },
  );

  test('after the work changes nothing', async () => {
    const root = await place();
    const controller = new AbortController();
    const { made } = await all(request(root, { signal: controller.signal }));
    controller.abort();
    expect(made).toHaveLength(6);
  });
});

test('a failure takes back the directories that were made on the way to the directory', async () => {
  const root = await place();
  const directory = join(root, 'some', 'where', 'docker-tls');
  const fake = await fakeOpenssl(temporary(), 'exit 1');
  const error = await failure(root, () => all(request(root, { directory, openssl: fake })));
  expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED' });
});

describe('an openssl that hangs', () => {
  test('is ended after `timeoutMs`', async () => {
    const root = await place();
    const fake = await fakeOpenssl(temporary(), 'exec sleep 100');
    const options = request(root, { openssl: fake, timeoutMs: 300 });
    expect(await failure(root, () => all(options))).toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringMatching(/within 0\.3 s: openssl genpkey/) as unknown,
    });
    expect(await processesIn(root)).toEqual([]);
  });

  test('is ended when the signal is aborted', async () => {
    const root = await place();
    const fake = await fakeOpenssl(temporary(), `touch '${temporary()}/at-work'; exec sleep 100`);
    const controller = new AbortController();
    void until(async () => {
      const files = await readdir(temporary());
      return files.includes('at-work');
    }).then(() => controller.abort(new Error('enough')));
    const options = {
      out: join(root, 'key.pem'),
      algorithm: 'ec:p256',
      openssl: fake,
      signal: controller.signal,
    };
    expect(await failure(root, () => genpkey(options))).toMatchObject({
      ...{ code: 'ERR_ABORTED', name: 'AbortError', cause: new Error('enough') },
    });
    expect(await processesIn(root)).toEqual([]);
  });

  test('as the child of a wrapper is ended with it', async () => {
    const root = await place();
    const fake = await fakeOpenssl(temporary(), 'sleep 100; exit 1');
    const options = request(root, { openssl: fake, timeoutMs: 300 });
    expect(await failure(root, () => all(options))).toMatchObject({
      code: 'ERR_TIMEOUT',
      name: 'TimeoutError',
    });
    await until(async () => (await processesIn(root)).length === 0);
  });

  test('when asked for its version is refused', async () => {
    const root = await place();
    const fake = await fakeOpenssl(temporary(), '', 'exec sleep 100');
    const options = request(root, { openssl: fake, timeoutMs: 300 });
    expect(await failure(root, () => all(options))).toMatchObject({ code: 'ERR_TIMEOUT' });
  });
});

test('one step that fails stops those beside it', async () => {
  const root = await place();
  const fake = await fakeOpenssl(temporary(), `case $out in *ca-key.pem) exit 1;; esac; exec sleep 100`);
  const error = await failure(root, () => all(request(root, { openssl: fake })));
  expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', exitCode: 1 });
  expect(await processesIn(root)).toEqual([]);
});

test('a wrapper around the real openssl serves as well as itself', async () => {
  const root = await place();
  const wrapper = join(temporary(), 'wrapper');
  await writeFile(wrapper, `#!/bin/sh\n'${openssl.path}' "$@"\n`, { mode: 0o755 });
  const options = request(root, { openssl: wrapper, passphrase: 'correct horse' });
  expect((await all(options)).openssl).toEqual({ ...openssl, path: wrapper });
  await access(join(options.directory, 'cert.pem'));
});
