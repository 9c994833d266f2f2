import { readFileSync } from 'node:fs';
import type { RecommendedOptions, WantedCa, WantedLeaf } from '../../lib/recipes/recommended.js';
import { parseAltNames } from '../../lib/x509/alt-names.js';
import { parseKeyType } from '../../lib/x509/key-type.js';
import { Passphrase } from '../../lib/x509/passphrase.js';
import { serialFromBytes } from '../../lib/x509/serial.js';
import { parseSubject } from '../../lib/x509/subject.js';
import { parseDays } from '../../lib/x509/validity.js';

const template = (name: string): string =>
  readFileSync(new URL(`../../templates/recommended/${name}`, import.meta.url), 'utf8');

/** The package's own templates. */
export const templates: RecommendedOptions['templates'] = {
  'ca.cnf': template('ca.cnf'),
  'server.cnf': template('server.cnf'),
  'client.cnf': template('client.cnf'),
};

/** Templates so short that a whole plan can be read. */
export const shortTemplates: RecommendedOptions['templates'] = {
  'ca.cnf': '{{#subject}}{{n}}.{{type}}={{value}} {{/subject}}\n',
  'server.cnf':
    '{{#subject}}{{n}}.{{type}}={{value}} {{/subject}}rsa={{rsa}}\n{{#altNames}}{{type}}.{{n}}={{value}}\n{{/altNames}}',
  'client.cnf': '{{#subject}}{{n}}.{{type}}={{value}} {{/subject}}rsa={{rsa}}\n',
};

const serial = (byte: number): WantedCa['serial'] => serialFromBytes(new Uint8Array(16).fill(byte));

export const secret = 'correct horse battery staple';

export function wantedCa(key = 'rsa:4096', passphrase: string | undefined = secret): WantedCa {
  return {
    subject: parseSubject('/O=Example/CN=Docker TLS CA 1'),
    key: parseKeyType(key),
    keyRef: { kind: 'file', path: 'ca-key.pem' },
    days: parseDays(3650, 'caDays'),
    serial: serial(0x41),
    passphrase: passphrase === '' ? undefined : Passphrase.of(passphrase),
  };
}

export function wantedServer(key = 'rsa:4096', name?: string): WantedLeaf {
  return {
    role: 'server',
    name,
    subject: parseSubject('/O=Example/CN=web.example'),
    key: parseKeyType(key),
    days: parseDays(365, 'days'),
    serial: serial(0x42),
    altNames: parseAltNames(['web.example,10.0.0.5,::1']),
  };
}

export function wantedClient(key = 'rsa:4096', name?: string): WantedLeaf {
  return {
    role: 'client',
    name,
    subject: parseSubject('/O=Example/CN=client'),
    key: parseKeyType(key),
    days: parseDays(365, 'days'),
    serial: serial(0x43),
    altNames: [],
  };
}
