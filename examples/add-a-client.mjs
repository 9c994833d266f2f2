// Issues a client certificate with the CA in ./docker-tls and packs it for that client.
//
//   node add-a-client.mjs alice
//
// Writes alice.tar.gz with ca.pem, cert.pem and key.pem. The archive contains a private key: send it over a safe channel.
import { readFile } from 'node:fs/promises';
import { bundle, client, writeBundle } from 'docker-tls-openssl';

const [name = 'alice'] = process.argv.slice(2);
const passphrase = async () =>
  (await readFile(process.env.PASSPHRASE_FILE ?? 'passphrase', 'utf8')).trimEnd();

const { certificates } = await client({ name, days: 90, key: 'ec:p256', passphrase });
console.log(`${name}: valid until ${certificates.client?.validTo}`);

const packed = await bundle('client', { name });
await writeBundle(`${name}.tar.gz`, packed, { overwrite: true });
console.log(`${name}.tar.gz: ${packed.files.map((file) => file.name).join(', ')}`);
