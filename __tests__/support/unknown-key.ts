import { X509Certificate } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';

const ecPublicKey = Buffer.from('06072a8648ce3d0201', 'hex');
const unknown = Buffer.from('06072a8648ce3d0279', 'hex');

/** Gives the EC key of a certificate an algorithm that no Node knows; all else stays. */
export async function withUnknownKey(path: string): Promise<void> {
  const der = Buffer.from(new X509Certificate(await readFile(path)).raw);
  unknown.copy(der, der.indexOf(ecPublicKey));
  const body = der.toString('base64').replace(/.{64}/g, '$&\n');
  await chmod(path, 0o644);
  await writeFile(path, `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
}

/** A whole private key in PKCS#8, of a kind that no Node knows. */
export function unknownKey(): string {
  const octets = '30160201003009' + '06076086480165037a' + '0406' + '0404' + '01020304';
  const body = Buffer.from(octets, 'hex').toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
}
