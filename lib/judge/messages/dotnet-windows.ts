import { words } from '../../words.js';
import { asPkcs12, runExplain, row, type KnownMessage } from './message.js';

const dotnet = '.NET: Docker.DotNet, Testcontainers for .NET';
const windows = 'Windows: curl, .NET, Git';
const resources = 'dotnet/runtime, System.Net.Security, Strings.resx';
const docker = 'dotnet/Docker.DotNet, DockerClient.cs';

/** Messages of .NET and of Windows' own TLS (Schannel). */
export const dotnetWindowsMessages: readonly KnownMessage[] = [
  row(
    'dotnet-untrusted',
    /RemoteCertificateChainErrors|errors in the certificate chain: (PartialChain|UntrustedRoot)/i,
    dotnet,
    'this machine does not trust the CA of the server: .NET does not read ca.pem by itself',
    words`give a ServerCertificateValidationCallback that builds the chain with ca.pem (X509ChainPolicy.CustomTrustStore); one that returns true for all trusts anyone. Check the set with ${runExplain}`,
    `${resources}; learn.microsoft.com, SslPolicyErrors`,
    'System.Security.Authentication.AuthenticationException: The remote certificate is invalid according to the validation procedure: RemoteCertificateChainErrors',
    'The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot',
  ),
  row(
    'dotnet-callback',
    /rejected by the provided RemoteCertificateValidationCallback|rejected by RemoteCertificateValidationCallback|RemoteCertificateNotAvailable/i,
    dotnet,
    "the program's own check of the server's certificate refused it",
    words`see what it compares: ca.pem, the name, or a thumbprint of an older certificate; check the set with ${runExplain}`,
    resources,
    'The remote certificate was rejected by the provided RemoteCertificateValidationCallback.',
  ),
  row(
    'dotnet-refused',
    /the remote party sent a TLS alert: '/i,
    dotnet,
    "the daemon refused the client's certificate, or got none; its log says why",
    words`pass the client's pair with its key, as PKCS#12: ${asPkcs12}; check it with ${runExplain}`,
    `${resources}; RFC 8446 §6.2`,
    "System.Security.Authentication.AuthenticationException: Authentication failed because the remote party sent a TLS alert: 'BadCertificate'.",
  ),
  row(
    'dotnet-uri',
    /TLS not supported over npipe|Unknown URL scheme \S+$|is not a valid npipe URI/im,
    dotnet,
    'the endpoint has a scheme that does not go with certificates, or one that Docker.DotNet does not know',
    'use tcp://HOST:2376 or https://HOST:2376 with credentials',
    docker,
    'System.Exception: TLS not supported over npipe',
    'System.Exception: Unknown URL scheme foo',
  ),
  row(
    'dotnet-handshake',
    /AuthenticationException.*Authentication failed, see inner exception|SSL Handshake failed with OpenSSL error|The SSL connection could not be established/i,
    dotnet,
    'the TLS handshake failed; the inner exception says why: a name, an unknown CA, a plain port, or a refused client certificate',
    words`give the inner exception; check the set with ${runExplain}`,
    `${resources}; dotnet/runtime, System.Net.Http, Strings.resx`,
    'System.Security.Authentication.AuthenticationException : Authentication failed, see inner exception. Interop+OpenSsl+SslException : SSL Handshake failed with OpenSSL error - SSL_ERROR_SSL.',
    'System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception.',
  ),
  row(
    'windows-untrusted-root',
    /SEC_E_UNTRUSTED_ROOT|certificate chain was issued by an authority that is not trusted|CERT_E_UNTRUSTEDROOT/i,
    windows,
    "Windows' own store does not have the CA of the server",
    'use a client that takes ca.pem as a file; or import it: certutil -addstore Root ca.pem, and every program of this machine trusts that CA',
    'learn.microsoft.com, SSPI status codes',
    'curl: (60) schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.',
  ),
  row(
    'windows-revocation',
    /CRYPT_E_NO_REVOCATION_CHECK|CRYPT_E_REVOCATION_OFFLINE|revocation function was unable to check/i,
    windows,
    'Windows wants to check revocation, and this CA publishes no list',
    'curl: --ssl-revoke-best-effort passes over a missing list only; --ssl-no-revoke would also accept revoked certificates of other CAs',
    'curl(1), --ssl-revoke-best-effort',
    'curl: (35) schannel: next InitializeSecurityContext failed: CRYPT_E_NO_REVOCATION_CHECK (0x80092012) - The revocation function was unable to check revocation for the certificate.',
  ),
  row(
    'windows-client-key',
    /SEC_E_NO_CREDENTIALS|No credentials are available in the security package|AcquireCredentialsHandle failed|schannel: Failed to (import cert file|get certificate (from file|location)|read cert file)/i,
    windows,
    "the client's pair has no private key that Windows can use: Schannel reads PKCS#12, not PEM",
    `make one file of the pair, and load that: ${asPkcs12}`,
    'dotnet/runtime#23749; curl/curl, lib/vtls/schannel.c',
    'System.ComponentModel.Win32Exception: No credentials are available in the security package',
    'curl: (58) schannel: Failed to import cert file cert.pem, last error is 0x80092002',
    'curl: (58) schannel: Failed to get certificate location or file for cert.pem',
  ),
];
