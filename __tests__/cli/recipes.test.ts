import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { recipeNames } from '../../lib/internal.js';
import { splitArchive } from '../support/archive.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { opensslOutput } from '../support/openssl.js';
import { hintedCommand, shell } from '../support/program.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { rows } from '../support/form.js';
import { certificate, names } from './certificates.js';

const { refuses, succeeds } = useProgram();
await useMadeRsaKeys();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const secret = 'correct horse battery';
const pass = ['--passphrase-file', 'pass'];
const training = ['all', '--recipe', 'training', '--host', 'docker.example', ...pass];
const refusal =
  'note: docker 20.10.24, 28.5 and others built with Go 1.17 or newer will refuse this server: x509: certificate relies on legacy Common Name field, use SANs instead. To fix it: --add-san';

/** What the recipe training makes, with its modes. */
const tenFiles = {
  '/': '0700',
  'ca-key.pem': '0600',
  'ca.pem': '0644',
  'ca.srl': '0644',
  'client-cert.pem': '0644',
  'client-key.pem': '0600',
  'client.csr': '0644',
  'extfile.cnf': '0644',
  'server-cert.pem': '0644',
  'server-key.pem': '0600',
  'server.csr': '0644',
};

beforeEach(async () => {
  await writeFile(join(temporary(), 'pass'), `${secret}\n`);
});

describe('recipes', () => {
  test('lists our own and each of the texts, and what docker says to it', async () => {
    const { stdout, stderr } = await succeeds(temporary(), ['recipes']);
    expect(stderr).toBe('');
    const paragraphs = stdout.trimEnd().split('\n\n');
    expect(paragraphs.map((paragraph) => paragraph.split('\n', 1)[0])).toEqual(recipeNames);
    expect(paragraphs[0]).toMatch(/^recommended\n {2}marks: {2}.+\n {2}docker: accepted$/);
    expect(paragraphs[1]).toMatch(
      /^docs\n {2}text: {3}Docker's documentation today: .+\n {2}marks: {2}.+\n {2}docker: accepted$/,
    );
    expect(paragraphs[2]).toContain(
      '\n  docker: refused by name: x509: certificate relies on legacy Common Name field, use SANs instead, and by address: x509: ',
    );
    expect(paragraphs[4]).toContain(
      '\n  docker: accepted by address; refused by name: x509: certificate is not valid for any names, but wanted to match HOST; --add-san fixes it',
    );
  });

  test('with --json is one object', async () => {
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), ['recipes', '--json']);
    expect(stderr).toBe('');
    const { recipes, ...rest } = JSON.parse(stdout) as { recipes: Record<string, unknown>[] };
    expect(rest).toEqual({ ok: true, command: 'recipes' });
    expect(recipes.map(({ name, docker }) => [name, docker]).slice(0, 6)).toEqual([
      ['recommended', 'accepted'],
      ['docs', 'accepted'],
      ['training', 'refused'],
      ['katacoda', 'accepted'],
      ['openssl-cnf', 'accepted by address'],
      ['docs-2014', 'refused'],
    ]);
    expect(recipes[0]).toEqual({
      ...{ name: 'recommended', text: null, note: null, docker: 'accepted' },
      marks: expect.any(String),
    });
    expect(recipes[2]).toEqual({
      name: 'training',
      text: 'Slides of a Docker training: Securing Docker with TLS',
      marks: expect.stringContaining('no subjectAltName'),
      docker: 'refused',
      note: expect.stringMatching(
        /^refused by name: x509: .*, and by address: x509: .*; --add-san fixes it$/,
      ),
    });
  });

  test('takes no flag that would make something', async () => {
    expect(await refuses(temporary(), 2, ['recipes', '--recipe', 'docs'])).toContain(
      'unknown option --recipe',
    );
  });
});

describe('--dry-run', () => {
  test('prints the commands of docs, runs none and needs no passphrase', async () => {
    const before = await tree(temporary());
    const { stdout, stderr } = await succeeds(temporary(), [
      ...['all', '--recipe', 'docs', '--host', 'docker.example', '--ip', '10.0.0.5', '--dry-run'],
    ]);
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter((line) => !line.startsWith('# check'))).toEqual([
      'openssl genrsa -aes256 -passout fd:3 -out ca-key.pem 4096',
      "openssl req -subj '/CN=Docker CA' -new -x509 -days 365 -key ca-key.pem -passin fd:3 -sha256 -out ca.pem",
      'openssl genrsa -out server-key.pem 4096',
      'openssl req -subj /CN=docker.example -sha256 -new -key server-key.pem -out server.csr',
      'echo subjectAltName = DNS:docker.example,IP:10.0.0.5,IP:127.0.0.1 >> extfile.cnf',
      'echo extendedKeyUsage = serverAuth >> extfile.cnf',
      'openssl x509 -req -days 365 -sha256 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -CAcreateserial -out server-cert.pem -extfile extfile.cnf',
      'openssl genrsa -out key.pem 4096',
      'openssl req -subj /CN=client -new -key key.pem -out client.csr',
      'echo extendedKeyUsage = clientAuth > extfile-client.cnf',
      'openssl x509 -req -days 365 -sha256 -in client.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -CAcreateserial -out cert.pem -extfile extfile-client.cnf',
      'rm -v client.csr server.csr extfile.cnf extfile-client.cnf',
      'chmod -v 0400 ca-key.pem key.pem server-key.pem',
      'chmod -v 0444 ca.pem server-cert.pem cert.pem',
      '',
    ]);
    expect(await tree(temporary())).toEqual(before);
  });

  test('says that docker will refuse the server', async () => {
    const { stderr } = await oneProcess.succeeds(temporary(), [...training, '--dry-run']);
    expect(stderr).toBe(`${refusal}\n`);
  });

  test('with --json says how --add-san departs from the text', async () => {
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), [
      ...training,
      ...['--add-san', '--no-localhost', '--dry-run', '--json'],
    ]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      dryRun: true,
      recipe: 'training',
      departures: ["the server's certificate also names docker.example"],
      notes: [{ code: 'DEPARTS' }],
      names: ['DNS:docker.example'],
      script: expect.arrayContaining(['echo subjectAltName = DNS:docker.example > extfile-server.cnf']),
      made: expect.arrayContaining([{ path: 'extfile-server.cnf', kind: 'file', mode: '0644' }]),
    });
  });
});

describe('all --recipe training', () => {
  const original = useSharedDirectory();
  let stdout: string;
  let stderr: string;

  beforeAll(async () => {
    await writeFile(join(original(), 'pass'), `${secret}\n`);
    ({ stdout, stderr } = await succeeds(original(), training));
  });
  beforeEach(async () => {
    await cp(original(), temporary(), { recursive: true, preserveTimestamps: true });
  });

  test('says that docker will refuse the server before anything runs, and again in the end', () => {
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toBe(refusal);
    expect(lines.at(-1)).toBe(refusal);
    const between = lines.slice(1, -1);
    expect(between.map((line) => line.replace(/ \(\d+\.\d s\)$/, '')).sort()).toEqual([
      'done: certificate client-cert.pem',
      'done: certificate server-cert.pem',
      'done: certificate signing request client.csr',
      'done: certificate signing request server.csr',
      'done: private key ca-key.pem',
      'done: private key client-key.pem',
      'done: private key client-key.pem without its passphrase',
      'done: private key server-key.pem',
      'done: private key server-key.pem without its passphrase',
      'done: self-signed certificate ca.pem',
    ]);
    expect(stderr + stdout).not.toContain('horse');
  });

  test('says what was made, and the lines of the text with the real paths', () => {
    const directory = join(original(), 'docker-tls');
    const day = String.raw`\d{4}-\d\d-\d\d`;
    expect(stdout).toMatch(
      new RegExp(
        [
          `^Created in ${directory}:`,
          '  ca\\.srl +the serial number used last: .+',
          "  ca-key\\.pem +the CA's private key: .+",
          `  ca\\.pem +the CA, valid until ${day}`,
          "  server-key\\.pem +the server's private key",
          '  server\\.csr +a certificate signing request: no longer needed',
          `  server-cert\\.pem +for 'docker\\.example', by its common name only; valid until ${day}`,
          "  client-key\\.pem +the client's private key: .+",
          '  client\\.csr +a certificate signing request: no longer needed',
          '  extfile\\.cnf +extensions for openssl: no longer needed',
          `  client-cert\\.pem +for the client 'client'; valid until ${day}`,
          '',
          'On the Docker host, start the daemon with:',
          `  sudo dockerd --tlsverify --tlscacert=${directory}/ca\\.pem --tlscert=${directory}/server-cert\\.pem --tlskey=${directory}/server-key\\.pem -H=0\\.0\\.0\\.0:2376`,
          '',
          'As the client:',
          `  cp ${directory}/ca\\.pem ~/\\.docker/ca\\.pem`,
          `  cp ${directory}/client-cert\\.pem ~/\\.docker/cert\\.pem`,
          `  cp ${directory}/client-key\\.pem ~/\\.docker/key\\.pem`,
          '  export DOCKER_HOST=tcp://:2376',
          '  docker --tlsverify ps',
          '$',
        ].join('\n'),
      ),
    );
  });

  test('makes the files of the text, and nothing beside them', async () => {
    expect(await modes(join(original(), 'docker-tls'))).toEqual(tenFiles);
    expect(await readFile(join(original(), 'docker-tls', 'ca.srl'), 'utf8')).toBe('03\n');
    const server = await certificate(original(), 'server-cert.pem');
    expect(server.subject).toBe('CN=docker.example');
    expect(names(server)).toEqual([]);
    expect(server.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    const keys = await Promise.all(
      ['ca-key.pem', 'server-key.pem', 'client-key.pem'].map((file) =>
        readFile(join(original(), 'docker-tls', file), 'utf8'),
      ),
    );
    expect(keys.map((key) => key.includes('ENCRYPTED'))).toEqual([true, false, false]);
  });

  test.each([[training], [training.slice(0, -2)], [[...training, '--json']]])(
    'again, as %j, changes nothing',
    async (args) => {
      const before = await tree(temporary());
      const again = await oneProcess.succeeds(temporary(), args);
      expect(again.stdout).toMatch(
        args.includes('--json')
          ? /"made": \[\]/
          : new RegExp(`^Nothing to do\\. Already in ${join(temporary(), 'docker-tls')}:\n`),
      );
      expect(again.stderr).not.toContain('done:');
      expect(await tree(temporary())).toEqual(before);
    },
  );

  test('without --host speaks of the server that is there', async () => {
    const again = await oneProcess.succeeds(temporary(), ['all', '--recipe', 'training']);
    expect(again.stderr).toBe(`${refusal}\n`);
    expect(again.stdout).toContain("for 'docker.example', by its common name only");
  });

  test('for another host is refused, and the command that is hinted at makes it', async () => {
    const other = training.map((word) => (word === 'docker.example' ? 'other.example' : word));
    const said = await oneProcess.refuses(temporary(), 1, other);
    expect(said).toContain(
      "nothing was changed: server-cert.pem is for 'docker.example', not for 'other.example'",
    );
    const hinted = hintedCommand(said);
    expect(hinted).toBe(`docker-tls-openssl ${other.join(' ')} --force ca`);
    expect(await shell(temporary(), `${hinted} --yes`)).toMatchObject({ code: 0 });
    expect((await certificate(temporary(), 'server-cert.pem')).subject).toBe('CN=other.example');
    expect((await oneProcess.succeeds(temporary(), other)).stdout).toContain('Nothing to do. Already in ');
  });

  test('with --add-san alone is refused as well', async () => {
    const said = await oneProcess.refuses(temporary(), 1, ['all', '--recipe', 'training', '--add-san']);
    expect(said).toContain('server-cert.pem has none of the names that would be added');
  });

  test('with --add-san, where the server that is there has no names, is refused', async () => {
    const said = await oneProcess.refuses(temporary(), 1, [...training, '--add-san']);
    expect(said).toContain(
      'server-cert.pem does not name DNS:docker.example, DNS:localhost, IP:127.0.0.1, IP:::1',
    );
    expect(said).toMatch(/^hint: .* --add-san --force ca$/m);
  });

  test.each(rows(['ca.pem', 'server-key.pem', 'server-cert.pem', 'client-key.pem', 'client-cert.pem'], 2))(
    'without %s is refused, and changes nothing',
    async (file) => {
      await rm(join(temporary(), 'docker-tls', file));
      const before = await tree(temporary());
      const outcome = await oneProcess.program(temporary(), [...training, '--json']);
      expect(outcome).toMatchObject({ code: 1, stderr: '' });
      expect(JSON.parse(outcome.stdout)).toMatchObject({
        ok: false,
        error: {
          code: 'ERR_INCOMPLETE',
          message: expect.stringMatching(new RegExp(` exists, but not ${file}$`)),
          hint: expect.stringContaining('--force ca'),
        },
      });
      expect(await tree(temporary())).toEqual(before);
    },
  );

  test.each(rows(['server.csr', 'client.csr', 'extfile.cnf', 'ca.srl', 'ca-key.pem'], 2))(
    'without %s, which no daemon and no client needs, is complete',
    async (file) => {
      await rm(join(temporary(), 'docker-tls', file));
      const before = await tree(temporary());
      expect((await oneProcess.succeeds(temporary(), training)).stdout).toContain(
        'Nothing to do. Already in ',
      );
      expect(await tree(temporary())).toEqual(before);
    },
  );

  test('--force ca is refused without a confirmation', async () => {
    const said = await oneProcess.refuses(temporary(), 1, [...training, '--force', 'ca']);
    expect(said).toContain('--yes');
  });

  test.each<[string[]]>([[[]], [['client-cert.pem', 'ca-key.pem']]])(
    '--force ca --yes makes all of it anew, also without %j',
    async (missing) => {
      for (const file of missing) await rm(join(temporary(), 'docker-tls', file));
      const before = await tree(join(temporary(), 'docker-tls'));
      const forced = await oneProcess.succeeds(temporary(), [...training, '--force', 'ca', '--yes']);
      expect(forced.stdout).toMatch(/^Created in /);
      const after = await tree(join(temporary(), 'docker-tls'));
      const there = Object.entries(await modes(join(temporary(), 'docker-tls')));
      expect(Object.fromEntries(there.filter(([path]) => !path.startsWith('archive/')))).toEqual(tenFiles);
      const keys = ['ca-key.pem', 'client-key.pem', 'server-key.pem'];
      expect(splitArchive(there.map(([path]) => path)).kept).toEqual(
        ['ca.pem', 'client-cert.pem', 'renewal.json', 'server-cert.pem', ...keys]
          .filter((path) => !missing.includes(path))
          .sort(),
      );
      const [own, ...kept] = after.filter((line) => before.includes(line));
      expect(own).toMatch(/^\/ 0700 /);
      expect(kept).toEqual([]);
      expect((await oneProcess.succeeds(temporary(), training)).stdout).toContain(
        'Nothing to do. Already in ',
      );
    },
  );

  test('--force server is refused', async () => {
    expect(await oneProcess.refuses(temporary(), 2, [...training, '--force', 'server'])).toContain(
      'the recipe training creates CA, server and client together',
    );
  });

  test('a further client is made with its CA', async () => {
    const before = await tree(join(temporary(), 'docker-tls'));
    await oneProcess.succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256', ...pass]);
    expect(await modes(join(temporary(), 'docker-tls', 'clients', 'alice'))).toEqual({
      '/': '0700',
      'ca.pem': '0444',
      'cert.pem': '0444',
      'key.pem': '0400',
    });
    expect((await certificate(temporary(), 'clients/alice/cert.pem')).subject).toBe('CN=alice');
    const verify = ['verify', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'clients/alice/cert.pem'];
    expect(await opensslOutput(verify, join(temporary(), 'docker-tls'))).toContain('OK');
    expect(await tree(join(temporary(), 'docker-tls'))).toEqual(expect.arrayContaining(before));

    const forced = await oneProcess.succeeds(temporary(), [...training, '--force', 'ca', '--yes']);
    expect(forced.stderr).toMatch(/^note: clients\/alice: from another CA, and invalid with/m);
  });
});

describe('--json', () => {
  test('says which recipe it was, and what it says', async () => {
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), [...training, '--json']);
    expect(stderr).toBe('');
    const directory = join(temporary(), 'docker-tls');
    const said = JSON.parse(stdout) as { made: { path: string; mode: string }[] };
    const made = Object.fromEntries(said.made.map(({ path, mode }) => [path, mode]));
    expect({ '/': '0700', ...made }).toEqual(tenFiles);
    expect(said).toMatchObject({
      ok: true,
      command: 'all',
      dryRun: false,
      recipe: 'training',
      departures: [],
      notes: [{ code: 'REFUSED_BY_CLIENTS', text: refusal.slice('note: '.length) }],
      names: [],
      next: {
        daemon: [expect.stringMatching(/^sudo dockerd --tlsverify /)],
        client: [
          `cp ${directory}/ca.pem ~/.docker/ca.pem`,
          `cp ${directory}/client-cert.pem ~/.docker/cert.pem`,
          `cp ${directory}/client-key.pem ~/.docker/key.pem`,
          'export DOCKER_HOST=tcp://:2376',
          'docker --tlsverify ps',
        ],
      },
    });
  });

  test('says how --add-san departs from the text, and the server has the names', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), [
      ...training,
      '--add-san',
      '--ip',
      '10.0.0.5',
      '--json',
    ]);
    const altNames = ['DNS:docker.example', 'IP:10.0.0.5', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'];
    expect(JSON.parse(stdout)).toMatchObject({
      recipe: 'training',
      departures: ["the server's certificate also names docker.example, 10.0.0.5, localhost, 127.0.0.1, ::1"],
      notes: [{ code: 'DEPARTS' }],
      names: altNames,
      certificates: { server: { names: altNames }, client: { names: [] } },
    });
    expect(names(await certificate(temporary(), 'server-cert.pem'))).toEqual(altNames);

    const again = await oneProcess.succeeds(temporary(), ['all', '--recipe', 'training', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({
      made: [],
      names: altNames,
      notes: [],
      departures: [expect.stringContaining('docker.example, 10.0.0.5')],
    });
  });
});

describe('a wrong command line', () => {
  test.each([
    [['all', '--recipe', 'nonsense'], 'Given: "nonsense"'],
    [['all', '--recipe'], 'Not enough arguments following: recipe'],
    [['script', '--recipe', 'nonsense'], 'Given: "nonsense"'],
    [['server', '--recipe', 'docs'], 'unknown option --recipe'],
    [['client', '--recipe', 'docs'], 'unknown option --recipe'],
    [['ca', '--recipe', 'docs'], 'unknown option --recipe'],
    [['all', '--add-san', '--host', 'a'], 'only the recipes of tutorials can be given these names'],
    [
      ['all', '--recipe', 'openssl-cnf', '--ip', '10.0.0.5', ...pass],
      'the recipe openssl-cnf encrypts no key: it takes no passphrase',
    ],
    [
      ['all', '--recipe', 'openssl-cnf', '--ip', '10.0.0.5', '--passphrase-fd', '3'],
      'the recipe openssl-cnf encrypts no key: it takes no passphrase',
    ],
    [
      ['all', '--recipe', 'openssl-cnf', '--host', 'docker.example'],
      "--ip: the recipe openssl-cnf needs the daemon's address, as its text does",
    ],
    [
      [...training, '--host', 'other'],
      '--host: the recipe training has a place for only one name or address',
    ],
    [[...training, '--key', 'ec:p256'], '--key: the recipe training takes it from its text'],
    [[...training, '--ca-days', '30'], '--ca-days: the recipe training takes it from its text'],
    [[...training, '--no-localhost'], '--no-localhost: the recipe training takes it from its text'],
    [
      [...training.slice(0, -2), '--no-passphrase'],
      "the recipe training encrypts the CA's key, as its text does, and needs a passphrase",
    ],
  ])('%j is refused', async (args, reason) => {
    expect(await oneProcess.refuses(temporary(), 2, args)).toContain(reason);
  });
});

describe('script', () => {
  test('prints a script, runs nothing and asks for nothing', async () => {
    const before = await tree(temporary());
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), [
      ...['script', '--recipe', 'training', '--host', 'docker.example'],
    ]);
    expect(stdout).toMatch(/^#!\/bin\/sh\n# The recipe training of docker-tls-openssl\.\n/);
    expect(stdout).toContain(
      `\nprintf '%s\\n' "$passphrase" | openssl genrsa -des3 -passout fd:3 -out ca-key.pem 2048 3<&0 < /dev/null\n`,
    );
    expect(stdout).toContain(`\n# ${refusal.replace('note', 'Note')}\n`);
    expect(stderr).toBe(`${refusal}\n`);
    expect(await tree(temporary())).toEqual(before);
  });

  test('without a recipe is of our own', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['script', '--host', 'docker.example']);
    expect(stdout).toContain('\n# The recipe recommended of docker-tls-openssl.\n');
    expect(stdout).toContain(' -passout fd:3 -out ca-key.pem 4096 ');
  });

  test('is for an empty directory, whatever is in ours', async () => {
    await oneProcess.succeeds(temporary(), training);
    const before = await tree(temporary());
    const script = ['script', '--recipe', 'training', '--host', 'other.example'];
    expect((await oneProcess.succeeds(temporary(), script)).stdout).toContain(
      'openssl req -subj /CN=other.example ',
    );
    expect(await tree(temporary())).toEqual(before);
  });

  test('makes what all makes, when sh runs it', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), [
      ...['script', '--recipe', 'training', '--host', 'docker.example', '--dir', 'some where'],
    ]);
    await writeFile(join(temporary(), 'make.sh'), stdout);
    const played = await shell(temporary(), 'sh make.sh', { env: { PASSPHRASE_FILE: 'pass' } });
    expect(played).toMatchObject({ code: 0 });
    expect(await modes(join(temporary(), 'some where'))).toEqual(tenFiles);
    const again = await oneProcess.succeeds(temporary(), [...training, '--dir', 'some where']);
    expect(again.stdout).toContain('Nothing to do. Already in ');
  });

  test.each([
    ['--passphrase-file', 'pass'],
    ['--force', 'ca'],
    ['--openssl', 'openssl'],
  ])('takes no %s', async (...flag) => {
    expect(await oneProcess.refuses(temporary(), 2, ['script', '--host', 'a', ...flag])).toContain(
      'unknown option --',
    );
  });
});

test('openssl-cnf, made once, is not asked for its address again', async () => {
  await oneProcess.succeeds(temporary(), ['all', '--recipe', 'openssl-cnf', '--ip', '10.0.0.5', '--quiet']);
  const again = await oneProcess.succeeds(temporary(), ['all', '--recipe', 'openssl-cnf']);
  expect(again.stdout).toContain('Nothing to do. Already in ');
  expect(again.stdout).toContain('-H=10.0.0.5:2376');
});
