/** Checked by `npm run typecheck`, and never run: values are made in one place each. */
import { daysWithin, type Days } from '../../lib/x509/validity.js';
import { formatAltName, keyTypeName } from '../../lib/internal.js';
import { parseAltName } from '../../lib/x509/alt-names.js';
import {
  parseDays,
  parseKeyType,
  parseSerial,
  parseSubject,
  Passphrase,
  type AltName,
} from '../../lib/index.js';
import { rdn, type Rdn, type Subject } from '../../lib/x509/subject.js';
import { serialFromBytes, type Serial } from '../../lib/x509/serial.js';
import type { KeyType } from '../../lib/x509/key-type.js';
import type { LeafFiles } from '../../lib/set/layout.js';

// A serial is made by its parser, and is text to those who read it.
export const serial: Serial = parseSerial('1A2B');
export const fromBytes: Serial = serialFromBytes(new Uint8Array(16));
export const text: string = serial;
// @ts-expect-error Text is no serial.
export const unparsedSerial: Serial = '1A2B';

// So are days.
export const days: Days = parseDays(365, 'days');
export const number: number = days;
// @ts-expect-error A number is no number of days.
export const unparsedDays: Days = 365;
// @ts-expect-error What was computed with days is a number again.
export const doubled: Days = days * 2;
// @ts-expect-error The lifetime that is asked for has to be parsed.
export const within = daysWithin(365, new Date(), new Date());
export const shortened: Days | 0 = daysWithin(days, new Date(), new Date());
// @ts-expect-error Days and a serial are not each other.
export const mixed: Serial = days;

// A passphrase is made by its own functions, and gives nothing away.
export const passphrase: Passphrase = Passphrase.of('correct horse');
export const unknown: Passphrase = Passphrase.unknown();
// @ts-expect-error Its constructor is private.
export const constructed = new Passphrase('correct horse');
// @ts-expect-error Text is no passphrase.
export const plain: Passphrase = 'correct horse';
// @ts-expect-error It is not text.
export const shown: string = passphrase;
const lookalike = { reveal: () => '', toString: () => '', toJSON: () => '' };
// @ts-expect-error Something that looks like one is none.
export const imitated: Passphrase = lookalike;
// @ts-expect-error What it holds may not be known.
export const revealed: string = passphrase.reveal();

export const name: AltName = parseAltName('docker.example');
export const formatted: string = formatAltName({ type: 'IP', value: '10.0.0.5' });
// @ts-expect-error There are names and addresses only.
export const email: AltName = { type: 'email', value: 'a@example' };

export const key: KeyType = { algorithm: 'ec', curve: 'prime256v1' };
export const keyName: string = keyTypeName(parseKeyType('rsa:4096'));
// @ts-expect-error An RSA key has a size.
export const sizeless: KeyType = { algorithm: 'rsa' };
// @ts-expect-error An elliptic key has a curve, by the name that every openssl knows.
export const curve: KeyType = { algorithm: 'ec', curve: 'P-256' };

/** The kind of a key narrows what it has. */
export function size(type: KeyType): number | string {
  switch (type.algorithm) {
    case 'rsa':
      return type.bits;
    case 'ec':
      return type.curve;
    case 'ed25519':
      return type.algorithm;
  }
}

// @ts-expect-error It has no size.
export type NoSize = Extract<KeyType, { algorithm: 'ed25519' }>['bits'];

export const subject: Subject = [...parseSubject('/C=DE'), rdn('CN', 'client')];
// @ts-expect-error There is no such attribute.
export const attribute: Rdn = rdn('X', 'client');

export function rename(alt: AltName, files: LeafFiles): void {
  // @ts-expect-error Values do not change.
  alt.value = 'other.example';
  // @ts-expect-error Nor do names of files.
  files.key = 'other.pem';
}
