import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  fleetStatus,
  fleetStatusPage,
  server,
  status,
  statusPage,
  type Status,
} from '../../lib/index.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { classed, elements, parsed } from '../support/markup.js';
import { useOneProcess } from '../support/one-process.js';
import { only } from '../support/only.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(shared(), ...names);
const day = 86_400_000;

beforeAll(async () => {
  const made = '2026-03-01 00:00:00';
  await makeFlawedSet(at('set'), {
    server: { made, days: 10 },
    client: { made, days: 40 },
    ca: { made, days: 400 },
  });
  await writeFile(at('set', 'damaged.pem'), '');
  const quick = { key: 'ec:p256', passphrase: null } as const;
  await all({ ...quick, directory: at('fleet', 'ca'), hosts: ['set.example.com'] });
  await server(
    only('server', {
      ...quick,
      directory: at('fleet', 'ca'),
      name: 'web1',
      hosts: ['web1.example.com'],
    }),
  );
  await writeFile(
    at('fleet', 'docker-tls.json'),
    '{ "hosts": { "web1": { "names": ["web1.example.com"] }, "web2": { "names": ["web2.example.com"] } }, "clients": { "ops": {} } }\n',
  );
});

const now = new Date('2026-03-09T00:00:00Z');

/** The row of a certificate: its state, its file and what to do. */
function rowsOf(page: string): string[][] {
  return elements(parsed(page), 'tr')
    .filter((row) => elements(row, 'td').length > 0)
    .map((row) => {
      const [state, , ends, todo] = elements(row, 'td');
      const [name] = elements(row, 'th');
      return [state, name, ends, todo].map((cell) => cell?.textContent?.trim() ?? '');
    });
}

describe('the page of a directory', () => {
  test('has a row, a bar and the command for each certificate', async () => {
    const page = await statusPage(await status({ directories: [at('set')], now }));
    expect(rowsOf(page)).toEqual([
      [
        '! due',
        "server-cert.pemserver 'localhost'",
        expect.stringMatching(/^\d+ days? left, until 2026-03-11$/),
        `renew({ names: ['server-cert.pem'], directory: '${at('set')}' })`,
      ],
      ['✓ ok', "cert.pemclient 'client'", expect.stringMatching(/^\d+ days left, until 2026-04-10$/), ''],
      ['✓ ok', "ca.pemca 'Test CA'", expect.stringMatching(/^\d+ days left, until 2027-04-05$/), ''],
      ['✗ broken', 'damaged.pem', '', 'it is empty'],
    ]);
  });

  test('shows all on one axis, with now and the end of the CA as lines', async () => {
    const { certificates, ...rest } = await status({ directories: [at('set')], now });
    const page = parsed(await statusPage({ ...rest, certificates }));
    const tracks = classed(page, 'span', 'track');
    const numbers = tracks.map((track) => {
      const [bar, line, end] = ['bar', 'now', 'end'].map(
        (name) => classed(track, 'span', name)[0]?.getAttribute('style') ?? '',
      );
      const [left = NaN, width = NaN] = [...bar!.matchAll(/[\d.]+/g)].map(Number);
      return { left, right: left + width, now: parseFloat(line!.slice(5)), end: parseFloat(end!.slice(5)) };
    });
    const ca = certificates.find(({ role }) => role === 'ca')!;
    const from = Math.min(...certificates.map(({ notBefore }) => notBefore.getTime()));
    const place = (moment: Date): number =>
      ((moment.getTime() - from) / (ca.notAfter.getTime() - from)) * 100;
    expect(numbers).toHaveLength(3);
    for (const [row, one] of certificates.entries()) {
      expect(numbers[row]!.left).toBeCloseTo(place(one.notBefore), 1);
      expect(numbers[row]!.right).toBeCloseTo(place(one.notAfter), 1);
      expect(numbers[row]!.now).toBeCloseTo(place(now), 1);
      expect(numbers[row]!.end).toBeCloseTo(100, 1);
    }
    expect(tracks[0]!.getAttribute('aria-label')).toBe(
      'valid from 2026-03-01 to 2026-03-11; ca.pem ends on 2027-04-05',
    );
  });

  test('says where nothing here can renew what has expired', async () => {
    const cut = at('alone');
    await mkdir(cut);
    await writeFile(join(cut, 'server-cert.pem'), await readFile(at('set', 'server-cert.pem')));
    const page = await statusPage(
      await status({ directories: [cut], now: new Date(now.getTime() + 5 * day) }),
    );
    expect(rowsOf(page)).toEqual([
      ['✗ expired', expect.any(String), expect.any(String), 'what renews it is not in this directory'],
    ]);
  });

  test('stands alone: it has no script and loads nothing, and is made for light and dark', async () => {
    const text = await statusPage(await status({ directories: [at('set'), at('fleet', 'ca')], now }));
    const page = parsed(text);
    for (const name of ['script', 'link', 'img', 'iframe', 'object', 'a'])
      expect(elements(page, name)).toEqual([]);
    expect(text).not.toMatch(/url\(|@import|https?:/);
    const metas = elements(page, 'meta').map((meta) => [
      meta.getAttribute('name'),
      meta.getAttribute('content'),
    ]);
    expect(metas).toContainEqual(['color-scheme', 'light dark']);
    expect(elements(page, 'style')[0]?.textContent).toContain('prefers-color-scheme: dark');
    expect(classed(page, 'th', 'group').map((one) => one.textContent)).toEqual([
      at('fleet', 'ca'),
      at('set'),
    ]);
    for (const cell of elements(page, 'th'))
      expect(cell.getAttribute('scope')).toMatch(/^(col|row|rowgroup)$/);
  });

  test.each([
    '"><script>alert(1)</script>',
    "' onload='x",
    ']]>',
    '-->',
    '</style>',
    '&lt;',
    'a\nb\u001b[31m\u202e',
    '\ud800',
  ])('shows the name %j, and does nothing with it', async (name) => {
    const life = { notBefore: now, notAfter: new Date(now.getTime() + day) };
    const found: Status = {
      ...{ now, within: { days: 30 }, state: 'ok', broken: [{ directory: name, path: name, why: name }] },
      counts: { ok: 1, due: 0, 'not-yet-valid': 0, expired: 0, broken: 1 },
      certificates: [
        {
          ...{ directory: name, path: name, index: 0, alsoIn: [name], state: 'ok', role: 'ca', ...life },
          ...{ commonName: name, serial: '01', daysLeft: 1, lifeGone: 0 },
        },
      ],
    };
    const page = await statusPage(found);
    const plain = await statusPage({
      ...found,
      broken: [{ directory: 'x', path: 'x', why: 'x' }],
      certificates: found.certificates.map((one) => ({
        ...one,
        directory: 'x',
        path: 'x',
        alsoIn: ['x'],
        commonName: 'x',
      })),
    });
    const shape = (text: string): string[] =>
      elements(parsed(text), '*').map(
        (one) => `${one.tagName} ${[...one.attributes].map((attribute) => attribute.name).join()}`,
      );
    expect(shape(page)).toEqual(shape(plain));
    expect(page).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe('the page of a fleet', () => {
  test('groups the certificates by host, and has a command for what is to be done', async () => {
    const found = await fleetStatus(at('fleet', 'docker-tls.json'), { offline: true });
    const page = fleetStatusPage(found, { file: 'f.json' });
    expect(classed(parsed(page), 'th', 'group').map((one) => one.textContent)).toEqual([
      'CAs',
      'web1 (web1.example.com:2376)',
      'web2 (web2.example.com:2376)',
      'Clients',
    ]);
    expect(rowsOf(page).map(([state, name, , todo]) => [state, name, todo])).toEqual([
      ['✓ ok', 'ca.pemca', ''],
      ['? not checked', 'servers/web1/server-cert.pemon disk', ''],
      [
        '! due',
        'servers/web2/server-cert.pemon disk',
        "it has no certificate, and has sent no CSRcollectCsrs({ hosts: ['web2'], file: 'f.json' })",
      ],
      ['! due', 'clients/ops/cert.pemon disk', "it has no certificate yetapplyFleet({ file: 'f.json' })"],
    ]);
    expect(classed(parsed(page), 'span', 'end')).toHaveLength(3); // of ca.pem: in the legend, and across two bars
  });

  test('has the renewal of its CA', async () => {
    const now = new Date(Date.now() + 3640 * day);
    const page = fleetStatusPage(await fleetStatus(at('fleet', 'docker-tls.json'), { offline: true, now }));
    expect(rowsOf(page)[0]).toEqual([
      '! due',
      'ca.pemca',
      expect.any(String),
      `renewCa({ directory: '${at('fleet', 'ca')}' })`,
    ]);
  });
});

describe('--html', () => {
  test('writes the page with the commands of the command line, and prints nothing', async () => {
    const { code, stdout, stderr } = await oneProcess.program(shared(), [
      'status',
      'set',
      '--html',
      'page.html',
    ]);
    expect({ code, stdout, stderr }).toEqual({ code: 4, stdout: '', stderr: '' });
    const page = await readFile(at('page.html'), 'utf8');
    expect(page).toContain('<code>docker-tls-openssl renew');
    expect((await stat(at('page.html'))).mode & 0o777).toBe(0o644);
    const printed = await oneProcess.program(shared(), ['status', 'set', '--html', '-']);
    expect(rowsOf(printed.stdout)).toEqual(rowsOf(page));
  });

  test('of a fleet names the fleet file in the commands', async () => {
    const file = at('fleet', 'docker-tls.json');
    const asked = ['fleet', 'status', '--offline', '--file', file, '--html', '-'];
    const { code, stdout } = await oneProcess.program(shared(), asked);
    expect(code).toBe(3);
    expect(stdout).toContain(`<code>docker-tls-openssl fleet apply --file ${file}</code>`);
  });

  test('writes over no link and no key, and goes with no other form', async () => {
    await mkdir(at('links'), { recursive: true });
    await symlink('nowhere', at('links', 'page.html'));
    expect((await oneProcess.program(shared(), ['status', 'set', '--html', 'links/page.html'])).code).toBe(1);
    expect(await readdir(at('links'))).toEqual(['page.html']);
    const key = await readFile(at('set', 'key.pem'));
    expect((await oneProcess.program(shared(), ['status', 'set', '--html', 'set/key.pem'])).code).toBe(1);
    expect(await readFile(at('set', 'key.pem'))).toEqual(key);
    for (const other of [['--json'], ['--format', 'nagios'], ['--output', 'x']])
      expect(
        (await oneProcess.program(shared(), ['status', 'set', '--html', 'page.html', ...other])).code,
      ).toBe(2);
  });
});
