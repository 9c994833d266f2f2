/** The purposes of an extendedKeyUsage by their object identifiers, in openssl's words (openssl-x509v3_config(5)). */
const purposes: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.5': 'ipsecEndSystem',
  '1.3.6.1.5.5.7.3.6': 'ipsecTunnel',
  '1.3.6.1.5.5.7.3.7': 'ipsecUser',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
  '1.3.6.1.5.5.7.3.17': 'ipsecIKE',
  '1.3.6.1.4.1.311.2.1.21': 'msCodeInd',
  '1.3.6.1.4.1.311.2.1.22': 'msCodeCom',
  '1.3.6.1.4.1.311.10.3.1': 'msCTLSign',
  '1.3.6.1.4.1.311.10.3.3': 'msSGC',
  '1.3.6.1.4.1.311.10.3.4': 'msEFS',
  '1.3.6.1.4.1.311.20.2.2': 'msSmartcardLogin',
  '2.16.840.1.113730.4.1': 'nsSGC',
  '2.5.29.37.0': 'anyExtendedKeyUsage',
};

/** The object identifier itself where it has no name. */
export function purposeName(id: string): string {
  return purposes[id] ?? id;
}

/** The reverse; undefined for a name that is not known here, and an identifier is its own. */
export function purposeId(name: string): string | undefined {
  if (/^\d+(?:\.\d+)+$/.test(name)) return name;
  return Object.entries(purposes).find(([, known]) => known === name)?.[0];
}
