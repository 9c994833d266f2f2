import { createHash, generateKeyPairSync, sign, type KeyPairKeyObjectResult } from 'node:crypto';
import type { Files } from './bad-files.js';

/** Certificates that no openssl would make, of the past and of the future: as much of DER (ITU-T X.690) as they take. */
export interface Profile extends Holder {
  readonly issuer?: Holder;
  /** In days from now. Default: -1 and 365. */
  readonly from?: number;
  readonly to?: number;
  /** Without any it is a certificate of X.509's first version. */
  readonly extensions?: readonly Uint8Array[];
  readonly digest?: 'sha1';
  /** Leaves its subjectKeyIdentifier out. */
  readonly unidentified?: true;
}

export interface Holder {
  readonly name: string;
  readonly keys: KeyPairKeyObjectResult;
}

export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const size = body.length.toString(16).padStart(4, '0');
  const length = body.length < 0x80 ? [body.length] : [0x82, ...Buffer.from(size, 'hex')];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export const sequence = (...content: readonly Uint8Array[]): Buffer => element(0x30, ...content);
export const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');
const octets = (content: Uint8Array): Buffer => element(0x04, content);
const bits = (content: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.from([unused]), content);
const yes = bytesOf('0101ff');

const identifiers = {
  commonName: '0603550403',
  subjectKeyIdentifier: '0603551d0e',
  keyUsage: '0603551d0f',
  subjectAltName: '0603551d11',
  basicConstraints: '0603551d13',
  extendedKeyUsage: '0603551d25',
  serverAuth: '06082b06010505070301',
  clientAuth: '06082b06010505070302',
} as const;
const algorithms = {
  ec: '300a06082a8648ce3d040302',
  rsa: '300d06092a864886f70d01010b0500',
  'rsa-sha1': '300d06092a864886f70d0101050500',
  ed25519: '300506032b6570',
  ed448: '300506032b6571',
} as const;

const extension = (identifier: keyof typeof identifiers, value: Uint8Array, critical = true): Buffer =>
  sequence(bytesOf(identifiers[identifier]), ...(critical ? [yes] : []), octets(value));
export const constraints = (ca: boolean, ...pathLength: readonly number[]): Buffer =>
  extension(
    'basicConstraints',
    sequence(...(ca ? [yes] : []), ...pathLength.map((length) => bytesOf(`02010${length}`))),
  );
export const certSign = extension('keyUsage', bits(Buffer.from([0x06]), 1));
export const digitalSignature = extension('keyUsage', bits(Buffer.from([0x80]), 7));
const usage = (of: 'serverAuth' | 'clientAuth'): Buffer =>
  extension('extendedKeyUsage', sequence(bytesOf(identifiers[of])), false);
const altName = (host: string): Buffer =>
  extension('subjectAltName', sequence(element(0x82, Buffer.from(host))), false);

function time(days: number): Buffer {
  const date = new Date(Date.now() + days * 86_400_000);
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}

const nameOf = (commonName: string): Buffer =>
  sequence(element(0x31, sequence(bytesOf(identifiers.commonName), element(0x0c, Buffer.from(commonName)))));

let serial = 0x1000;

/** A certificate in PEM. */
export function certificateOf(profile: Profile): string {
  const { name, keys, issuer = profile, from = -1, to = 365, digest, extensions: asked = [] } = profile;
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  const identifier = octets(createHash('sha1').update(spki).digest());
  const identified = asked.length > 0 && !profile.unidentified;
  const extensions = [
    ...asked,
    ...(identified ? [extension('subjectKeyIdentifier', identifier, false)] : []),
  ];
  const type = issuer.keys.privateKey.asymmetricKeyType as 'ec' | 'rsa' | 'ed25519' | 'ed448';
  const algorithm = bytesOf(algorithms[digest === 'sha1' ? 'rsa-sha1' : type]);
  const toSign = sequence(
    ...(extensions.length > 0 ? [bytesOf('a003020102')] : []),
    bytesOf(`0202${(serial++).toString(16)}`),
    algorithm,
    nameOf(issuer.name),
    sequence(time(from), time(to)),
    nameOf(name),
    spki,
    ...(extensions.length > 0 ? [element(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign(type.startsWith('ed') ? null : (digest ?? 'sha256'), toSign, issuer.keys.privateKey);
  return pem('CERTIFICATE', sequence(toSign, algorithm, bits(signature)));
}

export function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** What the first block of a PEM holds. */
export function derOf(text: string): Buffer {
  return Buffer.from(/-----BEGIN [^-]+-----([^-]+)-----END/.exec(text)?.[1] ?? '', 'base64');
}

/** A set under a CA of any kind, as a person has it who made it by hand. */
export function setOf(ca: Profile, more: Partial<Profile> = {}, chain = ''): Files {
  const leaf = (name: string, ...extensions: readonly Uint8Array[]): [string, string] => {
    const own = {
      name,
      keys: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
      issuer: ca,
      to: ca.to ?? 365,
      ...more,
    };
    const all = [constraints(false), digitalSignature, ...extensions];
    return [certificateOf({ ...own, extensions: all }), pkcs8(own)];
  };
  const server = leaf('docker.example', usage('serverAuth'), altName('docker.example'));
  const client = leaf('client', usage('clientAuth'));
  return {
    ...{ 'ca.pem': certificateOf(ca) + chain, 'ca-key.pem': pkcs8(ca) },
    ...{ 'server-cert.pem': server[0], 'server-key.pem': server[1] },
    ...{ 'cert.pem': client[0], 'key.pem': client[1] },
  };
}

const pkcs8 = ({ keys }: Holder): string => String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
