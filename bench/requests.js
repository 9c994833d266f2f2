// CSRs of clients, as many as a benchmark needs: made by node:crypto, for openssl would take longer than what is measured.
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { der, derInteger, derObjectIdentifier } from '../dist/lib/x509/der-write.js';
import { home } from './race.js';

const [SEQUENCE, SET, BIT_STRING, UTF8_STRING, ATTRIBUTES] = [0x30, 0x31, 0x03, 0x0c, 0xa0];

/** The CSR of a client with a new P-256 key, as `openssl req` makes it. */
function request(commonName) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const attribute = der(SEQUENCE, derObjectIdentifier('2.5.4.3'), der(UTF8_STRING, Buffer.from(commonName)));
  const info = der(
    SEQUENCE,
    ...[
      derInteger(0n),
      der(SEQUENCE, der(SET, attribute)),
      publicKey.export({ format: 'der', type: 'spki' }),
    ],
    der(ATTRIBUTES),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', info, privateKey)]);
  const algorithm = der(SEQUENCE, derObjectIdentifier('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const base64 = der(SEQUENCE, info, algorithm, der(BIT_STRING, signature)).toString('base64');
  const lines = base64.replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** A folder with so many of them, `client-0.csr` and so on. */
export function makeRequests(count) {
  const folder = join(home, `requests-${count}`);
  mkdirSync(folder);
  for (let number = 0; number < count; number++)
    writeFileSync(join(folder, `client-${number}.csr`), request(`client-${number}`));
  return folder;
}
