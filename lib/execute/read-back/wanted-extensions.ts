import type { X509Certificate } from 'node:crypto';
import {
  addedByItself,
  askedExtensions,
  extensionsOfMany,
  type AskedExtension,
  type Parties,
} from '../../x509/asked-extensions.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { certificateFields, keyOctets, type CertificateFields } from '../../x509/certificate-fields.js';
import { content, derValue, integer, TAG } from '../../x509/der.js';
import { confValue, type Conf } from '../../x509/openssl-conf.js';
import type { Asked } from './asked.js';
import { hasFlag, wordAfter } from './words.js';

/**
 * The extensions that a command asks for in a certificate. Undefined where they stand in what the configuration takes in from elsewhere.
 */
export function wantedExtensions(
  { step, conf, ca, of, copied = [] }: Asked,
  fields: CertificateFields,
): AskedExtension[] | undefined {
  if (conf.includes) return undefined;
  if (ca && !ca.certificate) return undefined;
  const section = sectionOf(step, conf);
  const listed = (): AskedExtension[] => {
    if (ca?.certificate) return ofMany(conf, section, ca.certificate)(keyOctets(fields.spki));
    const parties = partiesOf(fields);
    return section === undefined ? addedByItself(parties) : askedExtensions(conf, section, parties);
  };
  if (section === undefined) return listed();
  const taken = (of?.csr?.extensions ?? []).flatMap(({ id, critical, value }) =>
    copied.includes(id) ? [{ id, critical, values: [value], optional: false }] : [],
  );
  const asked = [...listed(), ...taken];
  // Without -extfile, what our own configuration says is read from 4.0 on, and is the same that 3.2 to 3.6 add.
  const own = step.command === 'x509' && !hasFlag(step, '-extfile') && of !== undefined;
  return own ? asked.map((one) => ({ ...one, optional: true })) : asked;
}

type OfMany = ReturnType<typeof extensionsOfMany>;
const lists = new WeakMap<X509Certificate, { conf: Conf; section: string | undefined; of: OfMany }>();

/** What one command asks for: for each of the certificates that it signs the same. */
function ofMany(conf: Conf, section: string | undefined, ca: X509Certificate): OfMany {
  const last = lists.get(ca);
  if (last?.conf === conf && last.section === section) return last.of;
  const of = extensionsOfMany(conf, section, issuerOf(certificateFields(ca.raw)));
  lists.set(ca, { conf, section, of });
  return of;
}

function sectionOf(step: Asked['step'], conf: Asked['conf']): string | undefined {
  const named = wordAfter(step, '-extensions');
  if (named !== undefined) return named;
  return step.command === 'req'
    ? confValue(conf, 'req', 'x509_extensions')
    : (confValue(conf, 'default', 'extensions') ?? 'default');
}

/** Of a certificate that signs itself. */
function partiesOf(fields: CertificateFields): Parties {
  return { key: keyOctets(fields.spki), isSelfSigned: true, issuer: issuerOf(fields) };
}

function issuerOf({ extensions, spki, issuer, serial }: CertificateFields): Parties['issuer'] {
  const identifier = extensions.find(({ id }) => id === extensionIds.subjectKeyIdentifier)?.value;
  return {
    key: keyOctets(spki),
    identifier: identifier && content(derValue(identifier), TAG.octetString),
    issuer: issuer.octets,
    serial: integer(serial),
  };
}
