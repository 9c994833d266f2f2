// What `status` takes for 10,000 certificates, each in a folder of its own as clients lie; and beside it, what node:crypto
// takes for no more than parsing them.
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const MANY = 10_000;

/** Copies of the certificates of a set, each with a serial number of its own. */
export function makeMany(set, directory) {
  const real = ['ca.pem', 'server-cert.pem', 'cert.pem'].map((file) => {
    const certificate = new X509Certificate(readFileSync(join(set, file)));
    const serial = Buffer.from(certificate.serialNumber, 'hex');
    return { raw: certificate.raw, at: certificate.raw.indexOf(serial) + serial.length - 4 };
  });
  for (let number = 0; number < MANY; number++) {
    const { raw, at } = real[number % real.length];
    raw.writeUInt32BE(number, at);
    const folder = join(directory, 'clients', `client-${number}`);
    mkdirSync(folder, { recursive: true });
    const lines = raw.toString('base64').replace(/.{64}/g, '$&\n');
    writeFileSync(
      join(folder, 'cert.pem'),
      `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    );
  }
}

/** A program for `node -e` that parses the same files, and does nothing with them. */
export function parseAll(directory) {
  return `
    const { X509Certificate } = require('node:crypto');
    const { readFileSync } = require('node:fs');
    for (let number = 0; number < ${MANY}; number++)
      new X509Certificate(readFileSync(${JSON.stringify(join(directory, 'clients'))} + '/client-' + number + '/cert.pem'));
  `;
}
