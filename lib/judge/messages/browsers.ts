import { words } from '../../words.js';
import { asPkcs12, row, serverAgain, type KnownMessage } from './message.js';

const chromium = 'Chromium and its relatives';
const list = 'chromium/chromium, net/base/net_error_list.h';

/** Messages of browsers, and of Apple's own TLS. */
export const browserMessages: readonly KnownMessage[] = [
  row(
    'chromium-untrusted',
    /ERR_CERT_AUTHORITY_INVALID/i,
    chromium,
    'the browser does not have the CA of the server',
    'import ca.pem as an authority for websites, for as long as you need it',
    list,
    'NET::ERR_CERT_AUTHORITY_INVALID',
  ),
  row(
    'chromium-client-refused',
    /ERR_BAD_SSL_CLIENT_AUTH_CERT|ERR_SSL_CLIENT_AUTH_/i,
    chromium,
    'the daemon wants a client certificate, and the browser sent none, or one that it refused',
    `import the pair as PKCS#12: ${asPkcs12}`,
    list,
    'ERR_BAD_SSL_CLIENT_AUTH_CERT',
  ),
  row(
    'chromium-validity',
    /ERR_CERT_VALIDITY_TOO_LONG/i,
    chromium,
    'the lifetime of the server certificate is longer than the browser allows for a public CA',
    'recreate it for fewer days, or trust its CA on this machine',
    list,
    'NET::ERR_CERT_VALIDITY_TOO_LONG',
  ),
  row(
    'apple-untrusted',
    /" certificate is not (standards compliant|trusted)/i,
    "Apple's clients, Go on macOS",
    'macOS or iOS refuses the server certificate: it is valid for more than 825 days, has no subjectAltName or serverAuth, or its CA is not trusted',
    words`recreate it for fewer days: ${serverAgain}; add ca.pem to the keychain`,
    'support.apple.com/HT210176; golang/go, src/crypto/x509/root_darwin.go',
    'x509: "docker" certificate is not standards compliant',
    'x509: “docker” certificate is not trusted',
  ),
];
