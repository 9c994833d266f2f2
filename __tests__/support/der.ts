/** As much of DER (ITU-T X.690) as it takes to read a certificate without asking openssl or Node what is in it. */
interface Der {
  readonly tag: number;
  readonly content: Buffer;
  readonly children: readonly Der[];
}

export interface Attribute {
  /** As dotted digits. */
  readonly type: string;
  readonly value: string;
}

export interface Extension {
  readonly critical: boolean;
  readonly value: Der;
}

export const oids = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  pbes2: '1.2.840.113549.1.5.13',
  aes256: '2.16.840.1.101.3.4.1.42',
  des3: '1.2.840.113549.3.7',
} as const;

/** The subject of a certificate in PEM, attribute by attribute. */
export function certificateSubject(pem: string): Attribute[] {
  return attributes(certificateFields(pem)[4]);
}

/** The issuer of a certificate in PEM, attribute by attribute. */
export function certificateIssuer(pem: string): Attribute[] {
  return attributes(certificateFields(pem)[2]);
}

/** The subject of a CSR in PEM, attribute by attribute. */
export function csrSubject(pem: string): Attribute[] {
  return attributes(at(at(read(pem), 0), 1));
}

/** The extensions of a certificate in PEM by their object identifiers. */
export function extensions(pem: string): Map<string, Extension> {
  const list = at(
    certificateFields(pem).find(({ tag }) => tag === 0xa3),
    0,
  ).children;
  return new Map(
    list.map((extension) => [
      oid(at(extension, 0)),
      { critical: extension.children.length === 3, value: parse(extension.children.at(-1)!.content)[0]! },
    ]),
  );
}

/** The bits of a keyUsage (RFC 5280 section 4.2.1.3). */
export function keyUsage(pem: string): string[] {
  const names = [
    ...['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
    ...['keyCertSign', 'cRLSign', 'encipherOnly'],
  ];
  const bits = extensions(pem).get(oids.keyUsage)?.value.content[1] ?? 0;
  return names.filter((_, bit) => bits & (0x80 >> bit));
}

/** basicConstraints as `{ ca, pathLength }`. */
export function basicConstraints(pem: string): { ca: boolean; pathLength: number | undefined } {
  const { children } = extensions(pem).get(oids.basicConstraints)!.value;
  return {
    ca: children[0]?.tag === 0x01 && children[0].content[0] === 0xff,
    pathLength: children.find(({ tag }) => tag === 0x02)?.content.readUInt8(),
  };
}

/** How many octets the serial number takes in DER. */
export function serialLength(pem: string): number {
  return certificateFields(pem)[0]!.content.length;
}

/** The cipher of an encrypted private key: its object identifier, or the word of an old `DEK-Info` line. */
export function cipher(pem: string): string | undefined {
  const traditional = /^DEK-Info: ([^,]+),/m.exec(pem)?.[1];
  if (traditional !== undefined) return traditional;
  if (!pem.includes('BEGIN ENCRYPTED PRIVATE KEY')) return undefined;
  const algorithm = at(read(pem), 0);
  if (oid(at(algorithm, 0)) !== oids.pbes2) throw new Error('it is not encrypted with PBES2');
  return oid(at(at(at(algorithm, 1), 1), 0));
}

/** The fields after the version: serial, signature, issuer, validity, subject, key, extensions. */
function certificateFields(pem: string): readonly Der[] {
  const fields = at(read(pem), 0).children;
  return fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
}

function attributes(name: Der | undefined): Attribute[] {
  return (name?.children ?? []).map((set) => {
    if (set.children.length !== 1) throw new Error('several attributes are joined in one');
    const [type, value] = at(set, 0).children;
    return { type: oid(type!), value: value!.content.toString('utf8') };
  });
}

function oid({ content }: Der): string {
  const numbers: number[] = [];
  let number = 0;
  for (const octet of content) {
    number = number * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  return [
    Math.min(2, Math.floor(first / 40)),
    first - 40 * Math.min(2, Math.floor(first / 40)),
    ...rest,
  ].join('.');
}

function read(pem: string): Der {
  const [, body] = /-----BEGIN [^-]+-----([\s\S]+?)-----END/.exec(pem) ?? [];
  return parse(Buffer.from(body ?? '', 'base64'))[0]!;
}

function at(der: Der | undefined, index: number): Der {
  const child = der?.children[index];
  if (!child) throw new Error(`there is no element ${index}`);
  return child;
}

function parse(bytes: Buffer): Der[] {
  const found: Der[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const tag = bytes.readUInt8(offset);
    const short = bytes.readUInt8(offset + 1);
    const wide = short > 0x80 ? short - 0x80 : 0;
    const length = wide ? bytes.readUIntBE(offset + 2, wide) : short;
    const start = offset + 2 + wide;
    const content = bytes.subarray(start, start + length);
    found.push({ tag, content, children: tag & 0x20 ? parse(content) : [] });
    offset = start + length;
  }
  return found;
}
