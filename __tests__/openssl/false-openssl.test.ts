import { beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { all, findOpenssl, genrsa, reqX509 } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';

const temporary = useTemporaryDirectory();
const { path: real } = await findOpenssl();

let root: string;
beforeEach(async () => {
  root = join(temporary(), 'place');
  await mkdir(root);
});

const refused = async (body: string): Promise<unknown> => {
  const openssl = await fakeOpenssl(temporary(), body);
  return failure(root, () => all(request(root, { openssl, passphrase: 'correct horse' })));
};
const saying = (words: RegExp): unknown => expect.stringMatching(words);

/** Passes all on to the real openssl but the `command`, which is done otherwise. */
const instead = (command: string, body: string): string =>
  `if [ "$1" = ${command} ]; then ${body}; exit; fi\nexec '${real}' "$@"`;

describe('an openssl that reports success', () => {
  test.each(
    rows(
      [
        ['and writes nothing', 'exit 0', /openssl made a wrong \S+key\.pem: .*did not write it/],
        ['and writes an empty file', ': > "$out"', /wrong \S+key\.pem: .*left it empty/],
        ['and writes a blank', 'echo > "$out"', /left it empty/],
        ['and writes garbage', 'echo garbage > "$out"', /it is not a private key/],
        [
          'and writes half a key',
          `'${real}' "$@"; head -c 100 "$out" > "$out.x"; mv "$out.x" "$out"`,
          /it is not a private key/,
        ],
        ['and writes to another file', `echo garbage > elsewhere`, /did not write it/],
        ['and makes a directory', `mkdir "$out"`, /ca-key\.pem|key\.pem/],
      ],
      2,
    ),
  )('%s is found out', async (_, body, words) => {
    expect(await refused(body)).toMatchObject({
      code: body.startsWith('mkdir') ? 'ERR_FILE' : 'ERR_READ_BACK',
      message: saying(words),
    });
  });

  test.each([
    [
      'an empty CSR',
      instead('req', `'${real}' "$@"; case $out in *.csr) : > "$out";; esac`),
      /server\.csr|client\.csr/,
    ],
    [
      'a cut-off CSR',
      instead(
        'req',
        `'${real}' "$@"; case $out in *.csr) head -n 4 "$out" > "$out.x"; mv "$out.x" "$out";; esac`,
      ),
      /it is not a certificate signing request/,
    ],
    ['an empty certificate', instead('x509', ': > "$out"'), /cert\.pem: .*left it empty/],
    ['no certificate', instead('x509', 'cp ca-key.pem "$out"'), /cert\.pem: it is not a certificate/],
  ])('and leaves %s is found out', async (_, body, words) => {
    expect(await refused(body)).toMatchObject({ code: 'ERR_READ_BACK', message: saying(words) });
  });

  test.each([
    ['an empty file of serials', ': > ca.srl', /ca\.srl: .*left it empty/],
    ['no file of serials', 'rm ca.srl', /ca\.srl: .*did not write it/],
    ['another thing than a serial', 'echo garbage > ca.srl', /it is not a serial number/],
  ])('and leaves %s is found out', async (_, body, words) => {
    const openssl = await fakeOpenssl(temporary(), instead('x509', `'${real}' "$@"; ${body}`));
    const tutorial = { recipe: 'training', hosts: ['h'], passphrase: 'correct horse' } as const;
    const made = failure(root, () => all({ ...tutorial, directory: join(root, 'docker-tls'), openssl }));
    expect(await made).toMatchObject({ code: 'ERR_READ_BACK', message: saying(words) });
  });

  test('and gives the certificate of another key is found out', async () => {
    // Its own verification succeeds, too.
    const other = join(temporary(), 'other.pem');
    await genrsa({ cwd: temporary(), out: 'other-key.pem', bits: 2048 });
    await reqX509({ cwd: temporary(), key: 'other-key.pem', subj: '/CN=x', setSerial: '1', out: other });
    const body = `if [ "$1" = verify ]; then echo x: OK; exit 0; fi\n${instead('x509', `cp '${other}' "$out"`)}`;
    expect(await refused(body)).toMatchObject({
      code: 'ERR_READ_BACK',
      message: saying(/it does not belong to the key/),
    });
  });

  test.each(
    rows(
      [
        [
          'with another serial',
          `exec '${real}' x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -passin fd:3 -set_serial 0x4242 -out "$out" -extfile server.cnf -extensions v3_server`,
          /its serial is 4242/,
        ],
        [
          'for another purpose',
          'sed -i s/serverAuth/clientAuth/ server.cnf',
          /its extendedKeyUsage is clientAuth, not serverAuth/,
        ],
        [
          'without a name',
          'sed -i /docker.example/d server.cnf; echo DNS.9=x >> server.cnf',
          /it lacks the name DNS:docker/,
        ],
        ['with a name more', 'echo DNS.9=evil.example >> server.cnf', /not asked for: DNS:evil\.example/],
        ['that outlives its CA', 'set -- "$@" -days 9999', /it ends on 20\d\d-.* and not after 365 days/],
      ],
      2,
    ),
  )('and gives a certificate %s is found out', async (_, body, words) => {
    const change = [
      'if [ "$1" = verify ]; then echo x: OK; exit 0; fi',
      `if [ "$1" = x509 ]; then case $out in *server-cert.pem) ${body};; esac; fi`,
      `exec '${real}' "$@"`,
    ].join('\n');
    expect(await refused(change)).toMatchObject({ code: 'ERR_READ_BACK', message: saying(words) });
  });

  test('and swaps the certificates of server and client is found out', async () => {
    const body = [
      `if [ "$1" = verify ]; then echo x: OK; exit 0; fi`,
      `if [ "$1" != x509 ]; then exec '${real}' "$@"; fi`,
      `'${real}' "$@"; case $out in *server-cert.pem) ;; *) cp server-cert.pem "$out" 2>/dev/null || cp ca.pem "$out";; esac`,
    ].join('\n');
    expect(await refused(body)).toMatchObject({ code: 'ERR_READ_BACK' });
  });
});

describe('an openssl that fails', () => {
  test.each(
    rows(
      [
        ['with an exit code', 'exit 3', { exitCode: 3, message: saying(/openssl exited with 3/) }],
        ['by a signal', 'kill -SEGV $$', { signal: 'SIGSEGV', message: saying(/ended by SIGSEGV/) }],
        ['with megabytes on stdout', 'yes; exit 0', { message: saying(/printed more than 1000000 bytes/) }],
        [
          'with megabytes on stderr',
          'yes >&2; exit 0',
          { message: saying(/printed more than 1000000 bytes/) },
        ],
        ['before it reads the passphrase', 'exec 3<&-; exit 1', { exitCode: 1 }],
      ],
      2,
      1,
    ),
  )('%s leaves nothing behind', async (_, body, expected) => {
    expect(await refused(body)).toMatchObject({ code: 'ERR_OPENSSL_FAILED', ...expected });
  });

  test('after it has written its file leaves nothing behind', async () => {
    expect(await refused(`'${real}' "$@"; exit 1`)).toMatchObject({ code: 'ERR_OPENSSL_FAILED' });
  });

  test('at once does not crash on the longest passphrases it does not read', async () => {
    const openssl = await fakeOpenssl(temporary(), 'exec 3<&- 4<&-; exit 1');
    for (let round = 0; round < 20; round++) {
      const passout = 'x'.repeat(1023);
      const options = { out: join(root, 'key.pem'), bits: 2048, passout, openssl };
      expect(await failure(root, () => genrsa(options))).toMatchObject({ exitCode: 1 });
    }
  });
});
