import type { Step } from '../plan/step.js';
import { formatAltName, type AltName } from '../x509/alt-names.js';
import type { Passphrase } from '../x509/passphrase.js';
import { typed } from './typed.js';

/**
 * How the older texts sign the server's certificate: without -extfile, so that it has no subjectAltName. With names, which
 * depart from the text, it gets an extfile of its own.
 */
export function signServer(passphrase: Passphrase, altNames: readonly AltName[]): Step[] {
  if (altNames.length === 0)
    return [
      typed`openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -out server-cert.pem`,
    ];
  return [
    typed`echo subjectAltName = ${altNames.map(formatAltName).join()} > extfile-server.cnf`,
    typed`openssl x509 -req -days 365 -in server.csr -CA ca.pem -CAkey ca-key.pem -passin ${passphrase} -out server-cert.pem -extfile extfile-server.cnf`,
  ];
}
