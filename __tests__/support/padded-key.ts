/**
 * A private key in PBES2 with the passphrase `correct horse`. Deciphered with `wrong horse` it is garbage that ends like a padded key
 * (RFC 5652 §6.3), as one wrong passphrase in about 256 makes it.
 */
export const paddedKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgSWtFdjvbozwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEELuE+thKGrxiF7l9DXwuR5EEgZC5
FNP93SPqaPQda/OiEvI8uMY9Whq2w9vDknTMoKRQbewEOP8d3fIFoBm4fT5k7vj9
nvj2Ggoj8uOTe+S6K5QhZPw4WnApAMTc7jrDgVz7uCzSvtTuv9fZyi3h/OgTatZg
PmciVW+DlJjnMCJAD8fogdRHuq7pJ4cSAzRIA1TZtwfqjRdfD4fvLoTXYD115K0=
-----END ENCRYPTED PRIVATE KEY-----
`;
