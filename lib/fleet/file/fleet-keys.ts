import { InputError } from '../../errors.js';
import { parseRecipients } from '../../docker/client/recipients.js';
import { parseKeyRef, type KeyRef } from '../../x509/key-ref.js';
import { keyTypeNames, parseKeyType, type KeyType } from '../../x509/key-type.js';
import { parseWithin } from '../../x509/life.js';
import { MOST_DAYS, parseDays } from '../../x509/validity.js';
import type { KeyLocation, Recipient, Rollout } from '../fleet.js';
import { parseTimeZone } from '../maintenance-window.js';
import {
  flag,
  listField,
  mapOf,
  mapWith,
  oneOf,
  oneOrMore,
  located,
  scalar,
  text,
  wholeNumber,
  type Field,
  type Key,
} from './fields.js';
import { shortened } from './file-node.js';
import type { FleetFile } from './fleet-file.js';

/*
 * Every key of a fleet file: its kind of value, what it means, and its default. What reads the file, the JSON Schema and the table of
 * the documentation all derive from here.
 */

const days = scalar(['number'], { type: 'integer', minimum: 1, maximum: MOST_DAYS }, (value: number) =>
  parseDays(value, 'days'),
);

const keyType = text({ enum: keyTypeNames }, parseKeyType);

const caKey = text<KeyType | KeyRef>({ anyOf: [{ enum: keyTypeNames }, { pattern: '^pkcs11:' }] }, (value) =>
  /^pkcs11:/i.test(value) ? parseKeyRef(value, 'key') : parseKeyType(value),
);

const keys: Field<KeyLocation> = oneOf('on-host', 'on-controller');

const path = text({ minLength: 1 }, (value) => {
  if (value === '' || value.includes('\0')) throw new InputError('path', 'the path is empty or not a path');
  return value;
});

const anyText = text({ minLength: 1 }, (value) => {
  if (value.trim() === '') throw new InputError('text', 'the text is empty');
  return value;
});

const within = scalar(
  ['string', 'number'],
  {
    anyOf: [
      { type: 'integer', minimum: 0, maximum: MOST_DAYS },
      { type: 'string', pattern: '^\\d+(d|%)?$' },
    ],
  },
  (value: string | number) => parseWithin(value),
);

const batch = scalar<Rollout['batch']>(
  ['string', 'number'],
  {
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 100_000 },
      { type: 'string', pattern: '^([1-9]\\d?|100)%$' },
    ],
  },
  (value: string | number) => {
    const [, digits, sign] = /^(\d{1,6})(%?)$/.exec(String(value)) ?? [];
    const number = Number(digits);
    if (digits === undefined || number < 1 || number > (sign === '%' ? 100 : 100_000))
      throw new InputError('batch', `expected a number of hosts, or a share from 1% to 100%, got '${value}'`);
    return sign === '%' ? { percent: number } : { hosts: number };
  },
);

const recipient = (kind: Recipient['kind']): Field<Recipient> =>
  text(kind === 'age' ? { pattern: '^(age1|ssh-)' } : { minLength: 1 }, (value) => {
    if (kind === 'age' && !/^(?:age1|ssh-)/.test(value))
      throw new InputError('age', `'${shortened(value)}' is not a recipient`, {
        hint: 'a recipient begins with age1, ssh-ed25519 or ssh-rsa',
      });
    const asked = parseRecipients(kind === 'age' ? { to: [value] } : { toPgp: [value] });
    return { kind, value: asked?.recipients[0] ?? value };
  });

const renewing = {
  within: {
    field: located(within),
    about:
      'How much of its lifetime is left when a certificate is due: days (30d), or a share of the whole (33%).',
    usual: '30 days or 33%, whichever is less',
    examples: ['33%', '30d'],
  },
  jitter: {
    field: located(wholeNumber(0, 99, 'percent')),
    about:
      'Spreads renewals: each certificate is due earlier by a share of its lifetime, from 0 to this many percent, which depends on its name.',
    usual: '0',
  },
} as const;

const hostRenew = mapWith({
  ...renewing,
  window: {
    field: located(text({ minLength: 1 }, (value) => value)),
    about:
      'When the daemon may restart for a new certificate: days and hours. It may pass midnight; a day is that on which it begins.',
    usual: 'at any time',
    examples: ['Sun 02:00-05:00', 'Mon-Fri 22:00-04:00', 'daily 02:00-04:00'],
  },
  timezone: {
    field: text({ minLength: 1 }, parseTimeZone),
    about: 'The time zone of the window, by its name in the IANA database.',
    usual: 'that of the controller',
    examples: ['Europe/Berlin', 'UTC'],
  },
});

const clientRenew = mapWith(renewing);

const member = (location: KeyLocation) => ({
  key: {
    field: keyType,
    about: 'The type of its private key.',
    usual: 'defaults.key, else rsa:4096',
  },
  days: {
    field: located(days),
    about: 'The lifetime of its certificate in days. It never outlives the CA.',
    usual: 'defaults.days, else 365',
  },
  keys: {
    field: located(keys),
    about:
      location === 'on-host'
        ? 'Where the private key is made and stays: on-host, so that only a CSR travels, or on-controller.'
        : 'Where the private key is made and stays: on-controller, or on-host for a client that makes its own key and sends a CSR.',
    usual: location === 'on-host' ? 'defaults.keys, else on-host' : 'on-controller',
  },
});

const host = mapWith({
  names: {
    field: listField(located(anyText), { minItems: 1 }),
    about: 'The names and addresses of the certificate. Ranges count along with those of the host.',
    isRequired: true,
    examples: [['web1.example.com', '10.0.0.5']],
  },
  address: {
    field: located(anyText),
    about: 'Where clients reach the daemon: one of the names.',
    usual: 'the first of names that is no wildcard',
  },
  port: { field: wholeNumber(1, 65_535, 'a port'), about: 'The port of the daemon.', usual: '2376' },
  ssh: {
    field: located(anyText),
    about: 'Where ssh reaches the host: USER@HOST or HOST.',
    usual: 'the name of the host',
    examples: ['root@web1'],
  },
  groups: {
    field: listField(located(anyText)),
    about: 'The groups of the inventory that it belongs to.',
    usual: 'none',
  },
  localhost: {
    field: flag,
    about: 'Whether the certificate also has localhost, 127.0.0.1 and ::1.',
    usual: 'true',
  },
  ...member('on-host'),
  renew: {
    field: hostRenew,
    about: 'When its certificate is renewed. What is not said here is as in defaults.renew.',
  },
});

const client = mapWith({
  ...member('on-controller'),
  renew: {
    field: clientRenew,
    about: 'When its certificate is renewed. What is not said here is as in defaults.renew.',
  },
  deliver: {
    field: located(
      mapWith({
        age: {
          field: oneOrMore(recipient('age')),
          about: 'Encrypts with age for these recipients: age1…, or an SSH public key.',
        },
        pgp: {
          field: oneOrMore(recipient('pgp')),
          about: 'Encrypts with gpg for these keys: full fingerprints or e-mail addresses.',
        },
      }),
    ),
    about: 'For whom a bundle with its key is encrypted.',
    usual: 'no bundle is written',
  },
  install: {
    field: located(listField(oneOf('context'))),
    about: 'What is set up for it on the controller: context, a docker context for each host.',
    usual: 'nothing',
  },
});

/** The type says that every key of `FleetFile` is here, and no other. */
type KeysOf<File> = Readonly<Record<keyof File, Key<unknown>>>;

export const fleetFile = mapWith({
  $schema: { field: anyText, about: 'The JSON Schema of this file, for editors.' },
  ca: {
    field: mapWith({
      directory: {
        field: path,
        about: 'The certificate directory: the CA, and what it signs below servers/ and clients/.',
        usual: './ca',
      },
      key: {
        field: caKey,
        about: "The type of the CA's private key, or an existing key in a token, as a PKCS #11 URI.",
        usual: 'rsa:4096',
        examples: ['ec:p256', 'pkcs11:token=my-token;object=docker-ca'],
      },
      days: { field: days, about: 'The lifetime of the CA in days.', usual: '3650' },
    }),
    about: 'The CA that signs all certificates.',
  },
  csrs: {
    field: path,
    about: 'The directory where CSRs wait to be signed: servers/NAME.csr and clients/NAME.csr.',
    usual: './csrs',
  },
  defaults: {
    field: mapWith({
      key: { field: keyType, about: 'The type of private keys.', usual: 'rsa:4096' },
      days: { field: located(days), about: 'The lifetime of certificates in days.', usual: '365' },
      keys: {
        field: located(keys),
        about: "Where the hosts' private keys are made and stay. It does not apply to clients.",
        usual: 'on-host',
      },
      renew: { field: hostRenew, about: 'When certificates are renewed. The window is for hosts only.' },
    }),
    about: 'What applies to each host and client that does not say otherwise.',
  },
  hosts: {
    field: located(mapOf(host, { pattern: '^[a-z0-9\\[][a-zA-Z0-9._:\\[\\]-]*$' }, { minProperties: 1 })),
    about: 'The hosts by name. A name with ranges stands for many: db[01:12], rack[a:f]-[1:4].',
    isRequired: true,
  },
  clients: {
    field: mapOf(client, { pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' }),
    about: 'The clients by name, which is the common name of the certificate.',
    usual: 'none',
  },
  rollout: {
    field: mapWith({
      canary: {
        field: wholeNumber(1, 100_000, 'a number of hosts'),
        about: 'So many hosts come first, alone.',
        usual: '1',
      },
      batch: {
        field: batch,
        about: 'So many hosts at a time after them: a number, or a share of all hosts.',
        usual: '25%',
      },
      'stop-after': {
        field: wholeNumber(1, 100_000, 'a number of hosts'),
        about: 'The rollout stops when so many hosts have failed.',
        usual: '1',
      },
      verify: {
        field: oneOf('connect', 'none'),
        about: 'How a host is checked: connect connects to its daemon from the controller.',
        usual: 'connect',
      },
      client: {
        field: located(anyText),
        about: 'The client whose certificate connect uses. Its key is on the controller.',
        usual: 'the first client whose key is on the controller',
      },
    }),
    about: 'How hosts get what was made for them.',
  },
} satisfies KeysOf<Required<FleetFile>>);
