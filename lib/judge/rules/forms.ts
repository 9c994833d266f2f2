import type { OtherForm } from '../../x509/certificate-form.js';
import { either, go, withoutCa, type RefusalWords, type Rule } from './rule.js';

const inUsualForm = 'openssl x509 -in FILE -out FILE.pem';

const opensslFile = 'Error loading file ';

/** Those who find no certificate in a ca.pem that Docker cannot read. */
const seemsInvalid: RefusalWords = {
  docker: 'ca.pem seems invalid',
  ...withoutCa,
  dockerd: 'failed to append certificates from PEM file',
};

/** A rule about the form of the CA's file, which the other side loads. */
function ofCa(
  id: string,
  what: string,
  forms: readonly OtherForm[],
  says: RefusalWords,
  fix: string,
  only?: Rule['only'],
): Rule {
  return {
    id,
    what,
    flawOf: 'ca',
    fix,
    ofFile: true,
    noticedBy: 'peer',
    applies: ({ caForm }) => caForm !== undefined && forms.includes(caForm),
    says: { ...seemsInvalid, ...says },
    ...(only && { only }),
    source: 'RFC 7468 §5.1; Go, encoding/pem, crypto/x509, AppendCertsFromPEM; measured',
  };
}

/** A rule about the form of the leaf's own file, which its holder loads. */
function ofLeaf(
  id: string,
  what: string,
  forms: readonly OtherForm[],
  says: RefusalWords,
  fix: string,
): Rule {
  return {
    id,
    what,
    flawOf: 'leaf',
    fix,
    ofFile: true,
    noticedBy: 'holder',
    applies: ({ form }) => form !== undefined && forms.includes(form),
    says,
    source: 'RFC 7468 §5.1; Go, crypto/tls, X509KeyPair; measured',
  };
}

const trusted: readonly OtherForm[] = ['TRUSTED', 'TRUSTED with settings'];
const noPem = go('tls: failed to find any PEM data in certificate input');
const noBlock = go('tls: failed to find "CERTIFICATE" PEM block in certificate input');
/** Of a client's file; NSS gets its own from a PKCS#12 file, and openssl reads all of these forms. */
const noneInPair = {
  java: 'Private key must be accompanied by certificate chain',
  rustls: 'No certificates found in certificate data',
} as const;
const fromDer = 'openssl x509 -inform DER -in FILE -out FILE.pem';
const withoutMark = 'save it as plain text (ASCII), without the mark';

/** Rules about the form of the files. */
export const formRules: readonly Rule[] = [
  ofCa(
    'ca-form-bom',
    'its ca.pem begins with a byte order mark',
    ['BOM'],
    {
      java: 'Incomplete data',
      nss: 'SEC_ERROR_BAD_DER',
      rustls: 'invalid peer certificate: UnknownIssuer',
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    },
    withoutMark,
    { java: '17; 25 accepts it' },
  ),
  ofCa(
    'ca-form-der',
    'its ca.pem is in DER, the binary form',
    ['DER'],
    {
      python: '[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found',
      'python-3.13': '[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found',
      node: 'unable to verify the first certificate',
      curl: either('curl: (77) error setting certificate file', 'curl: (77) error adding trust anchors'),
      gnutls: 'No certificate was found.',
      rustls: 'invalid peer certificate: UnknownIssuer',
      boringssl: 'Invalid CA',
      openssl: opensslFile,
      'openssl-strict': opensslFile,
    },
    fromDer,
  ),
  ofCa(
    'ca-form-trusted',
    'its ca.pem has the label TRUSTED CERTIFICATE, which is only for OpenSSL',
    trusted,
    {
      gnutls: 'No certificate was found.',
      nss: 'SEC_ERROR_BAD_DER',
      java: ({ caForm }) => (caForm === 'TRUSTED with settings' ? 'extra data at the end' : undefined),
      rustls: 'invalid peer certificate: UnknownIssuer',
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    },
    inUsualForm,
  ),
  ofCa(
    'ca-form-x509',
    'its ca.pem has the label X509 CERTIFICATE, which is out of date',
    ['X509'],
    { nss: 'SEC_ERROR_BAD_DER', rustls: 'invalid peer certificate: UnknownIssuer' },
    inUsualForm,
  ),
  {
    id: 'ca-goes-on',
    what: 'its ca.pem goes on after its last certificate, be it with an empty line',
    flawOf: 'ca',
    fix: 'end ca.pem with the line -----END CERTIFICATE-----',
    ofFile: true,
    ofTrusted: true,
    noticedBy: 'peer',
    applies: ({ caGoesOn }) => caGoesOn,
    says: { podman: 'non-PEM data found' },
    source: 'Podman, pkg/util/tlsutil; measured',
  },
  ofLeaf(
    'form-bom',
    'its file begins with a byte order mark',
    ['BOM'],
    { ...noPem, ...noneInPair, boringssl: 'NO_START_LINE' },
    withoutMark,
  ),
  ofLeaf(
    'form-der',
    'its file is in DER, the binary form',
    ['DER'],
    {
      ...noPem,
      ...noneInPair,
      boringssl: 'NO_START_LINE',
      python: '[SSL] PEM lib',
      'python-3.13': '[SSL] PEM lib',
      node: 'no start line',
      curl: 'curl: (58) could not load PEM client certificate',
      gnutls: 'No certificate was found.',
    },
    fromDer,
  ),
  ofLeaf(
    'form-trusted',
    'its file has the label TRUSTED CERTIFICATE, which is only for OpenSSL',
    trusted,
    { ...noBlock, ...noneInPair, gnutls: 'No certificate was found.' },
    inUsualForm,
  ),
  ofLeaf(
    'form-x509',
    'its file has the label X509 CERTIFICATE, which is out of date',
    ['X509'],
    { ...noBlock, rustls: noneInPair.rustls },
    inUsualForm,
  ),
];
