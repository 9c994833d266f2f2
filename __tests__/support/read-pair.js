// Reads ca.pem, cert.pem and key.pem of DIRECTORY, as a client would, as often as it can until its standard input ends.
// Prints how often, what it could not use, and how often key and certificate did not belong together.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

const [directory] = process.argv.slice(2);
let ended = false;
process.stdin.on('end', () => (ended = true)).resume();

const spoiled = [];
const keys = new Set();
let reads = 0;
let mixed = 0;

process.stdout.write('ready\n');
while (!ended) {
  reads++;
  let texts;
  try {
    texts = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(directory, name), 'latin1'));
    const [ca, certificate] = texts.slice(0, 2).map((text) => new X509Certificate(text));
    if (!certificate.checkPrivateKey(createPrivateKey(texts[2]))) mixed++;
    if (!certificate.verify(ca.publicKey)) throw new Error('the CA did not sign it');
    keys.add(texts[2]);
  } catch (error) {
    if (spoiled.length < 20)
      spoiled.push(`${error.message} (${texts?.map(({ length }) => length).join(' ')})`);
  }
  await setImmediate();
}
process.stdout.write(JSON.stringify({ reads, spoiled, mixed, keys: keys.size }));
