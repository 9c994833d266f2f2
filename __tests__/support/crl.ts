import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { opensslOutput } from './openssl.js';

export interface AskedCrl {
  /** Each certificate to revoke with its reason. */
  readonly revoked?: readonly (readonly [certificate: string, reason?: string])[];
  /** Default: CRL.pem in the directory. */
  readonly out?: string;
  /** The number in hexadecimal. */
  readonly number?: string;
  /** Further arguments, such as the dates. Default: 30 days from now on. */
  readonly args?: readonly string[];
}

/** Makes the CRL of the CA in a certificate directory with `openssl ca`, whose database is temporary. */
export async function makeCrl(directory: string, asked: AskedCrl = {}): Promise<void> {
  const {
    revoked = [],
    out = join(directory, 'crl.pem'),
    number = '1000',
    args = ['-crldays', '30'],
  } = asked;
  const at = await mkdtemp(join(directory, '..', 'crl-'));
  try {
    const config = [
      ...['[ca]', 'default_ca = own', '[own]', `database = ${at}/index.txt`, `crlnumber = ${at}/number`],
      ...[
        `certificate = ${directory}/ca.pem`,
        `private_key = ${directory}/ca-key.pem`,
        'default_md = sha256',
      ],
      ...['crl_extensions = crl', '[crl]', 'authorityKeyIdentifier = keyid'],
    ];
    await writeFile(join(at, 'ca.cnf'), config.join('\n'));
    await writeFile(join(at, 'index.txt'), '');
    await writeFile(join(at, 'number'), `${number}\n`);
    const ca = ['ca', '-config', join(at, 'ca.cnf')];
    for (const [certificate, reason] of revoked)
      await opensslOutput([...ca, '-revoke', certificate, ...(reason ? ['-crl_reason', reason] : [])]);
    await opensslOutput([...ca, '-gencrl', '-out', out, ...args]);
    await access(out);
  } finally {
    await rm(at, { recursive: true });
  }
}
