import { Buffer } from 'node:buffer';
import { X509Certificate } from 'node:crypto';

/** What a certificate says, in plain values: two certificates can be compared with `toEqual`. */
export interface CertificateFields {
  /** As people count: 3 for X.509v3. */
  readonly version: number;
  /** The octets of the serial number in hex, upper case, as in `ca.srl`. */
  readonly serial: string;
  /** Its object identifier. */
  readonly signatureAlgorithm: string;
  /** The name's DER in hex, string types and all. */
  readonly subject: string;
  readonly issuer: string;
  readonly days: number;
  /** `rsa 2048`, `ec prime256v1`, `ed25519`. */
  readonly key: string;
  readonly extensions: readonly CertificateExtension[];
}

export interface CertificateExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** The DER of its value in hex. */
  readonly value: string;
}

export interface KeyFields {
  /** `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY` ... */
  readonly label: string;
  /** The name in an old `DEK-Info` line, or the object identifiers of PBES2's parts; undefined for an open key. */
  readonly cipher: string | undefined;
}

interface Element {
  readonly tag: number;
  /** With tag and length. */
  readonly bytes: Buffer;
  readonly content: Buffer;
}

/** Reads the first certificate of a PEM file. */
export function certificateFields(pem: string): CertificateFields {
  const [tbs, algorithm] = parts(body(pem));
  const fields = parts(tbs!);
  const explicit = fields[0]!.tag === 0xa0 ? fields.shift() : undefined;
  const [serial, inner, issuer, validity, subject] = fields as [Element, Element, Element, Element, Element];
  const signatureAlgorithm = oid(parts(algorithm!)[0]!);
  if (!inner.bytes.equals(algorithm!.bytes)) throw new Error('it names two signature algorithms');
  const [from, to] = parts(validity).map(time) as [number, number];
  const list = fields.find(({ tag }) => tag === 0xa3);
  return {
    version: explicit ? parts(explicit)[0]!.content.readUInt8() + 1 : 1,
    serial: serial.content.toString('hex').toUpperCase(),
    signatureAlgorithm,
    subject: hex(subject),
    issuer: hex(issuer),
    // openssl looks at the clock for each of the two: a second may lie between.
    days: Math.round((to - from) / 86_400) / 1000,
    key: keyType(pem),
    extensions: list ? parts(parts(list)[0]!).map(extension) : [],
  };
}

/** How a private key in PEM is stored. */
export function keyFields(pem: string): KeyFields {
  const label = /^-----BEGIN ([^-]+)-----$/m.exec(pem)?.[1];
  if (label === undefined) throw new Error('it is not PEM');
  if (label !== 'ENCRYPTED PRIVATE KEY') return { label, cipher: /^DEK-Info: ([^,]+),/m.exec(pem)?.[1] };
  const [pbes2, parameters] = parts(parts(body(pem))[0]!);
  const [kdf, encryption] = parts(parameters!);
  const [derivation, derivationParameters] = parts(kdf!);
  // The last of PBKDF2's parameters is its PRF; without one it is HMAC-SHA1.
  const prf = parts(derivationParameters!).find(({ tag }) => tag === 0x30);
  const names = [pbes2!, derivation!, ...(prf ? [parts(prf)[0]!] : []), parts(encryption!)[0]!];
  return { label, cipher: names.map(oid).join(' ') };
}

function extension(element: Element): CertificateExtension {
  const [type, ...rest] = parts(element);
  const critical = rest.length === 2 && rest[0]!.content.readUInt8() === 0xff;
  return { oid: oid(type!), critical, value: rest.at(-1)!.content.toString('hex') };
}

function keyType(pem: string): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(pem).publicKey;
  const detail = asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve;
  return detail === undefined ? String(asymmetricKeyType) : `${asymmetricKeyType} ${detail}`;
}

function time({ tag, content }: Element): number {
  const text = content.toString('latin1');
  // UTCTime has two digits of the year: RFC 5280 section 4.1.2.5.1.
  const full = tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const moment = Date.parse(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(moment)) throw new Error(`not a time: ${text}`);
  return moment;
}

function oid({ tag, content }: Element): string {
  if (tag !== 0x06) throw new Error(`tag ${tag} is no object identifier`);
  const numbers: number[] = [];
  let number = 0;
  for (const octet of content) {
    number = number * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [joined = 0, ...rest] = numbers;
  const first = Math.min(2, Math.floor(joined / 40));
  return [first, joined - 40 * first, ...rest].join('.');
}

function body(pem: string): Element {
  const [, base64] = /-----BEGIN [^-]+-----([\s\S]+?)-----END/.exec(pem) ?? [];
  if (base64 === undefined) throw new Error('it is not PEM');
  return elements(Buffer.from(base64, 'base64'))[0]!;
}

function hex({ bytes }: Element): string {
  return bytes.toString('hex');
}

function parts({ content }: Element): Element[] {
  return elements(content);
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const short = bytes.readUInt8(offset + 1);
    const wide = short > 0x80 ? short - 0x80 : 0;
    const start = offset + 2 + wide;
    const end = start + (wide > 0 ? bytes.readUIntBE(offset + 2, wide) : short);
    if (end > bytes.length) throw new Error('the DER is cut short');
    found.push({
      tag: bytes.readUInt8(offset),
      bytes: bytes.subarray(offset, end),
      content: bytes.subarray(start, end),
    });
    offset = end;
  }
  return found;
}
