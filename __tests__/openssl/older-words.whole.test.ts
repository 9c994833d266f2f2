import { beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { genpkey, req, reqX509, verify } from '../../lib/index.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { failure } from '../support/failure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

// Words of builds that cannot be had here, as their sources print them (apps/verify.c of OpenSSL 1.0, usr.bin/openssl/verify.c
// of OpenBSD): the callback prints to stdout, and lets a wrong purpose and expiry pass, so that `OK` follows on its own line.

const temporary = useTemporaryDirectory();
beforeEach(async () => {
  const cwd = temporary();
  await genpkey({ cwd, out: 'key.pem', algorithm: 'ec:p256', passout: 'correct horse' });
  await reqX509({ cwd, key: 'key.pem', passin: 'correct horse', subj: '/CN=x', out: 'ca.pem' });
});

describe.each(['OpenSSL 1.0.1u  22 Sep 2016', 'OpenSSL 1.0.2u  20 Dec 2019', 'LibreSSL 3.3.6'])(
  '%s',
  (version) => {
    const built = (...body: string[]): Promise<string> =>
      fakeOpenssl(temporary(), body.join('\n'), `echo '${version}'`);
    const said = (...lines: string[]): string => lines.map((line) => `echo '${line}'`).join('\n');

    test.each([
      ['a wrong purpose', 'error 26 at 0 depth lookup:unsupported certificate purpose', 'OK', 0],
      ['expiry', 'error 10 at 0 depth lookup:certificate has expired', 'OK', 0],
      ['another CA', 'error 20 at 0 depth lookup:unable to get local issuer certificate', '', 0],
      [
        'another CA, with the exit code of LibreSSL',
        'error 20 at 0 depth lookup:unable to get issuer',
        '',
        2,
      ],
      // A name is the certificate's own, and may end like the line of one that is valid.
      [
        'a name that looks like success',
        'error 26 at 0 depth lookup:unsupported certificate purpose',
        'x: OK',
        0,
      ],
    ])('tells %s from stdout, whatever the exit code', async (_, words, last, code) => {
      const openssl = await built(said('ca.pem: CN = x: OK', words, ...(last ? [last] : [])), `exit ${code}`);
      const error = await failure(temporary(), () =>
        verify({ cwd: temporary(), in: 'ca.pem', caFile: 'ca.pem', openssl }),
      );
      const [, why] = words.split('lookup:');
      expect(error).toMatchObject({
        code: 'ERR_OPENSSL_FAILED',
        reason: 'not-verified',
        message: expect.stringContaining(why!) as unknown,
        stderr: expect.stringContaining(words) as unknown,
      });
    });

    test('a valid certificate is valid', async () => {
      const openssl = await built(said('ca.pem: OK'));
      await verify({ cwd: temporary(), in: 'ca.pem', caFile: 'ca.pem', openssl });
    });

    test.each([
      '12345:error:0906A068:PEM routines:PEM_do_header:bad password read:pem_lib.c:457:',
      '12345:error:0906A065:PEM routines:PEM_do_header:bad decrypt:pem_lib.c:480:',
      'unable to load Private Key',
    ])('an encrypted key without a passphrase is told as that: %s', async (words) => {
      const openssl = await built(`echo '${words}' >&2`, 'exit 1');
      const error = await failure(temporary(), () =>
        req({ cwd: temporary(), key: 'key.pem', subj: '/CN=x', digest: 'sha256', out: 'x.csr', openssl }),
      );
      expect(error).toMatchObject({
        reason: 'no-passphrase',
        message: expect.stringContaining('key.pem is encrypted, and no passphrase was given') as unknown,
      });
    });
  },
);

test('a wrong passphrase stays one', async () => {
  const cwd = temporary();
  const error = await failure(cwd, () =>
    req({ cwd, key: 'key.pem', passin: 'wrong horse', subj: '/CN=x', out: join(cwd, 'x.csr') }),
  );
  expect(error).toMatchObject({ reason: 'wrong-passphrase' });
});
