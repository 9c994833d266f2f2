import { formatEndpoint } from '../../x509/endpoint.js';
import { anonymous, api, environment, forged } from './access.js';
import { caValidity, clientValidity, issuer, name, onDisk, serverValidity } from './certificates.js';
import { checkOf, type ConnectionCheck, type ConnectionCheckId, type Verdict } from './check.js';
import type { Evidence } from './evidence.js';
import { files, listens, plain, tls } from './reach.js';

/** The results, check by check. */
export function checksOf(evidence: Evidence): ConnectionCheck[] {
  const { endpoint } = evidence;
  const rows: readonly (readonly [ConnectionCheckId, string, Verdict | undefined])[] = [
    ['files', "The client's files can be used", files(evidence)],
    ['listens', `Something listens at ${formatEndpoint(endpoint)}`, listens(evidence)],
    ['plain', 'Without TLS it is refused', plain(evidence)],
    ['tls', 'It speaks TLS', tls(evidence)],
    ['issuer', "The daemon's certificate is of this CA", issuer(evidence)],
    ['name', `The daemon's certificate is for ${endpoint.host}`, name(evidence)],
    ['on-disk', "The daemon's certificate is the one on disk", onDisk(evidence)],
    ['server-validity', "The daemon's certificate is valid", serverValidity(evidence)],
    ['client-validity', "The client's certificate is valid", clientValidity(evidence)],
    ['ca-validity', "The CA's certificate is valid", caValidity(evidence)],
    ['api', "With the client's certificate the API answers", api(evidence)],
    ['anonymous', 'Without a certificate it is refused', anonymous(evidence)],
    ['forged', 'With a forged one it is refused', forged(evidence)],
    ['environment', "Docker's own variables are complete", environment(evidence)],
  ];
  return rows.flatMap(([id, title, verdict]) => (verdict ? [checkOf(id, title, verdict)] : []));
}
