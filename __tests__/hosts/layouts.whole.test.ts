import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { useBootedHost } from '../support/booted-host.js';
import { differences } from '../support/disk.js';
import { leftToWhole, rows } from '../support/form.js';
import { refused, works, type Layout } from './layouts.js';
import { podmanLife } from './podman.js';
import { rootlessLife } from './rootless.js';

const booted = useBootedHost();
const { host, install, uninstall, connect, doctor, local, written } = booted;
const ok = { code: 0 };
const again = 'the daemon accepts everyone over TCP again';
let undo = '';

beforeEach(() => booted.clear());
afterEach(async () => {
  await host().sh(undo);
  undo = '';
});

/** Starts the daemon of a layout, looks at it as its owner would, and gives what is on the disk. */
async function start({ prepare, doctor: finds = /No problems found\./, open }: Layout) {
  await prepare(host());
  await booted.start();
  expect(await local()).toMatchObject(ok);
  expect((await doctor()).stdout).toMatch(finds);
  if (open !== undefined) expect(await withoutTls(open)).toBe('200');
  return written();
}

/** The status with which the API answers there. */
async function withoutTls(endpoint: string): Promise<string> {
  const curl = ['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
  return (await host().run(...curl, `http://${endpoint}/_ping`)).stdout;
}

describe('a daemon becomes safe, and then what it was, with', () => {
  test.each(rows(works, 8, 5).map((layout) => [layout.what, layout] as const))('%s', async (_, layout) => {
    const { open } = layout;
    const before = await start(layout);
    const { code, stdout } = await install();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('was restarted') as unknown,
    });
    expect(await local()).toMatchObject(ok);
    expect(await connect()).toMatchObject(ok);
    if (open !== undefined) {
      expect(stdout).toMatch(new RegExp(`the daemon already listens on (tcp://)?${open}.*: clients have to`));
      expect(await withoutTls(open)).toBe('400');
      expect(await connect(open)).toMatchObject(ok);
    }
    const undone = await uninstall();
    expect(undone).toMatchObject(ok);
    expect(undone.stdout.includes(again)).toBe(open !== undefined);
    expect(differences(before, await written())).toEqual([]);
    expect(await local()).toMatchObject(ok);
    if (open !== undefined) expect(await withoutTls(open)).toBe('200');
  });
});

describe('a daemon stays what it is, and nothing is changed, with', () => {
  test.each(rows(refused, 5, 1).map((layout) => [layout.what, layout] as const))('%s', async (_, layout) => {
    const { open, says } = layout;
    undo = layout.undo ?? '';
    const before = await start(layout);
    const { code, stderr } = await install();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) as unknown });
    expect(differences(before, await written())).toEqual([]);
    expect(await local()).toMatchObject(ok);
    expect(await connect(open)).toMatchObject({
      code: 1,
      ...(open === undefined ? {} : { stdout: expect.stringContaining('answers everyone') as unknown }),
    });
  });
});

leftToWhole("a user's own daemon becomes safe, and then what it was", () => rootlessLife(host()), 300_000);

for (const [suite, major] of [
  ['sid', 5],
  ['experimental', 6],
] as const)
  leftToWhole(
    `the API of the Podman in ${suite} is served safely, and then not at all`,
    () => podmanLife(booted, suite, major),
    300_000,
  );
